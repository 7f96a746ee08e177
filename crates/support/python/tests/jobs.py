"""What the tests of hybrid-pipeline compute, in a module of its own, so that a new process can import it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from concurrent.futures.process import BrokenProcessPool
from typing import Any

BAD = 3
started = 0


class TwoArguments(Exception):
    """Is pickled without one of them, so what is sent cannot be read."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(f"{code} {what}")


class Unreadable:
    def __reduce__(self) -> Any:
        return int, ("no number",)


def start(number: int) -> None:
    """What an initializer does."""
    global started
    started = number


def plus_started(number: int) -> int:
    return dies(number) + started


def square(number: int) -> int:
    return number * number


def raises_two_arguments(number: int) -> int:
    if number == BAD:
        raise TwoArguments(number, "bad")
    return square(number)


def dies(number: int) -> int:
    if number == BAD:
        os._exit(1)
    return square(number)


def is_killed(number: int) -> int:
    if number == BAD:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def returns_what_cannot_be_sent(number: int) -> Any:
    return (lambda: number) if number == BAD else square(number)


def returns_what_cannot_be_read(number: int) -> Any:
    return Unreadable() if number == BAD else square(number)


def exits(number: int) -> int:
    if number == BAD:
        sys.exit(1)
    return square(number)


def is_interrupted(number: int) -> int:
    if number == BAD:
        raise KeyboardInterrupt
    return square(number)


def stops(number: int) -> int:
    """As `next` does of what is empty."""
    if number == BAD:
        raise StopIteration
    return square(number)


def is_cancelled(number: int) -> int:
    if number == BAD:
        raise asyncio.CancelledError
    return square(number)


def has_a_broken_pool(number: int) -> int:
    if number == BAD:
        raise BrokenProcessPool
    return square(number)


def dies_often(number: int) -> int:
    if number % BAD == 0:
        os._exit(1)
    return square(number)
