"""What is fetched and computed, whichever pipeline does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import kernel

BYTES = 16
# The page that the origin sends.
BODY = bytes(range(BYTES))


@dataclass(frozen=True)
class Item:
    """What to fetch, or nothing, and how much to compute on it."""

    url: str | None
    steps: int


@dataclass(frozen=True)
class Page:
    """What came."""

    body: bytes
    steps: int


def compute(page: Page) -> int:
    """What is done with each page, in this process or another: is it the one that was asked for, and what does it come to?"""
    if page.body != BODY:
        raise ValueError(f"another body, of {len(page.body)} bytes")
    return kernel.compute(page.steps)


class Tally:
    """What came of all."""

    def __init__(self, results: Iterable[int | BaseException]) -> None:
        self.answer: int | None = None
        # How many came to the same answer as the first.
        self.done = 0
        self.failed: Counter[str] = Counter()
        for result in results:
            if isinstance(result, BaseException):
                self.failed[f"{type(result).__name__}: {result}"] += 1
            elif self.answer is None or result == self.answer:
                self.answer = result
                self.done += 1
            else:
                self.failed[f"another answer, {result}"] += 1
