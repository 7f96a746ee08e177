"""Fetches many and computes on each: fetched by coroutines, computed in a pool of processes that was made once.

Expect the loop to stay free, and all cores to compute while more is fetched. Reach for it when much is computed on what comes.
What goes to a process and back is pickled, so `compute` is a function of a module, and its pages are better small. Make the pool
before the loop and end it after, since leaving its block waits for the processes. Do not have it fork, which it does by default
before 3.14: a fork among threads may stand still for ever. The processes import the program, so what starts it is behind
`if __name__ == "__main__":`.

    with ProcessPoolExecutor(mp_context=get_context("forkserver")) as pool:
        words = asyncio.run(map_all(urls, 50, fetch, count_words, pool))
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_all_start_methods, get_context
from typing import Any, Generic, TypeVar

Input = TypeVar("Input")
Page = TypeVar("Page")
Result = TypeVar("Result")


async def map_all(
    inputs: Iterable[Input],
    at_once: int,
    fetch: Callable[[Input], Awaitable[Page]],
    compute: Callable[[Page], Result],
    pool: ProcessPoolExecutor,
) -> list[Result | BaseException]:
    """Fetches each of `inputs` and computes on what came, `at_once` of them at most; what came of each, in their order.

    An input whose fetch or computation raises has the exception in its place. The others continue, also if a process ends, or
    sends what cannot be read, which breaks a pool: what was in it, and all that follows, is computed by processes of their own,
    which are as those of `pool`, do not fork, and end with this call. An input that ends one of those has BrokenProcessPool in
    its place. So what others compute may be begun twice, and `pool` stays broken. Raises ValueError if `at_once` is less than 1,
    and whatever `inputs` raises.
    """
    if at_once < 1:
        raise ValueError("at_once must be at least 1")
    items = list(inputs)
    room = asyncio.Semaphore(at_once)
    processes = Processes(compute, pool)
    processes.start(min(at_once, len(items)))

    async def one(item: Input) -> Result | BaseException:
        async with room:
            page = await fetch(item)
            # Right: computed by a process that is there already, and awaited here.
            return await processes.compute(page)

    try:
        came = await asyncio.gather(*map(one, items), return_exceptions=True)
        return list(came)
    finally:
        for made in processes.made:
            made.shutdown(wait=False, cancel_futures=True)


class Processes(Generic[Page, Result]):
    """The caller's pool, and once that has broken, a pool for each process, which breaks for nobody else."""

    def __init__(self, function: Callable[[Page], Result], pool: ProcessPoolExecutor) -> None:
        self.function = function
        self.pool = pool
        # There is no other way to ask a pool how it was made; these names are those of 3.9 to 3.14.
        self.workers: int = getattr(pool, "_max_workers", 1)
        self.like: dict[str, Any] = {
            "mp_context": not_forking(getattr(pool, "_mp_context", None)),
            "initializer": getattr(pool, "_initializer", None),
            "initargs": getattr(pool, "_initargs", ()),
        }
        if (most := getattr(pool, "_max_tasks_per_child", None)) is not None:
            self.like["max_tasks_per_child"] = most
        # As many as a pool takes out of its queue, so that no more are lost with it.
        self.room = asyncio.Semaphore(self.workers + 1)
        self.room_alone = asyncio.Semaphore(self.workers)
        self.made: list[ProcessPoolExecutor] = []
        self.idle: list[ProcessPoolExecutor] = []

    def start(self, most: int) -> None:
        """Starts the processes of the caller's pool: before 3.12, one that is started while another ends may never end itself."""
        # What keeps them from being started is met again by the first that is to be computed.
        with suppress(Exception):
            for _ in range(min(self.workers, most)):
                self.pool.submit(abs, 0)

    async def compute(self, page: Page) -> Result | BaseException:
        with suppress(BrokenProcessPool):
            async with self.room:
                came = await result(self.pool.submit(self.function, page))
                if not isinstance(came, BrokenProcessPool):
                    return came
        # Right: nobody knows which of those in the pool has broken it, so each is tried again where it breaks it for nobody else.
        async with self.room_alone:
            alone = self.idle.pop() if self.idle else self.make()
            came = await result(alone.submit(self.function, page))
            if isinstance(came, BrokenProcessPool):
                alone.shutdown(wait=False)
                self.made.remove(alone)
            else:
                self.idle.append(alone)
            return came

    def make(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, **self.like)
        self.made.append(pool)
        return pool


async def result(computed: Future[Result]) -> Result | BaseException:
    """What the process returned or raised: not raised here, where the loop takes SystemExit for its own end."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def end(_: object) -> None:
        # A thread of the pool calls this: after the loop has ended, if this was cancelled meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    computed.add_done_callback(end)
    try:
        await ended.wait()
        error = computed.exception()
        return computed.result() if error is None else error
    except CancelledError as cancelled:
        # By whoever has shut down the pool; that of this task is another class.
        return cancelled
    finally:
        computed.cancel()


def not_forking(context: Any) -> Any:
    """The same, unless it forks: by now there are threads, whose locks a forked process would find locked for ever."""
    method = (context or get_context()).get_start_method()
    if method != "fork":
        return context
    return get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
