"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--tasks N] [--wait-ms MS]`

Tasks that only wait, all at once: what does each of them cost?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
from python import gauge

# Imported when they run, since what the import of another takes is no task's.
VARIANTS = ("threads", "asyncio", "processes")
# More processes than this teach nothing, and may take the machine down.
MOST_PROCESSES = 100


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--tasks", 10_000, 1, 10_000_000)
    demo.number(parser, "--wait-ms", 2_000, 1, 600_000, "longer than it takes to start them all")
    arguments = parser.parse_args()
    tasks, variant = arguments.tasks, arguments.variant
    if variant == "processes" and tasks > MOST_PROCESSES:
        parser.error(f"processes go up to {MOST_PROCESSES} tasks, not {tasks}: ask for fewer with --tasks")
    wait = demo.choose(VARIANTS if tasks <= MOST_PROCESSES else VARIANTS[:2], arguments)
    run = demo.Run("waiting-tasks", variant)
    gauge.start()
    with demo.or_refused(run, tasks):
        done = wait(tasks, arguments.wait_ms / 1_000)
    most, last_arrival = gauge.read()
    run.report(expected=tasks, done=done, metrics={"waiting_at_once": most, "start_s": last_arrival})


if __name__ == "__main__":
    main()
