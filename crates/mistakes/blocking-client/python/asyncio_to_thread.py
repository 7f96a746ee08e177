"""Each user is a coroutine and hands its calls of http.client, which block, to the loop's default executor; users and heart share
one thread. `asyncio.to_thread` does the same.

Expect all pages and a heart that is on time, at the price of a thread for each call under way. There are min(32, cores + 4) of
them at most, and what comes on top waits in a queue, unseen: no error and no warning tells it. Reach for it when the program is
async, a client that blocks is all there is, and the calls at once are few; with more, see asyncio_executor_of_its_own.
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
    loop = asyncio.get_running_loop()
    with closing(HTTPConnection(host)) as connection:
        # Right: the call blocks a thread of the executor, and the loop goes on; this user awaits what comes of it.
        return [await loop.run_in_executor(None, fetch, connection, path) for path in paths]


def fetch(connection: HTTPConnection, path: str) -> Outcome:
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Page(response.status, len(response.read()))
    except (OSError, HTTPException) as error:
        # The next request on it opens another.
        connection.close()
        return error
