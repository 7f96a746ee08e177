"""Works on many inputs, at most so many at once: by as many threads.

Expect a small object for each input, all of them read at the start, and nothing left running. Reach for it when the work blocks:
a blocking client, files, a driver of a database. If it awaits, take asyncio_workers; if it computes, a ProcessPoolExecutor.

    lengths = bounded_pool.map(files, 50, os.path.getsize)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")


def map(inputs: Iterable[Input], limit: int, work: Callable[[Input], Result]) -> list[Result | BaseException]:
    """Does `work` for each of `inputs`, at most `limit` at once; returns what came of each, in their order.

    An input whose work raises has the exception in its place, and the others continue. Raises ValueError if `limit` is less than
    1, and whatever `inputs` raises. Then, and if it is interrupted, it begins no more inputs and waits for those in flight: a
    thread cannot be stopped from outside.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    # Right: there are at most as many threads as may work at once, and each works on one input at a time.
    executor = ThreadPoolExecutor(limit)
    try:
        begun = [executor.submit(attempt, work, one) for one in inputs]
        return [one.result() for one in begun]
    finally:
        # What raised above is not to wait until all that is queued was worked on.
        executor.shutdown(cancel_futures=True)


def attempt(work: Callable[[Input], Result], one: Input) -> Result | BaseException:
    try:
        return work(one)
    except BaseException as error:
        # Not the program's own exit or interrupt: the system sends those to the main thread.
        return error
