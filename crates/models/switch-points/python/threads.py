"""Threads pass through a critical section that is none: nothing keeps the others out of it.

Expect others in the section again and again, although only one of them runs at a time: whoever has had the GIL for 5 ms while
another asked, `sys.getswitchinterval()`, gives it away, wherever that is. See threads_lock.py for what a critical section takes.
"""

from __future__ import annotations

from threading import Thread

import kernel

from .log import Event, Log


def run(log: Log, workers: int, sections: int, steps: int) -> None:
    """Lets `workers` threads pass through the section `sections` times each, with twice `steps` steps to compute inside."""
    threads = [Thread(target=work, args=(log, worker, sections, steps)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def work(log: Log, worker: int, sections: int, steps: int) -> None:
    for _ in range(sections):
        log.note(worker, Event.ENTER)
        # Wrong: a thread can be switched out anywhere in this.
        state = kernel.advance(kernel.SEED, steps)
        kernel.advance(state, steps)
        log.note(worker, Event.LEAVE)
