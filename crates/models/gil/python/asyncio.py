"""A coroutine for each worker, on the one thread of the loop.

Expect that nobody else wants the GIL, since there is nobody else, and no gain where all compute. A coroutine that computes and
does not yield keeps the others waiting: it has the thread, so the lock is not to blame. Reach for it to wait.
"""

from __future__ import annotations

import asyncio
import time

import kernel

from .jobs import PIECE, Done, Jobs


def run(jobs: Jobs) -> list[Done]:
    """Does all `jobs`; returns what became of each, the computing ones first."""
    return asyncio.run(run_all(jobs))


async def run_all(jobs: Jobs) -> list[Done]:
    start = time.perf_counter()
    # Right: there is one thread, so nobody has taken the GIL while its loop slept.
    computing = [compute(start, jobs.steps) for _ in range(jobs.computing)]
    waiting = [wait(start, jobs.waits, jobs.each_s) for _ in range(jobs.waiting)]
    return await asyncio.gather(*computing, *waiting)


async def compute(start: float, steps: int) -> Done:
    return Done(kernel.compute(steps), time.perf_counter() - start)


async def wait(start: float, waits: int, each_s: float) -> Done:
    done = 0
    for _ in range(waits):
        await asyncio.sleep(each_s)
        kernel.advance(kernel.SEED, PIECE)
        done += 1
    return Done(done, time.perf_counter() - start)
