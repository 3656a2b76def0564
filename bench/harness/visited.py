"""Serve the readers' pages of a newsroom's folder while its edition is delivered, all in one process as in `digest run`.

python -m bench.harness.visited FOLDER: prints the port and tokens as JSON, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

from bench.harness import loops
from digest.app import open_tools
from digest.pipeline import publish
from digest.settings import loading
from digest.tools import Tools
from digest.web import create_app, serve

#: How many readers are visited: each has a token for each kind of page.
READERS = 20_000


async def serve_and_deliver(folder: Path) -> None:
    async with open_tools(loading.load(folder / "config.toml", {})) as tools:
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            print(json.dumps({"port": port, **_tokens(tools)}), flush=True)
            work = asyncio.create_task(publish.deliver(tools))
            await asyncio.to_thread(sys.stdin.read)
            print(json.dumps({"delivering": not work.done()}), flush=True)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def _tokens(tools: Tools) -> dict[str, list[str]]:
    until = tools.clock() + timedelta(hours=24)
    numbers = range(1, READERS + 1)
    return {
        "manage": [tools.links.timed_token(number, "manage", until) for number in numbers],
        "unsubscribe": [tools.links.token(number) for number in numbers],
    }


if __name__ == "__main__":
    loops.run(serve_and_deliver(Path(sys.argv[1])))
