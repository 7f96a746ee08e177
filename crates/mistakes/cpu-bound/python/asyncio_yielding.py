"""A coroutine for each computation, on the one thread that a loop has; each yields after every 100,000 steps.

Expect the time of serial.py: the coroutines take turns, and no two of them ever compute at once. What the yields do buy is the
heart, which gets its turn too, late by a few pieces of each: some hundred milliseconds, with pieces so long. Reach for it when a
loop has to go on beside a computation, not to be done sooner, and make the pieces shorter.
"""

from __future__ import annotations

import asyncio

import kernel
from heartbeat import Heartbeat

# In steps: so long does a coroutine keep the thread each time it has it.
YIELD_EVERY = 100_000


def run(jobs: int, steps: int, heartbeat: Heartbeat) -> list[int]:
    """Computes `jobs` times `steps` steps; returns the answers."""
    return asyncio.run(run_all(jobs, steps, heartbeat))


async def run_all(jobs: int, steps: int, heartbeat: Heartbeat) -> list[int]:
    heart = asyncio.create_task(beat(heartbeat))
    # Wrong: there is one thread to compute on, and a yield only says who has it next.
    answers = await asyncio.gather(*(compute(steps) for _ in range(jobs)))
    heartbeat.stop()
    await heart
    return answers


async def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        await asyncio.sleep(due)
        heartbeat.beat()


async def compute(steps: int) -> int:
    state, left = kernel.SEED, steps
    while left > 0:
        piece = min(left, YIELD_EVERY)
        state = kernel.advance(state, piece)
        left -= piece
        await asyncio.sleep(0)
    return kernel.answer(state)
