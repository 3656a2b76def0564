"""Read mails that came back: what they mean, and on request what they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from digest.feedback import Consequence, meaning
from digest.feedback.reading import Kind, Report, event_of, kind_of, read
from digest.model import EventType
from digest.pipeline import feedback, returned_mail
from digest.store.feedback import events
from digest.store.feedback.events import BOUNCES
from digest.tools import Tools

#: What a report leads to where a mail of ours fits it.
_ACTIONS: dict[Consequence, str] = {
    Consequence.SUPPRESSED: "suppress",
    Consequence.COUNTED: "count",
    Consequence.LEFT: "unsubscribe",
    Consequence.COMPLAINED: "suppress",
    Consequence.OURS: "alert",
    Consequence.NOTHING: "none",
}
_MAILS_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceVerdict:
    """What a mail says of one recipient; `effect` is what that has done, "" where nothing was touched."""

    recipient: str
    kind: Kind
    code: str  # enhanced (RFC 3463), else SMTP's
    reason: str
    action: str
    effect: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "recipient": self.recipient,
            "kind": self.kind.value,
            "code": self.code,
            "reason": self.reason,
            "action": self.action,
            "effect": self.effect,
        }


def judge(mails: Iterable[bytes]) -> Iterator[BounceVerdict]:
    """Yield what mails say, and what that would do; nothing is touched, and no configuration is needed."""
    for mail in mails:
        for report in read(mail) or [Report(type=EventType.OTHER)]:
            yield _verdict(report)


async def act(tools: Tools, mails: Iterable[bytes]) -> list[BounceVerdict]:
    """Keep what mails report, act on it, and return what that did; safe to repeat."""
    found: list[BounceVerdict] = []
    for some in _batches(mails, _MAILS_AT_ONCE):
        understood = await returned_mail.take_in(tools, some)
        await feedback.process(tools)
        keys = [one.event.key for one in understood if one.event]
        done = await events.by_keys(tools.db, BOUNCES, keys)
        for one in understood:
            stored = done.get(one.event.key) if one.event else None
            found.append(_verdict(one.report, effect=stored.effect if stored else ""))
    return found


def _batches(mails: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    some: list[bytes] = []
    for mail in mails:
        some.append(mail)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def _verdict(report: Report, effect: str = "") -> BounceVerdict:
    found = meaning(event_of(report, b""))
    nothing = report.auto_reply or report.type is EventType.OTHER
    return BounceVerdict(
        recipient=report.recipient,
        kind=kind_of(report),
        code=report.status or (str(report.code) if report.code else ""),
        reason="" if nothing else found.reason or report.text,
        action=_ACTIONS[found.consequence],
        effect=effect,
    )
