"""Lets callers through at a rate, as the article does: who comes too early sleeps for what is left of the interval.

Expect it to let everybody through who asks at once, after one interval, and a lone caller twice in each. It is here to be seen
failing.
"""

from __future__ import annotations

import asyncio
import math
import time


class Limiter:
    """Is to let callers through at a rate."""

    def __init__(self, amount: int, per_s: float, _burst: int) -> None:
        """Is to let `amount` through in each `per_s` seconds. It knows no burst."""
        self._interval = per_s / amount
        self._last = -math.inf

    async def acquire(self) -> None:
        """Waits for what is left of the interval."""
        now = time.monotonic()
        since = now - self._last
        if since < self._interval:
            await asyncio.sleep(self._interval - since)
        # Wrong: `_last` was read before the await, where all who came meanwhile have read the same, and `now` is of then too.
        self._last = now
