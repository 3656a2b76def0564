"""Sign up, as a page or a program does for a reader, and confirm."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from digest.readers import second_look
from digest.readers.addresses import Address, parse
from digest.readers.disposable import is_disposable
from digest.settings import Newsletter
from digest.store.editions import editions
from digest.store.people import sign_up_requests, sign_ups
from digest.store.people.sign_up_requests import Look, Reply
from digest.store.people.sign_ups import Asked, SignUp
from digest.tools import Tools

#: The version of the form and of what it says; kept with each consent.
FORM = "1"

_LONGEST_FIELD = 1_000  # characters; no address is longer than 254


class Answer(StrEnum):
    """What is said to a sign-up; whether the address is known here makes no difference."""

    NOTED = "noted"  # a mail is on its way, if this address can get the newsletter
    CLICK = "click"  # one more click, with the ticket
    WORK = "work"  # one more click, with the ticket solved
    LATER = "later"
    INVALID = "invalid"  # no address
    UNDELIVERABLE = "undeliverable"  # letters before the @ that few mail servers take
    DISPOSABLE = "disposable"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer, with what the next step needs."""

    answer: Answer
    address: str = ""  # as it was understood
    tickets: Mapping[str, str] = field(
        default_factory=dict
    )  # by address: that one, and one that may be meant

    def as_json(self) -> dict[str, Any]:
        return {"answer": self.answer.value, "address": self.address, "tickets": dict(self.tickets)}


async def sign_up(
    tools: Tools, newsletter: Newsletter, form: Mapping[str, str], *, client: str = ""
) -> Answered:
    """Note that an address wants a newsletter; the mail that asks it goes out afterwards.

    `form` has the fields of the page: `email`, perhaps `ticket` and `solution`, and the hidden ones of
    `digest.readers.second_look`. `client` is the IP address of who asks.
    """
    if tools.settings.signup_of(newsletter) != "open":
        return Answered(answer=Answer.CLOSED)
    text = form.get("email", "").strip()[:_LONGEST_FIELD]
    try:
        address = parse(text)
    except ValueError:
        return Answered(answer=Answer.INVALID, address=text)
    if not address.text.isascii():
        return Answered(answer=Answer.UNDELIVERABLE, address=text)
    return await _ask(tools, newsletter, form, address, client)


async def _ask(
    tools: Tools, newsletter: Newsletter, form: Mapping[str, str], address: Address, client: str
) -> Answered:
    now, secret = tools.clock(), await sign_up_requests.secret(tools.db)
    look, meant = _look(form, secret, newsletter, address, tools), second_look.likely_meant(address)
    if look is not Look.FIRST or not meant:  # "gmial.com" is in the lists of throwaway addresses too
        domain = address.text.rpartition("@")[2]
        if await asyncio.to_thread(is_disposable, domain, tools.settings.signup.disposable_domains):
            return Answered(answer=Answer.DISPOSABLE, address=address.text)
    reply = Reply.CLICK
    if look is not Look.FIRST or not (meant or second_look.looks_automatic(form, now)):
        where, settings = network(client), tools.settings.signup
        proof = {"how": "sign-up form", "asked": now.isoformat(timespec="seconds"), "form": FORM}
        proof |= {"network": where, "language": newsletter.language}
        reply = await sign_up_requests.ask(
            tools.db,
            SignUp(
                newsletter=newsletter.name,
                key=address.key,
                address=address.text,
                proof=proof,
                asked_at=now,
            ),
            network=where,
            per_network=settings.per_network,
            per_minute=settings.per_minute,
            look=look,
        )
    tickets = {}
    if reply in (Reply.CLICK, Reply.WORK):
        choices = [address] + ([parse(meant)] if meant and reply is Reply.CLICK else [])
        tickets = {one.text: second_look.ticket(secret, newsletter.name, one.key, now) for one in choices}
    return Answered(answer=_ANSWERS[reply], address=address.text, tickets=tickets)


_ANSWERS = {
    Reply.NOTED: Answer.NOTED,
    Reply.CLICK: Answer.CLICK,
    Reply.WORK: Answer.WORK,
    Reply.LATER: Answer.LATER,
}


def _look(
    form: Mapping[str, str], secret: bytes, newsletter: Newsletter, address: Address, tools: Tools
) -> Look:
    ticket = form.get("ticket", "")
    if not second_look.holds(ticket, secret, newsletter.name, address.key, tools.clock()):
        return Look.FIRST
    return Look.SOLVED if second_look.is_solved(ticket, form.get("solution", "")) else Look.SECOND


async def confirm(tools: Tools, number: int, *, client: str = "") -> Asked:
    """Confirm a sign-up that is open; the first time, the mail that says welcome is queued."""
    asked, now = await sign_ups.standing(tools.db, number, tools.clock()), tools.clock()
    known = {one.name: one for one in tools.settings.newsletters}
    if (newsletter := known.get(asked.newsletter)) is None:
        return sign_ups.NOT_THERE
    on_the_web = newsletter.archive != "off"
    latest = await editions.latest(tools.db, newsletter.name) if on_the_web else None
    more = {"confirmed": now.isoformat(timespec="seconds"), "confirmed_network": network(client)}
    return await sign_ups.confirm(tools.db, number, now, more, {"edition": latest.name} if latest else {})


def network(client: str) -> str:
    """Return the network of an IP address, shortened so that it names no household: a /24 or a /64; "" for none."""
    try:
        address = ip_address(client)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False))
