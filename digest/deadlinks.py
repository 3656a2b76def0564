"""Follow the links of an edition before its readers do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from digest.errors import SourceError
from digest.http import Http
from digest.model import Plan

MOST = 40  # links
SECONDS = 20.0
MAX_BYTES = 3_000_000  # of one page; what is larger is there


async def dead_links(plan: Plan, http: Http) -> list[str]:
    """Visit the articles of a plan and say in words which of them a reader would not reach.

    At most forty links in at most twenty seconds; how many were not tried is said too.
    """
    urls = list(
        dict.fromkeys(chosen.candidate.article.url for chosen in plan.chosen if chosen.candidate.article.url)
    )
    dead: list[str] = []
    waiting = set(urls)

    async def follow(url: str) -> None:
        try:
            await http.get(url, max_bytes=MAX_BYTES)
        except SourceError as error:
            dead.append(f"{url}: {error}")
        waiting.discard(url)

    try:
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
            for url in urls[:MOST]:
                group.create_task(follow(url))
    except TimeoutError:
        pass  # those left are counted below
    return [
        *_in_order(dead, urls),
        *([f"{len(waiting)} links were not tried for lack of time"] if waiting else []),
    ]


def _in_order(dead: Sequence[str], urls: Sequence[str]) -> list[str]:
    place = {url: number for number, url in enumerate(urls)}
    return sorted(dead, key=lambda text: place[text.partition(": ")[0]])
