"""Fixed words, plural forms, dates and directions in every language there is a catalogue for."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale

from digest.edition.language import Language, _words, direction, languages

CODES = languages()
MORNING = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_languages_to_start_with_are_there() -> None:
    assert set(CODES) >= {"en", "de", "fr", "es", "it", "pt", "nl", "pl", "uk", "ar", "he", "ja", "zh"}


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_has_every_word_with_the_same_fields(code: str) -> None:
    english, words = _words("en"), _words(code)
    assert words.keys() == english.keys()
    for key, text in words.items():
        if isinstance(text, str):
            assert fields(text) == fields(str(english[key])), key
            assert text.strip() == text != "", key


@pytest.mark.parametrize("code", CODES)
def test_every_number_has_its_plural_form(code: str) -> None:
    forms = Locale.parse(code).plural_form.tags | {"other"}
    for key in ("stories", "more"):
        words = _words(code)[key]
        assert isinstance(words, dict)
        assert words.keys() <= forms
        assert {Locale.parse(code).plural_form(n) for n in range(200)} <= words.keys()
    language = Language(code, "UTC")
    assert len({language.say("stories", n=n) for n in range(1, 200)}) >= 199 - 2


@pytest.mark.parametrize(
    ("code", "n", "words"),
    [
        ("en", 1, "1 story"),
        ("en", 2, "2 stories"),
        ("de", 1200, "1.200 Beiträge"),
        ("pl", 1, "1 tekst"),
        ("pl", 3, "3 teksty"),
        ("pl", 5, "5 tekstów"),
        ("pl", 22, "22 teksty"),
        ("uk", 21, "21 матеріал"),
        ("uk", 12, "12 матеріалів"),
        ("ar", 2, "مادتان"),
        ("ar", 3, "3 مواد"),
        ("ar", 11, "11 مادة"),
        ("he", 2, "שתי כתבות"),
        ("ja", 7, "7本の記事"),
    ],
)
def test_plural_forms_are_right(code: str, n: int, words: str) -> None:
    assert Language(code, "UTC").say("stories", n=n) == words


@pytest.mark.parametrize(
    ("code", "date"),
    [
        ("en", "Monday, March 2, 2026"),
        ("en-GB", "Monday, 2 March 2026"),
        ("de", "Montag, 2. März 2026"),
        ("fr", "lundi 2 mars 2026"),
        ("ja", "2026年3月2日月曜日"),
        ("uk", "понеділок, 2 березня 2026 р."),
    ],
)
def test_the_day_stands_in_the_order_of_the_language(code: str, date: str) -> None:
    assert Language(code, "Europe/Berlin").date(MORNING).replace("\u202f", " ").replace("\xa0", " ") == date


def test_the_day_is_that_of_the_place() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert Language("en-GB", "Asia/Tokyo").date(late) == "Tuesday, 3 March 2026"
    assert Language("en-GB", "UTC").date(late) == "Monday, 2 March 2026"


def test_a_time_of_today_is_said_as_time_and_of_another_day_as_day() -> None:
    language = Language("de", "Europe/Berlin")
    assert language.time(MORNING, MORNING) == "07:00"
    assert language.time(MORNING - timedelta(days=2), MORNING) == "28. Feb."
    assert language.time(MORNING - timedelta(days=800), MORNING) == "23. Dez. 2023"


@pytest.mark.parametrize(
    ("hour", "part"), [(2, "evening"), (3, "morning"), (11, "morning"), (12, "afternoon"), (17, "evening")]
)
def test_parts_of_the_day(hour: int, part: str) -> None:
    assert Language("en", "UTC").daypart(MORNING.replace(hour=hour)) == part


@pytest.mark.parametrize(
    ("code", "words"),
    [("de-CH", "Abbestellen"), ("zh-Hant", "退订"), ("xx", "Unsubscribe"), ("eo", "Unsubscribe")],
)
def test_a_language_without_a_catalogue_falls_back(code: str, words: str) -> None:
    assert Language(code, "UTC").say("unsubscribe") == words


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("Hello", "ltr"),
        ("مرحبا", "rtl"),
        ("שלום", "rtl"),
        ("42 — «مرحبا» now", "rtl"),
        ("2026!", ""),
        ("日本", "ltr"),
    ],
)
def test_direction_is_that_of_the_first_strong_character(text: str, runs: str) -> None:
    assert direction(text) == runs


def test_hebrew_and_arabic_editions_run_from_the_right() -> None:
    assert [Language(code, "UTC").direction for code in ("he", "ar", "en", "ja")] == [
        "rtl",
        "rtl",
        "ltr",
        "ltr",
    ]
