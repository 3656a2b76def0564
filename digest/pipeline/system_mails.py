"""Act on sign-ups, and send the mails to single readers that are due: please confirm, welcome, one's preferences.

One process at a time does it. Each mail goes to the first sender that takes it. What could not be sent yet is tried again
later and later, and given up after a day, when the reader does not wait for it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from digest.edition.system import Occasion, set_system_mail
from digest.errors import DigestError, SenderBroken, SenderBusy, SenderError, UsageError
from digest.gathering.leasing import alone
from digest.model import Deferred, Message, Outcome, Recipient, Refused, Sent, Unsent
from digest.pipeline.personalise import encode
from digest.readers.links import Links
from digest.store.content import leases
from digest.store.people import sign_up_requests
from digest.store.people import system_mails as store
from digest.store.people.system_mails import MailState, SystemMail
from digest.tools import Tools

#: How long after it was asked for a mail is still worth sending.
WORTH_SENDING_FOR = timedelta(hours=24)

#: How long a mail that was put off waits at first; twice as long each time, up to the longest.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)

#: How soon the queue is looked at again when no sender takes anything, and when each waits for a person: a wrong password
#: that is tried again and again closes accounts.
PAUSE_WITHOUT_SENDER = timedelta(seconds=30)
PAUSE_WHILE_BROKEN = timedelta(minutes=10)

#: How long the link to one's preferences may be used: the page behind it shows personal data.
MANAGE_LINK_GOOD_FOR = timedelta(hours=24)

LinkMaker: TypeAlias = Callable[[Links, SystemMail], str]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to: how many mails went out, and what was wrong."""

    sent: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoSender:
    """Why no sender took a mail, and when it makes sense to ask again."""

    reason: str
    pause: timedelta


async def is_any_due(tools: Tools) -> bool:
    """Tell whether there is anything to do now."""
    return await sign_up_requests.is_any(tools.db) or await store.is_any_due(tools.db, tools.clock())


async def send_due(tools: Tools, *, stop: asyncio.Event | None = None) -> Round:
    """Send what is due now, when no other process is doing so; stops between two mails."""
    if not await is_any_due(tools):
        return Round()
    sent, problems = 0, list[str]()
    async with alone(tools.db, leases.OF_SYSTEM_MAILS):
        names = [one.name for one in tools.settings.newsletters]
        await sign_up_requests.act_on_all(tools.db, names, tools.clock())
        while not (stop and stop.is_set()) and (mail := await store.take_next(tools.db, tools.clock())):
            try:
                message = await asyncio.to_thread(_message, mail, tools)
            except (DigestError, ValueError) as error:
                await store.finish(tools.db, mail.id, MailState.FAILED, tools.clock(), str(error))
                problems.append(
                    f"the mail {mail.occasion!r} about {mail.newsletter!r} cannot be made: {error}"
                )
                continue
            outcome = await _hand_over(message, tools)
            if isinstance(outcome, NoSender):
                due = tools.clock() + outcome.pause
                await store.postpone(tools.db, tools.clock(), due, outcome.reason)
                problems.append(f"mails to single readers wait: {outcome.reason}")
                break
            await _record(mail, outcome, tools)
            sent += isinstance(outcome, Sent)
    return Round(sent, tuple(dict.fromkeys(problems)))


async def _record(mail: SystemMail, outcome: Outcome, tools: Tools) -> None:
    now = tools.clock()
    if isinstance(outcome, Sent):
        await store.finish(tools.db, mail.id, MailState.SENT, now, outcome.reply)
    elif isinstance(outcome, Refused) or now - mail.created_at > WORTH_SENDING_FOR:
        await store.finish(tools.db, mail.id, MailState.FAILED, now, outcome.reply)
    else:
        pause = min(FIRST_PAUSE * 2 ** (mail.attempts - 1), LONGEST_PAUSE)
        if isinstance(outcome, Deferred | Unsent) and outcome.retry_after:
            pause = max(pause, timedelta(seconds=outcome.retry_after))
        await store.try_again(tools.db, mail.id, now + pause, outcome.reply)


async def _hand_over(message: Message, tools: Tools) -> Outcome | NoSender:
    """Give a message to the first sender that takes it."""
    refusals, pauses = list[str](), list[timedelta]()
    for route in tools.routes:
        try:
            return (await route.sender.send([message]))[0]
        except SenderError as error:
            refusals.append(f"{route.name}: {error}")
            pauses.append(_pause_after(error))
    return NoSender("; ".join(refusals) or "no sender is configured", min(pauses, default=PAUSE_WHILE_BROKEN))


def _pause_after(error: SenderError) -> timedelta:
    if isinstance(error, SenderBroken):
        return PAUSE_WHILE_BROKEN
    wish = error.retry_after if isinstance(error, SenderBusy) else None
    return timedelta(seconds=wish) if wish else PAUSE_WITHOUT_SENDER


def _message(mail: SystemMail, tools: Tools) -> Message:
    occasion = Occasion(mail.occasion)
    newsletter = tools.settings.newsletter(mail.newsletter)
    site = tools.settings.site_of(newsletter)
    links = tools.links_of(newsletter)
    link = _LINKS[occasion](links, mail) if occasion in _LINKS else ""
    made = set_system_mail(
        occasion, newsletter, site, link=link, templates=tools.templates, now=mail.created_at
    )
    edition = f"{newsletter.name}-{occasion}-{mail.id}"
    skeleton = encode(made, newsletter, tools, edition=edition, date=mail.created_at, system=True)
    recipient = Recipient(
        reader_id=mail.reader_id, subscription_id=mail.subscription_id or 0, address=mail.address
    )
    return skeleton.message(recipient, links.values(recipient, edition))


def _subscription(mail: SystemMail) -> int:
    if mail.subscription_id is None:
        raise UsageError("it is about no subscription")
    return mail.subscription_id


_LINKS: Mapping[Occasion, LinkMaker] = {
    Occasion.CONFIRM: lambda links, mail: links.confirm_url(_subscription(mail)),
    Occasion.INVITATION: lambda links, mail: links.confirm_url(_subscription(mail)),
    Occasion.PREFERENCES: lambda links, mail: links.manage_url(
        _subscription(mail), mail.created_at + MANAGE_LINK_GOOD_FOR
    ),
    Occasion.ALREADY: lambda links, mail: links.preferences_url(_subscription(mail)),
    Occasion.WELCOME: lambda links, mail: (
        links.browser_url(mail.details["edition"]) if mail.details.get("edition") else ""
    ),
}
