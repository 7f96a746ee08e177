"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--clients N] [--beats N] [--period-ms MS] [--steps N]`

Handlers that compute, and a heartbeat beside them: how late do its beats come?
"""

import os
import sys
import time

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose modules are those of a package.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
from heartbeat import Heartbeat
from python.load import Load

VARIANTS = ("threads", "asyncio_inline", "asyncio_yielding", "asyncio_executor", "asyncio_processes")


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--clients", 2, 1, 1_000)
    demo.number(parser, "--beats", 240, 1, 1_000_000)
    demo.number(parser, "--period-ms", 5, 1, 60_000)
    # A handler takes about 70 ms, as in Rust; experiment.toml has the answer for so many steps.
    demo.number(parser, "--steps", 500_000, 1, 1_000_000_000)
    arguments = parser.parse_args()
    serve = demo.choose(VARIANTS, arguments)
    run = demo.Run("blocked-loop", arguments.variant)
    period_s = arguments.period_ms / 1_000
    heartbeat = Heartbeat(period_s)
    load = Load(arguments.clients, arguments.steps, time.perf_counter() + arguments.beats * period_s)
    started = time.perf_counter()
    answers = serve(load, heartbeat)
    # Whether it is the right one is not for the program to say that has computed it: each case expects a number.
    done = answers.count(answers[0])
    handlers_per_s = done / (time.perf_counter() - started)
    run.report(
        # Clients ask for as long as the beats last, so what was asked for is what was answered.
        expected=len(answers),
        done=done,
        metrics={**heartbeat.metrics(), "handlers_per_s": handlers_per_s, "answer": answers[0]},
        series={"late_s": heartbeat.histogram()},
    )


if __name__ == "__main__":
    main()
