"""A thread for each task; all of them wait at once.

Expect 8 MiB of address space a thread, which is what `ulimit -s` allows a stack, and some tens of kilobytes of memory, most of
which no account of the process shows: a kernel stack and page tables. Expect an end, too: some tens of thousands, then the system
refuses. Reach for it when there are hundreds, or when what they call blocks.
"""

from __future__ import annotations

from threading import Lock, Thread
from time import sleep

from . import gauge


def run(tasks: int, seconds: float) -> int:
    """Lets `tasks` threads wait for `seconds` together; returns how many did."""
    door = Lock()
    door.acquire()
    ended: list[bool] = []
    # Right: a thread that waits holds what it touched of its stack, not what is reserved for it.
    waits = [Thread(target=wait, args=(door, ended), daemon=True) for _ in range(tasks)]
    for thread in waits:
        thread.start()
    sleep(seconds)
    door.release()
    for thread in waits:
        thread.join()
    return len(ended)


def wait(door: Lock, ended: list[bool]) -> None:
    gauge.arrive()
    # They go through it one by one. An Event would wake them all together, to crowd before its own lock.
    with door:
        gauge.leave()
    ended.append(True)
