"""The pools of bounded-pool: what inputs that raise, a cancellation and an interrupt leave undone or running."""

from __future__ import annotations

import asyncio
import itertools
import signal
import threading
import unittest
from collections.abc import Callable, Iterator
from typing import Any

from . import patterns

threads = patterns.load("bounded-pool/python/threads.py")
tasks = patterns.load("bounded-pool/python/asyncio.py")
workers = patterns.load("bounded-pool/python/asyncio_workers.py")


def within_a_minute(work: Any) -> Any:
    async def limited() -> Any:
        return await asyncio.wait_for(work, 60)

    return asyncio.run(limited())


def names(came: list[Any]) -> list[Any]:
    return [type(one).__name__ if isinstance(one, BaseException) else one for one in came]


class AsyncTest(unittest.TestCase):
    """Of both pools of tasks, which promise the same."""

    def both(self, test: Callable[[Any], Any]) -> None:
        for pool in (tasks, workers):
            with self.subTest(pool.__name__):
                within_a_minute(test(pool))

    def test_what_the_work_of_one_input_raises_is_in_its_place(self) -> None:
        async def test(pool: Any) -> None:
            gone = asyncio.get_running_loop().create_future()
            gone.cancel()

            async def work(number: int) -> int:
                if number == 1:
                    raise asyncio.CancelledError
                if number in (2, 4):
                    await gone
                if number == 3:
                    raise OSError
                await asyncio.sleep(0)
                return number

            expected = [0, "CancelledError", "CancelledError", "OSError", "CancelledError", 5]
            self.assertEqual(names(await pool.map(range(6), 2, work)), expected)

        self.both(test)

    def test_a_cancellation_waits_until_each_has_cleaned_up(self) -> None:
        async def test(pool: Any) -> None:
            begun, cancelled, cleaned_up, before = [], [], [], asyncio.all_tasks()
            go_on = asyncio.Event()

            async def work(number: int) -> None:
                begun.append(number)
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    cancelled.append(number)
                    # Some clean up for longer than others.
                    for _ in range(1 + 5 * number):
                        await asyncio.sleep(0)
                    await go_on.wait()
                    cleaned_up.append(number)
                    raise

            call = asyncio.create_task(pool.map(range(9), 3, work))
            while len(begun) < 3:
                await asyncio.sleep(0)
            call.cancel()
            asyncio.get_running_loop().call_later(0.01, go_on.set)
            with self.assertRaises(asyncio.CancelledError):
                await call
            self.assertEqual((begun, sorted(cancelled), sorted(cleaned_up)), ([0, 1, 2], [0, 1, 2], [0, 1, 2]))
            self.assertEqual(asyncio.all_tasks(), before)

        self.both(test)

    def test_what_the_inputs_raise_is_raised_when_nothing_runs_any_more(self) -> None:
        def inputs() -> Iterator[int]:
            yield from range(2)
            raise OSError("the source broke")

        async def test(pool: Any) -> None:
            begun, cleaned_up, before = [], [], asyncio.all_tasks()

            async def work(number: int) -> None:
                begun.append(number)
                try:
                    await asyncio.sleep(3600)
                finally:
                    await asyncio.sleep(0.01)
                    cleaned_up.append(number)

            with self.assertRaises(OSError):
                await pool.map(inputs(), 3, work)
            self.assertEqual(sorted(cleaned_up), sorted(begun))
            self.assertEqual(asyncio.all_tasks(), before)

        self.both(test)

    def test_a_limit_far_above_the_inputs_takes_no_more_than_they_do(self) -> None:
        async def test(pool: Any) -> None:
            async def work(number: int) -> int:
                await asyncio.sleep(0)
                return number

            self.assertEqual(await pool.map(range(3), 2**70, work), [0, 1, 2])

        self.both(test)

    def test_a_limit_below_one_is_refused(self) -> None:
        async def test(pool: Any) -> None:
            for limit in (0, -1):
                with self.assertRaises(ValueError):
                    await pool.map([1], limit, asyncio.sleep)

        self.both(test)

    def test_as_many_as_the_limit_work_at_once_and_no_more(self) -> None:
        async def test(pool: Any) -> None:
            now = most = 0

            async def work(_: int) -> None:
                nonlocal now, most
                now += 1
                most = max(most, now)
                for _ in range(3):
                    await asyncio.sleep(0)
                now -= 1

            await pool.map(range(20), 4, work)
            self.assertEqual(most, 4)

        self.both(test)


class WorkersTest(unittest.TestCase):
    def test_a_second_cancellation_cuts_off_no_clean_up(self) -> None:
        async def test() -> None:
            cleaned_up = []

            async def work(number: int) -> None:
                try:
                    await asyncio.sleep(3600)
                finally:
                    await asyncio.sleep(0.02)
                    cleaned_up.append(number)

            call = asyncio.create_task(workers.map(range(4), 2, work))
            for _ in range(5):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.sleep(0)
            call.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await call
            self.assertEqual(sorted(cleaned_up), [0, 1])

        within_a_minute(test())

    def test_work_that_ignores_its_cancellation_gets_no_successor(self) -> None:
        async def test() -> None:
            begun = []

            async def work(number: int) -> int:
                begun.append(number)
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    return number
                raise AssertionError("it was not cancelled")

            call = asyncio.create_task(workers.map(itertools.count(), 2, work))
            for _ in range(5):
                await asyncio.sleep(0)
            call.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await call
            self.assertEqual(begun, [0, 1])

        within_a_minute(test())

    def test_no_more_inputs_are_read_than_are_worked_on(self) -> None:
        async def test() -> None:
            read = worked_on = 0

            def inputs() -> Iterator[int]:
                nonlocal read
                for number in range(100):
                    read += 1
                    self.assertLessEqual(read - worked_on, 4)
                    yield number

            async def work(_: int) -> None:
                nonlocal worked_on
                await asyncio.sleep(0)
                worked_on += 1

            await workers.map(inputs(), 4, work)
            self.assertEqual((read, worked_on), (100, 100))

        within_a_minute(test())


class ThreadsTest(unittest.TestCase):
    def test_what_the_work_of_one_input_raises_is_in_its_place(self) -> None:
        raised = [OSError(), SystemExit(), KeyboardInterrupt(), asyncio.CancelledError(), StopIteration()]

        def work(number: int) -> int:
            if number % 2:
                raise raised[number // 2]
            return number

        came = threads.map(range(10), 3, work)
        self.assertEqual((came[::2], came[1::2]), ([0, 2, 4, 6, 8], raised))

    def test_what_was_not_begun_never_is_once_the_inputs_have_raised(self) -> None:
        for failure in (OSError, KeyboardInterrupt, SystemExit):
            with self.subTest(failure.__name__):
                begun: list[int] = []
                may_end = threading.Event()

                def inputs(failure: Any = failure, may_end: Any = may_end) -> Iterator[int]:
                    yield from range(60)
                    may_end.set()
                    raise failure

                def work(number: int, begun: Any = begun, may_end: Any = may_end) -> None:
                    begun.append(number)
                    may_end.wait(60)
                    # Longer than it takes to cancel what waits.
                    threading.Event().wait(0.2)

                self.assertRaises(failure, threads.map, inputs(), 2, work)
                self.assertLessEqual(len(begun), 4)

    def test_an_interrupt_while_results_are_awaited_begins_no_more(self) -> None:
        begun: list[int] = []
        interrupted = threading.Event()

        def work(number: int) -> None:
            begun.append(number)
            if number == 1:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                interrupted.set()
            interrupted.wait(60)
            threading.Event().wait(0.2)

        self.assertRaises(KeyboardInterrupt, threads.map, range(60), 2, work)
        self.assertLessEqual(len(begun), 6)

    def test_a_limit_far_above_the_inputs_starts_no_more_threads_than_they_are(self) -> None:
        before = threading.active_count()
        counted = threads.map(range(3), 2**70, lambda _: threading.active_count())
        self.assertLessEqual(max(counted) - before, 3)

    def test_a_limit_below_one_is_refused_before_any_input_is_read(self) -> None:
        inputs = iter(range(3))
        for limit in (0, -1):
            self.assertRaises(ValueError, threads.map, inputs, limit, abs)
        self.assertEqual(list(inputs), [0, 1, 2])
