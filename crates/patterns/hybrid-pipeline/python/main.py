"""Runs one variant, or all of them: `python3 main.py [VARIANT] [--items N] [--fetches N] [--jobs N] [--delay-ms MS] [--steps N]
[--no-fetch] [--period-ms MS] [--origin URL]`

Pages that are fetched and computed on, and a heartbeat beside: how long does all of it take, and how late are the beats?
"""

import os
import sys

# Not by pathlib, which takes longer to import than some runs last.
HERE = os.path.dirname(os.path.realpath(__file__))
# In place of this folder, so that its files are found in it and nowhere else.
sys.path[:1] = [os.path.dirname(HERE), os.path.realpath(f"{HERE}/../../../support/python")]

import time

import demo
from heartbeat import Heartbeat
from python import pipelines
from python.work import BYTES, Item, Tally

VARIANTS = {
    "asyncio_processes": pipelines.of_processes,
    "inline": pipelines.on_the_loop,
    "pool_per_call": pipelines.with_a_pool_per_call,
}


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--items", 40, 1, 10_000_000)
    demo.number(parser, "--fetches", 12, 1, 100_000)
    demo.number(parser, "--jobs", os.cpu_count() or 1, 1, 1_000)
    demo.number(parser, "--delay-ms", 10, 0, 600_000)
    demo.number(parser, "--steps", 100_000, 0, 100_000_000_000)
    parser.add_argument("--no-fetch", action="store_true")
    demo.number(parser, "--period-ms", 2, 1, 60_000)
    arguments = parser.parse_args()
    if not arguments.no_fetch and arguments.origin is None:
        parser.error("pages are fetched: start `cargo run --release -p origin`, and pass what it prints as --origin URL")
    pipeline = demo.choose(VARIANTS, arguments)
    demo.raise_open_files()
    run = demo.Run("hybrid-pipeline", arguments.variant)
    heartbeat = Heartbeat(arguments.period_ms / 1_000)
    started = time.perf_counter()
    url = None if arguments.no_fetch else f"{arguments.origin}/bytes/{BYTES}?delay_ms={arguments.delay_ms}"
    items = [Item(url, arguments.steps)] * arguments.items
    tally = Tally(pipeline(items, arguments.fetches, arguments.jobs, heartbeat))
    item_s = (time.perf_counter() - started) / arguments.items
    run.report(
        expected=arguments.items,
        done=tally.done,
        metrics={**heartbeat.metrics(), "item_s": item_s, "answer": tally.answer or 0},
        series={"late_s": heartbeat.histogram()},
        errors=tally.failed,
    )


if __name__ == "__main__":
    main()
