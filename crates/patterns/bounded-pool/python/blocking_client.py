"""A client that blocks, to be shared by threads: http.client, with a connection for each thread."""

from __future__ import annotations

import threading
from http.client import HTTPConnection

# For each wait: to connect, and to read a piece.
TIMEOUT_S = 30


class Client(threading.local):
    """Fetches pages from one host; a thread that uses it first gets a connection of its own, by `__init__`, and keeps it."""

    def __init__(self, host: str) -> None:
        self.connection = HTTPConnection(host, timeout=TIMEOUT_S)

    def fetch(self, path: str) -> bytes:
        """The page at `path`; raises OSError or HTTPException if there is none, ValueError if it says so itself."""
        try:
            self.connection.request("GET", path)
            response = self.connection.getresponse()
            body = response.read()
        except BaseException:
            # The next request opens another.
            self.connection.close()
            raise
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        return body
