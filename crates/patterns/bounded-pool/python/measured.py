"""What is measured of a pool, whichever it is: pages that are fetched in it, or the pool alone."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import demo
import failures
import outcome


def of_requests(pool: Any, arguments: Namespace) -> None:
    host = urlsplit(arguments.origin).netloc
    path = f"/bytes/{arguments.bytes}?delay_ms={arguments.delay_ms}"
    asked = bytes(place % 251 for place in range(arguments.bytes))
    paths = [path] * arguments.requests
    client: Any = import_module("python.blocking_client" if arguments.variant == "threads" else "python.async_client")
    run = outcome.Run("bounded-pool", arguments.variant)
    started = time.perf_counter()
    with demo.or_refused(run, arguments.requests):
        if arguments.variant == "threads":
            pages = pool(paths, arguments.limit, client.Client(host).fetch)
        else:
            pages = asyncio.run(fetch_all(pool, client, host, paths, arguments.limit))
    # What follows, the look at each page, is none of the fetching.
    fetching = time.perf_counter() - started
    failed = [failure for failure in (check(page, asked) for page in pages) if failure is not None]
    done = arguments.requests - len(failed)
    failures.report(run, arguments.requests, failed, metrics={"requests_per_s": done / fetching})


async def fetch_all(pool: Any, client: Any, host: str, paths: Sequence[str], limit: int) -> list[bytes | BaseException]:
    async with client.new_session(host) as session:
        pages: list[bytes | BaseException] = await pool(paths, limit, partial(client.fetch, session))
        return pages


def check(page: bytes | BaseException, asked: bytes) -> BaseException | None:
    """What is wrong with it: is it the page that was asked for?"""
    if isinstance(page, BaseException):
        return page
    return None if page == asked else ValueError(f"another body, of {len(page)} bytes")


def alone(pool: Any, arguments: Namespace) -> None:
    inputs = range(arguments.inputs)
    run = outcome.Run("bounded-pool", arguments.variant)
    started = time.perf_counter()
    with demo.or_refused(run, arguments.inputs):
        if arguments.variant == "threads":
            results = pool(inputs, arguments.limit, same)
        else:
            results = asyncio.run(pool(inputs, arguments.limit, same_later))
    elapsed = time.perf_counter() - started
    done = sum(place == result for place, result in enumerate(results))
    run.report(expected=arguments.inputs, done=done, metrics={"input_s": elapsed / arguments.inputs})


def same(one: int) -> int:
    return one


async def same_later(one: int) -> int:
    return one
