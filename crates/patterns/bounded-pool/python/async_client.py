"""A client that awaits: aiohttp, with as many connections as are asked for at once."""

from __future__ import annotations

from aiohttp import ClientSession, ClientTimeout, TCPConnector

TIMEOUT_S = 30


def new_session(host: str) -> ClientSession:
    """Fetches pages from one host. The pool limits how many are under way: the connector, which would say 100, need not."""
    return ClientSession(
        f"http://{host}", connector=TCPConnector(limit=0), timeout=ClientTimeout(total=TIMEOUT_S), raise_for_status=True
    )


async def fetch(session: ClientSession, path: str) -> bytes:
    """The page at `path`; raises ClientError, TimeoutError or OSError if there is none."""
    async with session.get(path) as response:
        return await response.read()
