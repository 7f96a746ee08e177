"""One request from a cold start, many times over: a script that does nothing else is started, and watched from outside."""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict

from .page import Page

# Those that have such a script.
VARIANTS = ("threads", "aiohttp")
# How many starts are one run; a single one is too noisy to decide anything.
STARTS = 20


def start_all(variant: str, host: str, path: str) -> tuple[list[Page], dict[str, float]]:
    """Starts the script of `variant` so often, one start after the other; returns all pages that it fetched, and the
    median of each figure.
    """
    from statistics import median

    pages = []
    figures: dict[str, list[float]] = defaultdict(list)
    for _ in range(STARTS):
        page, told = start(variant, host, path)
        pages.append(page)
        for name, figure in told.items():
            figures[name].append(figure)
    return pages, {name: median(told) for name, told in figures.items()}


def start(variant: str, host: str, path: str) -> tuple[Page, dict[str, float]]:
    """Starts it once; returns the page, and what it took until then. Raises CalledProcessError if the script has failed."""
    import subprocess

    # What is compiled already is found where this interpreter keeps it.
    compiled = ["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []
    script = os.path.join(os.path.dirname(__file__), "bin", f"cold_{variant}.py")
    command = [sys.executable, *compiled, script, host, path]
    started = time.perf_counter()
    # It ends with its input, which this process holds, however that dies.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        figures = {"cold_s": time.perf_counter() - started, **status(child.pid)}
        child.communicate()
    if child.returncode != 0:
        raise subprocess.CalledProcessError(child.returncode, command)
    code, size = line.split()
    return Page(int(code), int(size)), figures


def status(process: int) -> dict[str, float]:
    """Peak of resident memory, and threads; nothing where the system does not tell."""
    try:
        with open(f"/proc/{process}/status") as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    told = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    return {"cold_hwm_bytes": float(told["VmHWM"][0]) * 1024, "cold_threads": float(told["Threads"][0])}
