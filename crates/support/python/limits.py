"""The machine's limits, and which of them leaves no room for more threads or files: a short twin of `limits.rs` in `outcome`."""

from __future__ import annotations

import errno
import os
import threading

from outcome import Refused, text

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
    maps = text("/proc/self/maps").count("\n")
    # All threads of the system: the second number of `1/77` in the fourth place.
    tasks = int(text("/proc/loadavg").split()[3].partition("/")[2])
    found = [
        ("vm.max_map_count", maps, number("/proc/sys/vm/max_map_count")),
        ("kernel.threads-max", tasks, number("/proc/sys/kernel/threads-max")),
        ("kernel.pid_max", tasks, number("/proc/sys/kernel/pid_max")),
    ]
    for group in groups():
        used = number(f"{group}/pids.current")
        found.append((f"{group}/pids.max", used or 0, number(f"{group}/pids.max")))
    return [(limit, used, most) for limit, used, most in found if most is not None]


def number(file: str) -> int | None:
    """None where there is no such file, and none for `max`, which is no limit."""
    try:
        return int(text(file))
    except (OSError, ValueError):
        return None


def groups() -> list[str]:
    """The control groups that may limit threads, from our own up to the root, in both versions of the hierarchy."""
    tops = {"": "/sys/fs/cgroup", "pids": "/sys/fs/cgroup/pids"}
    found = []
    for line in text("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in tops:
            top = tops[controllers]
            group = os.path.normpath(f"{top}/{path}")
            # What is above the root, seen from a container, is no concern of ours.
            while group.startswith(top):
                found.append(group)
                group = os.path.dirname(group)
    return found
