"""Threads each add to a number of their own, and the sums are added up in the end.

Expect the exact sum, without a lock: nothing is shared while they add. Reach for it when the total is wanted only at the end.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


def run(workers: int, additions: int) -> int:
    """Lets `workers` threads add 1 `additions` times each; returns the sum."""
    with ThreadPoolExecutor(workers) as executor:
        return sum(executor.map(add, [additions] * workers))


def add(additions: int) -> int:
    value = 0
    for _ in range(additions):
        # Right: nobody else knows this number.
        value += 1
    return value
