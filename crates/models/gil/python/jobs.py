"""What there is to do, the same for all variants, and what becomes of it."""

from __future__ import annotations

from typing import NamedTuple

# How many steps a worker computes after each wait, as a program does with what it has read: about 20 microseconds.
PIECE = 150


class Jobs(NamedTuple):
    """Workers that compute, and others that wait for something again and again, all at once."""

    computing: int
    waiting: int
    # How many steps each of the computing ones has.
    steps: int
    # How often each of the waiting ones waits.
    waits: int
    # How long it waits each time. It sleeps, which stands for any I/O: it has neither the GIL nor a core meanwhile.
    each_s: float


class Done(NamedTuple):
    """What a worker has found, or how often it has waited, and when it came to its end, in seconds since the start."""

    answer: int
    ended_s: float
