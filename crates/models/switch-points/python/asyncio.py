"""Coroutines pass through a critical section in which nothing awaits.

Expect nobody else in the section, ever, without a lock: a coroutine is switched at an await and nowhere else.
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
        # Right: from here to the end of the section there is no await.
        state = kernel.advance(kernel.SEED, steps)
        kernel.advance(state, steps)
        log.note(worker, Event.LEAVE)
        await asyncio.sleep(0)
