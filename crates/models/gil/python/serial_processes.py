"""A process for each job, all at once, each with a GIL of its own; they have nothing in common but the machine.

Expect what nothing that computes in parallel can beat, but for the time that it takes to start a process. It is here to measure
the others by, and it is how to compute on several cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection

import kernel

from .jobs import PIECE, Done, Jobs


def run(jobs: Jobs) -> list[Done]:
    """Does all `jobs`; returns what became of each, the computing ones first."""
    start = time.perf_counter()
    # Right: nothing is shared, not even the GIL.
    computing = [begin(compute, start, jobs.steps) for _ in range(jobs.computing)]
    waiting = [begin(wait, start, jobs.waits, jobs.each_s) for _ in range(jobs.waiting)]
    done = [answer.recv() for _, answer in computing + waiting]
    for process, _ in computing + waiting:
        process.join()
    return done


def begin(work: Callable[..., None], *numbers: float) -> tuple[Process, Connection]:
    receiver, sender = Pipe(duplex=False)
    process = Process(target=work, args=(sender, *numbers), daemon=True)
    process.start()
    # Else a process that ends without an answer would be waited for without end.
    sender.close()
    return process, receiver


def compute(sender: Connection, start: float, steps: int) -> None:
    sender.send(Done(kernel.compute(steps), time.perf_counter() - start))


def wait(sender: Connection, start: float, waits: int, each_s: float) -> None:
    done = 0
    for _ in range(waits):
        time.sleep(each_s)
        kernel.advance(kernel.SEED, PIECE)
        done += 1
    sender.send(Done(done, time.perf_counter() - start))
