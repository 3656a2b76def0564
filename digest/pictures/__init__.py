"""Look at an edition's pictures before it is set: how large they are, whether they are there; and copy them if wanted.

Between choosing and setting, outside any transaction, and bounded in time. Pictures that only count readers are
dropped without a word; those that are broken or gone are told in the plan's problems. What could not be reached in
time stays as its source said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from digest.model import Article, Chosen, Image, Plan
from digest.net.http import Http
from digest.pictures import bodies
from digest.pictures.ladder import More, climb, fits
from digest.pictures.visits import Wanted, visit
from digest.settings import ImageSettings
from digest.store.content import pictures as store
from digest.store.content.pictures import Known
from digest.store.db.database import Database
from digest.text import absolute_url

#: A copy's width in pixels, at most (twice what most programs show), and its height for a width of one: a lead is no
#: higher than 5:4, the others are 3:2, since not every program crops.
LEAD, OTHER = (1_200, (0.2, 1.25)), (480, (2 / 3, 2 / 3))
FRESH = timedelta(days=7)  # after which a picture that is mailed again is read again

_MEASURING_SECONDS, _COPYING_SECONDS = 12.0, 40.0  # seconds for all pictures of an edition


async def settle(
    plan: Plan,
    images: ImageSettings,
    *,
    http: Http,
    db: Database,
    site_url: str,
    now: datetime,
    keep: bool,
    texts: bool = False,
    logo: str = "",
    more: More | None = None,
) -> Plan:
    """Return the plan with its pictures' true sizes in pixels, without those that cannot be mailed.

    Where a picture cannot be mailed the others of the article's text are tried, then what `more` finds.
    With `texts` the pictures in the articles' own texts are looked at too, and always the `logo` if there is one.
    `pictured` is true of those that were looked at and can be mailed, or, if none is looked at, of all that have one.
    With `keep` what was found is remembered, and copies are made if `images` wants them. Without it pictures keep
    their own addresses: a copy must be in the database to be seen, and a preview leaves nothing there.
    """
    copies = images.copies and keep
    if not (images.measure or copies):
        return _pictured(plan, {chosen.rank for chosen in plan.chosen})
    wanted = _wanted(plan, copies=copies)
    inside = bodies.wanted_in(plan, copies=copies) if texts else {}
    sign = Wanted(url=logo) if absolute_url(logo, "") else None

    async def look(pictures: Iterable[Wanted]) -> dict[Wanted, Known]:
        seconds = _COPYING_SECONDS if copies else _MEASURING_SECONDS
        return await _look(pictures, http=http, db=db, now=now, keep=keep, seconds=seconds)

    known: Mapping[Wanted, Known] = await look(
        (*wanted.values(), *((sign,) if sign else ()), *inside.values())
    )
    plan, wanted, known = await climb(plan, wanted, known, look, more)
    before = plan
    plan = _with(plan, {rank: known[each] for rank, each in wanted.items() if each in known}, site_url)
    plan = bodies.told(
        plan, before, {url: known[each] for url, each in inside.items() if each in known}, site_url
    )
    if sign and sign in known:
        plan = _with_logo(plan, logo, known[sign])
    return _pictured(plan, {rank for rank, each in wanted.items() if each in known})


async def _look(
    wanted: Iterable[Wanted], *, http: Http, db: Database, now: datetime, keep: bool, seconds: float
) -> dict[Wanted, Known]:
    """Return what is remembered of pictures or what they turn out to be; those that cannot be reached are missing."""
    keys = {each: each.key for each in wanted}
    memory = await store.known(db, list(keys.values()), now - FRESH)
    found = await visit([each for each, key in keys.items() if key not in memory], http, seconds=seconds)
    if keep:
        lasting = {keys[each]: one.known for each, one in found.items() if one.lasting}
        await store.keep(db, lasting, now)
    known = {each: memory[key] for each, key in keys.items() if key in memory}
    return known | {each: one.known for each, one in found.items()}


def _with_logo(plan: Plan, url: str, found: Known) -> Plan:
    if found.fault:
        return replace(plan, problems=(*plan.problems, f"the logo {url} will not be seen: {found.fault}"))
    return replace(plan, logo=Image(url=url, width=found.width, height=found.height))


def _wanted(plan: Plan, *, copies: bool) -> dict[int, Wanted]:
    """Return what to find out, by the rank of the article; the first article of all is the lead."""
    wanted: dict[int, Wanted] = {}
    for place, chosen in enumerate(plan.chosen):
        image = chosen.candidate.article.image
        if image and absolute_url(image.url, ""):
            width, heights = OTHER if place else LEAD
            copy = Wanted(url=image.url, copy_width=width, heights=heights)
            wanted[chosen.rank] = copy if copies else Wanted(url=image.url)
    return wanted


def _with(plan: Plan, known: Mapping[int, Known], site_url: str) -> Plan:
    problems = list(plan.problems)
    sections = []
    for section in plan.sections:
        articles = []
        for chosen in section.articles:
            article = chosen.candidate.article
            if (found := known.get(chosen.rank)) and article.image:
                if found.fault:
                    problems.append(f"the picture of {article.title!r} is left out: {found.fault}")
                article = _told(article, article.image, found, site_url)
            articles.append(replace(chosen, candidate=replace(chosen.candidate, article=article)))
        sections.append(replace(section, articles=tuple(articles)))
    return replace(plan, sections=tuple(sections), problems=tuple(problems))


def _pictured(plan: Plan, seen: Collection[int]) -> Plan:
    """Return the plan with word of which articles have a picture that could be looked at, by their rank."""
    sections = (
        replace(section, articles=tuple(_with_word(chosen, seen) for chosen in section.articles))
        for section in plan.sections
    )
    return replace(plan, sections=tuple(sections))


def _with_word(chosen: Chosen, seen: Collection[int]) -> Chosen:
    return replace(chosen, pictured=chosen.candidate.article.image is not None and chosen.rank in seen)


def _told(article: Article, image: Image, found: Known, site_url: str) -> Article:
    """Return the article with what its picture turned out to be."""
    if not fits(found):
        return replace(article, image=None)
    if copy := found.copy:
        url = f"{site_url}/i/{copy.name}"
        return replace(article, image=replace(image, url=url, width=copy.width, height=copy.height))
    return replace(article, image=replace(image, width=found.width, height=found.height))
