"""One sequence on which all workers note what they do, in the order in which it happened, and what it says of switches."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple


class Event(Enum):
    """What a worker does to a critical section."""

    ENTER = 1
    # Comes to an await inside it, and comes back from that.
    AWAIT = 2
    RESUME = 3
    LEAVE = 4


class Entry(NamedTuple):
    worker: int
    event: Event
    at_s: float


class Log:
    """To append to a list takes no lock of ours, and keeps the order."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.entries: list[Entry] = []

    def note(self, worker: int, event: Event) -> None:
        self.entries.append(Entry(worker, event, time.perf_counter() - self.started))


class Switches(NamedTuple):
    """What a log tells."""

    # Passes through the critical section that came to an end.
    sections: int
    # Awaits inside one.
    awaits: int
    # Those during which another worker was in the section.
    at_awaits: int
    # Stretches inside without an await during which another worker was in the section.
    elsewhere: int


def switches(entries: Sequence[Entry]) -> Switches:
    sections = awaits = at_awaits = elsewhere = 0
    for at, entry in enumerate(entries):
        sections += entry.event is Event.LEAVE
        awaits += entry.event is Event.AWAIT
        # Unless it leaves it is inside until it notes something again; what another notes first was a switch.
        after = entries[at + 1].worker if at + 1 < len(entries) else entry.worker
        if entry.event is not Event.LEAVE and after != entry.worker:
            at_awaits += entry.event is Event.AWAIT
            elsewhere += entry.event is not Event.AWAIT
    return Switches(sections, awaits, at_awaits, elsewhere)


def spans(entries: Iterable[Entry], worker: int, begin: set[Event]) -> list[tuple[float, float]]:
    """From each of these events of one worker to what it notes next, in seconds."""
    own = [entry for entry in entries if entry.worker == worker]
    return [(one.at_s, after.at_s) for one, after in zip(own, own[1:]) if one.event in begin]
