"""A process for each computation, all at once; they have nothing in common but the machine.

Expect what nothing that computes in parallel can beat, but for the time that it takes to start a process. It is here to measure
the others by: two cores that share a cache, a clock or a host do not compute twice as much as one.
"""

from __future__ import annotations

import time
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from threading import Thread

import kernel
from heartbeat import Heartbeat


def run(jobs: int, steps: int, heartbeat: Heartbeat) -> list[int]:
    """Computes `jobs` times `steps` steps; returns the answers."""
    heart = Thread(target=beat, args=(heartbeat,), daemon=True)
    heart.start()
    # Right: nothing is shared, so nothing is waited for.
    processes = [start(steps) for _ in range(jobs)]
    answers = [answer.recv() for _, answer in processes]
    heartbeat.stop()
    for process, _ in processes:
        process.join()
    heart.join()
    return answers


def start(steps: int) -> tuple[Process, Connection]:
    receiver, sender = Pipe(duplex=False)
    process = Process(target=compute, args=(sender, steps), daemon=True)
    process.start()
    # Else a process that ends without an answer would be waited for without end.
    sender.close()
    return process, receiver


def compute(sender: Connection, steps: int) -> None:
    sender.send(kernel.compute(steps))


def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        time.sleep(due)
        heartbeat.beat()
