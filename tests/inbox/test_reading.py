"""Any mail can be shown, the broken ones too."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from digest.inbox.reading import read_heading, read_letter


def test_a_letter_is_taken_apart() -> None:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Grüße 👋"
    message["X-Odd"] = "a" * 60 + " " + "b" * 60
    message.set_content("plain ünd simple")
    message.add_alternative("<p>rich</p>", subtype="html")
    page = message.get_body(("html",))
    assert page is not None
    page.add_related(b"\x89PNG", "image", "png", cid="<logo@x>")
    message.add_attachment(b"a,b\r\n", maintype="text", subtype="csv", filename="ümlaut.csv")
    letter = read_letter(message.as_bytes())
    assert letter.text == "plain ünd simple\r\n"
    assert letter.html == "<p>rich</p>\r\n"
    assert dict(letter.headers)["Subject"] == "Grüße 👋"
    assert dict(letter.headers)["X-Odd"] == "a" * 60 + " " + "b" * 60
    logo, table = letter.parts
    assert (logo.media_type, logo.content_id, logo.content) == ("image/png", "logo@x", b"\x89PNG")
    assert (table.name, table.content) == ("ümlaut.csv", b"a,b\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"no headers at all",
        b"\xff\xfe\x00\x01" * 100,
        b"Subject: =?utf-8?b?broken\r\n\r\nx",
        b"Subject: =?no-such-charset?q?x?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=no-such\r\n\r\n\xe4\xf6",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\ncut off",
        b"From: \xe4\xf6 <x@y>\r\nTo: <<<>>>\r\nMessage-ID:\r\n\r\n",
        b"Subject: a\x00b\x1b[31m\r\n\r\n",
    ],
)
def test_no_mail_is_too_broken(data: bytes) -> None:
    heading, letter = read_heading(data), read_letter(data)
    texts = [heading.subject, heading.author, letter.html, letter.text, *(v for _, v in letter.headers)]
    for text in texts:
        text.encode("utf-8")  # nothing that a page could not say
    assert not set("\x00\x1b") & set(heading.subject)


@pytest.mark.corpus
def test_real_mails_are_read(corpora: Path) -> None:
    paths = [path for folder in ("mime", "bounces") for path in (corpora / folder).rglob("*.eml")]
    assert paths
    shown = 0
    for path in paths:
        data = path.read_bytes()
        letter = read_letter(data)
        "".join((letter.html, letter.text, *(value for _, value in letter.headers))).encode("utf-8")
        shown += bool(letter.html or letter.text or letter.parts)
    assert shown > 0.95 * len(paths)
