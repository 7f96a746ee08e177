"""How many wait just now, the most that ever did at once, and when the last of them began to.

It is a module's, so that no task is made larger by a reference to it.
"""

from __future__ import annotations

import time
from threading import Lock

_lock = Lock()
_started = time.perf_counter()
_waiting = 0
_most = 0
_last_arrival = 0.0


def start() -> None:
    """Starts the clock. A process has one gauge, and it counts one run."""
    global _started
    _started = time.perf_counter()


def arrive() -> None:
    """One more waits."""
    global _waiting, _most, _last_arrival
    with _lock:
        _waiting += 1
        _most = max(_most, _waiting)
        _last_arrival = time.perf_counter() - _started


def leave() -> None:
    """One has waited to its end."""
    global _waiting
    with _lock:
        _waiting -= 1


def read() -> tuple[int, float]:
    """The most that waited at once, and how many seconds after the start the last of them began to."""
    return _most, _last_arrival
