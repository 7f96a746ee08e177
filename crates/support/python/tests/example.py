"""A demo as small as can be, for the tests: `python3 example.py [VARIANT] [--items N]`, and what is to happen to it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import demo
import outcome

VARIANTS = ("first", "second")
CHILD = "import sys; held = b'.' * int(sys.argv[1]); print(flush=True); sys.stdin.read()"


def main() -> None:
    parser = demo.parser(__doc__, VARIANTS)
    demo.number(parser, "--items", 1, 1, 10)
    parser.add_argument("--failed", type=int, default=0)
    parser.add_argument("--refused", action="store_true")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--child-bytes", type=int, default=0)
    arguments = parser.parse_args()
    demo.choose(dict.fromkeys(VARIANTS), arguments)
    run = outcome.Run("demo", arguments.variant)
    end = threading.Event()
    for _ in range(arguments.threads):
        threading.Thread(target=end.wait).start()
    if arguments.child_bytes:
        command = [sys.executable, "-c", CHILD, str(arguments.child_bytes)]
        # It lives until the end of this process closes the pipe, and has its memory before it is looked at.
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
    refused = outcome.Refused(3, "RLIMIT_NOFILE", "Too many open files") if arguments.refused else None
    errors = {"reset": arguments.failed} if arguments.failed else None
    try:
        run.report(
            expected=arguments.items,
            done=arguments.items - arguments.failed,
            metrics={"rate_per_s": 2.5},
            series={"beats": [(0.5, 1.0)]},
            errors=errors,
            refused=refused,
        )
    finally:
        end.set()


if __name__ == "__main__":
    main()
