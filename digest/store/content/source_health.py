"""The health of sources: what they bring, and in words what is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import case, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.tables import article, source
from digest.text import without_login

_HISTORY_TIME = timedelta(days=30)  # of a source's past
_SILENT_AFTER_GAPS = 3  # usual gaps without anything new, until a source counts as silent
_MIN_SILENCE = timedelta(days=1)  # the night of a source that speaks every quarter of an hour is no silence
_MIN_ARTICLES = 5  # articles that tell what is usual
#: Visits in a row that were redirected to one new address, before it is reported or followed.
MIN_REDIRECTED_VISITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a source is; texts are "" where there is nothing to say."""

    key: str
    location: str
    title: str
    last_success_at: datetime | None
    last_error: str
    failures: int  # in a row
    disabled: str
    per_day: float  # articles, recently
    newest: datetime | None
    usual_gap: timedelta | None  # between articles
    silent: str
    moved_to: str
    losses: str  # what of its last answer could not be taken

    @property
    def problem(self) -> str:
        """What is wrong, in one sentence for an editor, without a password."""
        location = without_login(self.location)
        name = f"{self.title} ({location})" if self.title else location
        if self.disabled:
            return f"{name} is not visited any more: {self.disabled}"
        if self.last_error:
            last = _when(self.last_success_at)
            error = self.last_error.removeprefix(f"{location}: ").rstrip(".")
            return f"{name} could not be read: {error} ({last})"
        if self.losses:
            return f"{name}: {self.losses}"
        if self.silent:
            return f"{name}: {self.silent}"
        return (
            f"{name} has moved for good: its address is now {without_login(self.moved_to)}"
            if self.moved_to
            else ""
        )


async def health(db: Database, keys: Collection[str], now: datetime) -> list[Health]:
    """Return how these sources are; those never visited are missing."""
    async with db.connect() as conn:
        query = select(source).where(in_values(conn, source.c.key, keys)).order_by(source.c.id)
        rows = (await conn.execute(query)).all()
        dates = await _dates(conn, [row.id for row in rows], now)
    return [_health(row, dates[row.id], now) for row in rows]


async def _dates(conn: AsyncConnection, ids: Sequence[int], now: datetime) -> dict[int, list[datetime]]:
    """Return by source when the articles of the last weeks came out, the oldest first."""
    # A date ahead counts as the moment at which the article was seen.
    ahead = or_(article.c.published.is_(None), article.c.published > article.c.first_seen)
    out = case((ahead, article.c.first_seen), else_=article.c.published)
    query = (
        select(article.c.source_id, out.label("out"))
        .where(in_values(conn, article.c.source_id, ids), out > now - _HISTORY_TIME, out <= now)
        .order_by("out")
    )
    dates = defaultdict(list)
    for row in await conn.execute(query):
        dates[row.source_id].append(row.out)
    return dates


def _health(row: Any, dates: Sequence[datetime], now: datetime) -> Health:
    gap = _usual_gap(dates)
    newest = dates[-1] if dates else None
    return Health(
        key=row.key,
        location=row.location,
        title=row.title,
        last_success_at=row.last_success_at,
        last_error=row.last_error,
        failures=row.failures,
        disabled=row.disabled,
        per_day=len(dates) / max((now - dates[0]) / timedelta(days=1), 1) if dates else 0.0,
        newest=newest,
        usual_gap=gap,
        silent=_silence(newest, gap, now),
        losses=row.losses,
        moved_to=row.moved_to if row.moved_seen >= MIN_REDIRECTED_VISITS else "",
    )


def _usual_gap(dates: Sequence[datetime]) -> timedelta | None:
    if len(dates) < _MIN_ARTICLES:
        return None
    return timedelta(seconds=median((later - earlier).total_seconds() for earlier, later in pairwise(dates)))


def _silence(newest: datetime | None, gap: timedelta | None, now: datetime) -> str:
    if newest is None or gap is None or now - newest <= max(_SILENT_AFTER_GAPS * gap, _MIN_SILENCE):
        return ""
    return f"nothing new for {_about(now - newest)}, and it usually brings something every {_about(gap)}"


def _about(span: timedelta) -> str:
    hours = max(span / timedelta(hours=1), 0)
    if hours >= 48:
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} hours" if hours >= 2 else f"{max(hours * 60, 1):.0f} minutes"


def _when(moment: datetime | None) -> str:
    return f"last read {moment:%Y-%m-%d %H:%M} UTC" if moment else "never read so far"
