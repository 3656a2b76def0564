"""Turn a plan into what a template sees: times said, addresses checked, pictures measured for their place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from digest.edition import colours
from digest.edition.language import Language, direction
from digest.edition.licences import licences
from digest.edition.setting.bylines import authors, said, short_source
from digest.edition.setting.columns import letters_wide
from digest.edition.setting.shapes import LEAD_WIDTH, placed
from digest.edition.telling import Text
from digest.edition.view import Detail, Foot, Head, Section, Story, View
from digest.model import Article, Chosen, Image, Plan
from digest.settings import Newsletter, Site
from digest.text import absolute_url, is_word_end

_LOGO = (280, 56)  # CSS pixels, at most
_WORDMARK_RATIO = 2  # times its height: so wide is a name and not a sign


@dataclass(frozen=True, slots=True)
class _Setting:
    """What is the same for all stories of an edition; `told` are the sources that are named to readers."""

    plan: Plan
    language: Language
    now: datetime
    told: frozenset[str]


def prepare(plan: Plan, newsletter: Newsletter, site: Site, now: datetime) -> View:
    """Return what a theme needs to set an edition; the plan's first article is the lead."""
    language = Language(newsletter.language, newsletter.timezone)
    sources = (chosen.candidate.source_title for chosen in plan.chosen)
    setting = _Setting(plan, language, now, frozenset(said(sources, (newsletter.title, site.name))))
    sections = [
        Section(
            title=section.title,
            stories=tuple(_story(chosen, section.title, setting) for chosen in section.articles),
            listed=tuple(_listed(chosen, section.title, setting) for chosen in section.listed),
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
        licences=licences(
            (short_source(c.candidate.source_title), c.candidate.article.licence) for c in plan.chosen
        ),
        language=language,
        light=colours.light(newsletter.accent),
        dark=colours.dark(newsletter.accent),
        on_web=newsletter.archive != "off",
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
        upright=language.upright,
        comma=language.comma,
        **_logo(plan.logo),
        letters=letters_wide(newsletter.title),
    )


def _logo(logo: Image | None) -> dict[str, Any]:
    """Return how large a logo stands, and whether it is the name in letters: a wide one is."""
    if logo is None or not (logo.width and logo.height):
        return {}
    wide, high = _LOGO
    scale = min(1.0, wide / logo.width, high / logo.height)
    size = {"logo_width": round(logo.width * scale), "logo_height": round(logo.height * scale)}
    return size | {"wordmark": logo.width >= _WORDMARK_RATIO * logo.height}


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


def _story(chosen: Chosen, section: str, setting: _Setting) -> Story:
    article, language = chosen.candidate.article, setting.language
    runs = direction(article.title, article.dek)
    url, source = absolute_url(article.url, ""), chosen.candidate.source_title
    lang = _foreign(article.language, language)
    names = authors(article.byline) if article.byline.casefold() != source.casefold() else []
    return Story(
        title=article.title or article.dek or url,
        url=url,
        dek=_dek(article),
        byline=language.people(names),
        source=short_source(source) if source in setting.told else "",
        section=section,
        time=_time(article, setting.plan, language, setting.now),
        image=placed(article.image, article.title),
        text=Text(
            article.body,
            url,
            LEAD_WIDTH,
            title=article.title,
            picture=article.image.url if article.image else "",
        ),
        also_in=tuple(map(short_source, chosen.also_in)),
        updated=chosen.updated,
        rank=chosen.rank,
        dir=runs if runs not in ("", language.direction) else "",
        lang=lang,
        language=lang or language.code,
        summary=article.dek,
        comma=language.comma,
        detail=Detail.FULL,
    )


def _listed(chosen: Chosen, section: str, setting: _Setting) -> Story:
    return replace(_story(chosen, section, setting), detail=Detail.LINE)


def _dek(article: Article) -> str:
    """Return the teaser as the source wrote it; of a note without a title, whose beginning is its headline, the rest."""
    if not article.title or article.dek.strip(" .…!") == article.title.strip(" .…!"):
        return ""
    begun = article.title.removesuffix("…")
    if begun == article.title or not article.dek.startswith(begun):
        return article.dek
    rest = article.dek.removeprefix(begun)
    return f"…{rest.strip()}" if is_word_end(begun, rest) else article.dek


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
