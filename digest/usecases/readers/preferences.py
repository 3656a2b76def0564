"""A reader's own preferences: ask for the link to them, see them, change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from digest.edition.system import Occasion
from digest.errors import UsageError
from digest.model import SubscriptionStatus as Status
from digest.model import Wishes
from digest.readers.addresses import parse_mailbox
from digest.store.people import choices as store
from digest.store.people import limits, system_mails, wishes
from digest.store.people.choices import Connection
from digest.store.people.limits import Limit
from digest.tools import Tools
from digest.usecases.readers.sign_up import network

#: How often one reader is mailed a fresh link at most, and how often a network may ask for links by address.
READERS_LIMITS = (Limit(1, timedelta(minutes=5)), Limit(5, timedelta(hours=24)))
NETWORKS_LIMITS = (Limit(20, timedelta(hours=1)),)

#: How far ahead a pause may end.
LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A newsletter on the page of preferences: one that the site offers, or that the reader has."""

    name: str
    title: str
    timezone: str  # in which its editions appear
    sections: tuple[str, ...]  # among which may be chosen; empty where there is no choice
    open: bool  # may be subscribed to; else it has left the configuration, and can only be left
    subscribed: bool
    wishes: Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a reader has chosen, and could."""

    subscription_id: int
    newsletter: str  # of the subscription whose link was opened
    address: str
    name: str
    language: str
    timezone: str
    text_only: bool
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a reader wants: the newsletters to get, with what is wished for each. All others are left."""

    wanted: Mapping[str, Wishes]
    name: str
    language: str
    timezone: str
    text_only: bool


async def send_link(tools: Tools, subscription_id: int) -> None:
    """Mail a fresh link to the preferences to the reader of a subscription, within limits; tell nothing."""
    async with tools.db.begin() as conn:
        await _send_link(conn, subscription_id, tools)


async def send_link_to(tools: Tools, address: str, *, client: str = "") -> None:
    """The same to an address, if it is a reader's; whoever asks cannot learn whether it is.

    `client` is the IP address of who asks.
    """
    try:
        key = parse_mailbox(address)[1].key
    except ValueError:
        return
    asks = f"links asked for by {where}" if (where := network(client)) else ""
    async with tools.db.begin() as conn:
        if asks and not await limits.within(conn, asks, NETWORKS_LIMITS, tools.clock()):
            return
        if (found := await store.subscription_of(conn, key)) is not None:
            await _send_link(conn, found, tools)


async def _send_link(conn: Connection, subscription_id: int, tools: Tools) -> None:
    found, now = await store.find(conn, subscription_id), tools.clock()
    if found is None or not found.address:
        return
    if not await limits.within(conn, f"links mailed to {found.id}", READERS_LIMITS, now):
        return
    newsletter = _speaking(found, subscription_id, tools)
    await system_mails.queue(
        conn, Occasion.PREFERENCES, now, newsletter=newsletter, subscription_id=subscription_id
    )


def _speaking(found: store.Reader, subscription_id: int, tools: Tools) -> str:
    """Return the newsletter in whose name the reader is mailed: the subscription's, else one that is still there."""
    ours = {newsletter.name for newsletter in tools.settings.newsletters}
    own = [one.newsletter for one in sorted(found.subscriptions, key=lambda one: one.id != subscription_id)]
    return next((name for name in own if name in ours), tools.settings.newsletters[0].name)


async def profile(tools: Tools, subscription_id: int) -> Profile | None:
    """Return what the reader of a subscription has chosen; None without one, or once the reader is forgotten."""
    async with tools.db.connect() as conn:
        found = await store.find(conn, subscription_id)
    return _profile(found, subscription_id, tools) if found and found.address else None


def _profile(found: store.Reader, subscription_id: int, tools: Tools) -> Profile:
    own = {one.newsletter: one for one in found.subscriptions}
    going_on = {one.newsletter for one in found.subscriptions if one.status is Status.CONFIRMED}
    offers = [
        Offer(
            name=each.name,
            title=each.title,
            timezone=each.timezone,
            sections=_choice([section.title for section in each.sections]),
            open=True,
            subscribed=each.name in going_on,
            wishes=own[each.name].wishes if each.name in own else Wishes(),
        )
        for each in tools.settings.newsletters
        if each.name in going_on or tools.settings.signup_of(each) == "open"
    ]
    known = {offer.name for offer in offers}
    offers += [
        Offer(
            name=one.newsletter,
            title=one.newsletter,
            timezone="UTC",
            sections=(),
            open=False,
            subscribed=True,
            wishes=one.wishes,
        )
        for one in found.subscriptions
        if one.newsletter not in known and one.status is Status.CONFIRMED
    ]
    return Profile(
        subscription_id=subscription_id,
        newsletter=next(one.newsletter for one in found.subscriptions if one.id == subscription_id),
        address=found.address,
        name=found.name,
        language=found.language,
        timezone=found.timezone,
        text_only=found.text_only,
        offers=tuple(offers),
    )


def _choice(titles: list[str]) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(title for title in titles if title))
    return named if len(named) > 1 else ()


async def change(tools: Tools, subscription_id: int, changes: Changes) -> Profile | None:
    """Store what a reader wants, all of it or nothing; safe to repeat.

    The caller has seen a link that only this reader got, so a newsletter that is wanted anew is confirmed by that.
    Raises UsageError for a newsletter that is not offered.
    """
    now = tools.clock()
    async with tools.db.begin() as conn:
        found = await store.find(conn, subscription_id)
        if found is None or not found.address:
            return None
        before = _profile(found, subscription_id, tools)
        if unknown := changes.wanted.keys() - {offer.name for offer in before.offers}:
            raise UsageError(f"no newsletter is called {min(unknown)!r} here")
        await _store(conn, found, before, changes, now)
        stored = await store.find(conn, subscription_id)
    assert stored is not None
    return _profile(stored, subscription_id, tools)


async def _store(
    conn: Connection, found: store.Reader, before: Profile, changes: Changes, now: datetime
) -> None:
    own = {one.newsletter: one for one in found.subscriptions}
    about: dict[str, Any] = {
        "name": changes.name,
        "language": changes.language,
        "timezone": changes.timezone,
        "text_only": changes.text_only,
    }
    proof = {"how": "chosen on the page of preferences", "confirmed": now.isoformat(timespec="seconds")}
    for offer in before.offers:
        if (wanted := changes.wanted.get(offer.name)) is not None:
            number = (
                own[offer.name].id
                if offer.subscribed
                else await store.subscribe(conn, found.id, offer.name, proof, now)
            )
            await wishes.write(conn, number, replace(wanted, **about))
        elif offer.subscribed:
            await store.end(conn, own[offer.name].id, now)
    if not changes.wanted:
        await wishes.write(
            conn, before.subscription_id, replace(_wishes_of(found, before.subscription_id), **about)
        )


def _wishes_of(found: store.Reader, subscription_id: int) -> Wishes:
    return next(one.wishes for one in found.subscriptions if one.id == subscription_id)
