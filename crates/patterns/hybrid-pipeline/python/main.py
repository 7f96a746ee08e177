"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--items N] [--fetches N] [--jobs N] [--delay-ms MS] [--steps N]
[--no-fetch] [--period-ms MS] [--origin URL]`

Pages that are fetched and computed on, and a heart that beats beside: how long does all of it take, and how late are the beats?
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, so that its files are found in it and nowhere else.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import asyncio
import os
import time
from argparse import Namespace
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import outcome
from heartbeat import Heartbeat
from python import asyncio_processes, inline, pool_per_call
from python.work import BODY, BYTES, Item, Page, Tally, compute

Fetch = Callable[[Item], Awaitable[Page]]
Pipeline = Callable[[Fetch], Awaitable["list[int | BaseException]"]]

VARIANTS = ("asyncio_processes", "inline", "pool_per_call")


def main() -> None:
    parser = outcome.parser(__doc__, VARIANTS)
    parser.add_argument("--items", type=outcome.whole(1, 10_000_000), default=40, metavar="N")
    parser.add_argument("--fetches", type=outcome.whole(1, 100_000), default=12, metavar="N")
    parser.add_argument("--jobs", type=outcome.whole(1, 1_000), default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--delay-ms", type=outcome.whole(0, 600_000), default=10, metavar="MS")
    parser.add_argument("--steps", type=outcome.whole(0, 100_000_000_000), default=100_000, metavar="N")
    parser.add_argument("--no-fetch", action="store_true")
    parser.add_argument("--period-ms", type=outcome.whole(1, 60_000), default=2, metavar="MS")
    arguments = parser.parse_args()
    if not arguments.no_fetch and arguments.origin is None:
        parser.error("pages are fetched: start `cargo run --release -p origin`, and pass what it prints as --origin URL")
    if arguments.variant is None:
        outcome.run_all(VARIANTS)
        return
    outcome.raise_open_files()
    run = outcome.Run("hybrid-pipeline", arguments.variant)
    heartbeat = Heartbeat(arguments.period_ms / 1_000)
    started = time.perf_counter()
    tally = Tally(work(arguments, heartbeat))
    item_s = (time.perf_counter() - started) / arguments.items
    run.report(
        expected=arguments.items,
        done=tally.done,
        metrics={**heartbeat.metrics(), "item_s": item_s, "answer": tally.answer or 0},
        series={"late_s": heartbeat.histogram()},
        errors=tally.failed,
    )


def work(arguments: Namespace, heartbeat: Heartbeat) -> list[int | BaseException]:
    url = None if arguments.no_fetch else f"{arguments.origin}/bytes/{BYTES}?delay_ms={arguments.delay_ms}"
    items = [Item(url, arguments.steps)] * arguments.items
    fetches = arguments.fetches
    if arguments.variant == "inline":
        return on_a_loop(lambda fetch: inline.map_all(items, fetches, fetch, compute), fetches, heartbeat)
    if arguments.variant == "pool_per_call":
        return on_a_loop(lambda fetch: pool_per_call.map_all(items, fetches, fetch, compute), fetches, heartbeat)
    # By default it forks before 3.14, and there is a thread by now: the one that samples.
    with ProcessPoolExecutor(arguments.jobs, get_context("forkserver")) as pool:
        # So that the processes are started now: to start one later keeps the loop waiting.
        list(pool.map(abs, range(arguments.jobs)))
        return on_a_loop(lambda fetch: asyncio_processes.map_all(items, fetches, fetch, compute, pool), fetches, heartbeat)


def on_a_loop(pipeline: Pipeline, connections: int, heartbeat: Heartbeat) -> list[int | BaseException]:
    """What keeps the loop busy keeps the heart from beating."""
    # Not above, since each process of the pool imports this file, and needs no client.
    import aiohttp

    async def beat() -> None:
        while (due_s := heartbeat.next()) is not None:
            await asyncio.sleep(due_s)
            heartbeat.beat()

    async def run() -> list[int | BaseException]:
        heart = asyncio.create_task(beat())
        connector = aiohttp.TCPConnector(limit=connections)
        async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:

            async def fetch(item: Item) -> Page:
                if item.url is None:
                    return Page(BODY, item.steps)
                async with session.get(item.url) as response:
                    return Page(await response.read(), item.steps)

            results = await pipeline(fetch)
        heartbeat.stop()
        await heart
        return results

    return asyncio.run(run())


if __name__ == "__main__":
    main()
