"""What mails that came back say: each form, in words and in fields, and what is no bounce at all."""

from __future__ import annotations

import json

import pytest

from digest.feedback.reading import Kind, kind_of, read, take
from digest.model import EventType
from tests.feedback.reading.mails import OUR_HEAD, OUR_ID, READER, complaint, failed, mail, report

QMAIL = f"""Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{READER}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <daily@news.example.org>
{OUR_HEAD}
<other@example.net>:
Sorry, no mailbox here by that name. (#5.1.1)
"""
EXIM = f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {READER}
    Unrouteable address

------ This is a copy of the message, including all the headers. ------
"""
EXCHANGE = f"""Your message

  To:      {READER}
  Subject: Today

did not reach the following recipient(s):

{READER} on Mon, 2 Mar 2026 07:00:00 -0000
    The recipient name is not recognized
"""
SENDMAIL = f"""   ----- The following addresses had permanent fatal errors -----
<{READER}>

   ----- Transcript of session follows -----
... while talking to mx.example.net.:
>>> RCPT To:<{READER}>
<<< 550 5.1.1 User unknown
550 <{READER}>... User unknown
"""
FULL = f"""The following message could not be delivered:

<{READER}>:
452 4.2.2 The mailbox is over quota. Giving up on 192.0.2.1.
"""


@pytest.mark.parametrize(
    ("body", "kind", "more"),
    [
        (QMAIL, Kind.HARD, {"subject": "failure notice"}),
        (EXIM, Kind.HARD, {"subject": "Mail delivery failed: returning message to sender"}),
        (EXCHANGE, Kind.HARD, {"sender": "System Administrator <postmaster@example.net>"}),
        (SENDMAIL, Kind.HARD, {"subject": "Returned mail: see transcript for details"}),
        (FULL, Kind.SOFT, {"subject": "failure notice"}),
        (
            "Something went wrong with your mail.",
            Kind.SOFT,
            {"subject": "failure notice", "x_failed_recipients": READER},
        ),
    ],
    ids=["qmail", "exim", "exchange", "sendmail", "full", "x-failed-recipients"],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_servers_that_write_words_alone_are_understood(
    body: str, kind: Kind, more: dict[str, str], line_end: bytes
) -> None:
    [one] = read(mail(body, **more).replace(b"\n", line_end))
    assert (one.recipient, kind_of(one)) == (READER, kind)


@pytest.mark.parametrize(
    ("diagnostic", "status", "kind"),
    [
        (f"550 5.1.1 <{READER}>: Recipient address rejected: User unknown", "5.1.1", Kind.HARD),
        ("550 Host or domain name not found. Name service error for name=example.net", "5.4.4", Kind.HARD),
        ("552 5.2.2 Mailbox full", "5.2.2", Kind.SOFT),
        ("550 5.7.26 This mail is unauthenticated", "5.7.26", Kind.SOFT),
        ("554 5.7.1 Message rejected as spam", "5.7.1", Kind.SOFT),
        (
            "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using a block list",
            "5.7.1",
            Kind.SOFT,
        ),
        ("550 5.7.25 The sending IP has no PTR record", "5.7.25", Kind.SOFT),
    ],
)
def test_a_delivery_status_is_judged_and_names_our_mail(diagnostic: str, status: str, kind: Kind) -> None:
    [one] = read(failed(diagnostic, status))
    assert (one.recipient, one.status, kind_of(one)) == (READER, status, kind)
    assert (one.message_id, one.returned) == (OUR_ID, True)
    assert one.at
    assert one.at.isoformat() == "2026-03-02T07:10:00+00:00"


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed (bad destination)", "5.1.1", Kind.SOFT),
        ("error", "5.0.0", Kind.SOFT),
        ("delayed", "4.4.1", Kind.SOFT),
        ("delivered", "2.0.0", Kind.DELIVERED),
        ("relayed", "2.1.9", Kind.DELIVERED),
        ("", "2.0.0", Kind.DELIVERED),
    ],
)
def test_each_action_has_its_meaning(action: str, status: str, kind: Kind) -> None:
    fields = f"Final-Recipient: rfc822; {READER}\nAction: {action}\nStatus: {status}\n"
    [one] = read(report(f"Reporting-MTA: dns; mx.example.net\n\n{fields}"))
    assert one.recipient == READER
    assert kind_of(one) in (kind, Kind.HARD if status == "5.1.1" else kind)


def test_the_original_recipient_is_the_reader_and_each_recipient_has_a_report() -> None:
    groups = (
        "Reporting-MTA: dns; mx.example.net\n\n"
        f"Original-Recipient: rfc822;{READER}\nFinal-Recipient: rfc822; box17@inside.example.net\n"
        "Action: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.2.2\n"
    )
    assert [one.recipient for one in read(report(groups))] == [READER, "bob@example.net"]


def test_a_status_without_a_recipient_is_about_whom_our_mail_was_to() -> None:
    [one] = read(report("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; /var/spool/ada\nAction: failed\n"))
    assert one.recipient == READER


@pytest.mark.parametrize("kind", ["abuse", "fraud", "other", "miscategorized"])
def test_a_complaint_is_about_whom_our_mail_was_to(kind: str) -> None:
    [one] = read(complaint(kind))
    assert (one.type, one.recipient, one.message_id) == (EventType.COMPLAINED, READER, OUR_ID)
    assert kind_of(one) is Kind.COMPLAINT


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_a_report_that_is_no_complaint_is_none(kind: str) -> None:
    [one] = read(complaint(kind))
    assert kind_of(one) is Kind.NONE


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("Re: Today", {"auto_submitted": "auto-replied"}),
        ("Out of office: back on Monday", {}),
        ("Automatische Antwort: Today", {"sender": READER}),
        ("Re: Today", {"x_autoreply": "yes", "sender": READER}),
    ],
)
def test_an_automatic_reply_is_no_bounce(subject: str, fields: dict[str, str]) -> None:
    sent = mail(
        "I am away until Monday, user unknown 550 5.1.1", **({"sender": READER} | fields), subject=subject
    )
    [one] = read(sent)
    assert kind_of(one) is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\0" * 50,
        mail(
            "Thank you for the newsletter!\n<bob@example.net>:\n550 5.1.1 user unknown\n",
            sender=READER,
            return_path=READER,
        ),
        mail("Please do not reply.", sender="no-reply@example.net", subject="Your order"),
    ],
    ids=["empty", "zeros", "a reader writes about a bounce", "a shop"],
)
def test_other_mails_say_nothing(sent: bytes) -> None:
    assert read(sent) == []


def test_the_button_of_a_mail_program_asks_to_leave() -> None:
    sent = mail(
        "",
        sender=f"Ada <{READER}>",
        subject="unsubscribe",
        auto_submitted="auto-replied",
        x_apple_unsubscribe="true",
    )
    [one] = read(sent)
    assert (one.type, one.recipient) == (EventType.UNSUBSCRIBED, READER)


@pytest.mark.parametrize("broken", [False, True], ids=["whole", "with broken lines"])
def test_a_notification_of_amazon_by_mail_is_read(broken: bool) -> None:
    bounce = {
        "bounceType": "Permanent",
        "bouncedRecipients": [
            {"emailAddress": READER, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
        ],
    }
    inner = json.dumps({"notificationType": "Bounce", "bounce": bounce})
    body = json.dumps({"Type": "Notification", "Message": inner}) + "\n\n--\nTo stop these, visit {this page}"
    if broken:
        body = body[:100] + "!\n " + body[100:]
    [one] = read(mail(body, sender="AWS <no-reply@sns.amazonaws.com>", subject="AWS Notification Message"))
    assert (one.recipient, one.status, kind_of(one)) == (READER, "5.1.1", Kind.HARD)


def test_where_a_mail_came_to_is_known() -> None:
    sent = mail("x", x_original_to="Bounces+1@news.example.org", delivered_to="box@news.example.org")
    assert take(sent).came_to == (
        "Bounces+1@news.example.org",
        "box@news.example.org",
        "daily@news.example.org",
    )
