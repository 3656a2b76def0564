"""Follow the links of an edition before its readers do."""

from __future__ import annotations

import asyncio

from digest.errors import SourceError
from digest.model import Plan
from digest.net.http import Http

MOST = 40  # links
SECONDS = 20.0
MAX_BYTES = 3_000_000  # of one page; what is larger is there


async def dead_links(plan: Plan, http: Http) -> list[str]:
    """Visit the articles of a plan and say in words which of them a reader would not reach.

    At most forty links in at most twenty seconds; how many were not tried, and why, is said too.
    """
    urls = list(
        dict.fromkeys(chosen.candidate.article.url for chosen in plan.chosen if chosen.candidate.article.url)
    )
    found: dict[str, str] = {}  # of each that was tried: what is wrong, "" if nothing is

    async def follow(url: str) -> None:
        try:
            await http.get(url, max_bytes=MAX_BYTES)
        except SourceError as error:
            found[url] = f"{url}: {error}"
        else:
            found[url] = ""

    try:
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
            for url in urls[:MOST]:
                group.create_task(follow(url))
    except TimeoutError:
        pass  # those left are counted below
    dead = [found[url] for url in urls if found.get(url)]
    if late := len(urls[:MOST]) - len(found):
        dead.append(f"{late} not tried for lack of time: {SECONDS:g} seconds are for all links together")
    if more := len(urls[MOST:]):
        dead.append(f"{more} more not tried: only the first {MOST} links are")
    return dead
