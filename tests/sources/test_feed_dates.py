"""Dates in feeds: all that name one moment, and none that name two, or none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.sources._dates import parse_date

_SPELLINGS = [
    "2024-05-06T10:30:00Z",
    "2024-05-06T10:30:00.250+00:00",
    "2024-05-06T12:30+0200",
    "2024-05-06 10:30:00",
    "2024-05-06 06:30:00 EDT",
    "2024/05/06 10:30",
    "20240506T103000Z",
    "Mon, 06 May 2024 10:30:00 GMT",
    "Mon, 6 May 24 10:30 UT",
    "Monday, 06-May-24 10:30:00 GMT",
    "06 May 2024 10:30:00 +0000",
    "Mon,06 May 2024 10:30:00 Z",
    "Mon, 06 May 2024 12:30:00 CEST",
    "Mon, 06 May 2024 06:30:00 ET",
    "Mon, 06 May 2024 16:00:00 IST",
    "Mon, 06 May 2024 12:30:00 +02:00 (Central European Summer Time)",
    "Mon, 06 May 2024 12:30:00 GMT+0200",
    "Mon, 06 May 2024 10:30:00 -0000",
    "Mon May  6 10:30:00 2024",
    "May 6, 2024 10:30 AM",
    "May 6th, 2024 at 10:30",
    "6. Mai 2024, 10:30 Uhr",
    "lun., 06 mai 2024 10:30:00 +0000",
    "lunes, 6 de mayo de 2024 10:30",
    "6 maggio 2024 10:30",
    "Δευ, 06 Μάι 2024 10:30:00 GMT",
    "2024년 5월 6일 오전 10:30:00",
    "2024年5月6日 10:30",
    "2024-05-06T12:30:00 Europe/Berlin",
    "1714991400",
    "1714991400000",
]


@pytest.mark.parametrize(
    "text",
    _SPELLINGS,
)
def test_one_moment_in_many_spellings(text: str) -> None:
    assert parse_date(text) == datetime(2024, 5, 6, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("Thu, 31 Dec 2015 23:59:60 GMT", datetime(2015, 12, 31, 23, 59, 59, tzinfo=UTC)),  # a leap second
        ("Thu, 31 Dec 2015 24:00:00 GMT", datetime(2016, 1, 1, tzinfo=UTC)),
        ("12/25/2004", datetime(2004, 12, 25, tzinfo=UTC)),
        ("25/12/2004 10:00", datetime(2004, 12, 25, 10, tzinfo=UTC)),
        ("Sat, 06 Jul 2024 12:00 pm PT", datetime(2024, 7, 6, 19, tzinfo=UTC)),
    ],
)
def test_odd_but_clear(text: str, expected: datetime) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024",
        "2024-05",
        "06/05/2024",  # May or June?
        "Mon, 30 Feb 2024 10:00:00 GMT",
        "Mon, 06 May 2024 25:00:00 GMT",
        "Mon, 06 May 2024 10:00:00 QQQ",
        "2020-01-01 10:00 Atlantis/Poseidonis",
        "1970-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01T00:00:00",
        "2999-01-01",
        "0000-00-00 00:00:00",
        "-0001-11-30T00:00:00+00:00",
        "3",
        "9" * 100_000,
    ],
)
def test_no_date_is_better_than_a_wrong_one(text: str) -> None:
    assert parse_date(text) is None
