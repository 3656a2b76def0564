"""The report of `digest check`: a heading for each domain, sender and place, and for what is not well the way out."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import rich_click as click

from digest.terminal import counted

if TYPE_CHECKING:
    from digest.model.findings import Finding

_WORDS = {
    "ok": ("  ok", "green"),
    "warning": ("note", "yellow"),
    "failure": ("FAIL", "red"),
    "unknown": ("  ??", "cyan"),
}
_INDENT = " " * 5
_MAX_COLUMNS = 100  # of a line that is read; longer ones are hard to follow


def report(findings: Sequence[Finding], reasons: dict[str, str]) -> Iterator[str]:
    """Yield the lines of a report, findings without a group first; records to copy are never broken."""
    groups = dict.fromkeys(finding.group for finding in sorted(findings, key=lambda one: bool(one.group)))
    for group in groups:
        if group:
            yield ""
            yield click.style(group, bold=True)
        told: set[str] = set()
        for finding in findings:
            if finding.group == group:
                yield from _lines(finding, "" if finding.id in told else reasons.get(finding.id, ""))
                if finding.level != "ok":
                    told.add(finding.id)


def conclusion(findings: Sequence[Finding]) -> str:
    """Return the last line: whether all is well."""
    levels = [finding.level.value for finding in findings]
    blind = levels.count("unknown")
    unseen = f" {counted(blind, 'thing')} could not be looked at." if blind else ""
    if "failure" in levels:
        return f"Something has to be mended first.{unseen}"
    return f"{'All is well, but for the notes above.' if 'warning' in levels else 'All is well.'}{unseen}"


def _lines(finding: Finding, reason: str) -> Iterator[str]:
    word, colour = _WORDS[finding.level.value]
    subject = finding.subject
    for known in filter(None, (finding.group, finding.group.partition(" ")[2])):  # the heading says it
        subject = subject.removesuffix(f" of {known}")
    first, *more = _wrapped(f"{word} {subject}: {finding.text}")
    yield click.style(word, fg=colour, bold=finding.level == "failure") + first[len(word) :]
    yield from more
    if finding.level == "ok":
        return
    if reason and finding.level != "unknown":
        yield from _wrapped(f"{_INDENT}Why: {reason}")
    if finding.fix:
        yield f"{_INDENT}{'Write' if ' IN ' in finding.fix or ' = ' in finding.fix else 'Run'}:"
        yield f"{_INDENT}{finding.fix}"


def _wrapped(text: str) -> list[str]:
    """Break a paragraph to the terminal's width; in a file or a pipe it is one line, for grep."""
    if not sys.stdout.isatty():
        return [text]
    width = min(shutil.get_terminal_size().columns, _MAX_COLUMNS)
    blanks = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.lstrip(),
        width,
        initial_indent=blanks,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
