"""A process for each task, by multiprocessing as it comes; all of them wait at once.

As it comes means, on Linux, forked from this process up to Python 3.13, and from a server's process from 3.14 on. Expect several
megabytes resident in each, most of them pages that they share with the one that they were forked from, until someone writes to
them; and a reference counted is a write. Reach for it when a task has to fail, be limited or be killed by itself.
"""

from __future__ import annotations

from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from time import sleep

from . import gauge


def run(tasks: int, seconds: float) -> int:
    """Lets `tasks` processes wait for `seconds` together; returns how many did."""
    held, hold = Pipe(duplex=False)
    arrived, arrive = Pipe(duplex=False)
    waits = [Process(target=wait, args=(arrive, hold, held), daemon=True) for _ in range(tasks)]
    try:
        for process in waits:
            process.start()
        # One that has ended before it arrived is not waited for.
        arrive.close()
        for _ in waits:
            arrived.recv_bytes()
            gauge.arrive()
        sleep(seconds)
    finally:
        hold.close()
    for process in waits:
        process.join()
    return sum(process.exitcode == 0 for process in waits)


def wait(arrive: Connection, hold: Connection, held: Connection) -> None:
    hold.close()
    # It is about to wait.
    arrive.send_bytes(b".")
    arrive.close()
    try:
        # Right: it waits for the end of its input, which comes when the parent ends too, however that dies.
        held.recv_bytes()
    except EOFError:
        return
