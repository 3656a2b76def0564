"""Every headline that feeds and attackers have come up with makes a mail, and its subject reads back as it was set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest.edition import set_edition, templates_dir
from digest.edition.subject import SUBJECT_LENGTH, one_line
from digest.message import Letterhead, Skeleton
from digest.model import Article, Recipient
from digest.text import clean_text
from tests.edition.samples import SITE, newsletter, plan_of

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
READER = Recipient(reader_id=7, subscription_id=7, address="anna@example.org", name="Anna")
VALUES = {
    "unsubscribe_url": "https://news.example.org/u/token",
    "browser_url": "https://news.example.org/e/daily-2026-03-02T0700",
    "preferences_url": "https://news.example.org/p/token",
    "address": READER.address,
    "name": READER.name,
}
LETTERHEAD = Letterhead(
    sender="The Daily <daily@news.example.org>", list_name="daily", list_title="The Daily"
)

#: What breaks programs: controls, separators, direction marks, joined emoji, half characters' neighbours, markup, code.
AWKWARD = [
    "Line\r\nBcc: everybody@example.org",
    "A\u2028B\u2029C\u0085D\u000bE\x00F",
    "\u202egnp.exe\u202c and \u2066hidden\u2069",
    "👩‍👩‍👧‍👦🏳️‍🌈🇺🇦 " * 20,
    "한국어 中文 日本語 ไทย हिन्दी עברית العربية " * 6,
    "Z̸̨͍͋a̵͙̓l̸̰͂g̸̱̈́o̷̳̓ " * 30,
    "<script>alert(1)</script> {{ 7*7 }} {% for %} ${x} %s %n =?utf-8?q?x?= &amp;lt;b&gt;",
    "\ue000a\ue001 forged mark",
    "'; DROP TABLE article; --",
    "e\u0301" * 200,
    " ",
    "...From here\n.\r\n.",
]


def titles(corpora: Path) -> Iterator[str]:
    for line in (corpora / "feeds" / "normalized_expected.jsonl").read_text("utf-8").splitlines():
        for check in json.loads(line)["checks"]:
            if check["field"].endswith("title") and isinstance(check["value"], str):
                yield check["value"]
    yield from (
        (corpora / "html" / "xss" / "payloadbox-1500.txt").read_text("utf-8", "replace").splitlines()[::7]
    )


def subject_of(title: str) -> tuple[str, str, bytes]:
    """Set a mail whose lead has this title; return the subject as set, as read back, and the mail's head."""
    cleaned = clean_text(title)
    article = Article(guid="g", url="https://example.org/a", title=cleaned, published=NOW)
    mail = set_edition(plan_of(article), newsletter(), SITE, templates=templates_dir(), now=NOW)
    if cleaned:
        assert mail.subject == one_line(cleaned, SUBJECT_LENGTH)
    data = Skeleton(mail, LETTERHEAD, edition="daily-2026-03-02T0700", date=NOW).message(READER, VALUES).data
    return (
        mail.subject,
        str(message_from_bytes(data, policy=policy.default)["Subject"]),
        data.partition(b"\r\n\r\n")[0],
    )


def check(title: str) -> None:
    subject, read_back, head = subject_of(title)
    assert subject, "a mail without a subject looks like a mistake"
    assert read_back == subject
    assert b"\nBcc:" not in head
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?[bqBQ]\?[^?]*\?=", head))
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))


@pytest.mark.parametrize("title", AWKWARD)
def test_awkward_headlines(title: str) -> None:
    check(title)


@pytest.mark.corpus
def test_headlines_of_the_world(corpora: Path) -> None:
    seen = sorted(set(titles(corpora)))
    assert len(seen) > 300
    for title in seen:
        check(title)
