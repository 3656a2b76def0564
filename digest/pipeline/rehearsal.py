"""What would be sent: the pipeline's own steps inside a transaction that is rolled back, so that nothing changes.

Sources are visited before the transaction begins; on SQLite it keeps other writers out for a fraction of a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy

from digest.clock import looks_back
from digest.errors import SenderError, UsageError
from digest.model import Mail, Message, Outcome, Plan, Recipient, Refused, Unsent
from digest.pipeline import publish
from digest.pipeline.enrich import complete, rules
from digest.pipeline.personalise import encode
from digest.pipeline.set_mail import set_mail
from digest.readers import addresses
from digest.readers.links import TEST_COPY
from digest.schedule.slots import Slot, due_slot, next_slots, slots_between
from digest.selection.simulation import simulate as simulate_plans
from digest.settings import Newsletter
from digest.store.content import candidates
from digest.store.editions import editions, plans
from digest.store.people import audience
from digest.tools import Tools

#: The recipient of a preview that names no reader; its links do nothing.
SAMPLE_READER = Recipient(
    reader_id=0, subscription_id=TEST_COPY, address="reader@example.org", name="A Reader"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """An edition as it would be sent now: the plan, and the mail unless the slot would be skipped."""

    newsletter: Newsletter
    slot: Slot
    now: datetime
    plan: Plan
    mail: Mail | None

    @property
    def edition(self) -> str:
        """The name that the edition would have."""
        return editions.name_of(self.newsletter.name, self.slot.text)


async def coming_slot(newsletter: Newsletter, tools: Tools) -> Slot:
    """Return the slot that would be made next: the one now due unless it has been made, else the one after it."""
    now = tools.clock()
    slot = due_slot(newsletter, now)
    if slot:
        known = await editions.find(tools.db, newsletter.name, slot.text)
        if known is None or known.status.skipped:
            return slot
    return next_slots(newsletter.schedule, newsletter.timezone, now, 1)[0]


async def prove(newsletter: Newsletter, slot: Slot, tools: Tools, *, as_sent: bool = False) -> Proof:
    """Return the edition of a slot as it would be sent now (see `plan_proof`)."""
    return await set_proof(await plan_proof(newsletter, slot, tools, as_sent=as_sent), tools)


async def plan_proof(newsletter: Newsletter, slot: Slot, tools: Tools, *, as_sent: bool = False) -> Proof:
    """Return what would be sent for a slot now, its mail not set yet.

    For a moment in the past it leaves out what was stored later, unless it is to be `as_sent`: then it takes everything.
    """
    visits = await publish.look(newsletter.sources, tools, urgent=True)
    async with tools.db.rehearsal() as db:
        await publish.remember(visits, db, tools.clock())
        as_of = tools.clock() if looks_back(tools.clock) and not as_sent else None
        plan = await publish.choose(newsletter, slot, tools, db, as_of=as_of)
    plan = await complete(plan, newsletter, tools, keep=False)
    return Proof(newsletter=newsletter, slot=slot, now=tools.clock(), plan=plan, mail=None)


async def set_proof(proof: Proof, tools: Tools) -> Proof:
    """Set the mail of a proof with the theme as it is now; raises TemplateError."""
    return replace(proof, mail=await set_mail(proof.plan, proof.newsletter, tools))


async def made_before(proof: Proof, tools: Tools) -> Proof | None:
    """Return the newest edition of the newsletter that has a mail, as it was made; None if there is none."""
    edition = await editions.newest(tools.db, proof.newsletter.name)
    if edition is None:
        return None
    plan = await plans.of_edition(tools.db, edition, proof.newsletter)
    plan = await complete(plan, proof.newsletter, tools, keep=False, made=True)
    return replace(proof, slot=Slot(plan.due, edition.slot), plan=plan, mail=edition.mail)


async def reader_of(newsletter: Newsletter, address: str, tools: Tools) -> Recipient:
    """Return a reader of a newsletter; raises UsageError for a stranger."""
    try:
        found = await audience.member(tools.db, newsletter.name, addresses.parse_mailbox(address)[1].key)
    except ValueError as error:
        raise UsageError(f"{address}: {error}") from None
    if found is None:
        raise UsageError(
            f'{address} does not get {newsletter.name}: "digest subscribers show {address}" says more'
        )
    return found


def copy_for(proof: Proof, recipient: Recipient, tools: Tools) -> Message:
    """Return the mail that a reader would get: the same bytes except for its date and the reader's links.

    The links do nothing, like a test copy's: a preview is shown to others, and must not unsubscribe the reader.
    """
    assert proof.mail is not None
    skeleton = encode(
        proof.mail,
        proof.newsletter,
        tools,
        edition=proof.edition,
        date=proof.now,
        text_only=recipient.text_only,
    )
    harmless = recipient._replace(subscription_id=TEST_COPY)
    return skeleton.message(recipient, tools.links_of(proof.newsletter).values(harmless, proof.edition))


def parts(message: Message) -> tuple[str, str]:
    """Return the HTML ("" of a mail of text only) and the text of a mail as its reader's program takes them out."""
    mail = message_from_bytes(message.data, policy=policy.default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert text is not None
    return str(html.get_content()) if html else "", str(text.get_content())


async def send_test(proof: Proof, to: Sequence[str], tools: Tools) -> list[tuple[str, Outcome]]:
    """Send a proof to a few addresses, marked as a test; nothing is remembered, its links change nothing."""
    if proof.mail is None:
        raise UsageError(f"There is no edition to send: {proof.plan.skip}")
    mail = replace(proof.mail, subject=f"[Test] {proof.mail.subject}")
    skeleton = encode(mail, proof.newsletter, tools, edition=proof.edition, date=proof.now, test=True)
    outcomes: list[tuple[str, Outcome]] = []
    links = tools.links_of(proof.newsletter)
    for address in to:
        try:
            recipient = SAMPLE_READER._replace(address=addresses.parse_mailbox(address)[1].text, name="")
        except ValueError as error:
            outcomes.append((address, Refused(str(error))))
            continue
        message = skeleton.message(recipient, links.values(recipient, proof.edition))
        outcomes.append((address, await _hand_over(message, tools)))
    return outcomes


async def _hand_over(message: Message, tools: Tools) -> Outcome:
    """Give a message to the first sender that takes it."""
    failure = Unsent("no sender is configured")
    for route in tools.routes:
        try:
            return (await route.sender.send([message]))[0]
        except SenderError as error:
            failure = Unsent(f"{route.name}: {error}")
    return failure


async def simulate(newsletter: Newsletter, start: datetime, days: int, tools: Tools) -> list[Plan]:
    """Return the plans of the coming (or past) editions, each with what would be known at its slot."""
    visits = await publish.look(newsletter.sources, tools, urgent=True)
    slots = slots_between(newsletter.schedule, newsletter.timezone, start, start + timedelta(days=days))
    async with tools.db.rehearsal() as db:
        now = tools.clock()
        await publish.remember(visits, db, now)
        found = await candidates.load(db, newsletter, now)
        plans = await asyncio.to_thread(simulate_plans, found, rules(newsletter, tools), slots)
        return [await candidates.completed(db, plan) for plan in plans]
