"""The machine's limits, and which of them leaves no room for more threads or files: a short twin of `limits.rs` in `outcome`."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

from outcome import Refused

# A limit is near where no more than a hundredth of it is left: some threads may have ended since.
NEAR = 0.99
LIMITS = {
    errno.EMFILE: "RLIMIT_NOFILE",
    errno.ENFILE: "fs.file-max",
    errno.EADDRNOTAVAIL: "net.ipv4.ip_local_port_range",
}


def by_error(error: BaseException, at: int) -> Refused | None:
    """The limit that an error of the system names by its number, if it does; `at` is how many were reached."""
    limit = LIMITS.get(error.errno or 0) if isinstance(error, OSError) else None
    return None if limit is None else Refused(at, limit, str(error))


def of_threads(error: RuntimeError) -> Refused:
    """The refusal of a thread, to be asked for while those that could be had are still there; raises any other `error`."""
    if "can't start new thread" not in str(error):
        raise error
    # Without this one, and the one that samples.
    at = threading.active_count() - 2
    limit, used, most = max(in_use(), key=lambda limited: limited[1] / limited[2], default=("", 0, 1))
    if used < most * NEAR:
        return Refused(at, "not identified", f"{error}; no limit that is known here was near")
    return Refused(at, limit, f"{error}; with {at} threads {used} of {most} were in use")


def in_use() -> list[tuple[str, int, int]]:
    """How much of each limited thing is in use, and its limit; only those that the system tells."""
    maps = len(Path("/proc/self/maps").read_bytes().splitlines())
    # All threads of the system: the second number of `1/77` in the fourth place.
    tasks = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    kernel = Path("/proc/sys")
    found = [
        ("vm.max_map_count", maps, number(kernel / "vm/max_map_count")),
        ("kernel.threads-max", tasks, number(kernel / "kernel/threads-max")),
        ("kernel.pid_max", tasks, number(kernel / "kernel/pid_max")),
    ]
    for group in groups():
        used = number(group / "pids.current")
        found.append((f"{group}/pids.max", used or 0, number(group / "pids.max")))
    return [(limit, used, most) for limit, used, most in found if most is not None]


def number(file: Path) -> int | None:
    """None where there is no such file, and none for `max`, which is no limit."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def groups() -> list[Path]:
    """The control groups that may limit threads, from our own up to the root, in both versions of the hierarchy."""
    tops = {"": "/sys/fs/cgroup", "pids": "/sys/fs/cgroup/pids"}
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in tops:
            top = Path(tops[controllers])
            group = top / path.lstrip("/")
            found += [one for one in (group, *group.parents) if top in (one, *one.parents)]
    return found
