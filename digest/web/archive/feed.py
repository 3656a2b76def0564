"""The feed of a newsletter's archive: the latest editions, each under an id and a date that never change."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from digest.edition import feed_copy
from digest.settings import Newsletter, Site
from digest.store.editions import archive, newsletters
from digest.store.editions import editions as store
from digest.store.editions.archive import Entry
from digest.text import absolute_url
from digest.tools import Tools
from digest.web.archive import atom
from digest.web.archive.addresses import archive_address
from digest.web.archive.atom import Feed, FeedEntry
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.caching import cacheable

SUMMARIES = 30  # editions in a feed of summaries
FULL_EDITIONS = 10  # editions in a feed of whole ones: each may be more than 100 kB


class FeedPages:
    """The feeds at /n/NEWSLETTER/feed.xml."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Answer with the feed of a newsletter whose archive is public."""
        newsletter = self._renderer.archived(request.path_params["newsletter"])
        if newsletter is None:
            return self._renderer.message("broken", status=404, root="../..")
        limit = FULL_EDITIONS if newsletter.feed == "full" else SUMMARIES
        found = await archive.entries(self._tools.db, newsletter.name, limit)
        entries = [await self._entry(entry, newsletter) for entry in found]
        since = await newsletters.known_since(self._tools.db, newsletter.name)
        updated = found[0].due if found else since or datetime.fromtimestamp(0, UTC)
        content = await asyncio.to_thread(atom.write, self._feed(newsletter, entries, updated))
        headers = {"X-Robots-Tag": "noindex", "Access-Control-Allow-Origin": "*"}  # feed readers on the web
        return cacheable(request, content, atom.MEDIA_TYPE, headers=headers)

    def _feed(self, newsletter: Newsletter, entries: list[FeedEntry], updated: datetime) -> Feed:
        site = self._tools.settings.site_of(newsletter)
        return Feed(
            id=self._tools.links.permanent_id(newsletter.name).urn,
            title=newsletter.title,
            subtitle=newsletter.tagline or site.tagline,
            url=archive_address(site, newsletter, "feed.xml"),
            page=archive_address(site, newsletter),
            author=site.name,
            rights=site.licence,
            logo=absolute_url(newsletter.logo, site.url),
            language=newsletter.language,
            updated=updated,
            entries=entries,
        )

    async def _entry(self, entry: Entry, newsletter: Newsletter) -> FeedEntry:
        site = self._tools.settings.site_of(newsletter)
        address = f"{site.url}/e/{entry.name}"
        return FeedEntry(
            # Of the slot, so that a remade edition is the same entry.
            id=self._tools.links.permanent_id(f"{newsletter.name} {entry.slot}").urn,
            title=entry.subject or newsletter.title,
            url=address,
            published=entry.due,
            summary=entry.preheader,
            content=await self._content(entry, site, address) if newsletter.feed == "full" else "",
        )

    async def _content(self, entry: Entry, site: Site, address: str) -> str:
        mail = (await store.by_name(self._tools.db, entry.name)).mail
        if mail is None:
            return ""
        copy = partial(feed_copy, mail, browser_url=address, subscribe_url=site.signup_url)
        return await asyncio.to_thread(copy)
