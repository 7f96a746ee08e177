"""A coroutine for each client, and one for the heart; the handlers hand their computation to a pool of threads.

Expect a heart that goes on, but late: the loop is one thread of several now, and asks for the GIL each time it wakes up, for 5 ms
or more, since whoever computes keeps it so long. No two handlers compute at once. Reach for it for calls that wait, and for a
library that gives the GIL away while it computes.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Executor, ThreadPoolExecutor

import kernel
from heartbeat import Heartbeat

from .load import BETWEEN_S, WORKERS, Load


def run(load: Load, heartbeat: Heartbeat) -> list[int]:
    """Serves the load while the heart beats beside it; returns all answers."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return asyncio.run(serve(load, heartbeat, pool))


async def serve(load: Load, heartbeat: Heartbeat, pool: Executor) -> list[int]:
    heart = asyncio.create_task(beat(heartbeat))
    clients = await asyncio.gather(*(client(load, pool) for _ in range(load.clients)))
    heartbeat.stop()
    await heart
    return [answer for answers in clients for answer in answers]


async def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        await asyncio.sleep(due)
        heartbeat.beat()


async def client(load: Load, pool: Executor) -> list[int]:
    answers = []
    while True:
        answers.append(await handle(load.steps, pool))
        if time.perf_counter() >= load.until:
            return answers
        await asyncio.sleep(BETWEEN_S)


async def handle(steps: int, pool: Executor) -> int:
    # Right: the loop goes on while a thread computes, whenever that gives it the GIL.
    return await asyncio.get_running_loop().run_in_executor(pool, kernel.compute, steps)
