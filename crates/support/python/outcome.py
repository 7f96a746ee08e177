"""What one run reports, in the record that the crate `outcome` beside this writes: how much was done, and what it cost.

A demo's `main.py` makes a `Run`, lets the variant work, and hands what it did to `Run.report`. The record goes to the file
that `OUTCOME_FILE` names, or to the terminal as one line.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

SCHEMA = 1
# Peaks that the kernel does not keep are sampled this often: seldom, since each sample takes the GIL.
SAMPLE_EVERY_S = 0.02
# Linux gives each thread a kernel stack of this size; no account of the process holds it.
KERNEL_STACK_BYTES = 16 * 1024


class Run:
    """A run in progress: the clock is running and the accounts are being read."""

    def __init__(self, experiment: str, variant: str) -> None:
        """Starts the clock, and a thread that samples; what that takes is left out, but for a few pages."""
        self.experiment = experiment
        self.variant = f"python_{variant}"
        before = _status(os.getpid())
        self._stop = threading.Event()
        self._peaks: dict[str, int] = {}
        self._children: dict[str, int] = {}
        self._sampling = [0.0, 0.0, 0, 0]
        stack = threading.stack_size(256 * 1024)
        self._sampler = threading.Thread(target=self._watch, daemon=True)
        self._sampler.start()
        threading.stack_size(stack)
        beside = _status(os.getpid())
        self._own = {name: beside[name] - before[name] for name in before if name in beside}
        self._used = _used()
        self._started = time.perf_counter()

    def report(
        self,
        *,
        expected: int,
        done: int,
        metrics: Mapping[str, float] | None = None,
        series: Mapping[str, Sequence[tuple[float, float]]] | None = None,
        errors: Mapping[str, int] | None = None,
        refused: Refused | None = None,
    ) -> None:
        """Stops the clock and writes the record, whole or not at all; without a file it prints one line.

        `done` is what the work itself has counted. Raises OSError if the file cannot be written.
        """
        elapsed = time.perf_counter() - self._started
        self._look()
        self._stop.set()
        self._sampler.join()
        used = [after - before - own for after, before, own in zip(_used(), self._used, self._sampling)]
        metrics = dict(metrics or {})
        if "proportional" in self._children:
            metrics["proportional_bytes"] = self._children["proportional"]
        threads = self._peak("Threads")
        record = {
            "schema": SCHEMA,
            "experiment": self.experiment,
            "variant": self.variant,
            "case": os.environ.get("OUTCOME_CASE"),
            "elapsed_s": elapsed,
            "work": {"expected": expected, "done": done},
            "metrics": metrics,
            "series": {name: [list(point) for point in points] for name, points in (series or {}).items()},
            "cpu": {"user_s": max(used[0], 0.0), "system_s": max(used[1], 0.0)},
            "memory": {
                "hwm_bytes": self._peak("VmHWM"),
                "peak_virtual_bytes": self._peak("VmPeak"),
                "page_table_bytes": self._peak("VmPTE"),
                "kernel_stack_bytes": None if threads is None else threads * KERNEL_STACK_BYTES,
            },
            "threads_peak": threads,
            "switches": {"voluntary": max(int(used[2]), 0), "involuntary": max(int(used[3]), 0)},
            "refused": None if refused is None else refused._asdict(),
            "errors": dict(errors or {}),
        }
        self._write(record)
        # They are in the record, if it is read.
        if errors and not os.environ.get("OUTCOME_FILE"):
            sys.exit(f"error: {sum(errors.values())} failed: {', '.join(errors)}")

    def _write(self, record: dict[str, Any]) -> None:
        file = os.environ.get("OUTCOME_FILE")
        if file:
            unfinished = f"{os.path.splitext(file)[0]}.unfinished"
            try:
                with open(unfinished, "w") as whole:
                    json.dump(record, whole)
                os.replace(unfinished, file)
            finally:
                # There only if one of them failed.
                with suppress(FileNotFoundError):
                    os.remove(unfinished)
        elif record["refused"]:
            print(f"{self.variant}: refused at {record['refused']['at']}: {record['refused']['limit']}")
        else:
            work, resident = record["work"], record["memory"]["hwm_bytes"]
            told = f"{work['done']} of {work['expected']} in {record['elapsed_s']:.3f} s"
            figures = [f"{name} {figure:.6g}" for name, figure in record["metrics"].items()]
            memory = [] if resident is None else [f"{resident / 1e6:.1f} MB resident"]
            print(f"{self.variant}: {', '.join([told, *memory, *figures])}")

    def _peak(self, name: str) -> int | None:
        """A peak of this process, and of those that it started, without what the sampler takes."""
        if name not in self._peaks:
            return None
        own = 0 if name == "VmHWM" else self._own.get(name, 0)
        return self._peaks[name] - own + self._children.get(name, 0)

    def _watch(self) -> None:
        while not self._stop.wait(SAMPLE_EVERY_S):
            self._look()
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        self._sampling = [usage.ru_utime, usage.ru_stime, usage.ru_nvcsw, usage.ru_nivcsw]

    def _look(self) -> None:
        _raise(self._peaks, _status(os.getpid()))
        children = _children(os.getpid())
        if children:
            sums: dict[str, int] = {}
            for figures in map(_status, children):
                for name, figure in figures.items():
                    sums[name] = sums.get(name, 0) + figure
            # Address space is theirs of the moment, all together.
            sums["VmPeak"] = sums.get("VmSize", 0)
            sums["proportional"] = sum(map(_proportional, children))
            _raise(self._children, sums)


class Refused(NamedTuple):
    """A limit of the machine that was hit, which is a result and no error."""

    at: int
    limit: str
    detail: str


def _status(process: int) -> dict[str, int]:
    """The sizes, in bytes, and the threads of a process; nothing where the system does not tell."""
    figures = {}
    try:
        lines = text(f"/proc/{process}/status").splitlines()
    except OSError:
        return {}
    for line in lines:
        name, _, rest = line.partition(":")
        if name in ("VmHWM", "VmPeak", "VmSize", "VmPTE"):
            figures[name] = int(rest.split()[0]) * 1024
        elif name == "Threads":
            figures[name] = int(rest)
    return figures


def _children(process: int) -> list[int]:
    """The processes that the main thread started, and those that their main threads did: a server's that forks, from 3.14 on."""
    try:
        children = [int(child) for child in text(f"/proc/{process}/task/{process}/children").split()]
    except OSError:
        return []
    return children + [its_own for child in children for its_own in _children(child)]


def _proportional(process: int) -> int:
    """Resident memory of a process, each page divided by those who share it."""
    try:
        lines = text(f"/proc/{process}/smaps_rollup").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def text(path: str) -> str:
    """What the system says in a file. Raises OSError if there is none."""
    # Not by pathlib, which takes longer to import than some runs last.
    with open(path) as file:
        return file.read()


def _raise(peaks: dict[str, int], figures: Mapping[str, int]) -> None:
    for name, figure in figures.items():
        peaks[name] = max(peaks.get(name, 0), figure)


def _used() -> tuple[float, float, int, int]:
    """CPU seconds in the program and in the kernel, switches voluntary and not; of those that were waited for, too."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (
        own.ru_utime + children.ru_utime,
        own.ru_stime + children.ru_stime,
        own.ru_nvcsw + children.ru_nvcsw,
        own.ru_nivcsw + children.ru_nivcsw,
    )
