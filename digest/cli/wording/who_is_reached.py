"""Whom a retry would reach, in words: how many, why they did not get it, and who stays as they are."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from digest.model import Edition
    from digest.store.db.database import Database
    from digest.store.ledger.retries import Choice

_FIRST = 3  # readers that are named
_REASONS = 5  # reasons that are told; the rest are counted together
_NUMBERED = re.compile(r"(?=[\w-]*\d)[\w-]{6,}")  # queue ids and the like, which differ from reply to reply

_WHAT = {
    "refused": ("was refused", "were refused"),
    "unknown": ("is in doubt", "are in doubt"),
    "skipped": ("was left out", "were left out"),
}


@dataclass(slots=True)
class Reach:
    """Whom a choice would reach: how many, the first of them, why they did not get it, and who stays as they are."""

    ready: int = 0
    first: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    doubted: int = 0  # may have had it already
    staying: Counter[str] = field(default_factory=Counter)
    suppressed_by_it: int = 0  # of these, by the very answer that is to be tried again


async def look(db: Database, choice: Choice, *, release: bool = False, anybody: bool = False) -> Reach:
    """Look whom a choice would reach; with `release` those too whom these answers suppressed, with `anybody` all."""
    from digest.store.editions.deliveries import in_words
    from digest.store.ledger.retries import found

    reach = Reach()
    async for one in found(db, choice):
        if one.skip and not anybody and not (release and one.suppressed_by_it):
            reach.staying[one.skip.partition(":")[0]] += 1
            reach.suppressed_by_it += one.suppressed_by_it
            continue
        reach.ready += 1
        reach.doubted += one.doubted
        reach.reasons[_kind(in_words(one.reason, one.said, None), one.address)] += 1
        if len(reach.first) < _FIRST:
            reach.first.append(one.address or "a reader who was forgotten")
    return reach


def _kind(words: str, address: str) -> str:
    """Return a reason without what differs from reader to reader."""
    return _NUMBERED.sub("…", words.replace(address, "…") if address else words)


def before_retry(edition: Edition, state: str, reach: Reach) -> list[str]:
    """Say what a retry would do."""
    from digest.terminal import counted

    was, were = _WHAT[state]
    if not reach.ready and not reach.staying:
        return [f"{edition.name}: no matching reader {was}; there is nothing to do."]
    lines = [
        f"{edition.name} would be sent to {counted(reach.ready, 'reader')} who {was if reach.ready == 1 else were}:"
    ]
    lines = lines + _table(reach) if reach.ready else [f"{edition.name}: nobody who {was} can be mailed now."]
    if reach.doubted:
        lines.append(f"{reach.doubted:,} of them may have had it already, and would get it twice.")
    if reach.staying:
        stay = ", ".join(f"{n:,} ({words})" for words, n in reach.staying.most_common())
        lines.append(f"These stay as they are: {stay}.")
    if reach.suppressed_by_it:
        lines.append(
            f"{reach.suppressed_by_it:,} of these are suppressed by this very refusal; --release lifts that."
        )
    if edition.status.value == "cancelled":
        lines.append("The edition was cancelled: it would be sent after all.")
    return lines


def before_accept(edition: Edition, reach: Reach) -> list[str]:
    """Say what would be noted."""
    from digest.terminal import counted

    if not reach.ready:
        return [f"{edition.name}: no matching reader is in doubt; there is nothing to do."]
    return [
        f"{edition.name} would be noted as sent to {counted(reach.ready, 'reader')} in doubt:",
        *_table(reach),
    ]


def _table(reach: Reach) -> list[str]:
    told = reach.reasons.most_common(_REASONS)
    if rest := sum(reach.reasons.values()) - sum(n for _, n in told):
        told.append(("for other reasons", rest))
    width = max(len(f"{n:,}") for _, n in told)
    return [
        *(f"  {n:>{width},}  {words}" for words, n in told),
        f"  namely {_named(reach.first, reach.ready)}",
    ]


def _named(first: Sequence[str], n: int) -> str:
    rest = n - len(first)
    return ", ".join(first) + (f" and {rest:,} more" if rest else "")


def after_retry(edition: Edition, queued: int, until: datetime) -> list[str]:
    """Say what was done, and which command sends now."""
    from digest.terminal import counted

    lines = [f"{counted(queued, 'reader')} wait{'s' if queued == 1 else ''} for it again."]
    if edition.status.value == "held":
        return [*lines, f'The edition is paused: "digest editions resume {edition.name}" lets it go on.']
    deadline = max(edition.deadline, until) if edition.deadline else None
    limit = f" Its deadline is {deadline.isoformat(timespec='minutes')}." if deadline else ""
    return [*lines, f'"digest send {edition.name}" sends it now; "digest run" does so by itself.{limit}']
