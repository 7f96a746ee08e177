"""The pipeline of hybrid-pipeline: what one input's computation does to the others."""

from __future__ import annotations

import asyncio
import os
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context
from typing import Any

from . import jobs, patterns

pipeline = patterns.load("hybrid-pipeline/python/asyncio_processes.py")
PIPELINES = ("asyncio_processes", "inline", "pool_per_call")


async def same(number: int) -> int:
    return number


def run(inputs: Any, at_once: int, compute: Callable[[int], Any], pool: Any, fetch: Any = same) -> list[Any]:
    """What came of each, or the name of what it raised; or nothing after a time in which it would have come."""

    async def within_a_minute() -> list[Any]:
        return await asyncio.wait_for(pipeline.map_all(inputs, at_once, fetch, compute, pool), 60)

    return [type(one).__name__ if isinstance(one, BaseException) else one for one in asyncio.run(within_a_minute())]


def new_pool(workers: int = 2, **settings: Any) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, get_context("forkserver"), **settings)


class OneBadInputTest(unittest.TestCase):
    def test_fails_alone_whatever_it_does_to_its_process(self) -> None:
        for compute, said in [
            (jobs.raises_two_arguments, "BrokenProcessPool"),
            (jobs.dies, "BrokenProcessPool"),
            (jobs.is_killed, "BrokenProcessPool"),
            (jobs.returns_what_cannot_be_read, "BrokenProcessPool"),
            (jobs.has_a_broken_pool, "BrokenProcessPool"),
            (jobs.exits, "SystemExit"),
            (jobs.is_interrupted, "KeyboardInterrupt"),
            (jobs.stops, "StopIteration"),
            (jobs.is_cancelled, "CancelledError"),
        ]:
            with self.subTest(compute.__name__), new_pool() as pool:
                expected = [said if number == jobs.BAD else number * number for number in range(12)]
                self.assertEqual(run(range(12), 4, compute, pool), expected)
                self.assertEqual(run(range(2), 4, jobs.square, pool), [0, 1], "with the same pool afterwards")

    def test_that_cannot_be_sent_back_fails_alone(self) -> None:
        with new_pool() as pool:
            came = run(range(5), 4, jobs.returns_what_cannot_be_sent, pool)
            self.assertEqual(came[:3] + came[4:], [0, 1, 4, 16])
            # AttributeError or PicklingError, by the version.
            self.assertIsInstance(came[3], str)

    def test_fails_alone_if_all_are_in_flight_or_one_at_a_time(self) -> None:
        for at_once in (1, 2**70):
            with self.subTest(at_once), new_pool(1) as pool:
                expected = ["BrokenProcessPool" if number == jobs.BAD else number * number for number in range(6)]
                self.assertEqual(run(range(6), at_once, jobs.dies, pool), expected)

    def test_and_others_like_it_leave_what_is_between_them(self) -> None:
        with new_pool() as pool:
            expected = ["BrokenProcessPool" if number % jobs.BAD == 0 else number * number for number in range(12)]
            self.assertEqual(run(range(12), 6, jobs.dies_often, pool), expected)

    def test_leaves_pools_that_were_made_as_the_first_was(self) -> None:
        with new_pool(initializer=jobs.start, initargs=(100,)) as pool:
            came = run(range(8), 4, jobs.plus_started, pool)
            self.assertEqual(came, [100, 101, 104, "BrokenProcessPool", 116, 125, 136, 149])

    def test_leaves_no_process_behind(self) -> None:
        with new_pool() as pool:
            run(range(12), 4, jobs.dies, pool)
        for process in active_children():
            process.join(30)
        self.assertEqual(active_children(), [])

    def test_of_fetching_fails_alone(self) -> None:
        async def fetch(number: int) -> int:
            if number == 1:
                raise asyncio.CancelledError
            if number == 2:
                raise OSError
            return number

        with new_pool() as pool:
            self.assertEqual(run(range(5), 2, jobs.square, pool, fetch), [0, "CancelledError", "OSError", 9, 16])


class ReplacementTest(unittest.TestCase):
    def test_does_not_fork_among_threads(self) -> None:
        for method in ("fork", "forkserver", "spawn"):
            context = pipeline.not_forking(get_context(method))
            self.assertEqual(context.get_start_method(), "forkserver" if method == "fork" else method)

    def test_takes_over_from_a_pool_that_forks(self) -> None:
        with ProcessPoolExecutor(2, get_context("fork")) as pool:
            self.assertEqual(run(range(5), 5, jobs.dies, pool), [0, 1, 4, "BrokenProcessPool", 16])

    def test_ends_with_a_call_that_is_cancelled(self) -> None:
        async def fetch(number: int) -> int:
            # The last never comes.
            await asyncio.sleep(3600 if number == 9 else 0)
            return number

        async def cancel(pool: ProcessPoolExecutor) -> None:
            await asyncio.wait_for(pipeline.map_all(range(10), 10, fetch, jobs.dies, pool), 3)

        with new_pool() as pool:
            self.assertRaises(asyncio.TimeoutError, asyncio.run, cancel(pool))
        for process in active_children():
            process.join(30)
        self.assertEqual(active_children(), [])


class WhatIsAskedTest(unittest.TestCase):
    def test_is_refused_if_nothing_could_ever_be_done(self) -> None:
        for name in PIPELINES:
            module = patterns.load(f"hybrid-pipeline/python/{name}.py")
            rest = (None,) if name == "asyncio_processes" else ()
            for at_once in (0, -1):
                with self.subTest(name, at_once=at_once), self.assertRaises(ValueError):
                    asyncio.run(asyncio.wait_for(module.map_all([1], at_once, same, abs, *rest), 60))

    def test_is_raised_if_the_inputs_raise_it_before_anything_is_begun(self) -> None:
        def inputs() -> Iterator[int]:
            yield 1
            raise OSError("the source broke")

        fetched: list[int] = []

        async def fetch(number: int) -> int:
            fetched.append(number)
            return number

        with new_pool(1) as pool, self.assertRaises(OSError):
            run(inputs(), 2, jobs.square, pool, fetch)
        self.assertEqual(fetched, [])

    def test_may_be_computed_by_a_process_that_is_not_this_one(self) -> None:
        with new_pool(1) as pool:
            self.assertNotIn(os.getpid(), run(range(3), 2, process_of, pool))


def process_of(_: int) -> int:
    return os.getpid()
