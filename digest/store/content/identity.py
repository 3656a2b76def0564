"""Match listed articles with known ones: by guid, else by page, else by headline and date.

A guid is believed as long as it stands for one story; some sources give an old one to a new story. An address is believed
where it is one story's alone. An article with neither is matched by its headline and date.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from rapidfuzz import fuzz
from sqlalchemy import BigInteger, Text, case, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.content.rows import WORDS_LENGTH, Row
from digest.store.db import bulk
from digest.store.db.schema.tables import article

Key: TypeAlias = tuple[int, str]  # source and guid
_Place: TypeAlias = tuple[int, str]  # source and key of an address

_MIN_SIMILARITY_PERCENT = (
    50.0  # per cent that two headlines have in common; below that they are not of one story
)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Known:
    """An article as far as a visit needs to know it."""

    id: int
    fingerprint: str
    was_gone: bool = False


@dataclass(slots=True)
class Moves:
    """Known articles that are listed under a new guid, and those that turned out to share their address."""

    homes: dict[Key, Known] = field(default_factory=dict)
    shared: list[int] = field(default_factory=list)


async def known(conn: AsyncConnection, keys: Sequence[Key]) -> dict[Key, Known]:
    """Return the articles with these guids."""
    if not keys:
        return {}
    listed = bulk.table(conn.dialect.name, "listed", {"source_id": BigInteger(), "guid": Text()})
    columns = (article.c.source_id, article.c.guid, article.c.id, article.c.fingerprint, _was_gone())
    query = select(*columns).join_from(
        listed, article, (article.c.source_id == listed.c.source_id) & (article.c.guid == listed.c.guid)
    )
    found = await bulk.fetch(conn, query, {"listed": bulk.rows(keys)})
    return {(source_id, guid): Known(id_, words, bool(gone)) for source_id, guid, id_, words, gone in found}


async def set_free(
    conn: AsyncConnection, listed: Mapping[Key, Row], found: MutableMapping[Key, Known]
) -> None:
    """Take those out of `found` whose guid now stands for another story, and give the old ones guids of their own."""
    changed = {
        one.id: key for key, one in found.items() if one.fingerprint[:WORDS_LENGTH] != _words(listed[key])
    }
    if not changed:
        return
    ids = bulk.table(conn.dialect.name, "listed", {"id": BigInteger()})
    columns = (article.c.id, article.c.url_key, article.c.title, article.c.published)
    query = select(*columns).join_from(ids, article, article.c.id == ids.c.id)
    rows = await bulk.fetch(conn, query, {"listed": bulk.rows([[id_] for id_ in changed])})
    for id_, place, title, published in rows:
        row = listed[changed[id_]]
        elsewhere = bool(place and row["url_key"] and place != row["url_key"])
        if elsewhere and _is_newer(row, published) and _unlike(title, row["title"], by_numbers=True):
            del found[changed[id_]]
            own = f"{changed[id_][1]}|#{id_}"
            await conn.execute(update(article).where(article.c.id == id_).values(guid=own))


async def moves(conn: AsyncConnection, listed: Mapping[Key, Row], new: Collection[Key]) -> Moves:
    """Find the known articles that new guids stand for, among those that are listed under their own no more.

    Rows of `listed` whose address turns out to be shared are marked so.
    """
    found = Moves()
    if not new:
        return found
    at = await _at(conn, {_place(key, listed[key]) for key in new})
    for key in new:
        row, neighbours = listed[key], at[_place(key, listed[key])]
        row["shares_page"] = row["shares_page"] or any(one.shares_page for one in neighbours)
        homes = [one for one in neighbours if (key[0], one.guid) not in listed and not one.taken]
        home = next((one for one in homes if _same_words(one, row)), None)
        if home is None and homes and row["url_key"] and not row["shares_page"]:
            if _is_another(homes[0], row):
                row["shares_page"] = True
                found.shared.append(homes[0].known.id)
            else:
                home = homes[0]
        if home:
            home.taken = True
            found.homes[key] = home.known
    return found


@dataclass(slots=True)
class _Neighbour:
    known: Known
    guid: str
    title: str
    published: datetime | None
    shares_page: bool
    taken: bool = False


async def _at(conn: AsyncConnection, places: Collection[_Place]) -> dict[_Place, list[_Neighbour]]:
    """Return the articles of a source at an address, the latest first."""
    at = bulk.table(conn.dialect.name, "listed", {"source_id": BigInteger(), "url_key": Text()})
    columns = (
        *(article.c.source_id, article.c.url_key, article.c.id, article.c.fingerprint, _was_gone()),
        *(article.c.guid, article.c.title, article.c.published, article.c.shares_page),
    )
    query = select(*columns).join_from(
        at, article, (article.c.source_id == at.c.source_id) & (article.c.url_key == at.c.url_key)
    )
    rows = await bulk.fetch(conn, query, {"listed": bulk.rows(sorted(places))})
    found = defaultdict(list)
    for source_id, place, id_, words, gone, guid, title, published, shares in sorted(
        rows, key=lambda row: -int(row[2])
    ):
        one = _Neighbour(Known(id_, words, bool(gone)), guid, title, _moment(published), bool(shares))
        found[source_id, place].append(one)
    return found


def _was_gone() -> Any:
    return case((article.c.gone_at.is_not(None), literal(1)), else_=literal(0)).label("was_gone")


def _place(key: Key, row: Row) -> _Place:
    return key[0], row["url_key"]


def _words(row: Row) -> str:
    return str(row["fingerprint"][:WORDS_LENGTH])


def _same_words(one: _Neighbour, row: Row) -> bool:
    return bool(one.title.casefold() == row["title"].casefold() and one.published == row["published"])


def _is_another(one: _Neighbour, row: Row) -> bool:
    """Say whether an address that one story had alone leads to another one now, as that of a front page does."""
    by_address: bool = bool(
        row["url"] and row["guid"].startswith(row["url"]) and one.guid.startswith(row["url"])
    )
    return not by_address and _is_newer(row, one.published) and _unlike(one.title, row["title"])


def _is_newer(row: Row, published: Any) -> bool:
    before = _moment(published)
    return before is not None and row["published"] is not None and row["published"] > before


def _unlike(one: str, other: str, *, by_numbers: bool = False) -> bool:
    if by_numbers and set(_DIGITS.findall(one)) != set(_DIGITS.findall(other)):
        return True
    return fuzz.token_set_ratio(one.casefold(), other.casefold()) < _MIN_SIMILARITY_PERCENT


def _moment(value: Any) -> datetime | None:
    """Return a moment as a query for numbers and texts gives it."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
