"""Coroutines pass through a critical section with an await in it.

Expect others in the section at each await, and only there: it is written where the switch happens. See asyncio_lock.py for what
such a section takes.
"""

from __future__ import annotations

import asyncio

import kernel

from .log import Event, Log


def run(log: Log, workers: int, sections: int, steps: int) -> None:
    """Lets `workers` coroutines pass through the section `sections` times each, with twice `steps` steps to compute inside."""
    asyncio.run(run_all(log, workers, sections, steps))


async def run_all(log: Log, workers: int, sections: int, steps: int) -> None:
    await asyncio.gather(*(work(log, worker, sections, steps) for worker in range(workers)))


async def work(log: Log, worker: int, sections: int, steps: int) -> None:
    for _ in range(sections):
        log.note(worker, Event.ENTER)
        state = kernel.advance(kernel.SEED, steps)
        log.note(worker, Event.AWAIT)
        # Wrong: the others run at this await, and through the section.
        await asyncio.sleep(0)
        log.note(worker, Event.RESUME)
        kernel.advance(state, steps)
        log.note(worker, Event.LEAVE)
        await asyncio.sleep(0)
