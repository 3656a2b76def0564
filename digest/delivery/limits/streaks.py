"""Notice when a sender gives every reader the same answer: then it is about the sender or the mail, not the readers.

A row is a number of answers of one edition, with no mail taken between them. How long it must be to count as the
sender's depends on what the answers say (docs/adr/0016):

- any refusal, or any temporary answer, that does not name a mailbox: 5 readers of two mail hosts, or 10 of one;
- the same, but in other words each time: 30 readers of two hosts;
- an answer that names the mailbox ("user unknown", "mailbox full"): 20 readers of three hosts, in the same words. At
  one host alone, such answers are about its mailboxes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from digest.delivery.limits.likeness import kind, likeness, names_mailbox

_MAX_ANSWERS_IN_STREAK = 200  # different answers that are told apart in one row
_MAX_HOSTS_IN_ROW = 5  # mailbox hosts that are remembered of each row
# A mail of another edition that was taken this long before a row still shows that the sender works.
_OTHERS_WITHIN_SECONDS = 10.0


class About(Enum):
    """What an answer seems to be about."""

    REFUSAL = "refusal"  # never, and no word of a mailbox
    TEMPORARY = "temporary"  # not now, and no word of a mailbox
    MAILBOX = "mailbox"


class _Limit(NamedTuple):
    """How many readers, of how many hosts, make a row the sender's; `alone` is for a single host, None means never."""

    readers: int
    hosts: int
    alone: int | None


_LIMITS = {
    About.REFUSAL: _Limit(5, 2, 10),
    About.TEMPORARY: _Limit(5, 2, 10),
    About.MAILBOX: _Limit(20, 3, None),
}
_IN_OTHER_WORDS = _Limit(30, 2, None)


@dataclass(slots=True)
class _Row:
    limit: _Limit
    readers: int = 0
    hosts: set[str] = field(default_factory=set)

    def add(self, host: str) -> bool:
        """Count a reader; tell whether the row is long enough."""
        self.readers += 1
        if len(self.hosts) < _MAX_HOSTS_IN_ROW:
            self.hosts.add(host)
        readers, hosts, alone = self.limit
        return self.readers >= readers and (
            len(self.hosts) >= hosts or (alone is not None and self.readers >= alone)
        )


class Row(NamedTuple):
    """A row that is the sender's: what its answers have in common, and since when (monotonic seconds) it lasts."""

    edition_id: int
    since: float
    like: str | None  # what all of them say (see `likeness`); None: whatever they said
    one_host: bool = False
    others: bool = False  # mails of other editions were taken meanwhile, or shortly before

    def fits(self, reply: str, code: int) -> bool:
        """Tell whether a reply, as the ledger keeps it, belongs to the row."""
        if self.like is None:
            return bool(code) and not names_mailbox(reply)
        return self.like in (likeness(reply, code), kind(reply, code))


@dataclass(slots=True)
class _Streak:
    since: float
    rows: dict[tuple[About, str | None], _Row] = field(default_factory=dict)


class Streaks:
    """The rows of one sender, by edition; it outlives a run."""

    def __init__(self) -> None:
        self._open: dict[int, _Streak] = {}
        self._taken_at: dict[int, float] = {}  # the last mail of each edition

    def taken(self, edition_id: int, at: float) -> None:
        """Note that a mail was taken."""
        self._taken_at[edition_id] = at
        if self._open:
            self._open.pop(edition_id, None)

    def add(self, edition_id: int, about: About, like: str, host: str, at: float) -> Row | None:
        """Note an answer; return the row that it belongs to if that is the sender's."""
        streak = self._open.setdefault(edition_id, _Streak(at))
        found = self._count(edition_id, streak, (about, like), _LIMITS[about], host)
        if about is not About.MAILBOX:
            found = self._count(edition_id, streak, (about, None), _IN_OTHER_WORDS, host) or found
        return found

    def _count(
        self, edition_id: int, streak: _Streak, key: tuple[About, str | None], limit: _Limit, host: str
    ) -> Row | None:
        row = streak.rows.get(key)
        if row is None:
            if len(streak.rows) >= _MAX_ANSWERS_IN_STREAK:
                return None
            row = streak.rows[key] = _Row(limit)
        return self._found(edition_id, key[1], streak, row) if row.add(host) else None

    def _found(self, edition_id: int, like: str | None, streak: _Streak, row: _Row) -> Row:
        others = any(
            at > streak.since - _OTHERS_WITHIN_SECONDS
            for other, at in self._taken_at.items()
            if other != edition_id
        )
        return Row(edition_id, streak.since, like, len(row.hosts) == 1, others)

    def all_alike(self, edition_id: int) -> Row | None:
        """Return the row of an edition that is done and has reached nobody, if all were refused in the same words.

        Words that name a mailbox do not count, nor does a single reader.
        """
        streak = self._open.get(edition_id)
        if streak is None:
            return None
        told = {key: row for key, row in streak.rows.items() if key[1] is not None}
        if len(told) != 1:
            return None
        [((about, like), row)] = told.items()
        if about is not About.REFUSAL or row.readers < 2:
            return None
        return self._found(edition_id, like, streak, row)

    def take(self, edition_id: int, likes: Collection[str]) -> Row | None:
        """Return the row of these words, however short it is, and start over with the edition; None if it has none."""
        streak = self._open.get(edition_id)
        for (_, like), row in streak.rows.items() if streak else ():
            if streak and like in likes:
                self.forget(edition_id)
                return self._found(edition_id, like, streak, row)
        return None

    def forget(self, edition_id: int) -> None:
        """Start over with an edition."""
        self._open.pop(edition_id, None)
