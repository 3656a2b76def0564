"""The pictures in articles' own texts, for mails that print them: their true sizes, without missing ones and counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from digest.model import Chosen, Plan
from digest.pictures.visits import Wanted
from digest.store.content.pictures import Known
from digest.text import absolute_url, picture_key, pictures_in, with_pictures

WIDTH = 1_200  # pixels of a copy, at most
MAX_PICTURES = 60  # of an edition
_COUNTER_PX = 2


def wanted_in(plan: Plan, *, copies: bool) -> dict[str, Wanted]:
    """Return what to find out, by address: the first pictures of the texts."""
    found: dict[str, Wanted] = {}
    for chosen in plan.chosen:
        for url in pictures_in(chosen.candidate.article.body):
            if len(found) < MAX_PICTURES and absolute_url(url, ""):
                found[url] = Wanted(url=url, copy_width=WIDTH if copies else 0)
    return found


def told(plan: Plan, before: Plan, known: Mapping[str, Known], site_url: str) -> Plan:
    """Return a plan with what the pictures of its texts turned out to be; `before` has its articles as they came."""
    first = next(iter(before.chosen), None)
    image = first.candidate.article.image if first else None
    lead = {first.rank: picture_key(image.url)} if first and image else {}

    def each(chosen: Chosen) -> Chosen:
        return _told(chosen, lead.get(chosen.rank, ""), known, site_url)

    sections = (replace(one, articles=tuple(map(each, one.articles))) for one in plan.sections)
    return replace(plan, sections=tuple(sections))


def _told(chosen: Chosen, same: str, known: Mapping[str, Known], site_url: str) -> Chosen:
    article = chosen.candidate.article
    if "<img" not in article.body:
        return chosen

    def one(url: str) -> tuple[str, int, int] | None:
        """The lead's picture has the same address in the text, copied or not: themes show it once."""
        found = known.get(url)
        if same and article.image and picture_key(url) == same:
            size = article.image.width or 0, article.image.height or 0
            return (article.image.url, *size) if all(size) else None
        if found is None:
            return None
        if found.fault or min(found.width, found.height) <= _COUNTER_PX:
            return "", 0, 0
        if found.copy:
            return f"{site_url}/i/{found.copy.name}", found.copy.width, found.copy.height
        return url, found.width, found.height

    body = with_pictures(article.body, one)
    return replace(chosen, candidate=replace(chosen.candidate, article=replace(article, body=body)))
