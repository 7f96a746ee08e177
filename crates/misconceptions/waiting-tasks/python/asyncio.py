"""An asyncio task for each task; all of them wait at once.

Expect a kilobyte or two a task: its coroutine, what the loop keeps of it, and what it waits for. Reach for it when there are
thousands.
"""

from __future__ import annotations

import asyncio
from asyncio import Lock, sleep

from . import gauge


def run(tasks: int, seconds: float) -> int:
    """Lets `tasks` tasks wait for `seconds` together; returns how many did."""
    return asyncio.run(run_all(tasks, seconds))


async def run_all(tasks: int, seconds: float) -> int:
    door = Lock()
    await door.acquire()
    # Right: a task that waits holds its coroutine, and there is no stack to hold.
    waits = [asyncio.create_task(wait(door)) for _ in range(tasks)]
    await sleep(seconds)
    door.release()
    return sum(await asyncio.gather(*waits))


async def wait(door: Lock) -> bool:
    gauge.arrive()
    # They go through it one by one.
    async with door:
        gauge.leave()
    return True
