"""Runs one variant, or all of them: `python3 main.py [VARIANT] --origin URL [--requests N] [--limit N] [--bytes B]
[--delay-ms MS]`; or measures the pool alone, with work that does nothing: `python3 main.py [VARIANT] --inputs N [--limit N]`

Many inputs, at most so many at once: what does each model take for it?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose asyncio.py would hide the standard library's.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
from python import measured

# Each is imported when it is run, and its client with it: threads need no aiohttp, and are not to wait for its import.
VARIANTS = ("threads", "asyncio", "asyncio_workers")


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--requests", 1000, 1, 1_000_000)
    demo.number(parser, "--limit", 50, 1, 100_000, "how many at once")
    demo.number(parser, "--bytes", 1024, 0, 1_000_000_000, "how long each body is")
    demo.number(parser, "--delay-ms", 20, 0, 600_000, "before each answer")
    demo.number(parser, "--inputs", None, 1, 1_000_000_000, "for the pool alone, no requests")
    arguments = parser.parse_args()
    if arguments.inputs is None:
        demo.require_origin(parser, arguments)
    demo.raise_open_files()
    pool = demo.choose(VARIANTS, arguments)
    measure = measured.of_requests if arguments.inputs is None else measured.alone
    measure(pool, arguments)


if __name__ == "__main__":
    main()
