"""Fetches many and computes on each: fetched by coroutines, computed in a pool of processes that was made once.

Expect the loop to stay free, and all cores to compute while more is fetched. Reach for it when much is computed on what comes.
What goes to a process and back is pickled, so `compute` is a function of a module, and its pages are better small. Make the pool
before the loop and end it after, since leaving its block waits for the processes:

    with ProcessPoolExecutor() as pool:
        words = asyncio.run(map_all(urls, 50, fetch, count_words, pool))
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
    pool: ProcessPoolExecutor,
) -> list[Result | BaseException]:
    """Fetches each of `inputs` and computes on what came, `at_once` of them at most; what came of each, in their order.

    An input whose fetch or computation raises has the exception in its place. The others go on.
    """
    room = asyncio.Semaphore(at_once)

    async def one(item: Input) -> Result:
        async with room:
            page = await fetch(item)
            loop = asyncio.get_running_loop()
            # Right: computed by a process that is there already, and awaited here.
            return await loop.run_in_executor(pool, compute, page)

    return await asyncio.gather(*map(one, inputs), return_exceptions=True)
