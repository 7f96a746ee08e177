"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--amount N] [--per-ms MS] [--burst N]`, and
- many callers at once: `[--callers N] [--each N] [--for-ms MS] [--half-give-up]`,
- a caller who never has to wait: `--alone N`.

Callers who may go on at a rate only: who keeps to it, in what order, and at what cost?
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable

import outcome
from python import article, crowd, threads
from python import asyncio as on_asyncio
from python.crowd import Crowd
from python.seen import Rate, Seen

VARIANTS = ("threads", "asyncio", "article")


def main() -> None:
    parser = outcome.parser(__doc__, VARIANTS)
    parser.add_argument("--amount", type=outcome.whole(1, 1_000_000_000), default=10, metavar="N")
    parser.add_argument("--per-ms", type=outcome.whole(1, 3_600_000), default=1_000, metavar="MS")
    parser.add_argument("--burst", type=outcome.whole(1, 1_000_000_000), default=1, metavar="N")
    parser.add_argument("--callers", type=outcome.whole(1, 1_000_000), default=1_000, metavar="N")
    parser.add_argument("--each", type=outcome.whole(1, 1_000_000), default=1, metavar="N")
    patience = parser.add_mutually_exclusive_group()
    patience.add_argument("--for-ms", type=outcome.whole(1, 600_000), metavar="MS")
    patience.add_argument("--half-give-up", action="store_true")
    parser.add_argument("--alone", type=outcome.whole(1, 1_000_000_000), metavar="N")
    parser.add_argument("--runtime-threads", type=outcome.whole(1, 1), help="a loop has one", metavar="1")
    arguments = parser.parse_args()
    try:
        threads.Limiter(arguments.amount, arguments.per_ms / 1_000, arguments.alone or arguments.burst)
    except ValueError as error:
        parser.error(str(error))
    if arguments.variant is None:
        outcome.run_all(variant for variant in VARIANTS if variant != "article" or arguments.alone is None)
    elif arguments.alone is None:
        of_a_crowd(arguments)
    elif arguments.variant == "article":
        parser.error("article knows no burst, so each but the first has to wait")
    else:
        alone(arguments)


def of_a_crowd(arguments: Namespace) -> None:
    rate = Rate(arguments.amount, arguments.per_ms / 1_000, arguments.burst)
    gives_up_after_s = None if arguments.for_ms is None else arguments.for_ms / 1_000
    callers = Crowd(arguments.callers, arguments.each, gives_up_after_s, arguments.half_give_up, rate)
    run = outcome.Run("rate-limiter", arguments.variant)
    seen, refused = Seen(), None
    if arguments.variant == "threads":
        limiter = threads.Limiter(rate.amount, rate.per_s, rate.burst)
        refused = crowd.of_threads(callers, seen, limiter.acquire, limiter.acquire)
    else:
        made = on_asyncio.Limiter if arguments.variant == "asyncio" else article.Limiter

        async def of_tasks() -> None:
            await crowd.of_tasks(callers, seen, made(rate.amount, rate.per_s, rate.burst).acquire)

        asyncio.run(of_tasks())
    metrics, series = seen.metrics(rate), {"let_in": seen.points()}
    run.report(expected=callers.expected(), done=seen.count(), metrics=metrics, series=series, refused=refused)


def alone(arguments: Namespace) -> None:
    """One half asks the one way, one the other, and finds all that it will ask for."""
    times = arguments.alone
    half = (times + 1) // 2
    run = outcome.Run("rate-limiter", arguments.variant)
    if arguments.variant == "threads":
        limiter = threads.Limiter(arguments.amount, arguments.per_ms / 1_000, times)
        started = time.perf_counter()
        for _ in range(half):
            limiter.acquire()
        acquiring = time.perf_counter() - started
        let_in, trying = try_all(limiter.try_acquire, times - half)
    else:
        let_in, trying, acquiring = asyncio.run(alone_in_a_task(arguments, half))
    metrics = {"acquire_s": acquiring / half, "try_acquire_s": trying / max(times - half, 1)}
    run.report(expected=times, done=half + let_in, metrics=metrics)


async def alone_in_a_task(arguments: Namespace, half: int) -> tuple[int, float, float]:
    limiter = on_asyncio.Limiter(arguments.amount, arguments.per_ms / 1_000, arguments.alone)
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


if __name__ == "__main__":
    main()
