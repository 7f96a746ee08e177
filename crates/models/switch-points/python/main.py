"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--workers N] [--sections N] [--steps N]`

Workers in a critical section: who is switched out inside, and where?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
from python.log import Event, Log, spans, switches

VARIANTS = ("threads", "threads_lock", "asyncio", "asyncio_await_inside", "asyncio_lock")
# What the series tell of each worker, and which events begin it.
KINDS = {"inside": {Event.ENTER, Event.RESUME}, "awaiting": {Event.AWAIT}}


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--workers", 4, 2, 256)
    demo.number(parser, "--sections", 5, 1, 10_000)
    # Twice so many, a section, take some 10 ms: longer than a thread keeps the GIL from others, which is 5 ms.
    demo.number(parser, "--steps", 15_000, 0, 1_000_000_000)
    arguments = parser.parse_args()
    work = demo.choose(VARIANTS, arguments)
    run = demo.Run("switch-points", arguments.variant)
    log = Log()
    work(log, arguments.workers, arguments.sections, arguments.steps)
    seen = switches(log.entries)
    series = {
        f"{kind}_{worker}": spans(log.entries, worker, begin)
        for kind, begin in KINDS.items()
        for worker in range(arguments.workers)
    }
    run.report(
        expected=arguments.workers * arguments.sections,
        done=seen.sections,
        metrics={"awaits": seen.awaits, "at_awaits": seen.at_awaits, "elsewhere": seen.elsewhere},
        series={name: points for name, points in series.items() if points},
    )


if __name__ == "__main__":
    main()
