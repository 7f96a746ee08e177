"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--computing N] [--steps N] [--waiting N] [--waits N]
[--wait-ms MS]`

The GIL itself: what do threads and coroutines gain under it?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
from python.jobs import Jobs

VARIANTS = ("serial", "threads", "asyncio", "asyncio_to_thread", "serial_processes")


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--computing", 4, 0, 256)
    demo.number(parser, "--steps", 250_000, 0, 1_000_000_000)
    demo.number(parser, "--waiting", 0, 0, 256)
    demo.number(parser, "--waits", 10, 0, 10_000)
    demo.number(parser, "--wait-ms", 10, 0, 60_000)
    arguments = parser.parse_args()
    if arguments.computing + arguments.waiting == 0:
        parser.error("there is nobody to compute or to wait")
    work = demo.choose(VARIANTS, arguments)
    jobs = Jobs(arguments.computing, arguments.waiting, arguments.steps, arguments.waits, arguments.wait_ms / 1_000)
    run = demo.Run("gil", arguments.variant)
    done = work(jobs)
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
