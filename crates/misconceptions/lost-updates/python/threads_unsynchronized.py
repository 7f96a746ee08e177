"""Threads add to one counter, and nothing keeps the read and the write together.

Expect a sum that is far too small up to Python 3.9, and the exact one from 3.10 on: since then the interpreter lets another
thread have its turn only at a call or at the end of a loop's body, and between this read and this write there is neither. That
is luck of the implementation, and no promise: one call is enough, see threads_call_inside.py.
"""

from __future__ import annotations

from threading import Thread


class Counter:
    """What all of them add to."""

    def __init__(self) -> None:
        self.value = 0


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
        # Wrong: a read, an addition and a write; another thread that writes in between is undone.
        counter.value += 1
