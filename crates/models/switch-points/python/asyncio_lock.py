"""Coroutines pass through a critical section with an await in it; a lock keeps the others out.

Expect nobody else in the section: the others do run at the await, as far as the lock.
"""

from __future__ import annotations

import asyncio

import kernel

from .log import Event, Log


def run(log: Log, workers: int, sections: int, steps: int) -> None:
    """Lets `workers` coroutines pass through the section `sections` times each, with twice `steps` steps to compute inside."""
    asyncio.run(run_all(log, workers, sections, steps))


async def run_all(log: Log, workers: int, sections: int, steps: int) -> None:
    section = asyncio.Lock()
    await asyncio.gather(*(work(log, section, worker, sections, steps) for worker in range(workers)))


async def work(log: Log, section: asyncio.Lock, worker: int, sections: int, steps: int) -> None:
    for _ in range(sections):
        # Right: whoever runs at the await below waits here.
        async with section:
            log.note(worker, Event.ENTER)
            state = kernel.advance(kernel.SEED, steps)
            log.note(worker, Event.AWAIT)
            await asyncio.sleep(0)
            log.note(worker, Event.RESUME)
            kernel.advance(state, steps)
            log.note(worker, Event.LEAVE)
        await asyncio.sleep(0)
