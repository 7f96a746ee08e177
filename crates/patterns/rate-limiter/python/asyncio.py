"""Lets callers through at a rate, in the order in which they came: coroutines await their turn.

Expect one timer, however many wait, and a bound that holds in any window of time: in W seconds at most `burst + rate * W` are let
through. Reach for it when others must not be asked more often than they allow, and callers may wait for that. Where they may not,
`try_acquire` says so at once.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import Event
from collections import deque

# In seconds: an interval is at least as long as the step of the clock, and no time is longer than a clock can count to, 31 years.
SHORTEST = 1e-9
LONGEST = 1e9
# Who never has to wait lets the other coroutines have their turn after so many.
YIELD_EVERY = 100


class Limiter:
    """Lets callers through at a rate, by the Generic Cell Rate Algorithm. In 3.9 it is made where the loop runs already."""

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
        self._unyielding = 0

    def try_acquire(self) -> bool:
        """Whether the caller is let through now; never while others wait."""
        return not self._waiting and self._admit() <= 0

    async def acquire(self) -> None:
        """Waits until the caller is let through. Cancelled, it has used nothing up: those behind it move up."""
        self._unyielding += 1
        if self._unyielding < YIELD_EVERY and self.try_acquire():
            return
        self._unyielding = 0
        place = Event()
        self._waiting.append(place)
        self._waiting[0].set()
        try:
            await place.wait()
            # At its place in the queue, so that nobody overtakes it.
            await asyncio.sleep(0)
            while (wait := self._admit()) > 0:
                await asyncio.sleep(wait)
        finally:
            self._waiting.remove(place)
            if self._waiting:
                self._waiting[0].set()

    def _admit(self) -> float:
        """Lets one through, or says how many seconds it is until that may be."""
        now = time.monotonic()
        wait = self._next - self._ahead - now
        if wait > 0:
            return wait
        # Right: no await between the read and the write, and who has slept reads again.
        self._next = max(self._next, now) + self._interval
        return 0.0
