"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--jobs N] [--steps N] [--period-ms MS]`

Equal computations, more than one core: which model has them done in parallel?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose modules are those of a package.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
from heartbeat import Heartbeat

VARIANTS = ("serial", "threads", "asyncio_yielding", "processes", "serial_processes")


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--jobs", 4, 1, 256)
    demo.number(parser, "--steps", 400_000, 0, 1_000_000_000)
    demo.number(parser, "--period-ms", 2, 1, 60_000)
    arguments = parser.parse_args()
    compute = demo.choose(VARIANTS, arguments)
    run = demo.Run("cpu-bound", arguments.variant)
    heartbeat = Heartbeat(arguments.period_ms / 1_000)
    answers = compute(arguments.jobs, arguments.steps, heartbeat)
    times = {}
    if arguments.variant == "processes":
        times = {"pool_start_s": answers.pool_start_s, "job_s": answers.job_s}
        answers = answers.answers
    run.report(
        expected=arguments.jobs,
        # Whether it is the right one is not for the program to say that has computed it: each case expects a number.
        done=answers.count(answers[0]),
        metrics={**heartbeat.metrics(), **times, "answer": answers[0]},
        series={"late_s": heartbeat.histogram()},
    )


if __name__ == "__main__":
    main()
