"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--clients N] [--beats N] [--period-ms MS] [--steps N]`

Handlers that compute, and a heart that beats beside them: how late do its beats come?
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, whose modules are those of a package.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import demo
import outcome
from heartbeat import Heartbeat
from python import asyncio_executor, asyncio_inline, asyncio_processes, asyncio_yielding, threads
from python.load import Load

VARIANTS = {
    "threads": threads.run,
    "asyncio_inline": asyncio_inline.run,
    "asyncio_yielding": asyncio_yielding.run,
    "asyncio_executor": asyncio_executor.run,
    "asyncio_processes": asyncio_processes.run,
}


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--clients", 2, 1, 1_000)
    demo.number(parser, "--beats", 240, 1, 1_000_000)
    demo.number(parser, "--period-ms", 5, 1, 60_000)
    # A handler takes about 200 ms, as in Rust; experiment.toml has the answer for so many steps.
    demo.number(parser, "--steps", 1_400_000, 1, 1_000_000_000)
    arguments = parser.parse_args()
    serve = demo.choose(VARIANTS, arguments)
    run = outcome.Run("blocked-loop", arguments.variant)
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
