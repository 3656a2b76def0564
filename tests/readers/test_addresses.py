"""Addresses: what can be mailed to is read, what cannot is refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from digest.readers.addresses import parse


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("anna@example.org", "anna@example.org", "anna@example.org"),
        ("Anna.Berg+News@EXAMPLE.org", "Anna.Berg+News@example.org", "anna.berg+news@example.org"),
        ("ole@bücher.example", "ole@xn--bcher-kva.example", "ole@xn--bcher-kva.example"),
        ("STRASSE@example.org", "STRASSE@example.org", "strasse@example.org"),
        ("straße@example.org", "straße@example.org", "strasse@example.org"),
    ],
)
def test_the_local_part_is_kept_and_the_key_is_for_comparing(text: str, address: str, key: str) -> None:
    parsed = parse(text)
    assert (parsed.text, parsed.key, str(parsed)) == (address, key, address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "anna@",
        "@example.org",
        "anna@example",
        "anna@localhost",
        "anna@paper.test",
        "anna@@example.org",
        "anna@example.org ",
        "Anna <anna@example.org>",
        "anna@example.org, bert@example.org",
        "anna@[192.0.2.1]",
        '"anna berg"@example.org',
        "anna\r\nBcc: bert@example.org",
        "anna\u202e@example.org",
        "a" * 65 + "@example.org",
        "anna@" + "x" * 250 + ".org",
    ],
)
def test_what_cannot_be_mailed_to_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse(text)


@given(st.emails())
def test_parsing_what_was_parsed_changes_nothing(text: str) -> None:
    try:
        once = parse(text)
    except ValueError:
        return
    assert parse(once.text) == once
    assert parse(once.text.swapcase()).key == once.key


def _rows(corpora: Path, name: str) -> list[dict[str, object]]:
    text = (corpora / "addresses" / name / "tests.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _accepted(text: object) -> bool:
    try:
        parse(str(text))
    except ValueError:
        return False
    return True


@pytest.mark.corpus
def test_real_collections_of_addresses(corpora: Path) -> None:
    wrong = [
        row["address"] for row in _rows(corpora, "isemail") if _accepted(row["address"]) != row["sendable"]
    ]
    wrong += [
        row["address"]
        for row in _rows(corpora, "email-validator")
        if row["valid"] is not None
        and not row.get("reserved_domain")  # valid in form, but no mail ever arrives there
        and _accepted(row["address"]) != row["valid"]
    ]
    assert not wrong


@pytest.mark.corpus
def test_expected_spellings_of_real_addresses(corpora: Path) -> None:
    rows = [
        row
        for row in _rows(corpora, "email-validator")
        if row["valid"] and isinstance(row.get("expected"), dict)
    ]
    assert rows
    for row in rows:
        expected = row["expected"]
        assert isinstance(expected, dict)
        if _accepted(row["address"]):
            assert parse(str(row["address"])).text == f"{expected['local_part']}@{expected['ascii_domain']}"


@given(st.from_regex(r"[A-Za-z0-9_+.-]{1,70}@[A-Za-z0-9.-]{1,260}", fullmatch=True))
def test_the_short_way_judges_like_the_long_way(text: str) -> None:
    try:
        valid = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        assert not _accepted(text)
    else:
        assert parse(text).text == valid.ascii_email
