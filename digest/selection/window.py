"""Which candidates an edition considers at all: new, not too old, not too fresh, still there, and not barred.

Every check answers with the reason why a candidate is left out, or with None; the first reason counts.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from digest.model import Candidate, LeftOut
from digest.model.amounts import format_duration
from digest.selection.rules import EditionRules, Entry, LeftOuts
from digest.selection.words import ago, out, span


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a candidate is left out; it is considered again unless that is `settled`."""

    text: str
    settled: bool = True


GONE = Reason("left out: its source does not list it any more, though it lists older ones", settled=False)


def admit(candidates: Iterable[Candidate], rules: EditionRules) -> tuple[list[Entry], LeftOuts]:
    """Part the candidates into entries and those that are left out by themselves, whatever the others are."""
    entries: list[Entry] = []
    refused: LeftOuts = []
    for candidate in candidates:
        if reason := _first_reason(candidate, rules):
            refused.append(LeftOut(candidate=candidate, why=reason.text, settled=reason.settled))
        else:
            age = (rules.now - rules.moment(candidate)).total_seconds()
            places, pin = rules.places[candidate.source], rules.pins.get(candidate.url_key)
            entries.append(Entry(candidate=candidate, age=age, places=places, pin=pin))
    return entries, refused


def cap_first_contact(entries: Iterable[Entry], rules: EditionRules) -> tuple[list[Entry], LeftOuts]:
    """Keep only the newest articles of a source seen for the first time, so that it does not flood the edition."""
    archive: dict[str, list[Entry]] = defaultdict(list)
    kept: list[Entry] = []
    refused: LeftOuts = []
    for entry in entries:
        is_capped = entry.candidate.first_contact and entry.pin is None
        (archive[entry.candidate.source] if is_capped else kept).append(entry)
    limit = rules.newsletter.first_contact
    why = f"left out: it came with the first visit to its source, of which only the newest {limit} are taken"
    for found in archive.values():
        newest = heapq.nlargest(limit, found, key=_newest)
        kept += newest
        taken = {id(entry) for entry in newest}
        refused += (LeftOut(candidate=entry.candidate, why=why) for entry in found if id(entry) not in taken)
    return kept, refused


def _first_reason(candidate: Candidate, rules: EditionRules) -> Reason | None:
    for check in CHECKS:
        if reason := check(candidate, rules):
            return reason
    return None


def _newest(entry: Entry) -> tuple[float, str, int]:
    return -entry.age, entry.candidate.article.url, entry.candidate.id


def _blocked(candidate: Candidate, rules: EditionRules) -> Reason | None:
    return Reason("left out: the newsletter blocks its URL") if candidate.url_key in rules.blocks else None


def _without_section(candidate: Candidate, rules: EditionRules) -> Reason | None:
    if candidate.source in rules.places:
        return None
    return Reason("left out: no section has its source any more")


def _mailed(candidate: Candidate, rules: EditionRules) -> Reason | None:
    """Let a mailed article in again only if it has changed since and the newsletter's policy wants that."""
    if candidate.mailed_at is None:
        return None
    policy, mailed = rules.newsletter.updates, ago(candidate.mailed_at, rules.now)
    if candidate.first_seen > candidate.mailed_at:
        return Reason(
            f"left out: its page was mailed before, {mailed}, from another source or under another id"
        )
    if policy == "ignore" or candidate.last_changed <= candidate.mailed_at:
        return Reason(f"left out: mailed before, {mailed}")
    if policy == "again" and rules.now - candidate.mailed_at < rules.newsletter.again_after:
        wait = format_duration(rules.newsletter.again_after)
        return Reason(
            f"left out: mailed {mailed}; what has changed since may run again after {wait}", settled=False
        )
    return None


def _held(candidate: Candidate, rules: EditionRules) -> Reason | None:
    if not candidate.held or candidate.url_key in rules.pins:  # pinned by a person, who has looked at it
        return None
    return Reason(f"held: {candidate.held}", settled=False)


def _gone(candidate: Candidate, rules: EditionRules) -> Reason | None:
    return GONE if candidate.gone else None


def _too_old(candidate: Candidate, rules: EditionRules) -> Reason | None:
    is_pinned = candidate.url_key in rules.pins
    if is_pinned or rules.now - rules.moment(candidate) <= rules.newsletter.max_age:
        return None
    return Reason(f"left out: older than {span(rules.newsletter.max_age)} ({out(candidate, rules.now)})")


def _not_yet(candidate: Candidate, rules: EditionRules) -> Reason | None:
    """Let a story wait for the day or the moment that its own file names, pinned or not: it is not out yet."""
    moment = candidate.out_at(rules.zone)
    if not candidate.article.scheduled or moment <= rules.now:
        return None
    local = moment.astimezone(rules.zone)
    return Reason(f"waits: it is to be published on {local:%Y-%m-%d at %H:%M}", settled=False)


def _expired(candidate: Candidate, rules: EditionRules) -> Reason | None:
    expires = candidate.article.expires
    if expires is None or expires > rules.now:
        return None
    return Reason(f"left out: it has expired on {expires.astimezone(rules.zone):%Y-%m-%d at %H:%M}")


def _too_fresh(candidate: Candidate, rules: EditionRules) -> Reason | None:
    """Let an article wait while its newsroom still works on it, but only for a limited time."""
    since_change = rules.now - candidate.last_changed
    if candidate.url_key in rules.pins or not timedelta(0) <= since_change < rules.newsletter.quiet_time:
        return None
    if rules.now - candidate.first_seen >= rules.newsletter.max_wait:
        return None
    quiet = format_duration(rules.newsletter.quiet_time)
    return Reason(
        f"waits: it changed {ago(candidate.last_changed, rules.now)}, less than {quiet}", settled=False
    )


#: In this order, so that what is too old is settled even while it is held or gone.
CHECKS: tuple[Callable[[Candidate, EditionRules], Reason | None], ...] = (
    _blocked,
    _without_section,
    _mailed,
    _expired,
    _not_yet,
    _too_old,
    _held,
    _gone,
    _too_fresh,
)
