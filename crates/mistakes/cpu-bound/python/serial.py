"""One computation after the other, on the thread that asks for them.

Expect the time of one, times their number, and a heart that stands still meanwhile. Reach for it when nobody waits: it is what
all others have to be worth their trouble against.
"""

from __future__ import annotations

import kernel
from heartbeat import Heartbeat


def run(jobs: int, steps: int, heartbeat: Heartbeat) -> list[int]:
    """Computes `jobs` times `steps` steps; returns the answers."""
    answers = []
    for _ in range(jobs):
        # Right: there is nothing to start and nothing to hand over.
        answers.append(kernel.compute(steps))
        heartbeat.beat()
    heartbeat.stop()
    return answers
