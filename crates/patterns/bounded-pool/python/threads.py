"""Works on many inputs, at most so many at once: by as many threads.

Expect a small object for each input, all of them read at the start, and nothing left running. Reach for it when the work blocks:
a blocking client, files, a driver of a database. If it awaits, take asyncio_workers; if it computes, a ProcessPoolExecutor.

    lengths = bounded_pool.map(files, 50, os.path.getsize)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")


def map(inputs: Iterable[Input], limit: int, work: Callable[[Input], Result]) -> list[Result | Exception]:
    """Does `work` for each of `inputs`, at most `limit` at once; returns what came of each, in their order.

    An input whose work raises has the exception in its place, and the others go on. Raises ValueError if `limit` is less than 1,
    and whatever `inputs` raises. Interrupted while it waits, it begins no more inputs and waits for those under way: a
    thread cannot be stopped from outside.
    """
    # Right: there are as many threads as may work at once, and each works on one input at a time.
    with ThreadPoolExecutor(limit) as executor:
        return list(executor.map(partial(attempt, work), inputs))


def attempt(work: Callable[[Input], Result], one: Input) -> Result | Exception:
    try:
        return work(one)
    except Exception as error:
        return error
