"""Runs one variant, or all of them: `python3 main.py [VARIANT] --origin URL [--requests N] [--users N] [--delay-ms MS]
[--period-ms MS]`; or one request from a cold start, twenty times: `python3 main.py [VARIANT] --origin URL --cold`

Requests from a few users beside a heartbeat: whom does a call that blocks keep waiting?
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
# In place of this folder, whose aiohttp.py would hide the package.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import failures
import limits
import outcome
from heartbeat import Heartbeat
from python import cold
from python.page import Outcome, Page

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
    parser = outcome.parser(__doc__, VARIANTS)
    parser.add_argument("--requests", type=outcome.whole(1, 1_000_000), default=100, metavar="N", help="in all")
    parser.add_argument("--users", type=outcome.whole(1, 100_000), default=10, metavar="N", help="who share the requests")
    parser.add_argument("--delay-ms", type=outcome.whole(0, 600_000), default=50, metavar="MS", help="before each answer")
    parser.add_argument("--period-ms", type=outcome.whole(1, 60_000), default=2, metavar="MS", help="between two heartbeats")
    parser.add_argument("--cold", action="store_true", help="one request, in a script that is started for it, twenty times")
    arguments = parser.parse_args()
    outcome.require_origin(parser, arguments)
    if arguments.cold and arguments.variant not in (None, *cold.VARIANTS):
        parser.error(f"there is a cold start of {', '.join(cold.VARIANTS)}, none of {arguments.variant}")
    outcome.raise_open_files()
    if arguments.variant is None:
        outcome.run_all(cold.VARIANTS if arguments.cold else VARIANTS)
    elif arguments.cold:
        measure_cold(arguments)
    else:
        measure(arguments)


def measure(arguments: argparse.Namespace) -> None:
    host = urlsplit(arguments.origin).netloc
    path = f"/bytes/{BYTES}?delay_ms={arguments.delay_ms}"
    users = min(arguments.users, arguments.requests)
    # As even as can be, and all of them together are as many as were asked for.
    shares = [[path] * ((arguments.requests + user) // users) for user in range(users)]
    browse: Callable[[str, list[list[str]], Heartbeat], list[Outcome]] = import_module(f"python.{arguments.variant}").run
    run = outcome.Run("blocking-client", arguments.variant)
    heartbeat = Heartbeat(arguments.period_ms / 1000)
    try:
        pages = browse(host, shares, heartbeat)
    except RuntimeError as error:
        run.report(expected=arguments.requests, done=0, refused=limits.of_threads(error))
        return
    series = {"late_s": heartbeat.histogram()}
    failures.report(run, arguments.requests, wrong(pages), metrics=heartbeat.metrics(), series=series)


def measure_cold(arguments: argparse.Namespace) -> None:
    run = outcome.Run("blocking-client", arguments.variant)
    pages, metrics = cold.start_all(arguments.variant, urlsplit(arguments.origin).netloc, f"/bytes/{BYTES}")
    run.report(expected=cold.STARTS, done=len(pages) - len(wrong(pages)), metrics=metrics)


def wrong(pages: Sequence[Outcome]) -> list[Exception]:
    """What is wrong with those that are not the page that was asked for."""
    failed = []
    for page in pages:
        if not isinstance(page, Page):
            failed.append(page)
        elif page.status != 200:
            failed.append(ValueError(f"status {page.status}"))
        elif page.bytes != BYTES:
            failed.append(ValueError(f"a body of {page.bytes} bytes"))
    return failed


if __name__ == "__main__":
    main()
