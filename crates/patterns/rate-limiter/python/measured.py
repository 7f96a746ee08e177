"""What is measured of a limiter, whichever it is: many callers at once, or one that never has to wait."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import outcome

from . import crowd
from .crowd import Crowd
from .seen import Rate, Seen


def of_a_crowd(new: Any, arguments: Namespace) -> None:
    rate = Rate(arguments.amount, arguments.per_ms / 1_000, arguments.burst)
    gives_up_after_s = None if arguments.for_ms is None else arguments.for_ms / 1_000
    callers = Crowd(arguments.callers, arguments.each, gives_up_after_s, arguments.half_give_up, rate)
    run = outcome.Run("rate-limiter", arguments.variant)
    seen, refused = Seen(), None
    if arguments.variant == "threads":
        limiter = new(rate.amount, rate.per_s, rate.burst)
        refused = crowd.of_threads(callers, seen, limiter.acquire, limiter.acquire)
    else:

        async def of_tasks() -> None:
            await crowd.of_tasks(callers, seen, new(rate.amount, rate.per_s, rate.burst).acquire)

        asyncio.run(of_tasks())
    metrics, series = seen.metrics(rate), {"let_in": seen.points()}
    run.report(expected=callers.expected(), done=seen.count(), metrics=metrics, series=series, refused=refused)


def alone(new: Any, arguments: Namespace) -> None:
    """One half asks the one way, one the other, and finds all that it will ask for."""
    times = arguments.alone
    half = (times + 1) // 2
    run = outcome.Run("rate-limiter", arguments.variant)
    if arguments.variant == "threads":
        limiter = new(arguments.amount, arguments.per_ms / 1_000, times)
        started = time.perf_counter()
        for _ in range(half):
            limiter.acquire()
        acquiring = time.perf_counter() - started
        let_in, trying = try_all(limiter.try_acquire, times - half)
    else:
        let_in, trying, acquiring = asyncio.run(alone_in_a_task(new, arguments, half))
    metrics = {"acquire_s": acquiring / half, "try_acquire_s": trying / max(times - half, 1)}
    run.report(expected=times, done=half + let_in, metrics=metrics)


async def alone_in_a_task(new: Any, arguments: Namespace, half: int) -> tuple[int, float, float]:
    limiter = new(arguments.amount, arguments.per_ms / 1_000, arguments.alone)
    started = time.perf_counter()
    for _ in range(half):
        await limiter.acquire()
    acquiring = time.perf_counter() - started
    return *try_all(limiter.try_acquire, arguments.alone - half), acquiring


def try_all(try_acquire: Callable[[], bool], times: int) -> tuple[int, float]:
    """How many were let in, and the seconds that all took."""
    started = time.perf_counter()
    let_in = sum(try_acquire() for _ in range(times))
    return let_in, time.perf_counter() - started
