"""A thread for each client, and one for the heart; the handlers compute where they are called.

Expect a heart that goes on, but late: a thread that computes is interrupted, but not before another has asked for the GIL for
5 ms, `sys.getswitchinterval()`, and all others want it too. No two handlers compute at once.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import kernel
from heartbeat import Heartbeat

from .load import BETWEEN_S, Load


def run(load: Load, heartbeat: Heartbeat) -> list[int]:
    """Serves the load while the heart beats beside it; returns all answers."""
    heart = Thread(target=beat, args=(heartbeat,), daemon=True)
    heart.start()
    with ThreadPoolExecutor(load.clients) as pool:
        clients = list(pool.map(client, [load] * load.clients))
    heartbeat.stop()
    heart.join()
    return [answer for answers in clients for answer in answers]


def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        time.sleep(due)
        heartbeat.beat()


def client(load: Load) -> list[int]:
    answers = []
    while True:
        answers.append(handle(load.steps))
        if time.perf_counter() >= load.until:
            return answers
        time.sleep(BETWEEN_S)


def handle(steps: int) -> int:
    # Right: a thread that computes can be interrupted, and the others have threads of their own.
    return kernel.compute(steps)
