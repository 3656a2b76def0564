"""Set what a reader has chosen about a subscription, as an operator who was asked to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from digest.errors import UsageError
from digest.model import Frequency, Wishes
from digest.plugins import did_you_mean
from digest.readers.addresses import checked_name, parse_mailbox
from digest.settings import Newsletter
from digest.store.people import wishes as store
from digest.tools import Tools
from digest.words import languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different; None leaves a choice as it is.

    No `sections` at all means all of them. `hour` -1 means as soon as an edition is made. `pause_until` is a day on which
    the mails come again, or "none". "" for `language` and `timezone` means the newsletter's.
    """

    sections: tuple[str, ...] | None = None
    frequency: Frequency | None = None
    hour: int | None = None
    pause_until: str | None = None
    name: str | None = None
    language: str | None = None
    timezone: str | None = None
    text_only: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a reader has now chosen about a newsletter."""

    address: str
    newsletter: str
    wishes: Wishes

    def as_json(self) -> dict[str, Any]:
        return {"address": self.address, "newsletter": self.newsletter, **asdict(self.wishes)}


AT_ONCE = -1  # as the hour of a change
NO_PAUSE = "none"


async def choose(tools: Tools, newsletter: str, address: str, change: Change) -> Chosen:
    """Change what a reader has chosen, in one transaction; safe to repeat, and choices that are not named stay.

    Raises UsageError for a choice that there is not, naming the nearest, and for who has no subscription.
    """
    entry = tools.settings.newsletter(newsletter)
    try:
        read = parse_mailbox(address)[1]
    except ValueError as error:
        raise UsageError(f"{address}: {error}") from None
    async with tools.db.begin() as conn:
        number = await store.find(conn, entry.name, read.key)
        before = await store.read(conn, number) if number is not None else None
        if number is None or before is None:
            raise UsageError(f"{read} has no subscription of {entry.name}; digest subscribers add makes one")
        after = _changed(before, change, entry, tools.clock(), read.text)
        await store.write(conn, number, after)
    return Chosen(address=read.text, newsletter=entry.name, wishes=after)


def _changed(before: Wishes, change: Change, entry: Newsletter, now: datetime, address: str) -> Wishes:
    new: dict[str, Any] = {}
    if change.sections is not None:
        new["sections"] = _sections(change.sections, entry)
    if change.frequency is not None:
        new["frequency"] = change.frequency
    if change.hour is not None:
        new["hour"] = _hour(change.hour)
    if change.name is not None:
        new["name"] = _name(change.name, address)
    if change.language is not None:
        new["language"] = _one_of(change.language, languages(), "language")
    if change.timezone is not None:
        new["timezone"] = _one_of(change.timezone, available_timezones(), "time zone")
    if change.text_only is not None:
        new["text_only"] = change.text_only
    if change.pause_until is not None:
        zone = ZoneInfo(new.get("timezone", before.timezone) or entry.timezone)
        new["paused_until"] = _end_of_pause(change.pause_until, zone, now)
    return replace(before, **new)


def _sections(wanted: Sequence[str], entry: Newsletter) -> tuple[str, ...] | None:
    titles = [section.title for section in entry.sections if section.title]
    known = {title.casefold(): title for title in titles}
    for title in wanted:
        if title.casefold() not in known:
            raise UsageError(f"{entry.name} has no section {title!r}{did_you_mean(title, titles)}")
    chosen = {known[title.casefold()] for title in wanted}
    return tuple(title for title in dict.fromkeys(titles) if title in chosen) or None


def _hour(hour: int) -> int | None:
    if hour == AT_ONCE:
        return None
    if not 0 <= hour <= 23:
        raise UsageError(f"{hour} is no hour of a day: it is 0 to 23")
    return hour


def _name(name: str, address: str) -> str:
    try:
        return checked_name(name, parse_mailbox(address)[1])
    except ValueError as error:
        raise UsageError(str(error)) from None


def _one_of(value: str, known: Sequence[str] | set[str], what: str) -> str:
    if value and value not in known:
        raise UsageError(f"no {what} is called {value!r}{did_you_mean(value, sorted(known))}")
    return value


def _end_of_pause(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    if text == NO_PAUSE:
        return None
    try:
        until = datetime.combine(date.fromisoformat(text), time(), zone)
    except ValueError:
        raise UsageError(f"{text!r} is no day; write for example 2026-12-24, or {NO_PAUSE!r}") from None
    if until <= now:
        raise UsageError(f"a pause until {text} is over already: name a later day, or {NO_PAUSE!r}")
    return until
