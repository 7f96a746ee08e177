"""A task for each download, with one session of aiohttp whose connector may open as many connections as there are tasks.

Expect all pages, and some tens of kilobytes for each of them. Reach for it when all of them have to be under way at once, and the
server is yours; else see aiohttp.
"""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession, TCPConnector

from .page import BUFFER_BYTES, Outcome, Page


def run(urls: list[str]) -> list[Outcome]:
    """Downloads all `urls` at once; returns what became of each, in their order."""
    return asyncio.run(run_all(urls))


async def run_all(urls: list[str]) -> list[Outcome]:
    # Right: 0 is no limit; without it, 100 connections are all there are.
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        tasks = [asyncio.create_task(fetch(session, url)) for url in urls]
        return await asyncio.gather(*tasks, return_exceptions=True)


async def fetch(session: ClientSession, url: str) -> Page:
    async with session.get(url, allow_redirects=False) as response:
        size = 0
        async for piece in response.content.iter_chunked(BUFFER_BYTES):
            size += len(piece)
        return Page(response.status, size)
