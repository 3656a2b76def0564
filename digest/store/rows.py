"""Articles as rows of their table, each with a fingerprint that says whether it has changed, and how."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeAlias

from digest.model import Article, Image
from digest.text import url_key

Row: TypeAlias = dict[str, Any]  # an article's columns as its source fills them

WORDS = 16  # characters of a fingerprint that stand for a story's words; the others for everything else

_IMAGE = tuple(field.name for field in fields(Image))
_MARKUP = re.compile(r"<[^>]*>")


def rows(listed: Iterable[Article]) -> list[Row]:
    """Return what is to be stored of articles; of equal guids the first one counts."""
    # The last of a list is the oldest as a rule: so that of stories without a date the newest gets the highest id.
    return list({one.guid: _row(one) for one in reversed(list(listed))}.values())


def _row(one: Article) -> Row:
    row = {
        "guid": one.guid,
        "url": one.url,
        "url_key": url_key(one.url),
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
    }
    return row | {"fingerprint": _fingerprint(one, row)}


def _fingerprint(one: Article, row: Mapping[str, Any]) -> str:
    """Return two hashes in one: of the words that readers see, and of everything that is stored."""
    words = "\n".join((one.title, one.dek, one.byline, *_MARKUP.sub(" ", one.body).split()))
    return _hash(words) + _hash(repr(list(row.values())))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=WORDS // 2).hexdigest()
