"""A thread for each download, with http.client: the mistake.

Expect all pages, and 8 MiB of address space for the stack of each download under way, of which a few pages are touched. Once
thousands have their answer together, expect a crowd before the GIL: each that waits for it wakes up every 5 ms to ask again. Fine
for tens of downloads; for more, see aiohttp, or a pool that limits how many threads there are.
"""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException
from threading import Thread
from urllib.parse import urlsplit

from .page import BUFFER_BYTES, Outcome, Page


def run(urls: list[str]) -> list[Outcome]:
    """Downloads all `urls` at once; returns what became of each, in their order."""
    pages: dict[int, Outcome] = {}
    # Wrong: a thread does nothing but wait, and there is one for each download.
    threads = [Thread(target=keep, args=(pages, place, url)) for place, url in enumerate(urls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [pages[place] for place in range(len(urls))]


def keep(pages: dict[int, Outcome], place: int, url: str) -> None:
    try:
        pages[place] = fetch(url)
    except (OSError, HTTPException) as error:
        pages[place] = error


def fetch(url: str) -> Page:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        size = 0
        while piece := response.read(BUFFER_BYTES):
            size += len(piece)
        return Page(response.status, size)
    finally:
        connection.close()
