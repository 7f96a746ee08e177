"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--jobs N] [--steps N] [--period-ms MS]`

Equal computations, more than one core: which model has them done in parallel?
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, whose modules are those of a package.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import demo
import outcome
from heartbeat import Heartbeat
from python import asyncio_yielding, processes, serial, serial_processes, threads

VARIANTS = {
    "serial": serial.run,
    "threads": threads.run,
    "asyncio_yielding": asyncio_yielding.run,
    "processes": processes.run,
    "serial_processes": serial_processes.run,
}


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--jobs", 4, 1, 256)
    demo.number(parser, "--steps", 1_000_000, 0, 1_000_000_000)
    demo.number(parser, "--period-ms", 2, 1, 60_000)
    arguments = parser.parse_args()
    compute = demo.choose(VARIANTS, arguments)
    run = outcome.Run("cpu-bound", arguments.variant)
    heartbeat = Heartbeat(arguments.period_ms / 1_000)
    done = compute(arguments.jobs, arguments.steps, heartbeat)
    times: dict[str, float] = {}
    if isinstance(done, processes.Done):
        answers, times = done.answers, {"pool_start_s": done.pool_start_s, "job_s": done.job_s}
    else:
        answers = done
    run.report(
        expected=arguments.jobs,
        # Whether it is the right one is not for the program to say that has computed it: each case expects a number.
        done=answers.count(answers[0]),
        metrics={**heartbeat.metrics(), **times, "answer": answers[0]},
        series={"late_s": heartbeat.histogram()},
    )


if __name__ == "__main__":
    main()
