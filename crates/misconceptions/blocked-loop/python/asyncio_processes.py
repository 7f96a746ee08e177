"""A coroutine for each client, and one for the heart; the handlers hand their computation to a pool of processes.

Expect a heart that beats on time, and as many computations at once as there are workers and cores: each process has a GIL of its
own. What it is given and what it answers is pickled, so the function has to be one of a module. Reach for it first, for
whatever computes; and have the pool not fork in a program with threads of its own: `mp_context=get_context("forkserver")` is the
default from 3.14 on. A process that is forked among threads may stand still for ever.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Executor, ProcessPoolExecutor

import kernel
from heartbeat import Heartbeat

from .load import BETWEEN_S, WORKERS, Load


def run(load: Load, heartbeat: Heartbeat) -> list[int]:
    """Serves the load while the heart beats beside it; returns all answers."""
    with ProcessPoolExecutor(WORKERS) as pool:
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
    # Right: nothing that computes is in this process, so nobody keeps the GIL from the loop.
    return await asyncio.get_running_loop().run_in_executor(pool, kernel.compute, steps)
