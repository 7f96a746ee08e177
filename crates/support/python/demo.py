"""The main that all demos share: the flags they have in common, and all variants one after the other if none is named.

A demo's `main.py` has the table of its variants, its own arguments, and what is measured.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import limits
from outcome import Run as Run


def parser(about: str | None, variants: Iterable[str]) -> argparse.ArgumentParser:
    """A parser of a demo's arguments, which knows `variant` and `--origin`; the demo adds its own."""
    arguments = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("variant", nargs="?", choices=sorted(variants), help="all of them if left out")
    arguments.add_argument("--origin", metavar="URL", help="`cargo run --release -p origin` prints it")
    return arguments


def number(parser: Any, flag: str, default: int | None, least: int, most: int, help: str | None = None) -> None:
    """Adds a flag that takes a whole number within bounds."""
    unit = "MS" if flag.endswith("-ms") else "B" if flag == "--bytes" else "N"
    parser.add_argument(flag, type=whole(least, most), default=default, metavar=unit, help=help)


def whole(least: int, most: int) -> Any:
    """Reads a whole number within bounds, for `type=` of an argument."""

    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is not within {least} and {most}")
        return value

    return number


def require_origin(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Ends the program with wrong use if there is nothing to fetch from."""
    if arguments.origin is None:
        parser.error("there is nothing to fetch from: start `cargo run --release -p origin`, and pass its URL as --origin URL")


def choose(variants: Iterable[str], arguments: argparse.Namespace) -> Any:
    """What runs the variant that is named: what the table has for it, or `run` or `map` of its module, which is imported now.

    Without a name it runs this program once for each, in a process of its own, since the peak of memory never falls; and ends it.
    """
    if arguments.variant is None:
        import subprocess

        for variant in variants:
            subprocess.run([sys.executable, sys.argv[0], variant, *sys.argv[1:]], check=False)
        sys.exit()
    if isinstance(variants, Mapping):
        return variants[arguments.variant]
    module = import_module(f"python.{arguments.variant}")
    return module.run if hasattr(module, "run") else module.map


@contextmanager
def or_refused(run: Run, expected: int) -> Iterator[None]:
    """Reports the refusal of a thread, which is a result, and ends the program; so much work was expected."""
    try:
        yield
    except RuntimeError as error:
        run.report(expected=expected, done=0, refused=limits.of_threads(error))
        sys.exit()


def raise_open_files() -> None:
    """Lets this process have as many files open as it may ask for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
