"""Whatever a server does, and whenever: the message gets exactly the outcome that says what to do next.

Lost before the last byte is `Unsent`, lost after it `Unknown`; a refusal is what its code says; and what is about us
rather than about the reader stops the sender.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.errors import SenderBroken, SenderBusy, SenderDenied, SenderUnfit
from digest.model import Deferred, Message, Outcome, Refused, Sent, Unknown, Unsent
from digest.net.http import Http
from digest.senders.smtp import connection
from tests.helpers.smtp_client import WIRE_SAFE as MESSAGE
from tests.helpers.smtp_client import outcome, sender_for
from tests.helpers.smtp_server import (
    BREAK_TLS,
    DROP,
    FREEZE,
    GONE,
    STALL,
    Certificates,
    Late,
    Serve,
)

GARBAGE = b"<html>this is no SMTP</html>\r\n"
HALF = b"250 hal"
ENDLESS_LINE = b"250 " + b"x" * 10_000_000
ENDLESS_REPLY = b"250-and another thing\r\n" * 500_000
BOTH = [("PIPELINING", "SIZE 10000000"), ("SIZE 10000000",)]


#: phase, what the server does there, what becomes of the message
TABLE: list[tuple[str, str | bytes, type[Outcome] | type[Exception]]] = [
    ("greeting", DROP, SenderBusy),
    ("greeting", STALL, SenderBusy),
    ("greeting", "421 4.3.2 too many connections", SenderBusy),
    ("greeting", "450 later", SenderBusy),
    ("greeting", "554 5.7.1 no mail from you", SenderBroken),
    ("greeting", GARBAGE, SenderBroken),
    ("greeting", HALF, SenderBusy),
    ("greeting", HALF + GONE, SenderBusy),
    ("greeting", ENDLESS_LINE, SenderBroken),
    ("greeting", ENDLESS_REPLY, SenderBroken),
    ("ehlo", DROP, SenderBusy),
    ("ehlo", STALL, SenderBusy),
    ("ehlo", "421 4.3.2 shutting down", SenderBusy),
    ("ehlo", "451 4.3.0 later", SenderBusy),
    ("ehlo", "550 5.7.1 go away", SenderBroken),
    ("ehlo", GARBAGE, SenderBroken),
    ("ehlo", HALF, SenderBusy),
    ("ehlo", HALF + GONE, SenderBusy),
    ("mail", DROP, Unsent),
    ("mail", STALL, Unsent),
    ("mail", "421 4.3.2 shutting down", SenderBusy),
    ("mail", "452 4.3.1 disk full", SenderBusy),
    ("mail", "530 5.7.0 authenticate first", SenderBroken),
    ("mail", "550 5.7.1 sender not allowed", SenderBroken),
    ("mail", "553 5.1.8 bad sender domain", SenderBroken),
    ("mail", "552 5.3.4 message too big", SenderUnfit),
    ("mail", GARBAGE, Unsent),
    ("mail", HALF, Unsent),
    ("mail", HALF + GONE, Unsent),
    ("mail", "354 what", Unsent),
    ("rcpt", DROP, Unsent),
    ("rcpt", STALL, Unsent),
    ("rcpt", "421 4.7.0 slow down", SenderBusy),
    ("rcpt", "450 4.2.1 greylisted", Deferred),
    ("rcpt", "452 4.5.3 too many recipients", Unsent),
    ("rcpt", "550 5.1.1 no such user", Refused),
    ("rcpt", "550 5.7.1 relaying denied", SenderDenied),
    ("rcpt", "530 5.7.0 authenticate first", SenderBroken),
    ("rcpt", GARBAGE, Unsent),
    ("rcpt", HALF, Unsent),
    ("rcpt", HALF + GONE, Unsent),
    ("data", DROP, Unsent),
    ("data", STALL, Unsent),
    ("data", "421 4.3.2 shutting down", SenderBusy),
    ("data", "451 4.3.0 later", Deferred),
    ("data", "554 5.5.1 no", Refused),
    ("data", "550 5.7.26 unauthenticated", SenderDenied),
    ("data", "250 sure", Unsent),
    ("data", GARBAGE, Unsent),
    ("data", HALF, Unsent),
    ("data", HALF + GONE, Unsent),
    ("body", DROP, Unknown),  # a small mail: all of it was out of our hands
    ("body", STALL, Unknown),
    ("body", GARBAGE, Unknown),
    ("body", HALF, Unknown),
    ("dot", DROP, Unknown),
    ("dot", STALL, Unknown),
    ("dot", "421 4.3.2 shutting down", SenderBusy),
    ("dot", "451 4.7.0 scanned later", Deferred),
    ("dot", "550 5.1.1 no such user after all", Refused),
    ("dot", "554 5.6.0 not RFC 5322", SenderUnfit),
    ("dot", "550 5.7.1 spam", SenderDenied),
    ("dot", GARBAGE, Unknown),
    ("dot", HALF, Unknown),
    ("dot", HALF + GONE, Unknown),
    ("dot", "354 what", Unknown),
    ("quit", DROP, Sent),
    ("quit", STALL, Sent),
    ("quit", GARBAGE, Sent),
    ("quit", HALF, Sent),
    ("quit", "550 no", Sent),
]


@pytest.mark.parametrize("offers", BOTH, ids=["pipelining", "step by step"])
@pytest.mark.parametrize(
    ("phase", "answer", "expected"), TABLE, ids=[f"{row[0]}: {row[1][:30]!r}" for row in TABLE]
)
async def test_what_the_server_does_decides_the_outcome(
    scripted: Serve, http: Http, offers: Sequence[str], phase: str, answer: str | bytes, expected: type
) -> None:
    waits = answer in (STALL, HALF)
    server = await scripted(script={phase: answer}, offers=offers)
    result = await outcome(server, http, timeout=timedelta(seconds=0.5 if waits else 10))
    assert (result if isinstance(result, type) else type(result)) is expected
    if expected is not Unknown:
        assert len(server.received) == (1 if expected is Sent else 0)
    if isinstance(result, Deferred | Refused):
        assert result.reply == answer
        assert result.code == int(str(answer)[:3])
        assert getattr(result, "hard", False) == ("5.1.1" in str(answer))


@pytest.mark.parametrize("fault", [DROP, FREEZE])
async def test_a_mail_that_did_not_leave_completely_was_not_taken(
    scripted: Serve, http: Http, fault: str
) -> None:
    server = await scripted(script={"body": fault}, offers=["PIPELINING"])
    big = replace(
        MESSAGE, pieces=(b"A line of a mail.\r\n" * 2_000_000,)
    )  # more than the system's own buffers hold
    assert isinstance(await outcome(server, http, big, timeout=timedelta(seconds=0.3)), Unsent)


async def test_what_the_server_said_before_it_went_mad_counts(scripted: Serve, http: Http) -> None:
    server = await scripted(script={"dot": b"250 2.0.0 queued as X1234\r\n" + GARBAGE})
    assert await outcome(server, http) == Sent("250 2.0.0 queued as X1234", remote_id="X1234")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("550 5.1.10 null MX", Refused("550 5.1.10 null MX", 550, hard=True)),
        ("550 5.7.13 account disabled", Refused("550 5.7.13 account disabled", 550, hard=True)),
        ("550 5.2.1 mailbox disabled", Refused("550 5.2.1 mailbox disabled", 550)),
        ("552 5.2.2 mailbox full", Refused("552 5.2.2 mailbox full", 552)),
        (
            "550 User unknown in virtual alias table",
            Refused("550 User unknown in virtual alias table", 550, hard=True),
        ),
        ("551 not here", Refused("551 not here", 551, hard=True)),
        ("550 mailbox unavailable", Refused("550 mailbox unavailable", 550)),
        ("554 blocked because of SPF", SenderDenied),
        ("550 5.7.515 access denied, authenticate your domain", SenderDenied),
        ("535 5.7.8 who are you", SenderBroken),
        ("452 4.2.2 mailbox full", Deferred("452 4.2.2 mailbox full", 452)),
        ("451 4.7.28 not trusted yet", Deferred("451 4.7.28 not trusted yet", 451)),
        (
            "550-5.1.1 no such\r\n550 5.1.1 user here",
            Refused("550 5.1.1 no such 5.1.1 user here", 550, hard=True),
        ),
    ],
)
async def test_a_refusal_says_whose_matter_it_is(
    scripted: Serve, http: Http, reply: str, expected: Outcome | type[Exception]
) -> None:
    for phase in ("rcpt", "dot"):
        server = await scripted(script={phase: reply})
        assert await outcome(server, http) == expected


async def test_refusals_in_a_row_do_not_confuse_what_follows(scripted: Serve, http: Http) -> None:
    server = await scripted(
        script={"rcpt": ["550 5.1.1 a", "550 5.1.1 b", "250 ok"], "dot": ["554 5.2.0 c", "250 ok"]}
    )
    sender = sender_for(server, http)
    calls = (sender.send([replace(MESSAGE, recipient=f"{name}@example.org")]) for name in "abcdef")
    outcomes = [outcome for [outcome] in await asyncio.gather(*calls)]
    await sender.close()
    assert [type(outcome) for outcome in outcomes] == [Refused, Refused, Refused, Sent, Sent, Sent]
    assert [received.recipient[0] for received in server.received] == ["d", "e", "f"]
    assert server.connections == 1


async def test_a_message_that_goes_to_nobody_is_left_empty(scripted: Serve, http: Http) -> None:
    server = await scripted(script={"rcpt": ["550 5.1.1 no", "250 ok"], "data": "354 anything goes"})
    sender = sender_for(server, http)
    first, second = await asyncio.gather(sender.send([MESSAGE]), sender.send([MESSAGE]))
    await sender.close()
    assert isinstance(first[0], Refused)
    assert isinstance(second[0], Sent)
    assert [len(received.data) for received in server.received] == [0, len(MESSAGE.data)]


async def test_an_envelope_rides_behind_the_final_dot_before(scripted: Serve, http: Http) -> None:
    server = await scripted(delay=0.01)
    sender = sender_for(server, http)
    await asyncio.gather(*(sender.send([MESSAGE]) for _ in range(20)))
    assert [type(o) for o in await sender.send([MESSAGE])] == [Sent]
    await sender.close()
    assert server.connections == 1
    assert server.commands[1:4] == [
        f"MAIL FROM:<daily@news.example.org> SIZE={len(MESSAGE.data)}",
        "RCPT TO:<ada@example.org>",
        "DATA",
    ]
    assert "RSET" not in server.commands


async def test_a_mail_over_the_servers_limit_is_not_even_begun(scripted: Serve, http: Http) -> None:
    server = await scripted(offers=["SIZE 100"])
    sender = sender_for(server, http)
    big = replace(MESSAGE, pieces=(b"A line of a mail.\r\n" * 1000,))
    with pytest.raises(SenderUnfit) as caught:
        await sender.send([big])
    await sender.close()
    assert str(caught.value) == (
        f"the mail has 19,000 bytes, 127.0.0.1:{server.port} takes at most 100: "
        "fewer articles, or another sender"
    )
    assert not any(command.startswith("MAIL") for command in server.commands)


async def test_an_address_that_a_server_cannot_carry_is_refused_here_in_words(
    scripted: Serve, http: Http
) -> None:
    server = await scripted(offers=["8BITMIME"])
    result = await outcome(server, http, replace(MESSAGE, recipient="jörg@example.org", wire_safe=False))
    assert isinstance(result, Refused)
    assert "does not offer SMTPUTF8" in result.reply


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (replace(MESSAGE, pieces=(b"\xff\r\n",), wire_safe=False), "does not offer 8BITMIME"),
        (replace(MESSAGE, sender="zürich@example.org", wire_safe=False), "does not offer SMTPUTF8"),
    ],
)
async def test_what_a_server_cannot_carry_for_anybody_sets_the_sender_aside(
    scripted: Serve, http: Http, message: Message, expected: str
) -> None:
    sender = sender_for(await scripted(offers=["SIZE 1000000"]), http)
    with pytest.raises(SenderUnfit, match=expected):
        await sender.send([message])
    await sender.close()


async def test_extensions_are_asked_for_only_when_needed(scripted: Serve, http: Http) -> None:
    server = await scripted(offers=["8BITMIME", "SMTPUTF8"])
    await outcome(
        server,
        http,
        replace(MESSAGE, recipient="jörg@example.org", pieces=("ö\r\n".encode(),), wire_safe=False),
    )
    await outcome(server, http)
    mails = [command for command in server.commands if command.startswith("MAIL")]
    assert mails == [
        "MAIL FROM:<daily@news.example.org> BODY=8BITMIME SMTPUTF8",
        "MAIL FROM:<daily@news.example.org>",
    ]


async def test_a_reply_after_the_time_out_is_nobodys(scripted: Serve, http: Http) -> None:
    late = Late("250 2.0.0 queued as LATE")
    server = await scripted(script={"dot": [late, "250 2.0.0 queued as GOOD"]}, greedy=True)
    sender = sender_for(server, http, timeout=timedelta(seconds=0.2))
    assert [type(outcome) for outcome in await sender.send([MESSAGE])] == [Unknown]
    assert await sender.send([MESSAGE]) == [Sent("250 2.0.0 queued as GOOD", remote_id="GOOD")]
    await sender.close()
    assert len(server.received) == 2, "it had taken the first one"
    assert server.connections == 2


async def test_too_many_recipients_ask_for_a_new_connection_and_burn_nobody(
    scripted: Serve, http: Http
) -> None:
    server = await scripted(script={"rcpt": ["250 ok", "452 4.5.3 too many recipients", "250 ok"]})
    sender = sender_for(server, http)
    outcomes = [(await sender.send([MESSAGE]))[0] for _ in range(4)]
    await sender.close()
    assert [type(outcome) for outcome in outcomes] == [Sent, Unsent, Sent, Sent]
    assert server.connections == 2


# --- CHUNKING ------------------------------------------------------------------------------------------------

CHUNKING = ["PIPELINING", "CHUNKING"]


async def test_chunks_need_no_round_trip_and_no_dots(scripted: Serve, http: Http) -> None:
    server = await scripted(offers=CHUNKING, delay=0.002)
    sender = sender_for(server, http, chunking=True)
    dotted = replace(MESSAGE, pieces=(b".\r\n..\r\n", *MESSAGE.pieces))
    outcomes = await asyncio.gather(*(sender.send([dotted]) for _ in range(12)))
    await sender.close()
    assert all(isinstance(outcome, Sent) for [outcome] in outcomes)
    assert [received.data for received in server.received] == [dotted.data] * 12
    assert "DATA" not in server.commands


async def test_chunks_only_where_they_are_offered(scripted: Serve, http: Http) -> None:
    server = await scripted(offers=["PIPELINING"])
    assert isinstance(await outcome(server, http, chunking=True), Sent)
    assert "DATA" in server.commands


async def test_a_refusal_among_chunks_is_only_its_own(scripted: Serve, http: Http) -> None:
    server = await scripted(offers=CHUNKING, script={"rcpt": ["250 ok", "550 5.1.1 no", "250 ok"]})
    sender = sender_for(server, http, chunking=True)
    outcomes = await asyncio.gather(
        *(sender.send([replace(MESSAGE, recipient=f"{x}@x.org")]) for x in "abcd")
    )
    await sender.close()
    assert [type(outcome) for [outcome] in outcomes] == [Sent, Refused, Sent, Sent]
    assert [received.recipient[0] for received in server.received] == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("phase", "answer", "expected"),
    [
        ("mail", DROP, Unknown),
        ("mail", "452 4.3.1 full", SenderBusy),
        ("rcpt", DROP, Unknown),
        ("rcpt", "450 4.2.1 later", Deferred),
        ("bdat", DROP, Unknown),
        ("bdat", STALL, Unknown),
        ("bdat", GARBAGE, Unknown),
        ("bdat", HALF, Unknown),
        ("bdat", HALF + GONE, Unknown),
        ("rcpt", "452 4.5.3 too many", Unsent),
        ("bdat", "421 4.3.2 closing", SenderBusy),
        ("bdat", "554 5.6.0 no", SenderUnfit),
        ("bdat", "550 5.7.1 spam", SenderDenied),
    ],
)
async def test_outcomes_with_chunks(
    scripted: Serve, http: Http, phase: str, answer: str | bytes, expected: type
) -> None:
    server = await scripted(script={phase: answer}, offers=CHUNKING)
    result = await outcome(server, http, chunking=True, timeout=timedelta(seconds=0.3))
    assert (result if isinstance(result, type) else type(result)) is expected


# --- security ------------------------------------------------------------------------------------------------


async def test_no_starttls_no_mail_and_no_password(scripted: Serve, http: Http) -> None:
    server = await scripted(offers=["AUTH PLAIN LOGIN"])
    assert await outcome(server, http, security="starttls", username="u", password="p") is SenderBroken
    assert [command.split()[0] for command in server.commands] == ["EHLO"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("454 4.7.0 not now", SenderBusy),
        ("502 no", SenderBroken),
        (DROP, SenderBusy),
        (STALL, SenderBusy),
        (HALF, SenderBusy),
        (GARBAGE, SenderBroken),
    ],
)
async def test_starttls_that_is_refused_never_falls_back(
    scripted: Serve, http: Http, reply: str | bytes, expected: type[Exception]
) -> None:
    server = await scripted(offers=["STARTTLS"], script={"starttls": reply})
    patience = timedelta(seconds=0.5 if reply in (STALL, HALF) else 10)
    assert await outcome(server, http, security="starttls", timeout=patience) is expected
    assert server.commands[1:] == ["STARTTLS"]


async def test_words_put_into_the_servers_mouth_before_tls_are_not_believed(
    scripted: Serve, http: Http, certificates: Certificates
) -> None:
    server = await scripted(
        offers=["STARTTLS"], script={"starttls": b"220 go\r\n250 injected\r\n"}, tls=certificates.server
    )
    result = await outcome(server, http, host="localhost", security="starttls", ca_file=certificates.ca_file)
    assert result in (SenderBroken, SenderBusy)
    assert server.commands[1:] == ["STARTTLS"]


async def test_what_was_offered_before_tls_is_asked_again(
    scripted: Serve, http: Http, certificates: Certificates
) -> None:
    server = await scripted(offers=["STARTTLS"], tls=certificates.server)
    result = await outcome(server, http, host="localhost", security="starttls", ca_file=certificates.ca_file)
    assert isinstance(result, Sent)
    assert [command.split()[0] for command in server.commands][:4] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("phase", "answer", "expected"),
    [
        ("mail", DROP, Unsent),
        ("rcpt", STALL, Unsent),
        ("data", GARBAGE, Unsent),
        ("body", DROP, Unknown),
        ("body", BREAK_TLS, Unknown),
        ("dot", DROP, Unknown),
        ("dot", STALL, Unknown),
        ("dot", BREAK_TLS, Unknown),
        ("dot", HALF + GONE, Unknown),
        ("dot", b"250 hal" + BREAK_TLS.encode(), Unknown),
        ("data", BREAK_TLS, Unsent),
        ("mail", BREAK_TLS, Unsent),
        ("dot", "451 4.7.0 later", Deferred),
        ("quit", DROP, Sent),
    ],
)
async def test_outcomes_are_the_same_under_tls(
    scripted: Serve,
    http: Http,
    certificates: Certificates,
    security: str,
    phase: str,
    answer: str | bytes,
    expected: type,
) -> None:
    offers = ["PIPELINING", "STARTTLS"] if security == "starttls" else ["PIPELINING"]
    server = await scripted(
        script={phase: answer}, offers=offers, tls=certificates.server, tls_at_once=security == "tls"
    )
    patience = timedelta(seconds=0.5 if answer == STALL else 10)
    tls = {"host": "localhost", "security": security, "ca_file": certificates.ca_file}
    assert type(await outcome(server, http, MESSAGE, timeout=patience, **tls)) is expected


@pytest.mark.parametrize("fault", [DROP, FREEZE])
async def test_under_tls_a_mail_that_did_not_leave_completely_is_in_doubt(
    scripted: Serve, http: Http, certificates: Certificates, fault: str
) -> None:
    """The event loop's TLS keeps a buffer that it tells nobody about, so nobody can be sure."""
    server = await scripted(
        script={"body": fault}, offers=["PIPELINING"], tls=certificates.server, tls_at_once=True
    )
    big = replace(MESSAGE, pieces=(b"A line of a mail.\r\n" * 2_000_000,))
    tls = {"host": "localhost", "security": "tls", "ca_file": certificates.ca_file}
    assert isinstance(await outcome(server, http, big, timeout=timedelta(seconds=1), **tls), Unknown)


async def test_a_tls_handshake_that_breaks_off_is_worth_another_try(scripted: Serve, http: Http) -> None:
    server = await scripted(script={"greeting": DROP})
    assert await outcome(server, http, security="tls") is SenderBusy


async def test_tls_where_there_is_none_is_said(scripted: Serve, http: Http) -> None:
    server = await scripted(script={"greeting": "220 plain"})
    sender = sender_for(server, http, security="tls")
    with pytest.raises(
        SenderBroken, match=r"does not answer with TLS .*check `port`, or set security = \"starttls\""
    ):
        await sender.send([MESSAGE])
    await sender.close()


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        (["AUTH PLAIN LOGIN"], ["AUTH PLAIN AHUAcA=="]),
        (["AUTH LOGIN"], ["AUTH LOGIN", "dQ==", "cA=="]),
        (["AUTH=LOGIN"], ["AUTH LOGIN", "dQ==", "cA=="]),
    ],
)
async def test_logging_in(scripted: Serve, http: Http, offers: list[str], expected: list[str]) -> None:
    plain = "PLAIN" in offers[0]
    server = await scripted(
        offers=offers, script={} if plain else {"auth": "334 VXNlcm5hbWU6", "dq==": "334 x", "ca==": "235 ok"}
    )
    assert isinstance(await outcome(server, http, username="u", password="p"), Sent)
    assert server.commands[1 : 1 + len(expected)] == expected


@pytest.mark.parametrize(
    ("offers", "reply", "expected"),
    [
        (["AUTH PLAIN"], "535 5.7.8 no", SenderBroken),
        (["AUTH PLAIN"], "454 4.7.0 later", SenderBusy),
        (["AUTH PLAIN"], DROP, SenderBusy),
        (["AUTH PLAIN"], STALL, SenderBusy),
        (["AUTH PLAIN"], HALF, SenderBusy),
        (["AUTH PLAIN"], GARBAGE, SenderBroken),
        (["AUTH GSSAPI"], "235 ok", SenderBroken),
        ([], "235 ok", SenderBroken),
    ],
)
async def test_logging_in_fails(
    scripted: Serve, http: Http, offers: list[str], reply: str | bytes, expected: type[Exception]
) -> None:
    server = await scripted(offers=offers, script={"auth": reply})
    patience = timedelta(seconds=0.5 if reply in (STALL, HALF) else 10)
    assert await outcome(server, http, username="u", password="p", timeout=patience) is expected


PASSWORD = "correct horse battery"
IN_PLAIN, IN_LOGIN = (b64encode(text).decode() for text in (f"\0u\0{PASSWORD}".encode(), PASSWORD.encode()))


@pytest.mark.parametrize(
    "echo",
    [
        f"535 5.7.8 rejected: AUTH PLAIN {IN_PLAIN}",
        f"535 5.7.8 rejected: AUTH PLAIN {IN_PLAIN.upper()}",
        f"535 5.7.8 rejected: {IN_PLAIN[:-9]}...",
        f"535-5.7.8 rejected: {IN_PLAIN[:16]}\r\n535 {IN_PLAIN[16:]}",
        f"535 5.7.8 rejected: command={IN_LOGIN}",
        f"435 4.7.8 no such password: {PASSWORD}",
    ],
)
async def test_a_refused_login_is_told_without_the_password(scripted: Serve, http: Http, echo: str) -> None:
    sender = sender_for(
        await scripted(offers=["AUTH PLAIN"], script={"auth": echo}), http, username="u", password=PASSWORD
    )
    with pytest.raises(
        (SenderBroken, SenderBusy), match=r"the login of 'u'.*: [45]35 [45]\.7\.8.*"
    ) as caught:
        await sender.send([MESSAGE])
    await sender.close()
    told = str(caught.value)
    assert "[hidden]" in told
    assert not any(told.casefold().count(form[4:20].casefold()) for form in (PASSWORD, IN_PLAIN, IN_LOGIN))


# --- connections ---------------------------------------------------------------------------------------------


async def test_a_server_of_the_last_century_is_spoken_to_in_its_way(scripted: Serve, http: Http) -> None:
    server = await scripted(script={"ehlo": ["502 5.5.1 what", "250 hello"]})
    assert isinstance(await outcome(server, http), Sent)
    assert [command.split()[0] for command in server.commands[:3]] == ["EHLO", "HELO", "MAIL"]


async def test_connections_are_renewed_before_a_server_tires_of_them(scripted: Serve, http: Http) -> None:
    server = await scripted()
    sender = sender_for(server, http, messages_per_connection=5)
    for _ in range(12):
        assert [type(o) for o in await sender.send([MESSAGE])] == [Sent]
    await sender.close()
    assert server.connections == 3
    assert server.commands.count("QUIT") == 3


async def test_a_server_that_denies_more_connections_is_served_over_those_it_gives(
    scripted: Serve, http: Http
) -> None:
    server = await scripted(
        script={"greeting": ["220 welcome", "421 4.7.0 too many connections"]}, delay=0.002
    )
    sender = sender_for(server, http, connections=4)
    outcomes = await asyncio.gather(*(sender.send([MESSAGE]) for _ in range(16)))
    await sender.close()
    assert all(isinstance(outcome, Sent) for [outcome] in outcomes)
    assert server.connections == 2


async def test_a_quiet_moment_needs_one_connection(scripted: Serve, http: Http) -> None:
    server = await scripted()
    sender = sender_for(server, http, connections=4)
    for _ in range(5):
        await sender.send([MESSAGE])
        await asyncio.sleep(0.005)
    await sender.close()
    assert server.connections == 1


async def test_after_a_lost_connection_the_next_message_gets_a_new_one(scripted: Serve, http: Http) -> None:
    server = await scripted(script={"dot": [DROP, "250 ok"]})
    sender = sender_for(server, http)
    assert [type(o) for o in await sender.send([MESSAGE])] == [Unknown]
    assert [type(o) for o in await sender.send([MESSAGE])] == [Sent]
    await sender.close()
    assert server.connections == 2


async def test_only_the_message_at_its_end_is_in_doubt(scripted: Serve, http: Http) -> None:
    server = await scripted(script={"dot": ["250 ok", STALL]})
    sender = sender_for(server, http, timeout=timedelta(seconds=0.3))
    outcomes = await asyncio.gather(*(sender.send([MESSAGE]) for _ in range(3)))
    await sender.close()
    assert [type(outcome) for [outcome] in outcomes][:2] == [Sent, Unknown]
    assert len(server.received) + sum(isinstance(outcome, Unsent | Unknown) for [outcome] in outcomes) == 3


async def test_a_connection_that_dozed_is_asked_before_it_is_trusted(
    scripted: Serve, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PROBE_AFTER_IDLE_SECONDS", 0.1)
    server = await scripted(script={"rset": ["250 ok", DROP]})
    sender = sender_for(server, http)
    for _ in range(3):
        assert [type(o) for o in await sender.send([MESSAGE])] == [Sent]
        await asyncio.sleep(0.2)
    await sender.close()
    assert [command.split()[0] for command in server.commands if command[:4] in ("EHLO", "MAIL", "RSET")] == [
        *("EHLO", "MAIL", "RSET", "MAIL", "RSET"),
        *("EHLO", "MAIL"),
    ]


async def test_a_connection_that_nobody_needs_is_let_go(
    scripted: Serve, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "IDLE", 0.02)
    server = await scripted()
    sender = sender_for(server, http, timeout=timedelta(seconds=0.1))
    await sender.send([MESSAGE])
    while "QUIT" not in server.commands:
        await asyncio.sleep(0.01)
    assert [type(o) for o in await sender.send([MESSAGE])] == [Sent]
    await sender.close()
    assert server.connections == 2


async def test_an_old_connection_is_renewed(
    scripted: Serve, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LIFETIME", 0.2)
    server = await scripted()
    sender = sender_for(server, http)
    for _ in range(2):
        assert [type(o) for o in await sender.send([MESSAGE])] == [Sent]
        await asyncio.sleep(0.3)
    await sender.close()
    assert server.connections == 2


async def test_a_caller_that_was_cancelled_leaves_the_others_alone(scripted: Serve, http: Http) -> None:
    server = await scripted(delay=0.01)
    sender = sender_for(server, http)
    calls = [asyncio.create_task(sender.send([MESSAGE])) for _ in range(4)]
    await asyncio.sleep(0.02)
    calls[0].cancel()
    calls[3].cancel()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    await sender.close()
    assert [type(o) for o in outcomes] == [asyncio.CancelledError, list, list, asyncio.CancelledError]


async def test_closing_waits_for_what_is_under_way(scripted: Serve, http: Http) -> None:
    server = await scripted(delay=0.01)
    sender = sender_for(server, http)
    call = asyncio.create_task(sender.send([MESSAGE]))
    while not any(command.startswith("MAIL") for command in server.commands):
        await asyncio.sleep(0.001)
    await sender.close()
    assert [type(o) for o in await call] == [Sent]
    assert server.commands[-1] == "QUIT"
