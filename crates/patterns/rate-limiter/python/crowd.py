"""Many who ask at once: who is let through when?"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from threading import Thread

from outcome import Refused
from python.seen import Rate, Seen


@dataclass(frozen=True)
class Crowd:
    """Who asks, how often, and for how long."""

    callers: int
    each: int
    gives_up_after_s: float | None
    half_give_up: bool
    rate: Rate

    def expected(self) -> int:
        """How many are to be let in: all who do not give up, or as many as the rate has room for until all do."""
        callers = (self.callers + 1) // 2 if self.half_give_up else self.callers
        times = callers * self.each
        return times if self.gives_up_after_s is None else min(times, self.rate.room(self.gives_up_after_s))

    def patience_s(self) -> Iterator[float | None]:
        """How long each of the callers has patience: every second one of those who may give up has some of the time in which half
        of all could be let in. The same in every run.
        """
        rng = random.Random(7)
        half = self.rate.interval_s * self.callers * self.each / 2
        for caller in range(self.callers):
            gives_up = self.half_give_up and caller % 2 == 1
            yield half * rng.random() if gives_up else self.gives_up_after_s


def of_threads(crowd: Crowd, seen: Seen, acquire: Callable[[], bool], acquire_within: Callable[[float], bool]) -> Refused | None:
    """Has a thread for each, until all have ended; what kept the next from being started, if anything did."""

    def call(patience_s: float | None) -> None:
        for _ in range(crowd.each):
            place = seen.ask()
            if not (acquire() if patience_s is None else acquire_within(max(patience_s - seen.elapsed(), 0.0))):
                return
            seen.let_in(place)

    threads: list[Thread] = []
    for patience_s in crowd.patience_s():
        # Those that were started are not waited for if the next is refused.
        thread = Thread(target=call, args=(patience_s,), daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            return Refused(len(threads), "threads", str(error))
        threads.append(thread)
    for thread in threads:
        thread.join()
    return None


async def of_tasks(crowd: Crowd, seen: Seen, acquire: Callable[[], Awaitable[None]]) -> None:
    """Has a task for each, until all have ended; who has no patience left is cancelled."""

    async def call() -> None:
        for _ in range(crowd.each):
            place = seen.ask()
            await acquire()
            seen.let_in(place)

    loop = asyncio.get_running_loop()
    tasks = []
    for patience_s in crowd.patience_s():
        task = asyncio.create_task(call())
        if patience_s is not None:
            loop.call_later(max(patience_s - seen.elapsed(), 0.0), task.cancel)
        tasks.append(task)
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if ended is not None and not isinstance(ended, asyncio.CancelledError):
            raise ended
