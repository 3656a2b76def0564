"""Fixed words, plural forms, dates and directions in every language there is a catalogue for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.edition.language import Language, direction

MORNING = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


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
        ("42 — «مرحبا بكم» now", "rtl"),
        ("FIFA تعلن مواعيد البطولة", "rtl"),
        ("OpenStreetMap: 40 قرية في خرائط المتطوعين الجديدة", "rtl"),
        ("العربية is spoken by four hundred million people", "ltr"),
        ("ab אב", "ltr"),
        ("אב ab", "rtl"),
        ("2026!", ""),
        ("日本", "ltr"),
    ],
)
def test_direction_is_that_of_most_letters(text: str, runs: str) -> None:
    assert direction(text) == runs


@pytest.mark.parametrize(
    ("code", "names", "said"),
    [
        ("en", ["Ada Quay"], "Ada Quay"),
        ("en", ["Ada Quay", "Bo Reed"], "Ada Quay and Bo Reed"),
        ("en-GB", ["Ada", "Bo", "Cy", "Di"], "Ada, Bo and 2 others"),
        ("de", ["Ada", "Bo", "Cy"], "Ada, Bo und 1 weitere Person"),
        ("ja", ["森山花", "古川一郎"], "森山花、古川一郎"),
        ("zh", ["李雷", "韩梅梅", "林涛"], "李雷、韩梅梅及另外1人"),
        ("ar", ["ليلى منصور", "كريم عادل"], "ليلى منصور وكريم عادل"),
        ("uk", ["Оля", "Іра", "Ян", "Лев"], "Оля, Іра та ще 2 особи"),
        ("sv", ["Ada", "Bo", "Cy"], "Ada, Bo och Cy"),  # no words for "and 1 other", so all are named
    ],
)
def test_authors_are_joined_as_the_language_joins_them(code: str, names: list[str], said: str) -> None:
    assert Language(code, "UTC").people(names) == said


def test_a_time_has_no_space_that_typefaces_lack() -> None:
    assert Language("en", "Europe/Berlin").time(MORNING, MORNING) == "7:00\u00a0AM"


@pytest.mark.parametrize(
    ("code", "script", "upright"),
    [
        ("en", "Latn", False),
        ("uk", "Cyrl", False),
        ("sr-Latn", "Latn", False),
        ("ja", "Jpan", True),
        ("zh", "Hans", True),
        ("zh-TW", "Hant", True),
        ("ko", "Kore", True),
        ("ar", "Arab", True),
        ("ur", "Arab", True),
        ("he", "Hebr", True),
    ],
)
def test_a_language_knows_its_script(code: str, script: str, upright: bool) -> None:
    language = Language(code, "UTC")
    assert (language.script, language.upright) == (script, upright)


def test_words_that_are_not_translated_say_what_language_they_are_in() -> None:
    assert Language("ur", "UTC").say_in_html("unsubscribe") == "<span lang=en dir=ltr>Unsubscribe</span>"
    assert (
        Language("ur", "UTC").say_in_html("also_in", sources="<b>")
        == "<span lang=en dir=ltr>Also in &lt;b&gt;</span>"
    )
    assert Language("de", "UTC").say_in_html("unsubscribe") == "Abbestellen"
    assert Language("ur", "UTC").say("unsubscribe") == "Unsubscribe"


def test_hebrew_and_arabic_editions_run_from_the_right() -> None:
    assert [Language(code, "UTC").direction for code in ("he", "ar", "en", "ja")] == [
        "rtl",
        "rtl",
        "ltr",
        "ltr",
    ]
