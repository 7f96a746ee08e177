"""Runs one variant, or all of them: `python3 main.py [VARIANT] --origin URL [--requests N] [--users N] [--delay-ms MS]
[--period-ms MS]`; or one request from a cold start, twenty times: `python3 main.py [VARIANT] --origin URL --cold`

Requests from a few users beside a heartbeat: whom does a call that blocks keep waiting?
"""

import os
import sys
from urllib.parse import urlsplit

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, whose aiohttp.py would hide the package.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import demo
import failures
from heartbeat import Heartbeat
from python import cold

# Each is imported when it is run: threads need no aiohttp, and are not to wait for its import.
VARIANTS = (
    "threads",
    "asyncio_inline",
    "aiohttp",
    "aiohttp_session_per_call",
    "asyncio_to_thread",
    "asyncio_executor_of_its_own",
)
# How long each body is.
BYTES = 1024


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--requests", 100, 1, 1_000_000, "in all")
    demo.number(parser, "--users", 10, 1, 100_000, "who share the requests")
    demo.number(parser, "--delay-ms", 50, 0, 600_000, "before each answer")
    demo.number(parser, "--period-ms", 2, 1, 60_000, "between two heartbeats")
    parser.add_argument("--cold", action="store_true", help="one request, in a script that is started for it, twenty times")
    arguments = parser.parse_args()
    demo.require_origin(parser, arguments)
    if arguments.cold and arguments.variant not in (None, *cold.VARIANTS):
        parser.error(f"there is a cold start of {', '.join(cold.VARIANTS)}, none of {arguments.variant}")
    demo.raise_open_files()
    browse = demo.choose(dict.fromkeys(cold.VARIANTS, cold.start_all) if arguments.cold else VARIANTS, arguments)
    host = urlsplit(arguments.origin).netloc
    if arguments.cold:
        run = demo.Run("blocking-client", arguments.variant)
        pages, metrics = browse(arguments.variant, host, f"/bytes/{BYTES}")
        run.report(expected=cold.STARTS, done=len(pages) - len(failures.of_pages(pages, BYTES)), metrics=metrics)
        return
    path = f"/bytes/{BYTES}?delay_ms={arguments.delay_ms}"
    users = min(arguments.users, arguments.requests)
    # As even as can be, and all of them together are as many as were asked for.
    shares = [[path] * ((arguments.requests + user) // users) for user in range(users)]
    run = demo.Run("blocking-client", arguments.variant)
    heartbeat = Heartbeat(arguments.period_ms / 1000)
    with demo.or_refused(run, arguments.requests):
        pages = browse(host, shares, heartbeat)
    series = {"late_s": heartbeat.histogram()}
    failures.report(run, arguments.requests, failures.of_pages(pages, BYTES), metrics=heartbeat.metrics(), series=series)


if __name__ == "__main__":
    main()
