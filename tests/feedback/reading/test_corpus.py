"""Bounces that real servers wrote, labelled by others: how many are understood as their labels say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from digest.feedback import Consequence, meaning
from digest.feedback.reading import Kind, event_of, kind_of, read

pytestmark = pytest.mark.corpus

#: Shares of mails, at least; a hard verdict on a reader who is there does the most harm.
RIGHT, RECIPIENT, HARD_PRECISION, HARD_RECALL = 0.95, 0.98, 0.99, 0.90

_TOUCHES = {Consequence.SUPPRESSED, Consequence.COUNTED}


@pytest.fixture(scope="module")
def labelled(corpora: Path) -> list[tuple[dict[str, Any], bytes]]:
    folder = corpora / "bounces"
    if not (folder / "expected.jsonl").is_file():
        pytest.skip(f"no labelled bounces in {folder}")
    rows = map(json.loads, (folder / "expected.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row, (folder / row["file"]).read_bytes()) for row in rows]


def kinds(mail: bytes) -> set[str]:
    return {kind_of(one).value for one in read(mail)} or {Kind.NONE.value}


def wanted(row: dict[str, Any]) -> set[str]:
    return {"none" if name == "auth-report" else name for name in row["class"]}


def test_bounces_are_judged_as_their_labels_say(labelled: list[tuple[dict[str, Any], bytes]]) -> None:
    judged = [(wanted(row), kinds(mail)) for row, mail in labelled if row["class"]]
    right = sum(label == found for label, found in judged) / len(judged)
    hits = sum("hard" in label and "hard" in found for label, found in judged)
    assert right >= RIGHT
    assert hits / sum("hard" in found for _, found in judged) >= HARD_PRECISION
    assert hits / sum("hard" in label for label, _ in judged) >= HARD_RECALL


def test_recipients_are_found(labelled: list[tuple[dict[str, Any], bytes]]) -> None:
    named = [(row.get("recipients_in_dsn_derived"), mail) for row, mail in labelled]
    known = [({one.lower() for one in names}, read(mail)) for names, mail in named if names]
    found = sum(bool(names & {one.recipient.lower() for one in reports}) for names, reports in known)
    assert found / len(known) >= RECIPIENT


def test_what_is_no_bounce_touches_no_reader(labelled: list[tuple[dict[str, Any], bytes]]) -> None:
    others = [
        (row["file"], read(mail))
        for row, mail in labelled
        if row["is_bounce"] is False and not {"hard", "soft"} & set(row["class"] or ())
    ]
    assert others
    acted_on = {
        name
        for name, reports in others
        for one in reports
        if meaning(event_of(one, b"")).consequence in _TOUCHES
    }
    assert acted_on == set()


def test_line_ends_make_no_difference(labelled: list[tuple[dict[str, Any], bytes]]) -> None:
    for row, mail in labelled:
        plain = mail.replace(b"\r\n", b"\n")
        for line_end in (b"\r\n", b"\r"):
            assert kinds(plain.replace(b"\n", line_end)) == kinds(plain), row["file"]
