"""Threads add to one counter; a lock is held from the read to the write.

Expect the exact sum, in every version. Reach for it when threads share what they change.
"""

from __future__ import annotations

from threading import Lock, Thread


class Counter:
    """What all of them add to."""

    def __init__(self) -> None:
        self.value = 0
        self.lock = Lock()


def run(workers: int, additions: int) -> int:
    """Lets `workers` threads add 1 `additions` times each; returns the counter."""
    counter = Counter()
    threads = [Thread(target=add, args=(counter, additions)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counter.value


def add(counter: Counter, additions: int) -> None:
    for _ in range(additions):
        # Right: whoever has its turn between the read and the write waits here.
        with counter.lock:
            counter.value += 1
