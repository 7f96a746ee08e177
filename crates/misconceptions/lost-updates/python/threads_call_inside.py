"""Threads add to one counter, with a call between the read and the write.

Expect a sum that is too small, in every version: at a call the interpreter may let another thread have its turn, GIL or not.
Never do this; it is here to be seen.
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
        # Wrong: another thread may have its turn at this call, and what it adds is undone.
        counter.value = one_more(counter.value)


def one_more(value: int) -> int:
    return value + 1
