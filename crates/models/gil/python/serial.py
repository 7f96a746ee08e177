"""One thread does one job after the other; the GIL is its own.

Expect the time of all jobs together, those that wait too. Reach for it where nobody waits: it is what all others have to be worth
their trouble against.
"""

from __future__ import annotations

import time

import kernel

from .jobs import PIECE, Done, Jobs


def run(jobs: Jobs) -> list[Done]:
    """Does all `jobs`; returns what became of each, the computing ones first."""
    start = time.perf_counter()
    # Right: there is one thread, so the GIL is always free.
    computing = [compute(start, jobs.steps) for _ in range(jobs.computing)]
    waiting = [wait(start, jobs.waits, jobs.each_s) for _ in range(jobs.waiting)]
    return computing + waiting


def compute(start: float, steps: int) -> Done:
    return Done(kernel.compute(steps), time.perf_counter() - start)


def wait(start: float, waits: int, each_s: float) -> Done:
    done = 0
    for _ in range(waits):
        time.sleep(each_s)
        kernel.advance(kernel.SEED, PIECE)
        done += 1
    return Done(done, time.perf_counter() - start)
