"""Header fields read back as the text they were made from, whatever the script, in lines every server takes."""

from __future__ import annotations

import re
import unicodedata
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.message.headers import clusters, list_id_field, mailbox_field, raw_field, text_field

HEADLINES = [
    "Parliament passes budget",
    "Straßenbahn fährt wieder – endlich",
    "Прем'єр-міністр оголосив про новий план відбудови енергетичної інфраструктури країни",
    "東京都、来年度の予算案を発表 子育て支援に重点を置き過去最大の規模となる見通しだと説明した",
    "רשויות הבריאות: «אין סיבה לדאגה»",
    "العناوين الرئيسية اليوم",
    "Family 👩‍👩‍👧‍👦 day 🏳️‍🌈 🇺🇦🇩🇪 👍🏽 1️⃣ " * 4,
    "नमस्ते क्षेत्र ज्ञान विद्यार्थी " * 3,
    "Grève\u00a0: «\u202fça suffit\u202f»",
    "=?utf-8?q?not_an_encoded_word?=",
    "a" * 300,
    'Quotes "and" \\ backslashes, (comments); <brackets> @ signs: all',
]

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def cleaned(text: str) -> str:
    return re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", text).strip(" ")


def assert_well_folded(field: bytes) -> None:
    assert field.endswith(b"\r\n")
    for line in field[:-2].split(b"\r\n"):
        assert line.isascii()
        assert len(line) <= 76
        assert line.strip() == line.lstrip()
        assert not re.search(rb"[\x00-\x1f\x7f]", line)
    assert all(line.startswith(b" ") for line in field[:-2].split(b"\r\n")[1:])
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^?]*\?[qb]\?[^?]*\?=", field))


@given(anything)
@example("\r\nBcc: all@example.org")
@example("a\u2028b\x85c\x0bd\0e")
def test_any_subject_reads_back(text: str) -> None:
    field = text_field("Subject", text)
    assert_well_folded(field)
    unfolded = field.decode().removeprefix("Subject:").removesuffix("\r\n").replace("\r\n", "").strip()
    assert str(make_header(decode_header(unfolded))) == cleaned(text)


@pytest.mark.parametrize("headline", HEADLINES)
def test_a_headline_reads_back_with_the_parser_of_a_mail_program(headline: str) -> None:
    field = text_field("Subject", headline)
    assert_well_folded(field)
    assert message_from_bytes(field + b"\r\n", policy=policy.default)["Subject"] == headline.strip()


@pytest.mark.parametrize("headline", HEADLINES)
def test_no_encoded_word_cuts_through_what_a_reader_sees_as_one_character(headline: str) -> None:
    words = re.findall(rb"=\?[^?]*\?[qb]\?[^?]*\?=", text_field("Subject", headline))
    texts = [str(make_header(decode_header(word.decode()))) for word in words]
    starts = {
        sum(map(len, list(clusters("".join(texts)))[:count])) for count in range(len("".join(texts)) + 1)
    }
    assert all(sum(map(len, texts[:count])) in starts for count in range(len(texts)))
    for text in texts:
        assert not unicodedata.combining(text[0])
        assert text[0] != "\u200d"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        ("🇺🇦🇩🇪", ["🇺🇦", "🇩🇪"]),
        ("👩‍👩‍👧!", ["👩‍👩‍👧", "!"]),
        ("👍🏽1️⃣", ["👍🏽", "1️⃣"]),
        ("क्षे", ["क्षे"]),
        ("한", ["한"]),
        ("", []),
    ],
)
def test_clusters(text: str, expected: list[str]) -> None:
    assert list(clusters(text)) == expected


@given(anything)
@example('Dr. "Bob" O\'Neil, Jr.')
@example("\\")
def test_any_name_stands_beside_its_address(name: str) -> None:
    field = mailbox_field("From", name, "a@example.org")
    assert_well_folded(field)
    header = message_from_bytes(field + b"\r\n", policy=policy.default)["From"]
    assert header.addresses[0].addr_spec == "a@example.org"
    assert not header.defects
    unfolded = field.decode().removeprefix("From: ").removesuffix("\r\n").replace("\r\n", "")
    if "=?" in unfolded:
        assert str(make_header(decode_header(unfolded))).rpartition("<")[0].strip(" ") == cleaned(name)
    else:
        assert header.addresses[0].display_name == cleaned(name)


def test_a_list_has_a_name_for_people_and_one_for_machines() -> None:
    assert list_id_field("Die Tägliche", "daily.news.example.org").endswith(
        b"?= <daily.news.example.org>\r\n"
    )
    assert list_id_field("The Daily", "daily.x.org") == b"List-Id: The Daily <daily.x.org>\r\n"


@pytest.mark.parametrize("value", ["", "a\r\nb", "ä", "a\0", "a" * 901, " a"])
def test_a_raw_field_takes_nothing_but_ascii(value: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a X header"):
        raw_field("X", value)
