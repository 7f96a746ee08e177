"""Each user is a thread and calls http.client, which blocks; the heart is a thread too.

Expect all pages and a heart that is on time: a thread that waits for an answer has let go of the GIL. Reach for it when the
client at hand blocks and there are tens of calls at once, or hundreds.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import chain
from threading import Thread

from heartbeat import Heartbeat

from .page import Outcome, Page


def run(host: str, shares: list[list[str]], heartbeat: Heartbeat) -> list[Outcome]:
    """Lets each user fetch its share of paths from `host` one after the other, all users at once, and the heart beat beside them;
    returns what became of each path, user by user.
    """
    heart = Thread(target=beat, args=(heartbeat,), daemon=True)
    heart.start()
    with ThreadPoolExecutor(len(shares)) as executor:
        pages = list(executor.map(partial(browse, host), shares))
    heartbeat.stop()
    heart.join()
    return list(chain.from_iterable(pages))


def beat(heartbeat: Heartbeat) -> None:
    while (due := heartbeat.next()) is not None:
        time.sleep(due)
        heartbeat.beat()


def browse(host: str, paths: list[str]) -> list[Outcome]:
    with closing(HTTPConnection(host)) as connection:
        # Right: the call blocks the thread that makes it, and that is this user's own.
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
