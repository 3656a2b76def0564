"""The report of `digest check` as a person reads it: headings, reasons once, records that can be copied."""

from __future__ import annotations

import sys

import pytest

from digest.cli.wording.findings import conclusion, report
from digest.model.findings import Finding, Level
from tests.cli.conftest import Digest, Newsroom

RECORD = '_dmarc.news.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@news.example.org"'
GROUP = "domain news.example.org"
FINDINGS = [
    Finding(
        Level.FAILURE,
        "DMARC record of news.example.org",
        "there is none: publish one",
        "dmarc.record",
        GROUP,
        RECORD,
    ),
    Finding(Level.OK, "theme frontpage", "sets a mail of 11 kB", "newsletter.copy"),
    Finding(Level.WARNING, "PTR of 192.0.2.1", "it has no reverse name", "ptr.name", GROUP),
    Finding(
        Level.WARNING, "PTR of 192.0.2.2", "it has no reverse name, " + "and so on " * 12, "ptr.name", GROUP
    ),
    Finding(
        Level.UNKNOWN,
        "DKIM signature of news.example.org",
        "no key",
        "dkim.signing",
        GROUP,
        "digest dkim new x",
    ),
]
REASONS = dict.fromkeys(
    ("dmarc.record", "ptr.name", "dkim.signing"), "Gmail wants it, and so does everybody else."
)


def lines() -> list[str]:
    from click import unstyle

    return [unstyle(line) for line in report(FINDINGS, REASONS)]


def test_a_report_in_a_pipe_has_a_line_for_each_finding() -> None:
    shown = lines()
    assert shown[0] == "  ok theme frontpage: sets a mail of 11 kB"
    assert shown[1:4] == ["", GROUP, "FAIL DMARC record: there is none: publish one"]
    assert shown.count("     Why: Gmail wants it, and so does everybody else.") == 2, (
        "once for each kind of finding"
    )
    assert f"     {RECORD}" in shown
    assert shown[-3:] == ["  ?? DKIM signature: no key", "     Run:", "     digest dkim new x"]


def test_on_a_terminal_lines_are_broken_and_records_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    shown = lines()
    assert f"     {RECORD}" in shown
    assert all(len(line) <= 80 for line in shown if RECORD not in line)
    assert sum("and so on" in line for line in shown) > 1


def test_the_last_line_says_what_could_not_be_seen() -> None:
    assert conclusion(FINDINGS) == "Something has to be mended first. 1 thing could not be looked at."
    assert conclusion(FINDINGS[1:2]) == "All is well."


def test_only_what_must_be_mended_fails_the_command(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit("[fetch]", '[[senders]]\nkind = "eml"\nfolder = "outbox"\n\n[fetch]')
    newsroom.edit("https://post.example.org", newsroom.server.url(""))  # no test leaves this machine
    digest("subscribers", "add", "anna@example.org")
    shown = digest("check", "--online")
    assert "\nthis machine\n" in shown.out
    assert "\n  ok database's folder: " in shown.out
    assert "note one-click unsubscribe: " in shown.out, "nobody is mailed yet"
    assert shown.code == 0
    rows = digest("check", "--online", "--json").json["findings"]
    assert all(row["id"] and row["level"] in ("ok", "warning", "unknown") for row in rows)
    assert {row["group"] for row in rows} >= {"", "sender eml", f"site {newsroom.server.url('')}", "sources"}
