"""A coroutine for each worker that waits, and a thread of the loop's executor for each that computes.

Expect the loop to ask for the GIL each time it wakes up while one computes, mostly for 5 ms, since it is one thread of several
now: the convoy effect of David Beazley's talks on the GIL. Reach for it where the loop has to go on at all; a
process for what computes does not keep it waiting.
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
    # Right: the loop is free of it, but for the GIL that the two now hand to and fro.
    computing = [asyncio.to_thread(compute, start, jobs.steps) for _ in range(jobs.computing)]
    waiting = [wait(start, jobs.waits, jobs.each_s) for _ in range(jobs.waiting)]
    return await asyncio.gather(*computing, *waiting)


def compute(start: float, steps: int) -> Done:
    return Done(kernel.compute(steps), time.perf_counter() - start)


async def wait(start: float, waits: int, each_s: float) -> Done:
    done = 0
    for _ in range(waits):
        await asyncio.sleep(each_s)
        kernel.advance(kernel.SEED, PIECE)
        done += 1
    return Done(done, time.perf_counter() - start)
