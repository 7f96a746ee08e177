"""The limiters of rate-limiter: what they refuse to be made for, and what a caller keeps from others."""

from __future__ import annotations

import asyncio
import math
import threading
import time
import unittest
from typing import Any

from . import patterns

threads = patterns.load("rate-limiter/python/threads.py")
tasks = patterns.load("rate-limiter/python/asyncio.py")

NO_RATES: list[tuple[Any, Any, Any]] = [
    (0, 1.0, 1),
    (-1, 1.0, 1),
    (-1, -1.0, 1),
    (0.5, 1.0, 1),
    (math.nan, 1.0, 1),
    (math.inf, 1.0, 1),
    (10**400, 1.0, 1),
    (10, 0.0, 1),
    (10, -1.0, 1),
    (10, math.nan, 1),
    (10, math.inf, 1),
    (10, 10**400, 1),
    (10, 5e-324, 1),
    (1, 1e300, 1),
    (10, 1.0, 0),
    (10, 1.0, -1),
    (10, 1.0, math.nan),
    (10, 1.0, math.inf),
    (10, 1.0, 10**400),
    (10, 1.0, 10**30),
]


class BothTest(unittest.TestCase):
    def test_what_is_no_rate_is_refused(self) -> None:
        for module in (threads, tasks):
            for rate in NO_RATES:
                with self.subTest(module.__name__, rate=str(rate)[:40]), self.assertRaises(ValueError):
                    module.Limiter(*rate)

    def test_what_is_one_is_kept(self) -> None:
        for module in (threads, tasks):
            for amount, per_s, burst in [(1, 1e8, 1), (10**6, 0.001, 1), (1, 1, 3), (10, 1.0, 10**9)]:
                limiter = module.Limiter(amount, per_s, burst)
                self.assertTrue(limiter.try_acquire())
                if per_s >= 1:
                    let_in = sum(limiter.try_acquire() for _ in range(5))
                    self.assertEqual(let_in, min(burst - 1, 5), f"{module.__name__} {amount} {per_s} {burst}")


class ThreadsTest(unittest.TestCase):
    def test_patience_without_end_waits_as_long_as_it_takes(self) -> None:
        limiter = threads.Limiter(50, 1.0, 1)
        ended: list[bool] = []
        # All at once, so that some are not the first in line, whose turn it is without a wait for it.
        callers = [
            threading.Thread(target=lambda most=patience_s: ended.append(limiter.acquire(most)), daemon=True)
            for patience_s in (math.inf, 1e300, 10**12, math.inf)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(60)
        self.assertEqual(ended, [True] * len(callers))

    def test_no_patience_is_turned_away_at_once(self) -> None:
        limiter = threads.Limiter(1, 3600.0, 1)
        self.assertTrue(limiter.acquire(-1.0))
        for patience_s in (0.0, -1.0, -math.inf):
            self.assertFalse(limiter.acquire(patience_s))

    def test_patience_that_is_no_number_is_refused(self) -> None:
        limiter = threads.Limiter(1, 3600.0, 1)
        for _ in range(2):
            self.assertRaises(ValueError, limiter.acquire, math.nan)
        self.assertTrue(limiter.try_acquire(), "nothing was used up")

    def test_a_wait_of_years_is_one_that_can_be_waited(self) -> None:
        limiter = threads.Limiter(1, 9e8, 1)
        limiter.acquire()
        ended = []
        waiting = threading.Thread(target=lambda: ended.append(limiter.acquire()), daemon=True)
        waiting.start()
        time.sleep(0.05)
        self.assertTrue(waiting.is_alive())
        self.assertEqual(ended, [])


class TasksTest(unittest.TestCase):
    def test_a_caller_that_never_has_to_wait_lets_others_have_their_turn(self) -> None:
        async def test() -> None:
            limiter = tasks.Limiter(1, 1.0, 10_000)
            turns = 0

            async def other() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            beside = asyncio.create_task(other())
            for _ in range(5_000):
                await limiter.acquire()
            beside.cancel()
            self.assertGreaterEqual(turns, 20)

        asyncio.run(test())

    def test_nobody_overtakes_one_that_lets_others_have_their_turn(self) -> None:
        async def test() -> None:
            limiter = tasks.Limiter(1, 1.0, 10_000)
            let_in = []

            async def call(place: int) -> None:
                await limiter.acquire()
                let_in.append(place)

            await asyncio.gather(*(call(place) for place in range(1_000)))
            self.assertEqual(let_in, list(range(1_000)))

        asyncio.run(test())

    def test_one_that_is_cancelled_on_that_turn_has_used_nothing_up(self) -> None:
        async def test() -> None:
            limiter = tasks.Limiter(1, 3600.0, 1_000)
            cancelled = 0
            # One at a time, each cancelled after it first lets others have their turn, if it does.
            for _ in range(300):
                call = asyncio.create_task(limiter.acquire())
                await asyncio.sleep(0)
                call.cancel()
                cancelled += (await asyncio.gather(call, return_exceptions=True))[0] is not None
            self.assertGreater(cancelled, 0)
            self.assertEqual(sum(limiter.try_acquire() for _ in range(2_000)), 1_000 - 300 + cancelled)

        asyncio.run(test())
