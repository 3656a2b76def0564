"""Dates as feeds write them: RFC 822 and ISO 8601 with all their accidents, in the languages that feeds use.

No date is better than a wrong one: a date that can be read in two ways, cannot exist, or lies before the web is None.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.sources.formats.months import month_named

_FIRST_YEAR, _LAST_YEAR = 1995, 2100  # before and after these a date is a broken clock's or a default value
_BUDDHIST_YEARS_AHEAD = 543  # years that Thailand is ahead


class Dated(NamedTuple):
    """A date as a source gives it: a moment in UTC, or a day of which that is the first one, or nothing."""

    at: datetime | None = None
    day_only: bool = False


# Abbreviations that mean one thing in the feeds of the world; any other name is not guessed at.
_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2,
    "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "SAST": 2, "CAT": 2, "WAT": 1, "EAT": 3, "MSK": 3, "MSD": 4, "TRT": 3,
    "IST": 5.5, "PKT": 5, "NPT": 5.75, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9, "SGT": 8, "HKT": 8, "PHT": 8,
    "JST": 9, "KST": 9, "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "NST": -3.5, "NDT": -2.5, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "HAST": -10, "BRT": -3, "BRST": -2, "ART": -3,
    "CLT": -4, "COT": -5, "PET": -5,
}  # fmt: skip
_PLACES = {  # names that leave it open whether it is summer there
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
}  # fmt: skip

_TIME = (
    r"(?P<hour>\d{1,2})[:h.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\.?)?(?:\s*uhr)?"
)
_PLACE = r"[A-Za-z]+(?:/[\w+-]+)+"
# An offset or a name, or both ("+0100 CET", "+01:00[Europe/Paris]"), and anything in parentheses.
_ZONE = (
    r"\s*(?P<zone>[^\d\s(\[+−-][^(\[\s]*|(?:[A-Za-z]{1,4}\s?)?[+−-]?\d{1,2}:?\d{2})?"
    rf"(?:\s+[A-Za-z]{{2,5}})?(?:\s+m=\S*)?\s*(?:\[(?P<place>{_PLACE}|[A-Z]+)\])?\s*(?:\(.*)?"
)
_AT = r"(?:(?:at|à|um|u|klo|kl\.?|às|as|a las|alle|ore|om|о|в)\s+)?"
_REST = rf"(?:(?:[T\s,]|\s[-–|]\s)+{_AT}{_TIME}{_ZONE})?\s*"
_LETTERS = r"[^\d\s,.()\[\]<>:;/+|−-]+"
_WEEKDAY = rf"(?:{_LETTERS}(?:\.?,\s*|\.?\s+(?:[-–]\s+)?)(?:the\s+)?)??"
_WORD = rf"(?P<word>{_LETTERS}|\d{{1,2}}月)\.?"
_WORDS = rf"(?P<word>{_LETTERS}(?:\s(?!de\b){_LETTERS})?|\d{{1,2}}月)\.?"
_ORDINAL = r"(?:st|nd|rd|th|er|\.|º|ª)?"
_OF = r"(?:\s+of|[\s-]+de|\s+d(?=['’]))?"

_SHAPES = tuple(
    re.compile(shape + r"$", re.IGNORECASE)
    for shape in (
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_REST}",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?{_ZONE})?",
        rf"(?P<year>\d{{4}})\s*[年년]\s*(?P<month>\d{{1,2}})\s*[月월]\s*(?P<day>\d{{1,2}})\s*[日일](?:\s*{_LETTERS})?{_REST}",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}}){_ORDINAL}{_OF}(?:[\s-]+|['’]){_WORDS}(?:\s+de)?[\s,-]+(?P<year>\d{{4}}|\d\d){_REST}",
        rf"{_WEEKDAY}{_WORD}\s+(?P<day>\d{{1,2}}){_ORDINAL},?\s+(?P<year>\d{{4}}){_REST}",
        rf"{_WEEKDAY}{_WORD}\s+(?P<day>\d{{1,2}})\s+{_TIME}(?:\s+(?P<zone>[A-Za-z]{{1,5}}|[+-]\d{{4}}))?\s+(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[.\s]+{_WORD}\s+(?P<day>\d{{1,2}})\.?{_REST}",
        rf"(?:ngày\s+)?(?P<day>\d{{1,2}})\s+(?:tháng|thg)\s+(?P<month>\d{{1,2}})(?:,|\s+năm)?\s+(?P<year>\d{{4}}){_REST}",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?(?P<year>\d{{4}}){_REST}",
        rf"{_WEEKDAY}(?P<one>\d{{1,2}})[/-](?P<other>\d{{1,2}})[/-](?P<year>\d{{4}}){_REST}",
    )
)
_HALVES = {"오전": "AM", "오후": "PM", "上午": "AM", "下午": "PM", "午前": "AM", "午後": "PM"}


def parse_date(text: str, language: str = "") -> datetime | None:
    """Return the moment that a text names, in UTC; None if it names none, or none that can be trusted.

    A time without a zone is taken as UTC, a date without a time as its first moment.
    """
    return read_date(text, language).at


def read_date(text: str, language: str = "") -> Dated:
    """Return the moment or the day that a text names; `language` is that of month names, if the source tells it."""
    text = re.sub(r"\s+,", ",", " ".join(text[:100].split()))
    for word, half in _HALVES.items():
        text = text.replace(word, half)
    if re.fullmatch(r"\d{9,10}|\d{13}", text):  # a Unix time, in seconds or milliseconds
        return Dated(_sane(datetime.fromtimestamp(int(text[:10]), UTC)))
    text = re.sub(r"\b([AP]M) ?(\d{1,2}:\d\d(?::\d\d)?)", r"\2 \1", text)
    for shape in _SHAPES:
        if match := shape.match(text):
            parts = match.groupdict()
            try:
                moment = _sane(_moment(parts, language))
            except (ValueError, OverflowError, KeyError):  # KeyError: no such place in the time zone database
                continue
            return Dated(moment, day_only=moment is not None and parts.get("hour") is None)
    return Dated()


def _sane(moment: datetime) -> datetime | None:
    return moment if _FIRST_YEAR <= moment.year < _LAST_YEAR else None


def _moment(parts: dict[str, str | None], language: str) -> datetime:
    """Put the parts together; raises ValueError where they contradict the calendar or say too little."""
    digits = parts["year"] or ""
    year = int(digits)
    year += (2000 if year < 69 else 1900) if len(digits) == 2 else 0
    year -= (
        _BUDDHIST_YEARS_AHEAD
        if year > _LAST_YEAR and re.match("[\u0e00-\u0e7f]", parts.get("word") or "")
        else 0
    )
    month, day = _month_and_day(parts, language)
    hour, second = int(parts.get("hour") or 0), min(int(parts.get("second") or 0), 59)  # a leap second
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half.lower() == "p" else 0) if 1 <= hour <= 12 else 99
    days, hour = divmod(hour, 24) if hour == 24 else (0, hour)
    moment = datetime(year, month, day, hour, int(parts.get("minute") or 0), second, tzinfo=UTC)
    zone = _zone(parts.get("zone") or parts.get("place") or "")
    return (moment.replace(tzinfo=zone) + timedelta(days=days)).astimezone(UTC)


def _month_and_day(parts: dict[str, str | None], language: str) -> tuple[int, int]:
    if word := parts.get("word"):
        return _month(word, language), int(parts["day"] or "")
    if parts.get("month"):
        return int(parts["month"] or ""), int(parts["day"] or "")
    one, other = int(parts["one"] or ""), int(parts["other"] or "")
    if one <= 12 and other <= 12 and one != other:
        raise ValueError("may be day and month or month and day")
    return (other, one) if one > 12 else (one, other)


def _month(word: str, language: str) -> int:
    if word[0].isdigit():
        return int(word.rstrip("月"))
    if month := month_named(word, language):
        return month
    raise ValueError(f"{word} is no month")


def _zone(text: str) -> tzinfo:
    """Return the zone that a text names; raises ValueError if it is unknown or ambiguous."""
    text = text.strip().replace("−", "-")
    name, sign, offset = re.fullmatch(r"([^+\-\d]*)([+-]?)(.*)", text).groups()  # type: ignore[union-attr]
    name = name.strip(" .,").upper()
    if sign and (digits := re.fullmatch(r"(\d{1,2}):?(\d{2})?(?::\d\d)?", offset.strip())):
        span = timedelta(hours=int(digits[1]), minutes=int(digits[2] or 0))
        if name in ("", "GMT", "UTC", "UT", "Z") and span <= timedelta(hours=15):
            return timezone(-span if sign == "-" else span)
    if "/" in text:
        return ZoneInfo(text)
    if not sign and not name and not offset.strip("0:"):
        return UTC
    if len(name) == 1:  # military letters were defined the wrong way round (RFC 5322, 4.3)
        return UTC
    if name in _PLACES:
        return ZoneInfo(_PLACES[name])
    if name in _ZONES and not sign and not offset:
        return timezone(timedelta(hours=_ZONES[name]))
    raise ValueError(f"{text} is not a time zone")
