"""Works on many inputs, at most so many at once: by as many tasks, each of which takes one input after the other.

Expect memory for the inputs that are worked on and for the results, and nothing left running. Reach for it when the work awaits:
an async client, timers, sockets. If it blocks, take threads.

    pages = await bounded_pool.map(urls, 50, fetch)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")


async def map(inputs: Iterable[Input], limit: int, work: Callable[[Input], Awaitable[Result]]) -> list[Result | Exception]:
    """Does `work` for each of `inputs`, at most `limit` at once; returns what came of each, in their order.

    Each input is read when a task is free for it, so there may be more than fit into memory; they are read on the loop, and must
    not block. An input whose work raises has the exception in its place, and the others go on. Raises ValueError if `limit` is
    less than 1, and whatever `inputs` raises. Cancelled, it cancels the work under way.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    rest = enumerate(inputs)
    results: dict[int, Result | Exception] = {}
    # Right: there are as many tasks as may work at once, and each works on one input at a time.
    workers = [asyncio.create_task(work_on(rest, work, results)) for _ in range(limit)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
    return [results[place] for place in range(len(results))]


async def work_on(
    rest: Iterator[tuple[int, Input]], work: Callable[[Input], Awaitable[Result]], results: dict[int, Result | Exception]
) -> None:
    # All take from one iterator, without a lock: nobody else has a turn while one of them takes its next.
    for place, one in rest:
        results[place] = await attempt(work, one)


async def attempt(work: Callable[[Input], Awaitable[Result]], one: Input) -> Result | Exception:
    try:
        return await work(one)
    except Exception as error:
        return error
