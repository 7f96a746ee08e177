"""Each user is a coroutine and calls http.client, which blocks, inline; users and heart share one thread: the mistake.

Expect all pages one after the other, and a heart that stands still meanwhile. Nothing warns: asyncio's debug mode alone logs a
callback that took long. See asyncio_to_thread and aiohttp for the ways out.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import chain

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
    with closing(HTTPConnection(host)) as connection:
        # Wrong: the call blocks the thread that runs the loop, and with it the heart and every other user.
        return [fetch(connection, path) for path in paths]


def fetch(connection: HTTPConnection, path: str) -> Outcome:
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Page(response.status, len(response.read()))
    except (OSError, HTTPException) as error:
        # The next request on it opens another.
        connection.close()
        return error
