"""Articles as rows of their table, each with a fingerprint that says whether it has changed, and how."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

from digest.model import Article, Image
from digest.text import url_key

Row: TypeAlias = dict[str, Any]  # an article's columns as its source fills them

WORDS_LENGTH = 16  # characters of a fingerprint for a story's words; the rest is for everything else

_IMAGE = tuple(field.name for field in fields(Image))
_MARKUP = re.compile(r"<[^>]*>")
#: Columns that came later and are nothing for nearly all articles: these keep the fingerprint that they had.
_LATER = ("day_only", "scheduled", "expires", "shares_page")


def rows(listed: Iterable[Article], own_places: Collection[str] = ()) -> list[Row]:
    """Return what is to be stored of articles; of equal guids the first one counts.

    `own_places` are addresses of the source itself, its site and its front page, which are no article's.
    """
    # The last of a list is the oldest as a rule: so that of stories without a date the newest gets the highest id.
    found = list({one.guid: one for one in reversed(list(listed))}.values())
    keys = [url_key(one.url) for one in found]
    shared = _shared(found, keys) | {url_key(place) for place in own_places}
    return [_row(one, key, bool(key) and key in shared) for one, key in zip(found, keys, strict=True)]


def front_pages(*addresses: str) -> set[str]:
    """Return web addresses, and the front pages of their sites."""
    found = {address for address in addresses if address.startswith(("http://", "https://"))}
    return found | {"/".join(address.split("/", 3)[:3]) for address in found}


def _shared(listed: Sequence[Article], keys: Sequence[str]) -> set[str]:
    """Return the addresses at which more than one story is listed; a story that is listed twice counts once."""
    at_page: dict[str, list[Article]] = defaultdict(list)
    for one, key in zip(listed, keys, strict=True):
        at_page[key].append(one)
    return {key for key, found in at_page.items() if any(_apart(found[0], other) for other in found[1:])}


def _apart(one: Article, other: Article) -> bool:
    if one.title.casefold() != other.title.casefold():
        return True
    return one.published != other.published and one.dek != other.dek


def _row(one: Article, key: str, shares_page: bool) -> Row:
    row = {
        "guid": one.guid,
        "url": one.url,
        "url_key": key,
        "title": one.title,
        "dek": one.dek,
        "byline": one.byline,
        "published": one.published,
        "updated": one.updated,
        "section": one.section,
        "tags": list(one.tags),
        "image": {name: getattr(one.image, name) for name in _IMAGE} if one.image else None,
        "body": one.body,
        "language": one.language,
        "licence": one.licence,
        "day_only": one.day_only,
        "scheduled": one.scheduled,
        "expires": one.expires,
        "shares_page": shares_page,
    }
    return row | {"fingerprint": _fingerprint(one, row)}


def _fingerprint(one: Article, row: Mapping[str, Any]) -> str:
    """Return two hashes in one: of the words that readers see, and of everything that is stored."""
    words = "\n".join((one.title, one.dek, one.byline, *_MARKUP.sub(" ", one.body).split()))
    everything = [value for name, value in row.items() if value or name not in _LATER]
    return _hash(words) + _hash(repr(everything))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=WORDS_LENGTH // 2).hexdigest()
