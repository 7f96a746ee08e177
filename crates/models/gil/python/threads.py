"""A thread for each worker, under the GIL.

Expect no gain where all compute, for one of them runs at a time, and nearly the time of one where all wait. Where one computes,
each that has waited asks for the GIL for some 5 ms, `sys.getswitchinterval()`, before it runs again, or longer, if others ask
too. Reach for it to wait. A free-threaded interpreter has no such lock.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import kernel

from .jobs import PIECE, Done, Jobs


def run(jobs: Jobs) -> list[Done]:
    """Does all `jobs`; returns what became of each, the computing ones first."""
    start = time.perf_counter()
    with ThreadPoolExecutor(jobs.computing + jobs.waiting) as pool:
        # First, since to start a thread takes the GIL too.
        waiting = [pool.submit(wait, start, jobs.waits, jobs.each_s) for _ in range(jobs.waiting)]
        computing = [pool.submit(compute, start, jobs.steps) for _ in range(jobs.computing)]
        return [worker.result() for worker in computing + waiting]


def compute(start: float, steps: int) -> Done:
    return Done(kernel.compute(steps), time.perf_counter() - start)


def wait(start: float, waits: int, each_s: float) -> Done:
    done = 0
    for _ in range(waits):
        # Right: whoever sleeps has given the GIL away, and the others run.
        time.sleep(each_s)
        kernel.advance(kernel.SEED, PIECE)
        done += 1
    return Done(done, time.perf_counter() - start)
