"""A coroutine for each client, and one for the heart; the handlers compute where they are called.

Expect a heart that stands still as long as any handler computes: to be `async` makes nothing concurrent, only an await lets
another coroutine run. See asyncio_processes.py for the way out.
"""

from __future__ import annotations

import asyncio
import time

import kernel
from heartbeat import Heartbeat

from .load import BETWEEN_S, Load


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
    # Wrong: there is no await in here, so the loop has no other coroutine to turn to before the answer is there.
    return kernel.compute(steps)
