"""Each pipeline on a loop, with a client, and the heartbeat beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from heartbeat import Heartbeat

from . import asyncio_processes, inline, pool_per_call
from .work import BODY, Item, Page, compute

Fetch = Callable[[Item], Awaitable[Page]]
Pipeline = Callable[[Fetch], Awaitable["list[int | BaseException]"]]


def of_processes(items: Sequence[Item], fetches: int, jobs: int, heartbeat: Heartbeat) -> list[int | BaseException]:
    # By default it forks before 3.14, and there is a thread by now: the one that samples.
    with ProcessPoolExecutor(jobs, get_context("forkserver")) as pool:
        # So that the processes are started now: to start one later keeps the loop waiting.
        list(pool.map(abs, range(jobs)))
        return on_a_loop(lambda fetch: asyncio_processes.map_all(items, fetches, fetch, compute, pool), fetches, heartbeat)


def on_the_loop(items: Sequence[Item], fetches: int, _jobs: int, heartbeat: Heartbeat) -> list[int | BaseException]:
    return on_a_loop(lambda fetch: inline.map_all(items, fetches, fetch, compute), fetches, heartbeat)


def with_a_pool_per_call(items: Sequence[Item], fetches: int, _jobs: int, heartbeat: Heartbeat) -> list[int | BaseException]:
    return on_a_loop(lambda fetch: pool_per_call.map_all(items, fetches, fetch, compute), fetches, heartbeat)


def on_a_loop(pipeline: Pipeline, connections: int, heartbeat: Heartbeat) -> list[int | BaseException]:
    """What keeps the loop busy stops the heartbeat."""
    # Not above, since each process of the pool imports this file, and needs no client.
    import aiohttp

    async def beat() -> None:
        while (due_s := heartbeat.next()) is not None:
            await asyncio.sleep(due_s)
            heartbeat.beat()

    async def run() -> list[int | BaseException]:
        # The client was imported since it was made, and the processes started.
        heartbeat.begin()
        beats = asyncio.create_task(beat())
        connector = aiohttp.TCPConnector(limit=connections)
        async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:

            async def fetch(item: Item) -> Page:
                if item.url is None:
                    return Page(BODY, item.steps)
                async with session.get(item.url) as response:
                    return Page(await response.read(), item.steps)

            results = await pipeline(fetch)
        heartbeat.stop()
        await beats
        return results

    return asyncio.run(run())
