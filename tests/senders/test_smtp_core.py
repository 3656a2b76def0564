"""The core without any I/O: which bytes go out at which moment, and what a lost connection means at each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Message, Refused, Sent, Unknown, Unsent
from digest.senders import SendResult
from digest.senders.smtp.core import Session
from digest.senders.smtp.handshake import Features
from digest.senders.smtp.replies import NotSmtpError, ReplyReader
from digest.senders.smtp.transaction import Step

MESSAGE = Message(
    id="1@x",
    key="1",
    sender="s@x.org",
    recipient="a@x.org",
    pieces=(b"Subject: x\r\n\r\nx\r\n",),
    wire_safe=True,
)
ENVELOPE = b"MAIL FROM:<s@x.org>\r\nRCPT TO:<a@x.org>\r\nDATA\r\n"


def session(*keywords: str) -> Session:
    return Session(Features(dict.fromkeys(keywords, "")), "mx")


def said(session: Session) -> bytes:
    return b"".join(session.take_output())


def submit(session: Session, message: Message = MESSAGE) -> list[SendResult]:
    """Submit a message; returns the list that its outcome will be in."""
    verdicts: list[SendResult] = []
    session.submit(message, verdicts.append)
    return verdicts


def test_with_pipelining_the_next_envelope_rides_behind_the_final_dot() -> None:
    core = session("PIPELINING")
    first = submit(core)
    assert said(core) == ENVELOPE
    core.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    second = submit(core)
    assert said(core) == MESSAGE.data + b".\r\n" + ENVELOPE
    assert not core.room
    assert core.awaited is Step.DOT
    core.receive(b"250 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert first == [Sent("250 queued")]
    assert second == []
    assert said(core) == MESSAGE.data + b".\r\n"


def test_without_pipelining_every_reply_is_awaited() -> None:
    core = session()
    verdicts = submit(core)
    commands = []
    for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 ok\r\n"):
        commands.append(said(core))
        assert not core.room
        core.receive(reply)
    assert commands == [
        b"MAIL FROM:<s@x.org>\r\n",
        b"RCPT TO:<a@x.org>\r\n",
        b"DATA\r\n",
        MESSAGE.data + b".\r\n",
    ]
    assert verdicts == [Sent("250 ok")]
    assert core.room


@pytest.mark.parametrize("keywords", [("PIPELINING",), ()])
def test_behind_a_failed_envelope_goes_a_reset(keywords: tuple[str, ...]) -> None:
    core = session(*keywords)
    first = submit(core)
    core.receive(b"250 ok\r\n")
    core.receive(b"550 5.1.1 no\r\n")
    if keywords:
        core.receive(b"503 5.5.1 no recipients\r\n")
    said(core)
    submit(core)
    assert first == [Refused("550 5.1.1 no", 550, hard=True)]
    assert said(core) == (b"RSET\r\n" + ENVELOPE if keywords else b"RSET\r\n")


def test_lost_at_each_moment() -> None:
    core = session("PIPELINING")
    first = submit(core)
    core.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    second = submit(core)
    core.lost("gone")
    assert first == [Unknown("gone")]
    assert second == [Unsent("gone")]
    assert not core.room
    assert core.idle


def test_a_message_that_is_still_in_our_own_buffers_was_not_taken() -> None:
    core = session("PIPELINING")
    first = submit(core)
    core.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    second = submit(core)
    core.lost("gone", blocked=True)
    assert first == [Unsent("gone")]
    assert second == [Unsent("gone")]


REPLIES = [b"250 ok\r\n", b"354 go\r\n", b"550 5.1.1 no\r\n", b"421 x\r\n", b"250-x\r\n", b"?\r\n"]


@given(st.binary(max_size=300) | st.lists(st.sampled_from(REPLIES), max_size=20).map(b"".join), st.booleans())
def test_whatever_comes_in_each_message_gets_exactly_one_outcome(data: bytes, pipelining: bool) -> None:
    core = session(*(["PIPELINING"] if pipelining else []))
    outcomes = []
    for start in range(0, len(data), 7):
        if core.room:
            outcomes.append(submit(core))
        core.receive(data[start : start + 7])
    core.lost("the end")
    assert all(len(verdicts) == 1 for verdicts in outcomes)
    dots = said(core).count(MESSAGE.data + b".\r\n")
    assert sum(isinstance(verdicts[0], Sent | Unknown) for verdicts in outcomes) <= dots


@pytest.mark.parametrize("piece", [1, 2, 3, 1000])
def test_replies_come_in_any_pieces(piece: int) -> None:
    reader = ReplyReader()
    stream = b"250-first\r\n250 last\r\n354\r\n250 2.1.0 lf only\n"
    replies = [
        reply
        for start in range(0, len(stream), piece)
        for reply in reader.feed(stream[start : start + piece])
    ]
    assert [(reply.code, reply.lines) for reply in replies] == [
        (250, ("first", "last")),
        (354, ("",)),
        (250, ("2.1.0 lf only",)),
    ]
    assert replies[2].enhanced == (2, 1, 0)
    assert not reader.pending


@pytest.mark.parametrize("line", [b"", b"25 x", b"999 x", b"150 x", b"2500 x", b"abc", b"250-a\r\n550 b"])
def test_what_is_no_reply_is_not_taken_for_one(line: bytes) -> None:
    with pytest.raises(NotSmtpError):
        list(ReplyReader().feed(line + b"\r\n"))


def test_a_reply_with_controls_is_safe_to_show() -> None:
    [reply] = ReplyReader().feed(b"550 5.1.1 \x1b[31mred\x07 \xe2\x80\xae\r\n")
    assert str(reply) == "550 5.1.1 [31mred"


def test_a_message_without_a_sender_is_a_bounce() -> None:
    core = session("PIPELINING", "SIZE")
    submit(core, replace(MESSAGE, sender=""))
    assert said(core).startswith(b"MAIL FROM:<> SIZE=17\r\n")
