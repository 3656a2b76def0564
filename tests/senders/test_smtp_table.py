"""The table of outcomes, row by row: what happens on the wire, what becomes of the reader, and who it counts against.

RFC 5321 for codes, RFC 3463 for enhanced codes. The table of what servers do wrong is in test_smtp_outcomes.
"""

from __future__ import annotations

from typing import Any

import pytest

from digest.delivery.outcomes import (
    DENIED,
    GREYLISTED,
    MAILBOX_FULL,
    OTHERWISE,
    ROUTING,
    THROTTLED,
    Pause,
    cause,
)
from digest.errors import SenderBroken, SenderBusy, SenderDenied, SenderUnfit
from digest.model import Deferred, Refused, Sent, Unknown, Unsent
from digest.net.http import Http
from tests.helpers.smtp_client import outcome
from tests.helpers.smtp_server import DROP, STALL, Serve

# Nothing was sent: the transport backs off, a person must mend it, the others tell whether one must, or another
# sender may take the mail.
LATER, PERSON, POLICY, UNFIT = SenderBusy, SenderBroken, SenderDenied, SenderUnfit

ROWS: list[tuple[str, str, str, type]] = [
    # nothing was sent; it counts against the transport
    ("connection refused for now", "greeting", "421 4.3.2 too many connections", LATER),
    ("connection lost", "greeting", DROP, LATER),
    ("EHLO 4xx", "ehlo", "451 4.3.0 not now", LATER),
    ("AUTH 4xx", "auth", "454 4.7.0 not now", LATER),
    ("MAIL 4xx", "mail", "451 4.3.0 not now", LATER),
    # the sender's fault: the run stops
    ("AUTH 535", "auth", "535 5.7.8 wrong password", PERSON),
    ("MAIL 530", "mail", "530 5.7.0 log in first", PERSON),
    ("EHLO 5xx", "ehlo", "554 5.7.1 you are blocked", PERSON),
    ("MAIL 5xx", "mail", "550 5.1.8 sender not known", PERSON),
    ("MAIL 5.7.x", "mail", "550 5.7.1 sender not allowed", PERSON),
    # the reader
    ("RCPT 250", "rcpt", "250 2.1.5 ok", Sent),
    ("RCPT 251", "rcpt", "251 2.1.5 will forward", Sent),
    ("RCPT 252", "rcpt", "252 2.1.5 cannot verify", Sent),
    ("RCPT 421: the server closes", "rcpt", "421 4.3.2 closing", LATER),
    ("RCPT 450", "rcpt", "450 4.2.0 try later", Deferred),
    ("RCPT 451", "rcpt", "451 4.3.0 try later", Deferred),
    ("RCPT 452", "rcpt", "452 4.2.2 mailbox full", Deferred),
    ("RCPT 452, too many recipients", "rcpt", "452 4.5.3 too many recipients", Unsent),
    ("RCPT 5xx", "rcpt", "550 5.1.1 no such user", Refused),
    ("DATA 4xx", "data", "451 4.3.0 try later", Deferred),
    ("DATA 5xx", "data", "554 5.5.1 no", Refused),
    # the end of the mail
    ("final dot 250", "dot", "250 2.0.0 queued as 4711A", Sent),
    ("final dot 4xx", "dot", "451 4.3.0 try later", Deferred),
    ("final dot 5xx", "dot", "554 5.2.0 what is this", Refused),
    ("final dot 5xx, the mail", "dot", "554 5.6.0 what is this", UNFIT),
    ("final dot 421: not taken, the server closes", "dot", "421 4.3.2 closing", LATER),
    ("lost before the dot", "data", DROP, Unsent),
    ("no answer before the dot", "data", STALL, Unsent),
    ("lost behind the dot", "dot", DROP, Unknown),
    ("no answer behind the dot", "dot", STALL, Unknown),
    ("QUIT fails", "quit", DROP, Sent),
]


@pytest.mark.parametrize(("event", "phase", "reply", "expected"), ROWS, ids=[row[0] for row in ROWS])
async def test_row(scripted: Serve, http: Http, event: str, phase: str, reply: str, expected: type) -> None:
    server = await scripted(script={phase: reply}, offers=["PIPELINING", "AUTH PLAIN"])
    patience = "0.3s" if reply == STALL else "10s"
    login: dict[str, Any] = {"username": "u", "password": "p"} if phase == "auth" else {}
    found = await outcome(server, http, timeout=patience, **login)
    assert (found if isinstance(found, type) else type(found)) is expected
    assert len(server.received) == (expected is Sent)
    if isinstance(found, Sent) and phase == "dot":
        assert (found.reply, found.remote_id) == (reply, "4711A")


CLASSES: list[tuple[str, type, bool]] = [
    ("550 5.1.1 bad mailbox", Refused, True),
    ("550 5.1.2 bad system", Refused, True),
    ("501 5.1.3 bad syntax", Refused, True),
    ("551 5.1.6 has moved", Refused, True),
    ("556 5.1.10 null MX", Refused, True),
    ("550 5.2.1 disabled", Refused, False),
    ("552 5.2.2 full", Refused, False),
    ("552 5.2.3 too big for it", UNFIT, False),
    ("552 5.2.3 too big for this recipient", Refused, False),
    ("552 5.3.4 too big for us", UNFIT, False),
    ("550 5.4.1 no answer from host", Refused, False),
    ("550 5.4.4 unable to route", Refused, False),
    ("501 5.5.4 bad arguments", Refused, False),
    ("550 5.7.1 delivery not authorised", POLICY, False),
    ("550 5.7.26 unauthenticated", POLICY, False),
    ("550 5.7.515 authentication level", POLICY, False),
    ("525 5.7.13 user disabled", Refused, True),
    ("550 user unknown", Refused, True),
    ("550 blocked: looks like spam", POLICY, False),
    ("554 rejected by policy", POLICY, False),
    ("550 SPF check failed", POLICY, False),
    ("550 DKIM signature missing", POLICY, False),
    ("550 fails DMARC", POLICY, False),
    ("550 no", Refused, False),
]


@pytest.mark.parametrize("phase", ["rcpt", "dot"])
@pytest.mark.parametrize(("reply", "expected", "hard"), CLASSES, ids=[row[0] for row in CLASSES])
async def test_class_of_a_refusal(
    scripted: Serve, http: Http, phase: str, reply: str, expected: type, hard: bool
) -> None:
    found = await outcome(await scripted(script={phase: reply}), http)
    assert (found if isinstance(found, type) else type(found)) is expected
    assert getattr(found, "hard", False) is hard, "only a wrong address is kept from later mails"


@pytest.mark.parametrize(
    ("reply", "pause"),
    [
        ("450 4.2.0 greylisted, come back", GREYLISTED),
        ("421 4.7.28 unusual rate", THROTTLED),
        ("451 4.7.1 slow down", THROTTLED),
        ("452 4.2.2 mailbox full", MAILBOX_FULL),
        ("451 4.4.1 host does not answer", ROUTING),
        ("451 4.3.0 something else", OTHERWISE),
        ("550 5.7.1 not from you", DENIED),
    ],
)
def test_class_of_a_delay(reply: str, pause: Pause) -> None:
    assert cause(int(reply[:3]), reply) is pause
