"""Runs one variant, or all of them: `python3 main.py [VARIANT] --origin URL [--requests N] [--limit N] [--bytes B]
[--delay-ms MS]`; or measures the pool alone, with work that does nothing: `python3 main.py [VARIANT] --inputs N [--limit N]`

Many inputs, at most so many at once: what does each model take for it?
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import asyncio

import failures
import limits
import outcome

# Each is imported when it is run, and its client with it: threads need no aiohttp, and are not to wait for its import.
VARIANTS = ("threads", "asyncio", "asyncio_workers")


def main() -> None:
    parser = outcome.parser(__doc__, VARIANTS)
    parser.add_argument("--requests", type=outcome.whole(1, 1_000_000), default=1000, metavar="N")
    parser.add_argument("--limit", type=outcome.whole(1, 100_000), default=50, metavar="N", help="how many at once")
    parser.add_argument("--bytes", type=outcome.whole(0, 1_000_000_000), default=1024, metavar="B", help="how long each body is")
    parser.add_argument("--delay-ms", type=outcome.whole(0, 600_000), default=20, metavar="MS", help="before each answer")
    parser.add_argument("--inputs", type=outcome.whole(1, 1_000_000_000), metavar="N", help="for the pool alone, no requests")
    arguments = parser.parse_args()
    if arguments.inputs is None:
        outcome.require_origin(parser, arguments)
    outcome.raise_open_files()
    if arguments.variant is None:
        outcome.run_all(VARIANTS)
    elif arguments.inputs is None:
        measure_requests(arguments)
    else:
        measure_pool(arguments)


def measure_requests(arguments: argparse.Namespace) -> None:
    host = urlsplit(arguments.origin).netloc
    path = f"/bytes/{arguments.bytes}?delay_ms={arguments.delay_ms}"
    asked = bytes(place % 251 for place in range(arguments.bytes))
    pool, paths = import_module(f"python.{arguments.variant}"), [path] * arguments.requests
    client: Any = import_module("python.blocking_client" if arguments.variant == "threads" else "python.async_client")
    run = outcome.Run("bounded-pool", arguments.variant)
    started = time.perf_counter()
    try:
        if arguments.variant == "threads":
            pages = pool.map(paths, arguments.limit, client.Client(host).fetch)
        else:
            pages = asyncio.run(fetch_all(pool, client, host, paths, arguments.limit))
    except RuntimeError as error:
        run.report(expected=arguments.requests, done=0, refused=limits.of_threads(error))
        return
    # What follows, the look at each page, is none of the fetching.
    fetching = time.perf_counter() - started
    failed = [failure for failure in (check(page, asked) for page in pages) if failure is not None]
    done = arguments.requests - len(failed)
    failures.report(run, arguments.requests, failed, metrics={"requests_per_s": done / fetching})


async def fetch_all(pool: Any, client: Any, host: str, paths: Sequence[str], limit: int) -> list[bytes | BaseException]:
    async with client.new_session(host) as session:
        pages: list[bytes | BaseException] = await pool.map(paths, limit, partial(client.fetch, session))
        return pages


def check(page: bytes | BaseException, asked: bytes) -> BaseException | None:
    """What is wrong with it: is it the page that was asked for?"""
    if isinstance(page, BaseException):
        return page
    return None if page == asked else ValueError(f"another body, of {len(page)} bytes")


def measure_pool(arguments: argparse.Namespace) -> None:
    pool, inputs = import_module(f"python.{arguments.variant}"), range(arguments.inputs)
    run = outcome.Run("bounded-pool", arguments.variant)
    started = time.perf_counter()
    try:
        if arguments.variant == "threads":
            results = pool.map(inputs, arguments.limit, same)
        else:
            results = asyncio.run(pool.map(inputs, arguments.limit, same_later))
    except RuntimeError as error:
        run.report(expected=arguments.inputs, done=0, refused=limits.of_threads(error))
        return
    elapsed = time.perf_counter() - started
    done = sum(place == result for place, result in enumerate(results))
    run.report(expected=arguments.inputs, done=done, metrics={"input_s": elapsed / arguments.inputs})


def same(one: int) -> int:
    return one


async def same_later(one: int) -> int:
    return one


if __name__ == "__main__":
    main()
