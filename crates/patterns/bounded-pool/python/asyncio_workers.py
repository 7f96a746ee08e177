"""Works on many inputs, at most so many at once: by as many tasks, each of which takes one input after the other.

Expect memory for the inputs that are worked on and for the results, and nothing left running. Reach for it when the work awaits:
an async client, timers, sockets. If it blocks, take threads.

    pages = await bounded_pool.map(urls, 50, fetch)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")


async def map(inputs: Iterable[Input], limit: int, work: Callable[[Input], Awaitable[Result]]) -> list[Result | BaseException]:
    """Does `work` for each of `inputs`, at most `limit` at once; returns what came of each, in their order.

    Each input is read when a task is free for it, so there may be more than fit into memory; they are read on the loop, and must
    not block. An input whose work raises has the exception in its place, also CancelledError, and the others continue. Raises
    ValueError if `limit` is less than 1, and whatever `inputs` raises. Then, and if it is cancelled, it cancels the work in
    flight, once, and waits for it.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    pool = Pool(inputs, limit, work)
    pool.add_worker()
    cancelled = None
    while pool.workers:
        cancelled = await pool.wait() or cancelled
    failure = cancelled or pool.failure
    if failure is not None:
        raise failure
    return [pool.results[place] for place in range(len(pool.results))]


class Pool(Generic[Input, Result]):
    """The workers of one call, and what they share, without a lock: none of them is switched between two awaits."""

    def __init__(self, inputs: Iterable[Input], limit: int, work: Callable[[Input], Awaitable[Result]]) -> None:
        self.rest = enumerate(inputs)
        self.limit = limit
        self.work = work
        self.results: dict[int, Result | BaseException] = {}
        self.workers: set[asyncio.Task[None]] = set()
        # Set once the last worker has ended.
        self.over = asyncio.Event()
        self.stopping = False
        self.failure: BaseException | None = None

    def add_worker(self) -> None:
        worker = asyncio.create_task(self.work_on())
        self.workers.add(worker)
        worker.add_done_callback(self.remove_worker)

    def remove_worker(self, worker: asyncio.Task[None]) -> None:
        self.workers.remove(worker)
        failure = asyncio.CancelledError() if worker.cancelled() else worker.exception()
        if failure is not None and not self.stopping:
            self.failure = failure
            self.stop()
        if not self.workers:
            self.over.set()

    async def wait(self) -> asyncio.CancelledError | None:
        """Waits until all have ended; if it is cancelled, stops them, and the caller waits again."""
        try:
            await self.over.wait()
        except asyncio.CancelledError as error:
            self.stop()
            return error
        return None

    def stop(self) -> None:
        # Once: a second cancel() would cut off what cleans up after the first.
        if not self.stopping:
            self.stopping = True
            for worker in self.workers:
                worker.cancel()

    async def work_on(self) -> None:
        for place, one in self.rest:
            # Right: there are as many tasks as may work at once, and each works on one input at a time. The next is added for
            # an input that was found, so a limit above the number of inputs costs nothing.
            if len(self.workers) < self.limit:
                self.add_worker()
            self.results[place] = await self.attempt(one)
            if self.stopping:
                return

    async def attempt(self, one: Input) -> Result | BaseException:
        try:
            return await self.work(one)
        except asyncio.CancelledError as error:
            # That of the whole call goes through; one that the work raised or met in what it awaits is that input's own.
            if self.stopping:
                raise
            return error
        except Exception as error:
            return error
