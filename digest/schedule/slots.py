"""Which slot of which newsletter is due; pure, `now` is an argument.

A slot is a *local wall time*, and that text is its name: every machine that computes it means
the same edition. Cron runs on the wall clock alone, as if there were no clock changes; only then is each
wall time turned into a moment. So the hour that comes twice in autumn has one slot (the first time round),
and a slot in the hour that spring leaves out moves to the end of the gap, where several of them are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

MINUTE = timedelta(minutes=1)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = {spelling: number for number, day in enumerate(WEEKDAYS) for spelling in (day, day[:3])}
_FIELDS = {
    "minute": "0-59",
    "hour": "0-23",
    "day": '1-31 or "last"',
    "month": "1-12 or jan-dec",
    "day_of_week": "mon-sun",
}
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * sun",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_EXAMPLE = (
    'write minute, hour, day, month and weekday, for example "0 7 * * mon-fri" for 07:00 on working days'
)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One planned edition: its local wall time ("2026-10-25T02:30") and the moment it is due, UTC."""

    due: datetime
    text: str


class Scheduled(Protocol):
    """What has a schedule: a newsletter of the settings, which stand above this module."""

    @property
    def schedule(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def max_lateness(self) -> timedelta: ...


def due_slot(newsletter: Scheduled, now: datetime) -> Slot | None:
    """Return the newsletter's latest slot at or before `now`."""
    return latest_slot(newsletter.schedule, newsletter.timezone, now)


def is_late(newsletter: Scheduled, slot: Slot, now: datetime) -> bool:
    """Say whether `slot` is too long ago for its edition to be sent."""
    return now - slot.due > newsletter.max_lateness


def latest_slot(cron: str, timezone: str, now: datetime) -> Slot | None:
    """Return the last slot that was due at or before `now`; None if there was none for 45 years."""
    start = _last_fire(cron, _wall(now, timezone))
    if start is None:
        return None
    *_, latest = takewhile(lambda slot: slot.due <= now, _slots(cron, timezone, start))
    return latest


def next_slots(cron: str, timezone: str, now: datetime, count: int) -> list[Slot]:
    """Return the next `count` slots that are due after `now`."""
    return list(islice(_coming(cron, timezone, now), count))


def slots_between(cron: str, timezone: str, start: datetime, end: datetime) -> list[Slot]:
    """Return the slots that are due from `start` on and before `end`."""
    if start >= end:
        return []
    latest = latest_slot(cron, timezone, start)
    at_once = [latest] if latest and latest.due == start else []
    return at_once + list(takewhile(lambda slot: slot.due < end, _coming(cron, timezone, start)))


@lru_cache(maxsize=256)
def parse_cron(text: str) -> CronTrigger:
    """Read a cron expression of five fields; raises ValueError that says what to write instead.

    If both a day and a weekday are given, both must hold: "0 7 1-7 * mon" is the first Monday of each month.
    """
    from apscheduler.triggers.cron import CronTrigger  # takes 0.1 s, which not every command should wait for

    fields = dict(zip(_FIELDS, _five_fields(text), strict=True))
    fields["day_of_week"] = _weekdays(fields["day_of_week"], text)
    for name, allowed in _FIELDS.items():
        try:
            CronTrigger(**{name: fields[name]}, timezone=UTC)
        except ValueError:
            raise ValueError(
                f"the {name} {fields[name]!r} in the schedule {text!r} is wrong:"
                f' write {allowed}, "*", "*/2", "1-3" or "1,3"'
            ) from None
    # No combination of day, month and weekday skips more than 40 years; unbounded, the search goes to 9999.
    bounded = CronTrigger(**fields, year="2000-2100", timezone=UTC)
    if bounded.get_next_fire_time(None, datetime(2000, 1, 1, tzinfo=UTC)) is None:
        raise ValueError(f"the schedule {text!r} never comes: no such day is in the calendar")
    return CronTrigger(**fields, timezone=UTC)


def _five_fields(text: str) -> list[str]:
    """Split an expression into its fields; says what the usual other spellings should be."""
    fields = text.lower().split()
    if len(fields) == 5:
        return fields
    wrong = f"the schedule {text!r} is not a cron expression of five fields"
    if instead := _NICKNAMES.get(text.strip().lower()):
        raise ValueError(f'{wrong}: write "{instead}"')
    if clock := re.fullmatch(r"\s*(\d{1,2})(?::(\d\d))?\s*", text):
        raise ValueError(
            f'{wrong}: for every day at that hour, write "{int(clock[2] or 0)} {int(clock[1])} * * *"'
        )
    if len(fields) == 6:
        raise ValueError(f"{wrong}: seconds and years cannot be given; {_EXAMPLE}")
    raise ValueError(f"{wrong}: {_EXAMPLE}")


def _weekdays(field: str, text: str) -> str:
    """Turn a weekday field into a list of names; a range may pass the end of the week ("sat-mon")."""
    if field == "*":
        return field
    names: list[str] = []
    for part in field.split(","):
        ends = [_WEEKDAY.get(end) for end in part.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:
            raise ValueError(
                f"the weekday {field!r} in the schedule {text!r} is wrong: numbers mean different days to"
                ' different programs, so write names, for example "mon", "mon-fri" or "tue,sat"'
            )
        names += (WEEKDAYS[(first + step) % 7][:3] for step in range((last - first) % 7 + 1))
    return ",".join(names)


def _coming(cron: str, timezone: str, now: datetime) -> Iterator[Slot]:
    """Yield the slots that are due after `now`."""
    return (slot for slot in _slots(cron, timezone, _wall(now, timezone)) if slot.due > now)


def _slots(cron: str, timezone: str, start: datetime) -> Iterator[Slot]:
    """Yield the slots whose wall time is at or after `start` (naive), each once, in their order."""
    trigger, zone = parse_cron(cron), ZoneInfo(timezone)
    before = None
    while fire := _next_fire(trigger, start):
        slot = at_wall_time(fire, zone)
        if slot != before:
            yield slot
        before, start = slot, fire + MINUTE


def at_wall_time(wall: datetime, zone: ZoneInfo) -> Slot:
    """Return the slot of a wall time: the first round of an hour that comes twice, the end of a gap."""
    while (due := wall.replace(tzinfo=zone).astimezone(UTC)).astimezone(zone).replace(tzinfo=None) != wall:
        wall += MINUTE
    return Slot(due, wall.isoformat(timespec="minutes"))


def _wall(now: datetime, timezone: str) -> datetime:
    """Return what a wall clock shows at `now`, with seconds cut off."""
    return now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None, second=0, microsecond=0, fold=0)


def _next_fire(trigger: CronTrigger, wall: datetime) -> datetime | None:
    """Return the first wall time at or after `wall` that the trigger names."""
    fire: datetime | None = trigger.get_next_fire_time(None, wall.replace(tzinfo=UTC))
    return fire.replace(tzinfo=None) if fire else None


def _last_fire(cron: str, wall: datetime) -> datetime | None:
    """Return the last wall time at or before `wall` that the trigger names.

    A trigger only looks ahead, so look from ever further back, then halve: some fifty looks at most.
    """
    trigger = parse_cron(cron)
    span = MINUTE
    while (found := _next_fire(trigger, wall - span)) is None or found > wall:
        span *= 2
        if span > timedelta(days=45 * 366):
            return None
    low, high = found, wall
    while low < high:
        middle = low + (high - low + MINUTE) // 2 // MINUTE * MINUTE
        found = _next_fire(trigger, middle)
        if found is not None and found <= wall:
            low = found
        else:
            high = middle - MINUTE
    return low
