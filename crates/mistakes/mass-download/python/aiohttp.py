"""A task for each download, with one session of aiohttp as it comes: what the article mends the mistake with.

Expect all pages, but not all at once: a session's connector opens 100 connections unless it is told otherwise, and the other
tasks queue for them. That is kind to a server, and makes the wait of many downloads the sum of many waits. Reach for it
when they may take turns; and mind that a session gives up on a download after five minutes, the time in the queue included.
"""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession

from .page import BUFFER_BYTES, Outcome, Page


def run(urls: list[str]) -> list[Outcome]:
    """Downloads all `urls`, by 100 connections; returns what became of each, in their order."""
    return asyncio.run(run_all(urls))


async def run_all(urls: list[str]) -> list[Outcome]:
    async with ClientSession() as session:
        # Right: a task holds its coroutine, and gives its thread to the others meanwhile.
        tasks = [asyncio.create_task(fetch(session, url)) for url in urls]
        return await asyncio.gather(*tasks, return_exceptions=True)


async def fetch(session: ClientSession, url: str) -> Page:
    async with session.get(url, allow_redirects=False) as response:
        size = 0
        async for piece in response.content.iter_chunked(BUFFER_BYTES):
            size += len(piece)
        return Page(response.status, size)
