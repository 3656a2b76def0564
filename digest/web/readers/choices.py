"""The form of preferences: a reader's choices as its fields, and its fields as choices, judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.model import Frequency, Wishes
from digest.readers.addresses import checked_name, parse
from digest.usecases.readers.preferences import LONGEST_PAUSE, Changes, Offer, Profile
from digest.web.readers.forms import Form
from digest.web.rendering.zones import is_zone
from digest.words import languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the form shows of one newsletter, as its fields have it."""

    offer: Offer
    wanted: bool
    sections: tuple[str, ...]
    frequency: str
    hour: str
    pause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the form shows: what is stored, or what was sent and could not be stored as it was."""

    rows: tuple[Row, ...]
    name: str
    language: str
    timezone: str
    text_only: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field: its id on the page, the key of the text that says so, and the newsletter's title."""

    field: str
    says: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A form that was sent: what it asks for, if nothing is wrong with it."""

    shown: Shown
    changes: Changes | None = None
    faults: tuple[Fault, ...] = field(default=())


def stored(profile: Profile, now: datetime) -> Shown:
    """Return the form with what is stored in it."""
    rows = []
    for offer in profile.offers:
        wishes, zone = offer.wishes, _zone(profile.timezone, offer)
        sections = offer.sections if wishes.sections is None else wishes.sections
        pause = wishes.paused_until if wishes.paused_until and wishes.paused_until > now else None
        rows.append(
            Row(
                offer=offer,
                wanted=offer.subscribed,
                sections=sections,
                frequency=wishes.frequency.value,
                hour="" if wishes.hour is None else str(wishes.hour),
                pause=pause.astimezone(zone).date().isoformat() if pause else "",
            )
        )
    return Shown(
        rows=tuple(rows),
        name=profile.name,
        language=profile.language,
        timezone=profile.timezone,
        text_only=profile.text_only,
    )


def judge(form: Form, profile: Profile, now: datetime) -> Judged:
    """Read a form that was sent, whoever made it: nothing in it is believed."""
    shown, faults = _sent(form, profile), list[Fault]()
    name = ""
    try:
        name = checked_name(shown.name, parse(profile.address))
    except ValueError:
        faults.append(Fault("name", "fault_name"))
    language = shown.language if shown.language in ("", *languages()) else None
    timezone = shown.timezone if shown.timezone == "" or is_zone(shown.timezone) else None
    faults += [Fault("language", "fault_choice")] if language is None else []
    faults += [Fault("timezone", "fault_choice")] if timezone is None else []
    wanted = {row.offer.name: _wishes(row, timezone or "", now, faults) for row in shown.rows if row.wanted}
    if faults:
        return Judged(shown=shown, faults=tuple(faults))
    changes = Changes(
        wanted=wanted,
        name=name,
        language=language or "",
        timezone=timezone or "",
        text_only=shown.text_only,
    )
    return Judged(shown=shown, changes=changes)


def _sent(form: Form, profile: Profile) -> Shown:
    get = form.all("get")
    rows = tuple(
        Row(
            offer=offer,
            wanted=offer.name in get,
            sections=form.all(f"sections.{offer.name}"),
            frequency=form[f"frequency.{offer.name}"],
            hour=form[f"hour.{offer.name}"],
            pause=form[f"pause.{offer.name}"],
        )
        for offer in profile.offers
    )
    return Shown(
        rows=rows,
        name=form["name"],
        language=form["language"],
        timezone=form["timezone"],
        text_only=bool(form["text_only"]),
    )


def _wishes(row: Row, timezone: str, now: datetime, faults: list[Fault]) -> Wishes:
    offer, name = row.offer, row.offer.name
    if not offer.open:
        return offer.wishes
    chosen = tuple(title for title in offer.sections if title in row.sections)
    # Who unfolds a newsletter only by ticking it has seen none of its sections yet.
    if offer.sections and not chosen and offer.subscribed:
        faults.append(Fault(f"sections.{name}", "fault_sections", offer.title))
    all_of_them = not chosen or chosen == offer.sections
    hours: Mapping[str, int | None] = {"": None, **{str(hour): hour for hour in range(24)}}
    if row.hour not in hours or row.frequency not in list(Frequency):
        faults.append(Fault(f"hour.{name}", "fault_choice", offer.title))
        return Wishes()
    try:
        paused_until = _pause(row.pause, _zone(timezone, offer), now)
    except ValueError:
        faults.append(Fault(f"pause.{name}", "fault_pause", offer.title))
        return Wishes()
    return Wishes(
        sections=None if all_of_them else chosen,
        frequency=Frequency(row.frequency),
        hour=hours[row.hour],
        paused_until=paused_until,
    )


def _pause(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the moment at which a day begins for the reader; raises ValueError for a day that is not ahead."""
    if not text:
        return None
    moment = datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
    if not now < moment <= now + LONGEST_PAUSE:
        raise ValueError(text)
    return moment


def _zone(own: str, offer: Offer) -> ZoneInfo:
    return ZoneInfo(own or offer.timezone)


def first_day(now: datetime) -> str:
    """Return the first day on which a pause may end, for the calendar of a browser."""
    return (now + timedelta(days=1)).date().isoformat()
