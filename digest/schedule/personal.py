"""When single readers get an edition: their own hour of the day, and the last slot of the week; pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.schedule.slots import WEEKDAYS, Scheduled, Slot, at_wall_time, next_slots


def next_hour(hour: int, timezone: str, start: datetime) -> datetime:
    """Return the first moment from `start` on at which clocks in a time zone show this hour of the day, UTC.

    Where spring leaves the hour out it is the end of the gap; of an hour that comes twice in autumn it is the first.
    """
    zone = ZoneInfo(timezone)
    wall = start.astimezone(zone).replace(tzinfo=None, hour=hour, minute=0, second=0, microsecond=0)
    while (moment := at_wall_time(wall, zone).due) < start:
        wall += timedelta(days=1)
    return moment


def week_of(slot: Slot, last_day: str) -> tuple[date, date]:
    """Return the first day of the week of a slot, which ends with `last_day` ("sun"), and the day after its last."""
    day = date.fromisoformat(slot.text[:10])
    rest = (_weekday(last_day) - day.weekday()) % 7
    end = day + timedelta(days=rest + 1)
    return end - timedelta(days=7), end


def is_last_of_week(newsletter: Scheduled, slot: Slot, last_day: str) -> bool:
    """Tell whether no other slot of a newsletter comes in the week of this one."""
    (following,) = next_slots(newsletter.schedule, newsletter.timezone, slot.due, 1) or (None,)
    return following is None or date.fromisoformat(following.text[:10]) >= week_of(slot, last_day)[1]


def _weekday(name: str) -> int:
    return next(number for number, day in enumerate(WEEKDAYS) if day.startswith(name))
