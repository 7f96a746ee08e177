"""Threads pass through a critical section; a lock keeps the others out of it.

Expect nobody else in the section, ever: a thread may still be switched out inside, but whoever runs then waits.
"""

from __future__ import annotations

from threading import Lock, Thread

import kernel

from .log import Event, Log


def run(log: Log, workers: int, sections: int, steps: int) -> None:
    """Lets `workers` threads pass through the section `sections` times each, with twice `steps` steps to compute inside."""
    section = Lock()
    threads = [Thread(target=work, args=(log, section, worker, sections, steps)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def work(log: Log, section: Lock, worker: int, sections: int, steps: int) -> None:
    for _ in range(sections):
        # Right: whoever comes meanwhile waits here.
        with section:
            log.note(worker, Event.ENTER)
            state = kernel.advance(kernel.SEED, steps)
            kernel.advance(state, steps)
            log.note(worker, Event.LEAVE)
