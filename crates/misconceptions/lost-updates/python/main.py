"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--workers N] [--additions N]`

Workers add 1 to one counter: who loses updates?
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import demo
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
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--workers", 4, 1, 1_000)
    demo.number(parser, "--additions", 1_000_000, 1, 1_000_000_000)
    arguments = parser.parse_args()
    add = demo.choose(VARIANTS, arguments)
    run = outcome.Run("lost-updates", arguments.variant)
    done = add(arguments.workers, arguments.additions)
    expected = arguments.workers * arguments.additions
    run.report(expected=expected, done=done, metrics={"lost": expected - done})


if __name__ == "__main__":
    main()
