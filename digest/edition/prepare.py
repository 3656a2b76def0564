"""Turn a plan into what a template sees: times said, addresses checked, pictures measured for their place."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from digest.edition import colours
from digest.edition.language import Language, direction
from digest.edition.licences import licences
from digest.edition.text import Text
from digest.edition.view import Detail, Foot, Head, Picture, Section, Story, View
from digest.model import Article, Chosen, Image, Plan
from digest.settings import Newsletter, Site
from digest.text import absolute_url

LEAD_WIDTH = 552  # CSS pixels: a sheet of 600 less its margins
THUMB_WIDTH = 132


def prepare(plan: Plan, newsletter: Newsletter, site: Site, now: datetime) -> View:
    """Return what a theme needs to set an edition; the plan's first article is the lead."""
    language = Language(newsletter.language, newsletter.timezone)
    sections = [
        Section(
            title=section.title,
            stories=tuple(_story(c, section.title, plan, language, now) for c in section.articles),
            listed=tuple(_listed(c, section.title, plan, language, now) for c in section.listed),
        )
        for section in plan.sections
        if section.articles or section.listed
    ]
    first = next((at for at, section in enumerate(sections) if section.stories), None)
    lead = None
    if first is not None:
        lead, *rest = sections[first].stories
        sections[first] = replace(sections[first], stories=tuple(rest))
    return View(
        edition=_head(plan, newsletter, site, language),
        lead=lead,
        sections=tuple(section for section in sections if section.stories or section.listed),
        site=_foot(site),
        licences=licences((c.candidate.source_title, c.candidate.article.licence) for c in plan.chosen),
        language=language,
        light=colours.light(newsletter.accent),
        dark=colours.dark(newsletter.accent),
    )


def _head(plan: Plan, newsletter: Newsletter, site: Site, language: Language) -> Head:
    return Head(
        title=newsletter.title,
        tagline=newsletter.tagline or site.tagline,
        logo=absolute_url(newsletter.logo, site.url),
        intro=tuple(" ".join(part.split()) for part in newsletter.intro.split("\n\n") if part.strip()),
        date=language.date(plan.due),
        daypart=language.say(language.daypart(plan.due)),
        count=len(plan.chosen),
        language=language.code,
        dir=language.direction,
    )


def _foot(site: Site) -> Foot:
    return Foot(
        name=site.name,
        url=site.url,
        about=site.about,
        licence=site.licence,
        postal_address=site.postal_address,
        appeal=site.appeal,
        appeal_url=_link(site.appeal_url, site),
        signup=site.signup,
        signup_url=_link(site.signup_url, site),
    )


def _link(address: str, site: Site) -> str:
    return address if address.startswith("mailto:") else absolute_url(address, site.url) if address else ""


def _story(chosen: Chosen, section: str, plan: Plan, language: Language, now: datetime) -> Story:
    article = chosen.candidate.article
    runs = direction(article.title)
    url, source = absolute_url(article.url, ""), chosen.candidate.source_title
    return Story(
        title=article.title or article.dek or url,
        url=url,
        dek=_dek(article),
        byline="" if article.byline.casefold() == source.casefold() else article.byline,
        source=source,
        section=section,
        time=_time(article, plan, language, now),
        image=_picture(article.image, article.title),
        text=Text(article.body, url, LEAD_WIDTH),
        also_in=chosen.also_in,
        updated=chosen.updated,
        rank=chosen.rank,
        dir=runs if runs not in ("", language.direction) else "",
        lang=_foreign(article.language, language),
        detail=Detail.FULL,
    )


def _listed(chosen: Chosen, section: str, plan: Plan, language: Language, now: datetime) -> Story:
    return replace(_story(chosen, section, plan, language, now), detail=Detail.LINE)


def _dek(article: Article) -> str:
    """Return what the headline has not said yet: a note's headline is often how its text begins."""
    if not article.title:
        return ""
    begun = article.title.rstrip("….")
    if not article.dek.startswith(begun):
        return article.dek
    rest = article.dek.removeprefix(begun).strip(" ….")
    return f"…{article.dek.removeprefix(begun).rstrip()}" if rest else ""


def _time(article: Article, plan: Plan, language: Language, now: datetime) -> str:
    """Say when it appeared; a source's clock that runs ahead is not repeated."""
    if article.published is None:
        return ""
    if article.day_only:
        ahead = article.published.date() > language.local(now).date()
        return "" if ahead else language.day(article.published, plan.due)
    if article.published > now + timedelta(hours=1):
        return ""
    return language.time(article.published, plan.due).replace(" ", "\u00a0")


def _foreign(code: str, language: Language) -> str:
    """Return an article's language tag where it differs from the edition's, for screen readers and hyphenation."""
    primary = code.partition("-")[0].lower()
    return code if primary.isalpha() and code.isascii() and primary != language.locale.language else ""


_FILE_NAME = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|avif)|(?:img|dsc|image|photo|screenshot)[-_ ]?\w*\d[-\w]*|\d[-_\d]*", re.I
)


def _alt(alt: str, title: str) -> str:
    """Return an alt text that says something: not the name of a file, not the headline once more."""
    return "" if _FILE_NAME.fullmatch(alt.strip()) or alt.strip() == title else alt


def _picture(image: Image | None, title: str) -> Picture | None:
    """Return an image that can stand in a mail; a tracking pixel or an odd address is none."""
    if image is None or not (url := absolute_url(image.url, "")):
        return None
    width, height = image.width or 0, image.height or 0
    if 0 < width <= 2 or 0 < height <= 2:
        return None
    wide, thumb = min(width or LEAD_WIDTH, LEAD_WIDTH), min(width or THUMB_WIDTH, THUMB_WIDTH)
    known = width and height
    return Picture(
        url=url,
        alt=_alt(image.alt, title),
        credit=image.credit,
        caption=image.caption,
        width=wide,
        height=round(height * wide / width) if known else None,
        thumb_width=thumb,
        thumb_height=round(height * thumb / width) if known else None,
    )
