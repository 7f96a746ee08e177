"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--workers N] [--additions N]`

Workers add 1 to one counter: who loses updates?
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import outcome
from python import (
    asyncio,
    asyncio_await_inside,
    threads_call_inside,
    threads_local_sums,
    threads_lock,
    threads_unsynchronized,
)

VARIANTS = {
    "threads_unsynchronized": threads_unsynchronized.run,
    "threads_call_inside": threads_call_inside.run,
    "threads_lock": threads_lock.run,
    "threads_local_sums": threads_local_sums.run,
    "asyncio": asyncio.run,
    "asyncio_await_inside": asyncio_await_inside.run,
}


def main() -> None:
    parser = outcome.parser(__doc__, VARIANTS)
    parser.add_argument("--workers", type=outcome.whole(1, 1_000), default=4, metavar="N")
    parser.add_argument("--additions", type=outcome.whole(1, 1_000_000_000), default=1_000_000, metavar="N")
    arguments = parser.parse_args()
    if arguments.variant is None:
        outcome.run_all(VARIANTS)
        return
    run = outcome.Run("lost-updates", arguments.variant)
    done = VARIANTS[arguments.variant](arguments.workers, arguments.additions)
    expected = arguments.workers * arguments.additions
    run.report(expected=expected, done=done, metrics={"lost": expected - done})


if __name__ == "__main__":
    main()
