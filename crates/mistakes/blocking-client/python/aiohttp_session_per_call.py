"""Each user is a coroutine and calls aiohttp, which is async, through a new session for each call; users and heart share one
thread: the mistake in the mend.

Expect all pages and a heart that is on time, but a connection for each request, and whatever else a session sets up (with TLS:
the handshake, and the certificates read once more). Reach for aiohttp.py, which makes one.
"""

from __future__ import annotations

import asyncio
from itertools import chain

from aiohttp import ClientError, ClientSession
from heartbeat import Heartbeat

from .page import Outcome, Page


def run(host: str, shares: list[list[str]], heartbeat: Heartbeat) -> list[Outcome]:
    """Lets each user fetch its share of paths from `host` one after the other, all users at once, and the heart beat beside them;
    returns what became of each path, user by user.
    """
    return asyncio.run(run_all(host, shares, heartbeat))


async def run_all(host: str, shares: list[list[str]], heartbeat: Heartbeat) -> list[Outcome]:
    heart = asyncio.create_task(beat(heartbeat))
    pages = await asyncio.gather(*(browse(host, paths) for paths in shares))
    heartbeat.stop()
    await heart
    return list(chain.from_iterable(pages))


async def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        await asyncio.sleep(due)
        heartbeat.beat()


async def browse(host: str, paths: list[str]) -> list[Outcome]:
    pages = []
    for path in paths:
        # Wrong: a session keeps its connections to itself, and takes them with it when it goes.
        async with ClientSession(f"http://{host}") as session:
            pages.append(await fetch(session, path))
    return pages


async def fetch(session: ClientSession, path: str) -> Outcome:
    try:
        async with session.get(path, allow_redirects=False) as response:
            return Page(response.status, len(await response.read()))
    except (OSError, ClientError, asyncio.TimeoutError) as error:
        return error
