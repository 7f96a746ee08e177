"""A script of one request, with aiohttp: `python3 cold_aiohttp.py HOST PATH`.

It prints the status and the length of the body, then waits for the end of its input, so that it can be looked at.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import ClientSession


async def main(host: str, path: str) -> None:
    async with ClientSession(f"http://{host}") as session, session.get(path, allow_redirects=False) as response:
        print(response.status, len(await response.read()), flush=True)
    sys.stdin.read()


asyncio.run(main(*sys.argv[1:]))
