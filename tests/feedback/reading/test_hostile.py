"""No mail is too odd, too deep or too large to be read, and none keeps the reader busy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feedback.reading import kind_of, read
from digest.feedback.reading.structure import MAX_GROUPS
from tests.feedback.reading.mails import READER, complaint, failed, mail, report

PIECES = st.sampled_from(
    [
        b"\r", b"\n", b"\r\n\r\n", b"Content-Type: multipart/report; boundary=b\n\n--b\n",
        b"Content-Type: message/delivery-status\n\n", b"Content-Type: message/rfc822\n\n", b"--b\n", b"--b--\n",
        b"Content-Transfer-Encoding: base64\n", b"Content-Type: text/plain; charset=idna\n\n",
        b"Content-Type: text/html; charset=\xff\n\n", b"Final-Recipient: rfc822; a@b.example\nAction: failed\n",
        b"Subject: =?utf-8?b?//8=?= failure notice\n", b"From: =?x?q?=FF?= <>\n", b"Date: 99\n", b"\xff\x00",
        b"X-Failed-Recipients: @,\n", b"Feedback-Type: abuse\n", b"{\"Message\": \"{\"}", b"[" * 200, b"From ",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=20), max_size=25))
def test_whatever_comes_is_read_without_failing(pieces: list[bytes]) -> None:
    for one in read(b"".join(pieces)):
        kind_of(one)


@given(st.sampled_from([failed("550 5.1.1 unknown"), complaint(), mail("x")]), st.data())
def test_a_report_that_is_damaged_does_no_harm(whole: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    for one in read(whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]):
        kind_of(one)


HEAD = b"Return-Path: <>\nFrom: mailer-daemon@mx.example.net\nSubject: failure notice\n"


@pytest.mark.parametrize(
    "body",
    [
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)),
        b"Content-Type: message/rfc822\n\n" * 20_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\na\n" * 150_000,
        b"\n" + b"<a@" + b"a." * 500_000,
        b"Content-Type: text/html\n\n" + b"<" * 1_000_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 60_000 + b"\n\n",
        b"\n" + b"mailbox over quota " * 60_000,
        b"\n" + b"x" * 20_000_000,
    ],
    ids=["nested", "mails in mails", "parts", "one address", "markup", "one field", "words", "20 MB"],
)
def test_a_mail_made_to_keep_a_reader_busy_is_read_all_the_same(body: bytes) -> None:
    assert len(read(HEAD + body)) <= 1


def test_a_report_on_countless_recipients_is_cut() -> None:
    group = f"Final-Recipient: rfc822; {READER}\nAction: failed\n\n"
    assert len(read(report("Reporting-MTA: dns; x\n\n" + group * 5000))) <= MAX_GROUPS
