"""Say things as people do: how long ago, which section, which others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from digest.model import Candidate
from digest.model.amounts import format_duration, spoken
from digest.settings import SectionSettings

_MINUTE = timedelta(minutes=1)
_UNITS = ((1440, "day", "days"), (60, "h", "h"), (1, "min", "min"))  # in minutes


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago a moment was: "2 h ago", "3 days ago"."""
    return _ago((now - moment) // _MINUTE)


@lru_cache(maxsize=4096)
def _ago(minutes: int) -> str:
    for size, one, many in _UNITS:
        if minutes >= (2 * size if size == 1440 else size):  # 36 h says more than 1 day
            count = minutes // size
            return f"{count} {one if count == 1 else many} ago"
    return "just now"


def span(length: timedelta) -> str:
    """Say a long duration: "36h", "31 d 12 h"."""
    return format_duration(length) if length < timedelta(days=4) else spoken(length)


def out(candidate: Candidate, now: datetime) -> str:
    """Say when an article came out: "published 2 h ago", "dated 2026-03-02"; without a date "first seen 2 h ago"."""
    published = candidate.article.published
    if published and candidate.article.day_only:
        return f"dated {published:%Y-%m-%d}"
    if published and published <= now:
        return f"published {ago(published, now)}"
    return f"first seen {ago(candidate.first_seen, now)}"


def the(section: SectionSettings) -> str:
    """Name a section in a sentence."""
    return section.title or "its section"


def listed(names: Sequence[str]) -> str:
    """Write names as a sentence has them: "A, B and C"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def shortened(text: str, limit: int = 60) -> str:
    """Quote a headline, cut to about `limit` characters."""
    cut = text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return f"“{cut}”"
