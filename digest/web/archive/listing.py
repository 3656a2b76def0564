"""The list of a newsletter's editions, by month, and the way to the latest one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.settings import Newsletter
from digest.store.editions import archive
from digest.store.editions.archive import Entry
from digest.text import absolute_url
from digest.tools import Tools
from digest.web.archive.addresses import archive_address
from digest.web.rendering.language import PageLanguage
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.caching import cacheable

EDITIONS_PER_PAGE = 50

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_SLOT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)


class ArchivePages:
    """The pages at /n/NEWSLETTER/archive and /n/NEWSLETTER/latest; there are none of a newsletter that is not public."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Show a page of the archive: the newest editions, those of a month, or those before a slot."""
        newsletter = self._renderer.archived(request.path_params["newsletter"])
        month, before = (request.query_params.get(name, "") for name in ("month", "before"))
        if newsletter is None or not _is_page(month, before):
            return self._absent()
        found = await archive.entries(
            self._tools.db, newsletter.name, EDITIONS_PER_PAGE + 1, month=month, before=before
        )
        if not found and (month or before):
            return self._absent()
        months = await archive.months(self._tools.db, newsletter.name)
        page = self._renderer.render(
            "archive.html", newsletter, root="../..", **self._values(newsletter, found, months, month, before)
        )
        return cacheable(request, bytes(page.body), "text/html", headers={"X-Robots-Tag": "all"})

    async def latest(self, request: Request) -> Response:
        """Lead to the latest edition, under an address that stays; to the archive while there is none."""
        newsletter = self._renderer.archived(request.path_params["newsletter"])
        if newsletter is None:
            return self._absent()
        found = await archive.entries(self._tools.db, newsletter.name, 1)
        target = f"../../e/{found[0].name}" if found else "archive"
        return RedirectResponse(target, status_code=302, headers={"Cache-Control": "no-cache"})

    def _values(
        self, newsletter: Newsletter, found: Sequence[Entry], months: Sequence[str], month: str, before: str
    ) -> dict[str, Any]:
        site, language = self._tools.settings.site_of(newsletter), self._renderer.language(newsletter)
        shown = found[:EDITIONS_PER_PAGE]
        query = {name: value for name, value in (("month", month), ("before", before)) if value}
        rest = {"before": shown[-1].slot} | ({"month": month} if month else {}) if shown != found else {}
        return {
            "newsletter": newsletter,
            "address": archive_address(site, newsletter) + (f"?{urlencode(query)}" if query else ""),
            "feed": archive_address(site, newsletter, "feed.xml"),
            "picture": absolute_url(newsletter.logo, site.url),
            "description": newsletter.tagline or site.tagline,
            "listed": list(_by_month(shown, language)),
            "older": f"archive?{urlencode(rest)}" if rest else "",
            "is_first": not query,
            "can_sign_up": self._tools.settings.signup_of(newsletter) == "open",
            "chosen": month,
            "years": list(_by_year(months, language)),
        }

    def _absent(self) -> Response:
        return self._renderer.message("broken", status=404, root="../..")


def _is_page(month: str, before: str) -> bool:
    return bool((not month or _MONTH.fullmatch(month)) and (not before or _SLOT.fullmatch(before)))


def _by_month(entries: Sequence[Entry], language: PageLanguage) -> Iterator[dict[str, Any]]:
    for month, of_month in groupby(entries, key=lambda entry: entry.month):
        yield {"title": language.month(month), "editions": list(_lines(list(of_month), language))}


def _lines(entries: Sequence[Entry], language: PageLanguage) -> Iterator[dict[str, str]]:
    """Yield what is said of each edition; the time only where a day has several."""
    days = [entry.slot.partition("T")[0] for entry in entries]
    for entry, day in zip(entries, days, strict=True):
        time = f", {language.clock(entry.due)}" if days.count(day) > 1 else ""
        yield {
            "name": entry.name,
            "subject": entry.subject or entry.name,
            "preheader": entry.preheader,
            "moment": entry.due.isoformat(),
            "day": f"{language.weekday(entry.due)}{time}",
        }


def _by_year(months: Sequence[str], language: PageLanguage) -> Iterator[dict[str, Any]]:
    for year, of_year in groupby(months, key=lambda month: month[:4]):
        names = [{"name": month, "title": language.short_month(month)} for month in of_year]
        yield {"title": language.year(f"{year}-01"), "months": names}
