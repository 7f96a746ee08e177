"""Runs one variant, or all of them: `python3 main.py [VARIANT] --origin URL [--requests N] [--bytes B] [--delay-ms MS]
[--together]`

Downloads, all started at once: what does a thread for each cost, and what does a task?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose asyncio.py and aiohttp.py would hide those that are meant.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
import failures

# Imported when they run, since what the import of aiohttp takes is no thread's.
VARIANTS = ("threads", "aiohttp", "aiohttp_unlimited", "asyncio")


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--requests", 10_000, 1, 1_000_000)
    demo.number(parser, "--bytes", 1024, 0, 1_000_000_000, "how long each body is")
    demo.number(parser, "--delay-ms", 100, 0, 600_000, "before each answer")
    parser.add_argument("--together", action="store_true", help="none is answered before all are in flight together")
    arguments = parser.parse_args()
    demo.require_origin(parser, arguments)
    download = demo.choose(VARIANTS, arguments)
    demo.raise_open_files()
    url = f"{arguments.origin.rstrip('/')}/bytes/{arguments.bytes}?delay_ms={arguments.delay_ms}"
    if arguments.together:
        url += f"&together={arguments.requests}"
    run = demo.Run("mass-download", arguments.variant)
    with demo.or_refused(run, arguments.requests):
        pages = download([url] * arguments.requests)
    failures.report(run, arguments.requests, failures.of_pages(pages, arguments.bytes))


if __name__ == "__main__":
    main()
