"""What an objection leads to: a reader's own matter where others got the same mail, everybody's where nobody did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.errors import SenderBroken, SenderBusy, SenderDenied, SenderUnfit
from digest.model import Deferred, Message, Refused, Unsent
from digest.senders import SendResult
from digest.senders._verdicts import Record, verdict
from digest.senders.judgement import Phase, judge
from tests.senders.contract import mail_to

IDENTITY = "550 5.1.8 Sender address rejected: Domain not found"
SIZE = "552 5.3.4 Message too big"
CONTENT = "554 5.6.0 invalid header"
LISTED = "554 5.7.1 your IP is blacklisted"
SUSPENDED = "550 Your account has been suspended"


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def meet(record: Record) -> Callable[..., SendResult]:
    def meet(reply: str, phase: Phase = Phase.DATA, message: Message | None = None) -> SendResult:
        message = message or mail_to("ann@example.org")
        found = judge(phase, int(reply[:3]), reply[4:], sender=message.sender, recipient=message.recipient)
        return verdict(
            found, phase, reply, code=int(reply[:3]), where="relay:25", message=message, record=record
        )

    return meet


@pytest.mark.parametrize(
    ("reply", "at_first", "after_others"),
    [
        (IDENTITY, SenderBroken, SenderDenied),
        (SIZE, SenderUnfit, Refused),
        (CONTENT, SenderUnfit, Refused),
        (LISTED, SenderDenied, SenderDenied),
        (SUSPENDED, SenderBroken, SenderBroken),
        ("550 5.4.5 daily limit exceeded", SenderBusy, SenderBusy),
        ("450 4.1.8 Sender address rejected: Domain not found", SenderBusy, Deferred),
        ("451 4.3.0 later", Deferred, Deferred),
        ("550 no", Refused, Refused),
    ],
)
def test_what_others_got_is_no_reason_to_stop(
    meet: Callable[..., SendResult], record: Record, reply: str, at_first: type, after_others: type
) -> None:
    assert type(meet(reply)) is at_first
    record.taken = mail_to("bob@example.org", 2)
    assert type(meet(reply)) is after_others


@pytest.mark.parametrize(("reply", "expected"), [(IDENTITY, SenderBroken), (SIZE, SenderUnfit)])
def test_three_objections_in_a_row_outweigh_what_was_taken_before(
    meet: Callable[..., SendResult], record: Record, reply: str, expected: type
) -> None:
    record.taken = mail_to("bob@example.org", 2)
    assert expected not in (type(meet(reply)), type(meet(reply)))
    assert type(meet(reply)) is expected


def test_another_edition_or_a_smaller_mail_proves_nothing(
    meet: Callable[..., SendResult], record: Record
) -> None:
    mail = mail_to("bob@example.org", 2)
    record.taken = replace(mail, key="other/2")
    assert type(meet(SIZE)) is SenderUnfit
    record.taken = mail
    bigger = replace(mail_to("ann@example.org"), pieces=(b"x" * 100_000,))
    assert type(meet(SIZE, message=bigger)) is SenderUnfit
    assert type(meet(SIZE)) is Refused


def test_before_a_reader_is_named_it_is_the_senders_or_the_mails(
    meet: Callable[..., SendResult], record: Record
) -> None:
    record.taken = mail_to("bob@example.org", 2)
    assert type(meet("550 no", Phase.MAIL)) is SenderBroken
    assert type(meet(LISTED, Phase.MAIL)) is SenderBroken
    assert type(meet(SIZE, Phase.MAIL)) is SenderUnfit
    assert type(meet("451 4.3.0 later", Phase.MAIL)) is SenderBusy


def test_an_api_that_objects_without_a_reason_is_asked_for_one_more_reader(
    meet: Callable[..., SendResult], record: Record
) -> None:
    odd = "400 Something is wrong"
    assert type(meet(odd, Phase.API)) is Unsent
    assert type(meet(odd, Phase.API)) is SenderUnfit
    record.taken = mail_to("bob@example.org", 2)
    assert type(meet(odd, Phase.API)) is Refused


def test_errors_say_what_was_said_and_what_to_mend(meet: Callable[..., SendResult]) -> None:
    assert str(meet(IDENTITY)).startswith(
        f"relay:25 does not let us send: {IDENTITY}; check the newsletter's `from`"
    )
    size = mail_to("ann@example.org").size
    assert str(meet(SIZE)) == (
        f"the mail has {size:,} bytes, too many for relay:25: {SIZE}; fewer articles, or another sender"
    )
    busy = meet("550 hourly quota reached, try again in 25 minutes")
    assert isinstance(busy, SenderBusy)
    assert busy.retry_after == 1500
    denied = meet(LISTED)
    assert isinstance(denied, SenderDenied)
    assert (denied.reply, denied.code) == (LISTED, 554)


def test_a_dead_mailbox_is_told_from_a_full_one(meet: Callable[..., SendResult]) -> None:
    assert meet("550 5.1.1 no such user") == Refused("550 5.1.1 no such user", 550, hard=True)
    assert meet("552 5.1.1 over quota") == Refused("552 5.1.1 over quota", 552)
    assert meet("450 4.2.0 greylisted, retry in 300 s") == Deferred(
        "450 4.2.0 greylisted, retry in 300 s", 450, 300.0
    )
