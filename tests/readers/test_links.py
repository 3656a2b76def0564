"""The personal links: what one is for, nobody else can make, and which survive a change of keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Recipient, placeholders
from digest.readers.links import TEST_COPY, Links, MailPurpose, Purpose

KEY = bytes(range(32))
LINKS = Links("https://news.example.org/", KEY)
NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)
PURPOSES = st.sampled_from(["unsubscribe", "preferences", "confirm"])


@given(NUMBERS, PURPOSES)
def test_a_token_reads_back_for_its_purpose_only(number: int, purpose: Purpose) -> None:
    token = LINKS.token(number, purpose)
    assert LINKS.read(token, purpose) == number
    others: tuple[Purpose, ...] = ("unsubscribe", "preferences", "confirm")
    assert all(LINKS.read(token, other) is None for other in others if other != purpose)


@given(NUMBERS, st.data())
def test_a_changed_token_names_nobody(number: int, data: st.DataObject) -> None:
    token = LINKS.token(number)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCXYZabcxyz0189-_=. é").filter(lambda char: char != token[place]))
    assert LINKS.read(token[:place] + other + token[place + 1 :]) is None


@given(NUMBERS, PURPOSES)
def test_a_link_ends_in_a_letter_and_one_from_before_still_works_cut_off_or_not(
    number: int, purpose: Purpose
) -> None:
    token = LINKS.token(number, purpose)
    assert token[-1].isalnum()
    before = token[:-1]  # as tokens were: they could end in any of the 64 characters
    assert LINKS.read(before, purpose) == number
    assert before[-1] not in "-_" or LINKS.read(before[:-1], purpose) == number


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    assert LINKS.read(text) is None


def test_another_site_key_does_not_open_it() -> None:
    assert Links("https://news.example.org", bytes(32)).read(LINKS.token(7)) is None


def test_old_links_stay_good_after_a_rotation_until_their_key_is_dropped() -> None:
    rotated = Links("https://news.example.org", {1: KEY, 2: bytes(32)})
    assert rotated.read(LINKS.token(7)) == 7
    assert rotated.token(7) != LINKS.token(7)
    assert rotated.read(rotated.token(7)) == 7
    assert Links("https://news.example.org", {2: bytes(32)}).read(LINKS.token(7)) is None


def test_every_mark_has_a_value_and_the_links_are_short() -> None:
    recipient = Recipient(reader_id=1, subscription_id=2**63 - 1, address="anna@example.org", name="Anna")
    values = LINKS.values(recipient, "daily-2026-10-25T0230")
    assert set(values) == set(placeholders.NAMES)
    assert values["browser_url"] == "https://news.example.org/e/daily-2026-10-25T0230"
    assert values["unsubscribe_url"].startswith("https://news.example.org/u/")
    assert all(len(value) <= 200 and value.isascii() for value in values.values())


def test_equal_subscriptions_get_equal_links_whenever_they_are_made() -> None:
    recipient = Recipient(reader_id=1, subscription_id=5, address="anna@example.org")
    assert LINKS.values(recipient, "daily-1") == LINKS.values(recipient, "daily-1")


def test_the_link_of_a_test_copy_belongs_to_nobody() -> None:
    copy = Recipient(reader_id=0, subscription_id=TEST_COPY, address="editor@example.org")
    token = LINKS.values(copy, "daily-1")["unsubscribe_url"].rpartition("/")[2]
    assert LINKS.read(token) == TEST_COPY


@pytest.mark.parametrize("length", [0, 1, 17, 26])
def test_tokens_of_a_wrong_length_name_nobody(length: int) -> None:
    assert LINKS.read("A" * length) is None


@given(NUMBERS, st.sampled_from(["bounce", "leave"]), st.sampled_from([str, str.upper, str.lower]))
def test_a_mail_address_names_its_subscription_whatever_becomes_of_its_case(
    number: int, purpose: MailPurpose, change: Callable[[str], str]
) -> None:
    address = LINKS.mail_addresses("paper-bounces@news.example.org", purpose)(number)
    assert len(address.rpartition("@")[0]) <= 64
    assert LINKS.read_mail_address(change(address), purpose) == number
    other: MailPurpose = "leave" if purpose == "bounce" else "bounce"
    assert LINKS.read_mail_address(address, other) is None


@given(NUMBERS, st.data())
def test_a_changed_mail_address_names_nobody(number: int, data: st.DataObject) -> None:
    address = LINKS.mail_addresses("b@news.example.org", "bounce")(number)
    place = data.draw(st.integers(2, address.index("@") - 1))
    other = data.draw(st.sampled_from("0123456789abcdef+ .g").filter(lambda char: char != address[place]))
    assert LINKS.read_mail_address(address[:place] + other + address[place + 1 :], "bounce") is None


@given(st.text(max_size=60))
def test_no_mail_address_is_too_odd_to_be_read(text: str) -> None:
    assert LINKS.read_mail_address(text, "bounce") is None


def test_old_mail_addresses_stay_good_after_a_rotation() -> None:
    old = LINKS.mail_addresses("b@news.example.org", "bounce")(7)
    rotated = Links("https://news.example.org", {1: KEY, 2: bytes(32)})
    assert rotated.read_mail_address(old, "bounce") == 7
    assert rotated.mail_addresses("b@news.example.org", "bounce")(7) != old
