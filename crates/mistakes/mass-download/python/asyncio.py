"""A task for each download, on bare streams of asyncio: what is left when there is no client.

Expect all pages. Do not write this: it knows a status line and the end of a connection, and nothing else of HTTP. It is here to
measure aiohttp against.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from .page import BUFFER_BYTES, Outcome, Page


def run(urls: list[str]) -> list[Outcome]:
    """Downloads all `urls` at once; returns what became of each, in their order."""
    return asyncio.run(run_all(urls))


async def run_all(urls: list[str]) -> list[Outcome]:
    tasks = [asyncio.create_task(fetch(url)) for url in urls]
    return await asyncio.gather(*tasks, return_exceptions=True)


async def fetch(url: str) -> Page:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=BUFFER_BYTES)
    try:
        writer.write(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        size = 0
        while piece := await reader.read(BUFFER_BYTES):
            size += len(piece)
        return Page(int(head.split()[1]), size)
    finally:
        writer.close()
