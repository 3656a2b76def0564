"""Dates as feeds write them: RFC 822 and ISO 8601 with all their accidents, in the languages that feeds use.

No date is better than a wrong one: what can be read in two ways, cannot exist, or lies before the web is None.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_FIRST_YEAR, _LAST_YEAR = 1995, 2100  # before and after these a date is a broken clock's or a default value

# One line for each month. A word not listed is known by its first three letters, if these are ASCII.
_MONTH_NAMES = """
jan ene gen stycznia января янв ιαν ιανουαρίου január 1月
feb fev févr février lutego февраля фев φεβ φεβρουαρίου február 2月
mar mär märz mrz mrt maart março марта мар μάρ μαρ μαρτίου március 3月
apr avr abr kwietnia апреля апр απρ απριλίου április 4月
may mai mei mag maj мая май μάι μαι μαϊ μαΐου május 5月
jun juin giu czerwca июня июн ιούν ιουν ιον ιουνίου június 6月
jul juil juillet lug lipca июля июл ιούλ ιουλ ιολ ιουλίου július 7月
aug août aout ago sierpnia августа авг αύγ αυγ αυγούστου augusztus 8月
sep set sept wrzesnia września сентября сен σεπ σεπτεμβρίου szeptember 9月
oct okt ott out października октября окт οκτ οκτωβρίου október 10月
nov listopada ноября ноя νοέ νοε νοεμβρίου 11月
dec dez déc dic dicembre grudnia декабря дек δεκ δεκεμβρίου 12月
"""
_MONTHS = {
    name: month for month, names in enumerate(_MONTH_NAMES.strip().split("\n"), 1) for name in names.split()
}

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
    r"(?:\s*(?P<half>[ap])\.?m\.?)?(?:\s*uhr)?"
)
_ZONE = r"\s*(?P<zone>[^\d\s(][^(]*|[+−-]?\d{1,2}:?\d{2})?\s*(?:\(.*)?"
_REST = rf"(?:[T\s,]+(?:(?:at|à|um|u)\s+)?{_TIME}{_ZONE})?\s*"
_WEEKDAY = r"(?:[^\W\d]+(?:\.?,\s*|\.?\s+))??"
_WORD = r"(?P<word>[^\W\d_]+|\d{1,2}月)\.?"

_SHAPES = tuple(
    re.compile(shape + r"$", re.IGNORECASE)
    for shape in (
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_REST}",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?{_ZONE})?",
        rf"(?P<year>\d{{4}})\s*[年년]\s*(?P<month>\d{{1,2}})\s*[月월]\s*(?P<day>\d{{1,2}})\s*[日일]{_REST}",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?(?:[\s-]+de)?[\s-]+{_WORD}(?:\s+de)?[\s,-]+(?P<year>\d{{4}}|\d\d){_REST}",
        rf"{_WEEKDAY}{_WORD}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_REST}",
        rf"{_WEEKDAY}{_WORD}\s+(?P<day>\d{{1,2}})\s+{_TIME}(?:\s+(?P<zone>[A-Za-z]{{1,5}}|[+-]\d{{4}}))?\s+(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[.\s]+{_WORD}\s+(?P<day>\d{{1,2}})\.?{_REST}",
        rf"(?P<one>\d{{1,2}})[/.-](?P<other>\d{{1,2}})[/.-](?P<year>\d{{4}}){_REST}",
    )
)


def parse_date(text: str) -> datetime | None:
    """Return the moment that a text names, in UTC; None if it names none, or none that can be trusted.

    A time without a zone is taken as UTC, a date without a time as its first moment.
    """
    text = " ".join(text[:100].split()).replace("오전", "AM").replace("오후", "PM")
    if re.fullmatch(r"\d{9,10}|\d{13}", text):  # a Unix time, in seconds or milliseconds
        return _sane(datetime.fromtimestamp(int(text[:10]), UTC))
    text = re.sub(r"\b([AP]M) (\d{1,2}:\d\d(?::\d\d)?)", r"\2 \1", text)
    for shape in _SHAPES:
        if match := shape.match(text):
            try:
                return _sane(_moment(match.groupdict()))
            except (ValueError, OverflowError, KeyError):  # KeyError: no such place in the time zone database
                continue
    return None


def _sane(moment: datetime) -> datetime | None:
    return moment if _FIRST_YEAR <= moment.year < _LAST_YEAR else None


def _moment(parts: dict[str, str | None]) -> datetime:
    """Put the parts together; raises ValueError where they contradict the calendar or say too little."""
    digits = parts["year"] or ""
    year = int(digits)
    year += (2000 if year < 69 else 1900) if len(digits) == 2 else 0
    month, day = _month_and_day(parts)
    hour, second = int(parts.get("hour") or 0), min(int(parts.get("second") or 0), 59)  # a leap second
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half.lower() == "p" else 0) if 1 <= hour <= 12 else 99
    days, hour = divmod(hour, 24) if hour == 24 else (0, hour)
    moment = datetime(year, month, day, hour, int(parts.get("minute") or 0), second, tzinfo=UTC)
    return (moment.replace(tzinfo=_zone(parts.get("zone") or "")) + timedelta(days=days)).astimezone(UTC)


def _month_and_day(parts: dict[str, str | None]) -> tuple[int, int]:
    if word := parts.get("word"):
        return _month(word), int(parts["day"] or "")
    if parts.get("month"):
        return int(parts["month"] or ""), int(parts["day"] or "")
    one, other = int(parts["one"] or ""), int(parts["other"] or "")
    if one <= 12 and other <= 12 and one != other:
        raise ValueError("may be day and month or month and day")
    return (other, one) if one > 12 else (one, other)


def _month(word: str) -> int:
    word = word.lower()
    number = _MONTHS.get(word) or _MONTHS.get(word[:3] if word[:3].isascii() else "")
    if number is None:
        raise ValueError(f"{word} is no month")
    return number


def _zone(text: str) -> tzinfo:
    """Return the zone that a text names; raises ValueError if it is none, or means several."""
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
