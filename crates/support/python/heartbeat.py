"""A beat that is due every few milliseconds, and how late each came: the twin of `workload::Heartbeat`."""

from __future__ import annotations

import math
import time
from collections import Counter


class Heartbeat:
    """Beats on a fixed schedule, which a thread or a coroutine waits for and then counts.

    However many were missed, each is counted, as late as it came after its own time: after a second
    without one, not one beat is late, but two hundred, by up to a second.
    """

    def __init__(self, period_s: float) -> None:
        """Begins the schedule: the first beat is due one period from now."""
        self._period = period_s
        self.begin()

    def begin(self) -> None:
        """Begins the schedule again, once all is imported and started that is not to count."""
        self._started = time.perf_counter()
        self._stopped: float | None = None
        self._late: list[float] = []
        self._wakes = 0

    def next(self) -> float | None:
        """Seconds until the next beat is due, 0 if it is past; none once it was stopped and has counted all that were due."""
        due = self._due()
        if self._stopped is not None and due > self._stopped:
            return None
        return max(due - time.perf_counter(), 0.0)

    def beat(self) -> None:
        """Counts the beats that have become due and were not counted yet."""
        now = time.perf_counter()
        until = now if self._stopped is None else min(now, self._stopped)
        before = len(self._late)
        while self._due() <= until:
            self._late.append(now - self._due())
        self._wakes += len(self._late) > before

    def stop(self) -> None:
        """Ends the schedule: no beat is due after this."""
        if self._stopped is None:
            self._stopped = time.perf_counter()

    def metrics(self) -> dict[str, float]:
        """How late the beats came; one that never came is as late as the schedule was long."""
        late = sorted(self._all())
        # As the histogram in Rust counts: the least that at least this share of them came no later than.
        at = [late[math.ceil(len(late) * share) - 1] if late else 0.0 for share in (0.5, 0.99, 1.0)]
        names = ("late_p50_s", "late_p99_s", "late_max_s")
        return {"beats": float(len(late)), "wakes": float(self._wakes), **dict(zip(names, at))}

    def histogram(self) -> list[tuple[float, float]]:
        """Points (seconds late, beats), to three significant digits: how many beats were so late."""
        counts = Counter(float(f"{late:.3g}") for late in self._all())
        return [(late, float(count)) for late, count in sorted(counts.items())]

    def _all(self) -> list[float]:
        end = time.perf_counter() if self._stopped is None else self._stopped
        missed = max(int((end - self._started) / self._period) - len(self._late), 0)
        return self._late + [end - self._started] * missed

    def _due(self) -> float:
        return self._started + self._period * (len(self._late) + 1)
