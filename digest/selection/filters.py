"""Which sections want an entry: what sections and sources include and exclude."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from digest.model import Article, Candidate, LeftOut
from digest.selection.likeness import WITHOUT_SPACES
from digest.selection.patterns import search_all
from digest.selection.rules import Entry, LeftOuts, Place
from digest.settings import Filters, Terms
from digest.text import plain_text

#: The candidates, by id, in which each pattern was found; a pattern that took too long is missing.
Hits = Mapping[str, set[int]]

_NO_TERMS = Terms()


def apply_filters(entries: Sequence[Entry]) -> tuple[list[Entry], LeftOuts, list[str]]:
    """Keep for each entry the sections that want it; return those that none wants apart, and what went wrong."""
    hits, slow = _search(entries)
    kept: list[Entry] = []
    refused: LeftOuts = []
    for entry in entries:
        objections = [_objection(entry, place, hits) for place in entry.places]
        if not any(objections):
            kept.append(entry)
        elif all(objections):
            why = "left out: " + "; ".join(dict.fromkeys(objections))
            refused.append(LeftOut(candidate=entry.candidate, why=why))
        else:
            wanting = [place for place, against in zip(entry.places, objections, strict=True) if not against]
            kept.append(replace(entry, places=tuple(wanting)))
    advice = "takes too long to search for and is left aside: make it simpler"
    return kept, refused, [f"the pattern {pattern!r} {advice}" for pattern in slow]


def _objection(entry: Entry, place: Place, hits: Hits) -> str:
    """Say why a place does not want an entry, "" if it does or if the entry is pinned."""
    if entry.pin is None:
        for who, filters in place.filters:
            if objection := _against(entry.candidate, filters, hits):
                return f"{who} {objection}"
    return ""


def _against(candidate: Candidate, filters: Filters, hits: Hits) -> str:
    article = candidate.article
    if sign := _sign(candidate, filters.exclude, hits):
        return f"excludes {sign}"
    if filters.include != _NO_TERMS and not _sign(candidate, filters.include, hits):
        return "takes only what has certain signs, and it has none of them"
    if article.language and filters.languages and not _speaks(article.language, filters.languages):
        return f"takes only articles in {', '.join(filters.languages)}, and this is in {article.language}"
    if filters.min_length and (length := len(plain_text(article.body) or article.dek)) < filters.min_length:
        return f"takes only articles of {filters.min_length} characters, and this has {length}"
    return ""


def _sign(candidate: Candidate, terms: Terms, hits: Hits) -> str:
    """Return the first sign of `terms` that an article has, in words; "" if it has none."""
    article = candidate.article
    own = {category.casefold() for category in (article.section, *article.tags)}
    for category in terms.categories:
        if category.casefold() in own:
            return f"the category {category!r}"
    if terms.words and (found := _whole(terms.words).search(_text(article))):
        return f"the word {found[0]!r}"
    if terms.authors and (found := _whole(terms.authors).search(article.byline)):
        return f"the author {found[0]!r}"
    for pattern in terms.patterns:
        if candidate.id in hits.get(pattern, ()):
            return f"the pattern {pattern!r}"
    return ""


@lru_cache(maxsize=256)
def _whole(terms: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of the terms as whole words; scripts that set no spaces have no whole words."""
    return re.compile("|".join(_bounded(term) for term in terms), re.IGNORECASE)


def _bounded(term: str) -> str:
    escaped = r"\s+".join(re.escape(word) for word in term.split())
    return escaped if WITHOUT_SPACES.search(term) else rf"(?<!\w){escaped}(?!\w)"


def _speaks(language: str, wanted: Sequence[str]) -> bool:
    """Say whether a language tag is one of the wanted or a variant of one (RFC 4647, 3.3.1)."""
    tag = language.casefold().replace("_", "-")
    return any(tag == (one := want.casefold()) or tag.startswith(f"{one}-") for want in wanted)


def _text(article: Article) -> str:
    return f"{article.title}\n{article.dek}"


def _search(entries: Sequence[Entry]) -> tuple[Hits, list[str]]:
    """Search for the patterns of all places at once."""
    asked = [entry for entry in entries if any(place.filters for place in entry.places)]
    patterns = {
        pattern
        for place in {place for entry in asked for place in entry.places}
        for _, filters in place.filters
        for pattern in (*filters.include.patterns, *filters.exclude.patterns)
    }
    texts = [_text(entry.candidate.article) for entry in asked] if patterns else []
    found, slow = search_all(sorted(patterns), texts)
    return {pattern: {asked[at].candidate.id for at in numbers} for pattern, numbers in found.items()}, slow
