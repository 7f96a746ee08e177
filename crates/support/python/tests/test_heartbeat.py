"""The heartbeat, by a clock that goes only when it is told to. Its times are powers of two, which a float holds exactly."""

from __future__ import annotations

import unittest
from unittest import mock

from heartbeat import Heartbeat

PERIOD = 0.25


class HeartbeatTest(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 1024.0
        clock = mock.patch("time.perf_counter", lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)
        self.heartbeat = Heartbeat(PERIOD)

    def figures(self) -> tuple[float, float, float]:
        metrics = self.heartbeat.metrics()
        return metrics["beats"], metrics["wakes"], metrics["late_max_s"]

    def test_the_next_beat_is_due_by_the_schedule_however_late_the_last_one_came(self) -> None:
        self.assertEqual(self.heartbeat.next(), 0.25)
        self.now += 0.375
        self.assertEqual(self.heartbeat.next(), 0.0)
        self.heartbeat.beat()
        self.assertEqual(self.heartbeat.next(), 0.125)

    def test_each_beat_that_was_missed_is_as_late_as_it_came_after_its_own_time(self) -> None:
        self.now += 1.0
        self.heartbeat.beat()
        self.assertEqual(self.heartbeat.histogram(), [(0.0, 1.0), (0.25, 1.0), (0.5, 1.0), (0.75, 1.0)])
        self.assertEqual(self.figures(), (4, 1, 0.75))

    def test_what_was_before_the_schedule_began_again_does_not_count(self) -> None:
        self.now += 10 * PERIOD
        self.heartbeat.beat()
        self.heartbeat.begin()
        self.assertEqual(self.heartbeat.next(), PERIOD)
        self.assertEqual(self.figures(), (0, 0, 0.0))

    def test_an_early_wake_counts_nothing(self) -> None:
        self.now += 0.125
        self.heartbeat.beat()
        names = ("beats", "wakes", "late_p50_s", "late_p99_s", "late_max_s")
        self.assertEqual(self.heartbeat.metrics(), dict.fromkeys(names, 0.0))
        self.assertEqual(self.heartbeat.histogram(), [])

    def test_beats_that_were_due_before_the_stop_are_still_to_come_and_none_after_it(self) -> None:
        self.now += 0.5
        self.heartbeat.stop()
        self.now += 1.0
        self.heartbeat.stop()
        self.assertEqual(self.heartbeat.next(), 0.0)
        self.heartbeat.beat()
        self.assertIsNone(self.heartbeat.next())
        self.heartbeat.beat()
        self.assertEqual(self.heartbeat.histogram(), [(1.0, 1.0), (1.25, 1.0)])
        self.assertEqual(self.figures(), (2, 1, 1.25))

    def test_a_beat_that_never_came_is_as_late_as_the_schedule_was_long(self) -> None:
        self.now += 0.25
        self.heartbeat.beat()
        self.now += 0.75
        self.heartbeat.stop()
        self.now += 8.0
        self.assertEqual(self.heartbeat.histogram(), [(0.0, 1.0), (1.0, 3.0)])
        self.assertEqual(self.figures(), (4, 1, 1.0))

    def test_without_a_stop_the_schedule_goes_on_until_now(self) -> None:
        self.now += 0.5
        self.assertEqual(self.figures(), (2, 0, 0.5))
        self.now += 0.25
        self.assertEqual(self.figures(), (3, 0, 0.75))

    def test_the_histogram_keeps_three_significant_digits(self) -> None:
        started = self.now
        for beat, late in enumerate((0.0012341, 0.0012344, 0.0012361), 1):
            self.now = started + PERIOD * beat + late
            self.heartbeat.beat()
        self.assertEqual(self.heartbeat.histogram(), [(0.00123, 2.0), (0.00124, 1.0)])

    def test_percentiles_are_those_of_the_crate_workload(self) -> None:
        # Of so many beats, which is the one that half and 99 of 100 came no later than; the same table is in heartbeat.rs.
        for beats, p50, p99 in [(1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 4), (100, 50, 99), (101, 51, 100), (1000, 500, 990)]:
            with self.subTest(beats):
                self.heartbeat = Heartbeat(PERIOD)
                self.now += PERIOD * beats
                # The last that was due is not late at all.
                self.heartbeat.beat()
                metrics = self.heartbeat.metrics()
                found = [metrics[name] / PERIOD + 1 for name in ("late_p50_s", "late_p99_s", "late_max_s")]
                self.assertEqual(found, [p50, p99, beats])


if __name__ == "__main__":
    unittest.main()
