"""What the readers of feeds have in common: the short texts of an article, identities, and how many are kept."""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from digest.model import Article
from digest.text import clean_html, clean_text, truncate

MAX_ARTICLES = 500
MAX_WAIT_SECONDS = 5 * 3600.0  # seconds; feeds promise by mistake not to change for a year

_MAX_DERIVED_TITLE_CHARACTERS = 100
_MAX_GUID_CHARACTERS = 1000
_Item = TypeVar("_Item")


def in_brief(title: str, dek: str, url: str) -> tuple[str, str]:
    """Return title and dek: the first words where a title is missing, no dek where it repeats the title."""
    if not title:
        return truncate(dek, _MAX_DERIVED_TITLE_CHARACTERS) or url, dek
    return title, "" if dek.casefold() == title.casefold() else dek


def as_html(text: str) -> str:
    """Return a plain text as HTML; blank lines separate its paragraphs."""
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return "".join(f"<p>{html.escape(part, quote=False)}</p>" for part in paragraphs if part)


def article_body(fragment: str, base: str) -> str:
    """Return the clean HTML of an article; "" if there is nothing but white space."""
    return clean_html(fragment, base) if fragment.strip() else ""


_ADDRESS = re.compile(r"[<(\[]?\s*[^\s<>()\[\]]+@[^\s<>()\[\]]+\s*[>)\]]?")


def bylines(names: Iterable[str]) -> str:
    """Return the authors in one line, each once, without mail addresses and the word "by"."""
    found: dict[str, str] = {}
    for name in names:
        text = _ADDRESS.sub("", clean_text(name, 200)).strip(" ,()")
        text = re.sub(r"^by\s+", "", text, flags=re.IGNORECASE)
        if text:
            found.setdefault(text.casefold(), text)
    return truncate(", ".join(found.values()), 300)


def newest(
    items: Sequence[_Item], date: Callable[[_Item], datetime | None]
) -> tuple[list[_Item], tuple[str, ...]]:
    """Return the newest `MAX_ARTICLES` in their order, and a problem that tells of the others."""
    if len(items) <= MAX_ARTICLES:
        return list(items), ()
    never = datetime.min.replace(tzinfo=UTC)
    by_age = sorted(range(len(items)), key=lambda index: date(items[index]) or never, reverse=True)
    kept = [items[index] for index in sorted(by_age[:MAX_ARTICLES])]
    return kept, (f"it lists {len(items)} articles; the newest {MAX_ARTICLES} were read",)


#: What generators write where they have no identity to give.
_NO_GUID = re.compile(
    r"(?:n/?a|none|null|nil|undefined|unknown|false|true|guid|id|[-–—_.#?]*)", re.IGNORECASE
)


def stories(articles: Iterable[Article]) -> tuple[tuple[Article, ...], tuple[str, ...]]:
    """Return the articles that say or link something, each with its own identity; the others are told as a problem."""
    listed = list(articles)
    told = [article for article in listed if article.title or article.dek or article.body or article.url]
    empty = len(listed) - len(told)
    left_out = "1 item is left out: it has" if empty == 1 else f"{empty} items are left out: they have"
    return with_own_guids(told), ((f"{left_out} neither words nor a link",) if empty else ())


def guid_of(given: str, url: str, *texts: str, own_addresses: Container[str] = ()) -> str:
    """Return an identity: as given, else the page, else the words; a very long one as its digest.

    `own_addresses` are those of the source itself, which identify no item.
    """
    given = given.strip()
    if given in own_addresses or _NO_GUID.fullmatch(given):
        given = ""
    guid = given or url
    if 0 < len(guid) <= _MAX_GUID_CHARACTERS:
        return clean_text(guid, _MAX_GUID_CHARACTERS)
    return "sha256:" + hashlib.sha256("\n".join([guid, *texts]).encode("utf-8", "replace")).hexdigest()


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16] if text else ""


#: What tells articles apart that share a guid, in this order.
_TRAITS: tuple[Callable[[Article], str], ...] = (
    lambda article: article.url,
    lambda article: _mark(article.title.casefold()),
    lambda article: str(article.published or ""),
    lambda article: _mark(article.dek),
)


def with_own_guids(articles: Iterable[Article]) -> tuple[Article, ...]:
    """Return the articles, each with an identity of its own, which does not depend on their order.

    A guid that several articles share does not identify them. Their page is added to it; where they share that too, their
    headline, and so on. Articles that are alike in everything are numbered.
    """
    listed = list(articles)
    guids = [article.guid for article in listed]
    for trait in _TRAITS:
        counts = Counter(guids)
        if len(counts) == len(guids):
            break
        guids = [
            f"{guid}|{more}" if counts[guid] > 1 and (more := trait(article)) not in ("", guid) else guid
            for guid, article in zip(guids, listed, strict=True)
        ]
    return tuple(
        article if guid == article.guid else replace(article, guid=guid)
        for guid, article in zip(_numbered(guids), listed, strict=True)
    )


def _numbered(guids: Sequence[str]) -> Iterator[str]:
    taken: set[str] = set()
    for guid in guids:
        own, number = guid, 1
        while own in taken:
            number += 1
            own = f"{guid}|{number}"
        taken.add(own)
        yield own
