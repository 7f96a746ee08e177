"""Coroutines add to one counter, and there is an await between the read and the write.

Expect what one of them alone would have come to, the same in each run: they take turns at the await, so all of them read the same
number. Never do this; it is here to be seen.
"""

from __future__ import annotations

import asyncio


class Counter:
    """What all of them add to."""

    def __init__(self) -> None:
        self.value = 0


def run(workers: int, additions: int) -> int:
    """Lets `workers` coroutines add 1 `additions` times each; returns the counter."""
    return asyncio.run(run_all(workers, additions))


async def run_all(workers: int, additions: int) -> int:
    counter = Counter()
    await asyncio.gather(*(add(counter, additions) for _ in range(workers)))
    return counter.value


async def add(counter: Counter, additions: int) -> None:
    for _ in range(additions):
        read = counter.value
        # Wrong: every other coroutine has its turn at this await, and the write below undoes its addition.
        await asyncio.sleep(0)
        counter.value = read + 1
