"""Two replies say the same when only whom and what they are about differs."""

from __future__ import annotations

import pytest

from digest.delivery.limits.likeness import kind, likeness, names_mailbox


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "550 5.4.7 <ada@one.example>: quota of the day used up (id 4F7aB21c)",
            "550 5.4.7 <grace.h@two.example>: quota of the day used up (id 99Bc0e77)",
        ),
        (
            "554 Message from 192.0.2.7 refused at Mon, 30 Nov 2026 17:00:59 +0000",
            "554 Message from 192.0.2.7 refused at Tue, 01 Dec 2026 00:00:02 +0000",
        ),
        (
            "550 mx1.relay.example: shop.example has sent 150 of 150 mails this hour",
            "550 mx2.relay.example: shop.example has sent 151 of 150 mails this hour",
        ),
        (
            "550 Refused, see https://help.example/a?to=ada",
            "550 Refused, see https://help.example/b?to=grace",
        ),
        ("451 4.3.0 queue aBcDeFgHi: try again", "451 4.3.0 queue ZyXwVuTsr: try again"),
        ("550 Sending is OFF for you", "550 sending is off FOR YOU"),
    ],
)
def test_what_is_only_one_readers_makes_no_difference(one: str, other: str) -> None:
    assert likeness(one, int(one[:3])) == likeness(other, int(other[:3]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("550 mailbox unavailable", "550 mailbox is full"),
        ("550 5.1.1 no such user", "550 5.4.5 no such user"),
        ("550 no", "554 no"),
        ("550 user anna unknown", "550 user berta unknown"),
    ],
)
def test_other_words_and_codes_are_another_answer(one: str, other: str) -> None:
    assert likeness(one, int(one[:3])) != likeness(other, int(other[:3]))


def test_an_answer_without_a_code_of_its_own_has_the_one_that_came_with_it() -> None:
    assert likeness("Invalid `cc` field", 422) == "422 - invalid cc field"


def test_temporary_answers_are_of_one_kind_by_their_codes() -> None:
    assert kind("451 4.3.0 queue file write error", 451) == kind("451 4.3.0 milter is away", 451)
    assert kind("451 queue file write error", 451) != kind("451 milter is away", 451)
    assert kind("451 4.0.0 disk", 451) != kind("451 4.0.0 milter", 451)


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        ("550 5.1.1 no such user", True),
        ("452 4.2.2 mailbox full", True),
        ("550 5.1.8 bad sender", False),
        ("550 5.1.90 daily limit", False),
        ("554 5.2.252 may not send as", False),
        ("550 user unknown", False),
    ],
)
def test_which_codes_name_a_mailbox(reply: str, named: bool) -> None:
    assert names_mailbox(reply) is named
