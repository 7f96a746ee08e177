"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--computing N] [--steps N] [--waiting N] [--waits N]
[--wait-ms MS]`

The GIL itself: what do threads and coroutines gain under it?
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import outcome
from python import asyncio, asyncio_to_thread, serial, serial_processes, threads
from python.jobs import Jobs

VARIANTS = {
    "serial": serial.run,
    "threads": threads.run,
    "asyncio": asyncio.run,
    "asyncio_to_thread": asyncio_to_thread.run,
    "serial_processes": serial_processes.run,
}


def main() -> None:
    parser = outcome.parser(__doc__, VARIANTS)
    parser.add_argument("--computing", type=outcome.whole(0, 256), default=4, metavar="N")
    parser.add_argument("--steps", type=outcome.whole(0, 1_000_000_000), default=250_000, metavar="N")
    parser.add_argument("--waiting", type=outcome.whole(0, 256), default=0, metavar="N")
    parser.add_argument("--waits", type=outcome.whole(0, 10_000), default=10, metavar="N")
    parser.add_argument("--wait-ms", type=outcome.whole(0, 60_000), default=10, metavar="MS")
    arguments = parser.parse_args()
    if arguments.computing + arguments.waiting == 0:
        parser.error("there is nobody to compute or to wait")
    if arguments.variant is None:
        outcome.run_all(VARIANTS)
        return
    each_s = arguments.wait_ms / 1_000
    jobs = Jobs(arguments.computing, arguments.waiting, arguments.steps, arguments.waits, each_s)
    run = outcome.Run("gil", arguments.variant)
    done = VARIANTS[arguments.variant](jobs)
    found, waited = done[: jobs.computing], done[jobs.computing :]
    metrics: dict[str, float] = {}
    if found:
        metrics = {"answer": found[0].answer, "computing_s": max(one.ended_s for one in found)}
    if waited:
        metrics["waiting_s"] = max(one.ended_s for one in waited)
    run.report(
        expected=jobs.computing + jobs.waiting,
        # Whether it is the right one is not for the program to say that has computed it: each case expects a number.
        done=sum(one.answer == found[0].answer for one in found) + sum(one.answer == jobs.waits for one in waited),
        metrics=metrics,
    )


if __name__ == "__main__":
    main()
