"""From a mail that came back to events: what it reports, and whom it is about by the address that it came to.

Return addresses carry a token that only we can have made (VERP), and so do addresses for leaving by mail. A mail to one
of them is about that subscription, whatever its text says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from digest.feedback.reading import Report, Returned, event_of, take
from digest.model import Event, EventType
from digest.readers.links import Links, MailPurpose
from digest.store.feedback import events
from digest.store.feedback.events import BOUNCES
from digest.tools import Tools

#: What no reader is touched by and nothing is learned from.
_NOTHING = {EventType.OTHER}
_LEAVES = "a mail to the address for leaving"


@dataclass(frozen=True, slots=True)
class Understood:
    """A report of a mail with the event that it is kept as; without one it is not kept."""

    report: Report
    event: Event | None


async def take_in(tools: Tools, mails: Iterable[bytes]) -> list[Understood]:
    """Keep what mails report; when it returns, that is durable. The same mail twice is kept once.

    Whoever holds the mails may let go of them then; what the reports do follows (`digest.pipeline.feedback`).
    """
    found = await asyncio.to_thread(lambda: [one for mail in mails for one in understand(mail, tools.links)])
    await events.store(tools.db, BOUNCES, [one.event for one in found if one.event], tools.clock())
    return found


def understand(mail: bytes, links: Links) -> list[Understood]:
    """Return what a mail reports about whom."""
    returned = take(mail)
    leaving = _number(returned, links, "leave")
    if leaving and all(one.type is EventType.UNSUBSCRIBED for one in returned.reports):
        return [_leaves(returned, mail, leaving)]
    subscription_id = _number(returned, links, "bounce") or None
    return [_understood(one, mail, subscription_id) for one in returned.reports]


def _number(returned: Returned, links: Links, purpose: MailPurpose) -> int | None:
    """Return the subscription in the first address of ours that a mail came to; TEST_COPY is nobody's."""
    read = (links.read_mail_address(address, purpose) for address in returned.came_to)
    return next((number for number in read if number is not None), None)


def _leaves(returned: Returned, mail: bytes, subscription_id: int) -> Understood:
    report = Report(type=EventType.UNSUBSCRIBED, recipient=returned.author, text=_LEAVES, at=returned.at)
    return Understood(report, event_of(report, mail, subscription_id=subscription_id))


def _understood(report: Report, mail: bytes, subscription_id: int | None) -> Understood:
    if report.type in _NOTHING or not (report.recipient or subscription_id):
        return Understood(report, None)
    return Understood(report, event_of(report, mail, subscription_id=subscription_id))
