"""Runs one variant, or all of them: `python3 main.py [VARIANT] --origin URL [--requests N] [--bytes B] [--delay-ms MS]
[--together]`

Downloads, all started at once: what does a thread for each cost, and what does a task?
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In place of this folder, whose asyncio.py and aiohttp.py would hide those that are meant.
sys.path[:1] = [str(HERE.parent), str(HERE.parents[2] / "support" / "python")]

import failures
import limits
import outcome
from python.page import Outcome, Page

# Imported when they run, since what the import of aiohttp takes is no thread's.
VARIANTS = ("threads", "aiohttp", "aiohttp_unlimited", "asyncio")


def main() -> None:
    parser = outcome.parser(__doc__, VARIANTS)
    parser.add_argument("--requests", type=outcome.whole(1, 1_000_000), default=10_000, metavar="N")
    parser.add_argument("--bytes", type=outcome.whole(0, 1_000_000_000), default=1024, metavar="B", help="how long each body is")
    parser.add_argument("--delay-ms", type=outcome.whole(0, 600_000), default=100, metavar="MS", help="before each answer")
    parser.add_argument("--together", action="store_true", help="none is answered before all are in flight together")
    arguments = parser.parse_args()
    outcome.require_origin(parser, arguments)
    if arguments.variant is None:
        outcome.run_all(VARIANTS)
        return
    outcome.raise_open_files()
    url = f"{arguments.origin.rstrip('/')}/bytes/{arguments.bytes}?delay_ms={arguments.delay_ms}"
    if arguments.together:
        url += f"&together={arguments.requests}"
    download: Callable[[list[str]], list[Outcome]] = import_module(f"python.{arguments.variant}").run
    run = outcome.Run("mass-download", arguments.variant)
    try:
        pages = download([url] * arguments.requests)
    except RuntimeError as error:
        run.report(expected=arguments.requests, done=0, refused=limits.of_threads(error))
        return
    failed = [failure for failure in (check(page, arguments.bytes) for page in pages) if failure is not None]
    failures.report(run, arguments.requests, failed)


def check(page: Outcome, asked: int) -> BaseException | None:
    """What is wrong with it: is it the page that was asked for?"""
    if not isinstance(page, Page):
        return page
    if page.status != 200:
        return ValueError(f"status {page.status}")
    return None if page.bytes == asked else ValueError(f"a body of {page.bytes} bytes")


if __name__ == "__main__":
    main()
