"""Dates in feeds: all that name one moment, and none that name two, or none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from babel import Locale
from babel.dates import format_datetime

from digest.sources.formats import months
from digest.sources.formats.dates import Dated, parse_date, read_date
from digest.sources.formats.months import month_named

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
    "2024-05-06 10:30:00 +0000 UTC",
    "2024-05-06 12:30:00.123456789 +0200 CEST m=+0.000123",
    "Mon, 06 May 2024 12:30:00 +0200 CEST",
    "2024-05-06T06:30:00-04:00[America/New_York]",
    "2024-05-06T12:30:00[Europe/Berlin]",
    "Mon , 06 May 2024 10:30:00 +0000",
    "Monday, May 6, 2024 - 10:30",
    "Monday the 6th of May, 2024 at 10:30",
    "ma 6. toukokuuta 2024 klo 10.30",
    "Mon, 06.05.2024 - 10:30",
    "6. 5. 2024 10:30",
    "ngày 6 tháng 5 năm 2024 10:30",
    "วันจันทร์ 6 พฤษภาคม 2567 10:30",
    "सोमवार, 6 मई 2024 10:30",
    "٦ مايو ٢٠٢٤ 10:30",
    "2024年5月6日 星期一 上午10:30",
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
        ("Mon, 12/30/2030 - 06:12", datetime(2030, 12, 30, 6, 12, tzinfo=UTC)),
        ("Mon, 03/03/2031 - 06:12", datetime(2031, 3, 3, 6, 12, tzinfo=UTC)),
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
        "3 Foo 2031",
        "3 listopada 2030",  # November in Polish, October in Croatian
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


@pytest.mark.parametrize(
    ("text", "day_only"),
    [
        ("2031-03-03", True),
        ("March 3, 2031", True),
        ("Monday 3rd of March 2031", True),
        ("3 de març de 2031", True),
        ("2031年3月3日", True),
        ("20310303", True),
        ("2031-03-03T00:00:00Z", False),
        ("Mon, 03 Mar 2031 00:00:00 GMT", False),
    ],
)
def test_a_date_without_a_time_is_a_day(text: str, day_only: bool) -> None:
    assert read_date(text) == Dated(datetime(2031, 3, 3, tzinfo=UTC), day_only)


@pytest.mark.parametrize(
    ("word", "month"),
    [
        ("marraskuuta", 11), ("marras", 11), ("des", 12), ("Ara", 12), ("kasım", 11), ("KASIM", 11), ("Jänner", 1),
        ("março", 3), ("marco", 3), ("août", 8), ("aout", 8), ("Sept.", 9), ("września", 9), ("wrzesnia", 9),
        ("лютого", 2), ("qershor", 6), ("ذو", None), ("Septem", 9), ("márc", 3), ("Μαΐου", 5), ("ma", None),
    ],
)  # fmt: skip
def test_months_are_read_in_the_languages_of_the_world(word: str, month: int | None) -> None:
    assert month_named(word) == month


@pytest.mark.parametrize(
    ("language", "month"), [("pl", 11), ("pl-PL", 11), ("hr", 10), ("../etc", None), ("xx", None)]
)
def test_a_sources_language_decides_where_a_name_means_two_months(language: str, month: int | None) -> None:
    assert month_named("listopada", language) == month


@pytest.mark.parametrize(
    "code",
    [
        "cs",
        "da",
        "de",
        "el",
        "es",
        "et",
        "eu",
        "fi",
        "fr",
        "ga",
        "hu",
        "is",
        "it",
        "lt",
        "lv",
        "nb",
        "nl",
        "pl",
        "pt",
        "ro",
        "ru",
        "sl",
        "sv",
        "tr",
        "uk",
        "cy",
        "sq",
        "id",
    ],
)
def test_every_month_reads_back_as_cldr_writes_it(code: str) -> None:
    for month in range(1, 13):
        moment = datetime(2031, month, 17, 10, 12, tzinfo=UTC)
        for shape in ("d MMMM y", "EEE, dd MMM y HH:mm:ss Z"):
            written = format_datetime(moment, shape, locale=code)
            read = read_date(written, code).at
            assert read is None or read.date() == moment.date(), written
            assert read is not None or shape != "d MMMM y", written


def test_months_are_known_whatever_languages_this_process_has_used_before() -> None:
    assert (
        dict(Locale.parse("fi").months["format"]["wide"])[11] == "marraskuuta"
    )  # Babel merges and resolves its data
    months._of.cache_clear()
    assert months._of("fi")["marras"] == {11}
