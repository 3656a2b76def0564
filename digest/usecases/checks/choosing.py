"""Keys about the choice, looked at together: limits, sections, filters, pins, the language and the theme."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from digest.edition import shows_listed
from digest.model.findings import Finding, Level
from digest.settings import Filters, Newsletter, SectionSettings, Settings, Terms
from digest.settings.languages import name_of
from digest.terminal import counted
from digest.text import url_key
from digest.words import languages


def choosing(settings: Settings, templates: Path) -> Iterator[Finding]:
    """Yield what does not go together in what newsletters choose, and in which words they say it."""
    for newsletter in settings.newsletters:
        subject = f"newsletter {newsletter.name}"
        for text in _never(newsletter):
            yield Finding(Level.FAILURE, subject, text)
        for text in (*_sections(newsletter), *_addresses(newsletter), *_language(newsletter)):
            yield Finding(Level.WARNING, subject, text)
        if _lists(newsletter) and not shows_listed(newsletter, settings.site_of(newsletter), templates):
            text = (
                'overflow = "list", and the theme does not show `section.listed`: they are in the text alone'
            )
            yield Finding(Level.WARNING, subject, text)
    for one, other in combinations(settings.newsletters, 2):
        if one.sources and _same(one) == _same(other):
            text = f"{one.name} and {other.name} take the same sources at the same time: who reads both gets all twice"
            yield Finding(Level.WARNING, f"newsletter {other.name}", text)


def _never(newsletter: Newsletter) -> Iterator[str]:
    least, most = newsletter.min_articles, newsletter.max_articles
    room = sum(newsletter.limit(section) for section in newsletter.sections if section.sources)
    if least > most:
        yield f"min_articles = {least} and max_articles = {most}: no edition could ever be made"
    elif newsletter.sources and least > room:
        take = f"its sections take {counted(room, 'article')} together"
        yield f"min_articles = {least}, and {take}: no edition could ever be made"


def _sections(newsletter: Newsletter) -> Iterator[str]:
    for number, section in enumerate(newsletter.sections, 1):
        name = f"the section {section.title!r}" if section.title else f"its section no. {number}"
        if not section.sources and newsletter.sources:
            yield f"{name} has no source and will never have a story: add [[newsletters.sections.sources]]"
        if (section.max_articles or 0) > newsletter.max_articles:
            yield (
                f"{name} has max_articles = {section.max_articles}, and the newsletter takes no more than "
                f"{newsletter.max_articles} altogether"
            )
        keys = [source.key for source in section.sources]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{name} names one source twice ({key.partition(':')[2] or key}): the second does nothing"
        for filters in (section, *section.sources):
            yield from (f"{name} {fault}" for fault in _filters(filters))


def _filters(filters: Filters) -> Iterator[str]:
    for field in Terms.model_fields:
        wanted, barred = (
            {term.casefold() for term in getattr(terms, field)}
            for terms in (filters.include, filters.exclude)
        )
        if wanted and wanted <= barred:
            yield f"excludes all that it includes ({field}: {', '.join(sorted(wanted))}): nothing passes"


def _addresses(newsletter: Newsletter) -> Iterator[str]:
    blocked = {url_key(url) for url in newsletter.blocks}
    for url in newsletter.pins:
        if url_key(url) in blocked:
            yield f"{url} is among the pins and the blocks: it is blocked"


def _language(newsletter: Newsletter) -> Iterator[str]:
    tag = newsletter.language
    ours = languages()
    if tag.partition("-")[0] not in ours:
        yield (
            f'language = "{tag}" ({name_of(tag)}): its dates are right, but for buttons and notes we have no words and '
            f"use English ones; there are words for {', '.join(ours)}"
        )


def _lists(newsletter: Newsletter) -> bool:
    def overflow(section: SectionSettings) -> str:
        return section.overflow or newsletter.overflow

    return any(overflow(section) == "list" for section in newsletter.sections)


def _same(newsletter: Newsletter) -> tuple[str, str, frozenset[str]]:
    keys = frozenset(source.key for source in newsletter.sources)
    return newsletter.schedule, newsletter.timezone, keys
