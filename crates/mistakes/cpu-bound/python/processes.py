"""A pool of four worker processes, each with an interpreter and a GIL of its own; whoever is free takes the next computation.

Expect as many at once as there are cores, and the start of the pool on top, and for each computation that its arguments and its
answer are pickled and go through the kernel. Reach for it when what computes takes far longer than that, and keep the pool.
Before 3.14 it forks, which costs least and is measured here. In a program with threads of its own take
`mp_context=get_context("forkserver")`: a process that is forked among threads may stand still for ever.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from threading import Thread
from typing import NamedTuple

import kernel
from heartbeat import Heartbeat

WORKERS = 4
# How many are sent through the pool to see what a job costs: few, since they are part of the run.
EMPTY_JOBS = 15


class Done(NamedTuple):
    """The answers, and what the pool cost: its start, and an empty job on it, there and back."""

    answers: list[int]
    pool_start_s: float
    job_s: float


def run(jobs: int, steps: int, heartbeat: Heartbeat) -> Done:
    """Computes `jobs` times `steps` steps; returns the answers."""
    heart = Thread(target=beat, args=(heartbeat,), daemon=True)
    heart.start()
    started = time.perf_counter()
    # Right: the pool is made once, and every computation finds a process that runs already.
    with ProcessPoolExecutor(min(WORKERS, jobs)) as pool:
        wait_for_each(pool, min(WORKERS, jobs))
        pool_start_s = time.perf_counter() - started
        answers = list(pool.map(kernel.compute, [steps] * jobs))
        # Before the empty jobs, which are no part of what the heart is held against.
        heartbeat.stop()
        job_s = empty_job(pool)
    heart.join()
    return Done(answers, pool_start_s, job_s)


def wait_for_each(pool: ProcessPoolExecutor, workers: int) -> None:
    answered: set[int] = set()
    # A process may take two of these jobs and another none, so until each has answered.
    while len(answered) < workers:
        answered.update(future.result() for future in [pool.submit(os.getpid) for _ in range(workers)])


def empty_job(pool: ProcessPoolExecutor) -> float:
    times = []
    for _ in range(EMPTY_JOBS):
        started = time.perf_counter()
        pool.submit(os.getpid).result()
        times.append(time.perf_counter() - started)
    return median(times)


def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        time.sleep(due)
        heartbeat.beat()
