"""Works on many inputs, at most so many at once: by a task for each, which waits at a semaphore for its turn.

Expect a task for each input from the start, waiting or not, and nothing left running. Reach for it when the work awaits and the
inputs are some thousands; with more, or without end, take asyncio_workers. If the work blocks, take threads.

    pages = await bounded_pool.map(urls, 50, fetch)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")


async def map(inputs: Iterable[Input], limit: int, work: Callable[[Input], Awaitable[Result]]) -> list[Result | BaseException]:
    """Does `work` for each of `inputs`, at most `limit` at once; returns what came of each, in their order.

    An input whose work raises has the exception in its place, also CancelledError, and the others continue. Raises ValueError if
    `limit` is less than 1, and whatever `inputs` raises. If it is cancelled, it cancels the work in flight and waits for it.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    room = asyncio.Semaphore(limit)
    return await asyncio.gather(*[attempt(room, work, one) for one in list(inputs)], return_exceptions=True)


async def attempt(room: asyncio.Semaphore, work: Callable[[Input], Awaitable[Result]], one: Input) -> Result:
    # Right: while `limit` are in here, whoever comes waits outside.
    async with room:
        return await work(one)
