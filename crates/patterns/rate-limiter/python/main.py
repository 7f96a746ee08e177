"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--amount N] [--per-ms MS] [--burst N]`, and
- many callers at once: `[--callers N] [--each N] [--for-ms MS] [--half-give-up]`,
- a caller who never has to wait: `--alone N`.

Callers who may go on at a rate only: who keeps to it, in what order, and at what cost?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
from python import article, asyncio, measured, threads

KNOW_A_BURST = {"threads": threads.Limiter, "asyncio": asyncio.Limiter}
VARIANTS = {**KNOW_A_BURST, "article": article.Limiter}


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--amount", 10, 1, 1_000_000_000)
    demo.number(parser, "--per-ms", 1_000, 1, 3_600_000)
    demo.number(parser, "--burst", 1, 1, 1_000_000_000)
    demo.number(parser, "--callers", 1_000, 1, 1_000_000)
    demo.number(parser, "--each", 1, 1, 1_000_000)
    patience = parser.add_mutually_exclusive_group()
    demo.number(patience, "--for-ms", None, 1, 600_000)
    patience.add_argument("--half-give-up", action="store_true")
    demo.number(parser, "--alone", None, 1, 1_000_000_000)
    parser.add_argument("--runtime-threads", type=demo.whole(1, 1), help="a loop has one", metavar="1")
    arguments = parser.parse_args()
    try:
        threads.Limiter(arguments.amount, arguments.per_ms / 1_000, arguments.alone or arguments.burst)
    except ValueError as error:
        parser.error(str(error))
    if arguments.alone is not None and arguments.variant == "article":
        parser.error("article knows no burst, so each but the first has to wait")
    new = demo.choose(VARIANTS if arguments.alone is None else KNOW_A_BURST, arguments)
    measure = measured.of_a_crowd if arguments.alone is None else measured.alone
    measure(new, arguments)


if __name__ == "__main__":
    main()
