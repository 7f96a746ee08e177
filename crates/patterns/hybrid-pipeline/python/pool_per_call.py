"""Fetches many and computes on each: fetched by coroutines, computed in a pool of processes that is made for each computation, as
the article does.

Expect what the start and the end of so many processes take, and a loop that stands still for each. Before 3.14 they are forked
besides, while the threads of the other pools run, and one of them may stand still for ever. It is here to be seen failing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Input = TypeVar("Input")
Page = TypeVar("Page")
Result = TypeVar("Result")


async def map_all(
    inputs: Iterable[Input],
    at_once: int,
    fetch: Callable[[Input], Awaitable[Page]],
    compute: Callable[[Page], Result],
) -> list[Result | BaseException]:
    """Fetches each of `inputs` and computes on what came, `at_once` of them at most; what came of each, in their order.

    An input whose fetch or computation raises has the exception in its place. The others continue. Raises ValueError if
    `at_once` is less than 1, and whatever `inputs` raises.
    """
    if at_once < 1:
        raise ValueError("at_once must be at least 1")
    room = asyncio.Semaphore(at_once)

    async def one(item: Input) -> Result:
        async with room:
            page = await fetch(item)
            loop = asyncio.get_running_loop()
            with ProcessPoolExecutor() as pool:
                # Wrong: leaving the block waits until the processes have ended, on the thread of the loop.
                return await loop.run_in_executor(pool, compute, page)

    return await asyncio.gather(*map(one, list(inputs)), return_exceptions=True)
