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


class Limiter:
    """Lets callers through at a rate, by the Generic Cell Rate Algorithm. In 3.9 it is made where the loop runs already."""

    def __init__(self, amount: int, per_s: float, burst: int) -> None:
        """Lets `amount` through in each `per_s` seconds, and `burst` at once after a pause; all of `burst` at the start.

        What a timer is late by is made up for by the burst: at ten a second 1 will do, at a thousand a second take 10.
        """
        self._interval = per_s / amount
        self._ahead = self._interval * (burst - 1)
        self._next = time.monotonic()
        self._waiting: deque[Event] = deque()

    def try_acquire(self) -> bool:
        """Whether the caller is let through now; never while others wait."""
        return not self._waiting and self._admit() <= 0

    async def acquire(self) -> None:
        """Waits until the caller is let through. Cancelled, it has used nothing up: those behind it move up."""
        if self.try_acquire():
            return
        place = Event()
        self._waiting.append(place)
        self._waiting[0].set()
        try:
            await place.wait()
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
