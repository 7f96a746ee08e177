"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--workers N] [--additions N]`

Workers add 1 to one counter: who loses updates?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo

VARIANTS = (
    "threads_unsynchronized",
    "threads_call_inside",
    "threads_lock",
    "threads_local_sums",
    "asyncio",
    "asyncio_await_inside",
)


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--workers", 4, 1, 1_000)
    demo.number(parser, "--additions", 1_000_000, 1, 1_000_000_000)
    arguments = parser.parse_args()
    add = demo.choose(VARIANTS, arguments)
    run = demo.Run("lost-updates", arguments.variant)
    done = add(arguments.workers, arguments.additions)
    expected = arguments.workers * arguments.additions
    run.report(expected=expected, done=done, metrics={"lost": expected - done})


if __name__ == "__main__":
    main()
