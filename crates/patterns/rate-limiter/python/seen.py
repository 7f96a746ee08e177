"""What was seen of a limiter: who was let in when, and how that compares with what its rate allows."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

# As many points as a picture can show.
MOST_POINTS = 500

# The place in the order of asking, and the moment, in seconds since the start.
LetIn = tuple[int, float]


@dataclass(frozen=True)
class Rate:
    """What a limiter was told to keep to."""

    amount: int
    per_s: float
    burst: int

    @property
    def interval_s(self) -> float:
        return self.per_s / self.amount

    def room(self, time_s: float) -> int:
        """How many are to be let in before that time is over."""
        return self.burst + math.ceil(time_s / self.interval_s) - 1


class Seen:
    """What was seen of it."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._asked = 0
        self._let_in: list[LetIn] = []
        self._lock = Lock()

    def ask(self) -> int:
        with self._lock:
            self._asked += 1
            return self._asked

    def elapsed(self) -> float:
        return time.perf_counter() - self._started

    def let_in(self, place: int) -> None:
        with self._lock:
            self._let_in.append((place, self.elapsed()))

    def count(self) -> int:
        return len(self._let_in)

    def metrics(self, rate: Rate) -> dict[str, float]:
        ideal = rate.interval_s * max(self.count() - rate.burst, 0)
        return {
            "most_in_a_period": most_within(rate.per_s, self._let_in),
            "overtaken": overtaken(self._let_in),
            "ideal_per_actual": ideal / max(self._last(), 1e-9),
        }

    def points(self) -> list[tuple[float, float]]:
        """How many until then, at moments far enough from each other to be told apart."""
        apart = self._last() / MOST_POINTS
        points: list[tuple[float, float]] = []
        for count, (_, moment) in enumerate(self._let_in, 1):
            if points and moment - points[-1][0] < apart:
                points[-1] = (points[-1][0], count)
            else:
                points.append((moment, count))
        return points

    def _last(self) -> float:
        return self._let_in[-1][1] if self._let_in else 0.0


def most_within(time_s: float, let_in: Sequence[LetIn]) -> int:
    """The most that were let in within any time so long, both of its ends included."""
    most = first = 0
    for last, (_, moment) in enumerate(let_in):
        while moment - let_in[first][1] > time_s:
            first += 1
        most = max(most, last - first + 1)
    return most


def overtaken(let_in: Sequence[LetIn]) -> int:
    """How many were let in after somebody who had asked later."""
    latest = late = 0
    for place, _ in let_in:
        latest = max(latest, place)
        late += place < latest
    return late
