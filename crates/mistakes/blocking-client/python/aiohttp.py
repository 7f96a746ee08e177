"""Each user is a coroutine and calls aiohttp, which is async, through one session for all; users and heart share one thread.

Expect all pages, a heart that is on time, and no more connections than are wanted at once. There are 100 of them at most: a
session's connector opens no more unless it is told to, and whoever comes on top waits for one. Reach for it first when the
program is async.
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
    # One for all: it keeps the connections, and each is used again.
    async with ClientSession(f"http://{host}") as session:
        pages = await asyncio.gather(*(browse(session, paths) for paths in shares))
    heartbeat.stop()
    await heart
    return list(chain.from_iterable(pages))


async def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        await asyncio.sleep(due)
        heartbeat.beat()


async def browse(session: ClientSession, paths: list[str]) -> list[Outcome]:
    # Right: the call waits in an await, and the loop goes on with the others meanwhile.
    return [await fetch(session, path) for path in paths]


async def fetch(session: ClientSession, path: str) -> Outcome:
    try:
        async with session.get(path, allow_redirects=False) as response:
            return Page(response.status, len(await response.read()))
    except (OSError, ClientError, asyncio.TimeoutError) as error:
        return error
