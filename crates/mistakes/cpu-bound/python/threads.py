"""A thread for each computation.

Expect the time of serial.py: whoever computes has the GIL, and there is one. The heart, a thread too, asks for it at each beat,
and so do all others. Reach for threads to wait, not to compute, unless what computes is a library in C that gives the GIL
away, or the interpreter is a free-threaded one.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import kernel
from heartbeat import Heartbeat


def run(jobs: int, steps: int, heartbeat: Heartbeat) -> list[int]:
    """Computes `jobs` times `steps` steps; returns the answers."""
    heart = Thread(target=beat, args=(heartbeat,), daemon=True)
    heart.start()
    # Wrong: threads take turns at the GIL, however many cores there are.
    with ThreadPoolExecutor(jobs) as pool:
        answers = list(pool.map(kernel.compute, [steps] * jobs))
    heartbeat.stop()
    heart.join()
    return answers


def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        time.sleep(due)
        heartbeat.beat()
