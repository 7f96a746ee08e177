"""Coroutines add to one counter; each lets the others have their turn after every 100,000th addition.

Expect the exact sum, without a lock: at an await, and nowhere else, another coroutine has its turn, and there is none between the
read and the write. Reach for it when what is shared is changed in one go.
"""

from __future__ import annotations

import asyncio

YIELD_EVERY = 100_000


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
    for addition in range(1, additions + 1):
        # Right: no await from the read to the write.
        counter.value += 1
        if addition % YIELD_EVERY == 0:
            await asyncio.sleep(0)
