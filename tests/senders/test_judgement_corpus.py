"""The judgement held against real bounces, whose reasons somebody else has named."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from digest.senders.judgement import About, Cause, Judgement, Phase, judge

_DIAGNOSIS = re.compile(r"^Diagnostic-Code:[ \t]*(?:[\w-]+;)?[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE | re.I)
_REPLY = re.compile(r"\b([45]\d\d)[ -]")
_US = {
    "authfailure",
    "badreputation",
    "blocked",
    "norelaying",
    "policyviolation",
    "rejected",
    "requireptr",
    "securityerror",
    "spamdetected",
    "toomanyconn",
    "virusdetected",
}
_MAILBOX = {"filtered", "hasmoved", "hostunknown", "suspend", "userunknown", "speeding"}


def labelled(bounces: Path) -> Iterator[tuple[str, str]]:
    """Yield the reason that a bounce is known for, and the receiving server's words in it."""
    for line in (bounces / "expected.jsonl").read_text().splitlines():
        row = json.loads(line)
        text = (bounces / row["file"]).read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        if (found := _DIAGNOSIS.search(text)) and row.get("reports"):
            yield row["reports"][0]["reason"], " ".join(found[1].split())


def is_right(reason: str, found: Judgement) -> bool | None:
    if reason in _US:
        return found.about is About.US
    if reason in _MAILBOX:
        return found.about is About.MAILBOX
    if reason == "mailboxfull":
        return found.cause is Cause.MAILBOX_FULL
    return None  # about the mail or the network: every list draws other lines


def test_real_bounces_are_judged_as_they_are_known(corpora: Path) -> None:
    right: Counter[bool] = Counter()
    for reason, words in labelled(corpora / "bounces"):
        code = _REPLY.search(words)
        found = judge(Phase.REPORT, int(code[1]) if code else 0, words)
        if (verdict := is_right(reason, found)) is not None:
            right[verdict] += 1
    assert right.total() > 50
    assert right[True] / right.total() > 0.93


def test_nobody_is_given_up_for_what_is_ours(corpora: Path) -> None:
    wrong = []
    for reason, words in labelled(corpora / "bounces"):
        code = _REPLY.search(words)
        found = judge(Phase.REPORT, int(code[1]) if code else 0, words)
        if found.hard and reason in _US | {"mailboxfull"} and "nknown user" not in words:
            wrong.append(words)
    assert not wrong
