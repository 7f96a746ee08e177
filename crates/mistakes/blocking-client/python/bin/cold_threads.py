"""A script of one request, with http.client on the one thread there is: `python3 cold_threads.py HOST PATH`.

It prints the status and the length of the body, then waits for the end of its input, so that it can be looked at.
"""

from __future__ import annotations

import sys
from http.client import HTTPConnection


def main(host: str, path: str) -> None:
    connection = HTTPConnection(host)
    connection.request("GET", path)
    response = connection.getresponse()
    print(response.status, len(response.read()), flush=True)
    sys.stdin.read()


main(*sys.argv[1:])
