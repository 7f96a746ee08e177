"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--tasks N] [--wait-ms MS]`

Tasks that only wait, all at once: what does each of them cost?
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import limits
import outcome
from python import gauge

# Imported when they run, since what the import of another takes is no task's.
VARIANTS = ("threads", "asyncio", "processes")
# More processes than this teach nothing, and may take the machine down.
MOST_PROCESSES = 100


def main() -> None:
    parser = outcome.parser(__doc__, VARIANTS)
    parser.add_argument("--tasks", type=outcome.whole(1, 10_000_000), default=10_000, metavar="N")
    parser.add_argument(
        "--wait-ms", type=outcome.whole(1, 600_000), default=2_000, metavar="MS", help="longer than it takes to start them all"
    )
    arguments = parser.parse_args()
    tasks, variant = arguments.tasks, arguments.variant
    if variant is None:
        outcome.run_all(VARIANTS if tasks <= MOST_PROCESSES else VARIANTS[:2])
        return
    if variant == "processes" and tasks > MOST_PROCESSES:
        parser.error(f"processes go up to {MOST_PROCESSES} tasks, not {tasks}: ask for fewer with --tasks")
    wait: Callable[[int, float], int] = import_module(f"python.{variant}").run
    run = outcome.Run("waiting-tasks", variant)
    gauge.start()
    try:
        done = wait(tasks, arguments.wait_ms / 1_000)
    except RuntimeError as error:
        run.report(expected=tasks, done=0, refused=limits.of_threads(error))
        return
    most, last_arrival = gauge.read()
    run.report(expected=tasks, done=done, metrics={"waiting_at_once": most, "start_s": last_arrival})


if __name__ == "__main__":
    main()
