"""Lets callers through at a rate, in the order in which they came: threads sleep until their turn.

Expect one timer, however many wait, and a bound that holds in any window of time: in W seconds at most `burst + rate * W` are let
through. Reach for it when others must not be asked more often than they allow, and callers may wait for that. Where they may not,
`try_acquire` says so at once.
"""

from __future__ import annotations

import time
from collections import deque
from threading import Event, Lock

# In seconds: an interval is at least as long as the step of the clock, and no time is longer than a clock can count to, 31 years.
SHORTEST = 1e-9
LONGEST = 1e9


class Limiter:
    """Lets callers through at a rate, by the Generic Cell Rate Algorithm."""

    def __init__(self, amount: int, per_s: float, burst: int) -> None:
        """Lets `amount` through in each `per_s` seconds, and `burst` at once after a pause; all of `burst` at the start.

        A burst of 1 loses for good what a timer is late by: at ten a second and 1 ms a hundredth of the rate. A larger one makes
        up for it; at a thousand a second take 10. Raises ValueError if `amount` or `burst` is less than 1, or for a rate that no
        clock can keep: more than one in each nanosecond, or less than one, or one burst, in 31 years.
        """
        try:
            self._interval = per_s / amount
            self._ahead = self._interval * (burst - 1)
        except ArithmeticError as error:
            raise ValueError("amount must be at least 1, and all numbers of a size that a float has") from error
        # All comparisons with what is no number are false.
        if not (amount >= 1 and burst >= 1):
            raise ValueError("amount and burst must be at least 1")
        if not (SHORTEST <= self._interval <= LONGEST and self._ahead <= LONGEST):
            raise ValueError("no clock can keep this rate: an interval and a burst take from 1 ns to 31 years")
        self._next = time.monotonic()
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    def try_acquire(self) -> bool:
        """Whether the caller is let through now; never while others wait."""
        with self._lock:
            return not self._waiting and self._admit() <= 0

    def acquire(self, patience_s: float = LONGEST) -> bool:
        """Waits until the caller is let through, or for as long as it has patience; whether it is let through.

        A caller whose patience ends has used nothing up: those behind it move up. Below 0 it has none. Raises ValueError if it is
        no number.
        """
        if patience_s != patience_s:
            raise ValueError("patience_s must be a number")
        # A lock waits no longer, not even for `math.inf`.
        patience_s = min(patience_s, LONGEST)
        until = time.monotonic() + patience_s
        with self._lock:
            if not self._waiting and self._admit() <= 0:
                return True
            place = Event()
            self._waiting.append(place)
            self._waiting[0].set()
        try:
            if not place.wait(patience_s):
                return False
            while (wait := self._admit_first()) > 0:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                time.sleep(min(wait, left))
            return True
        finally:
            with self._lock:
                self._waiting.remove(place)
                if self._waiting:
                    self._waiting[0].set()

    def _admit_first(self) -> float:
        # Right: locked from the read to the write, and who has slept reads again.
        with self._lock:
            return self._admit()

    def _admit(self) -> float:
        """Lets one through, or says how many seconds it is until that may be."""
        now = time.monotonic()
        wait = self._next - self._ahead - now
        if wait > 0:
            return wait
        self._next = max(self._next, now) + self._interval
        return 0.0
