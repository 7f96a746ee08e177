"""A coroutine for each client, and one for the heart; the handlers compute in pieces, and yield between them.

Expect a heart that is late by a few pieces of each handler, and no more handlers a second than one core can serve. Reach for it
where a computation has natural pieces and is short.
"""

from __future__ import annotations

import asyncio
import time

import kernel
from heartbeat import Heartbeat

from .load import BETWEEN_S, Load

# In steps, about 200 microseconds: the shorter a piece, the less late the others, and the dearer the yields.
YIELD_EVERY = 1_500


def run(load: Load, heartbeat: Heartbeat) -> list[int]:
    """Serves the load while the heart beats beside it; returns all answers."""
    return asyncio.run(serve(load, heartbeat))


async def serve(load: Load, heartbeat: Heartbeat) -> list[int]:
    heart = asyncio.create_task(beat(heartbeat))
    clients = await asyncio.gather(*(client(load) for _ in range(load.clients)))
    heartbeat.stop()
    await heart
    return [answer for answers in clients for answer in answers]


async def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        await asyncio.sleep(due)
        heartbeat.beat()


async def client(load: Load) -> list[int]:
    answers = []
    while True:
        answers.append(await handle(load.steps))
        if time.perf_counter() >= load.until:
            return answers
        await asyncio.sleep(BETWEEN_S)


async def handle(steps: int) -> int:
    state, left = kernel.SEED, steps
    while left > 0:
        piece = min(left, YIELD_EVERY)
        state = kernel.advance(state, piece)
        left -= piece
        # Right: the other coroutines, and the timers, get their turn between two pieces.
        await asyncio.sleep(0)
    return kernel.answer(state)
