"""A reader's own pages, found through the signed links in a mail: unsubscribe, and see the subscription.

Link scanners follow every link, so GET and HEAD never change anything. POST does at once, whatever its body holds:
the mailbox provider's one-click request (RFC 8058) comes as multipart or urlencoded, our own button sends nothing,
and the address alone says who is meant. It is answered 200 and never redirected, however often it comes.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from digest.model import SubscriptionStatus
from digest.readers.links import TEST_COPY, Purpose
from digest.schedule.slots import next_slots
from digest.settings import Newsletter
from digest.store.people import readers as store
from digest.store.people.readers import Subscriber
from digest.tools import Tools
from digest.web.rendering.page_renderer import PageRenderer

BODY_TIMEOUT_SECONDS = 10  # seconds for the body of a request


class ReaderPages:
    """The pages at /u/... and /p/..."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer

    async def ask(self, request: Request) -> Response:
        """Show the button that unsubscribes."""
        number = self._read(request, "unsubscribe")
        if not number:
            return self._nobody(number)
        subscriber = await store.subscriber(self._tools.db, number)
        if subscriber is None or subscriber.status is SubscriptionStatus.UNSUBSCRIBED:
            return self._done(subscriber)
        newsletter = self._renderer.newsletter(subscriber.newsletter)
        return self._renderer.render("unsubscribe.html", newsletter, title=_title(newsletter, subscriber))

    async def unsubscribe(self, request: Request) -> Response:
        """End a subscription; the same answer every time."""
        return await self._end(request, "unsubscribe")

    async def preferences(self, request: Request) -> Response:
        """Show what a reader gets."""
        number = self._read(request, "preferences")
        if not number:
            return self._nobody(number)
        subscriber = await store.subscriber(self._tools.db, number)
        if subscriber is None or subscriber.status is not SubscriptionStatus.CONFIRMED:
            return self._done(subscriber)
        newsletter = self._renderer.newsletter(subscriber.newsletter)
        language = self._renderer.language(newsletter)
        coming = self._next(newsletter) if newsletter else None
        return self._renderer.render(
            "preferences.html",
            newsletter,
            title=_title(newsletter, subscriber),
            address=masked(subscriber.address),
            since=language.day(subscriber.since),
            next=language.day_and_time(coming) if coming else "",
        )

    async def unsubscribe_from_preferences(self, request: Request) -> Response:
        """End the subscription that the page is about."""
        return await self._end(request, "preferences")

    async def _end(self, request: Request, purpose: Purpose) -> Response:
        # The body says nothing that the address does not, but a client may not hear us before it has sent it all.
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
                await request.body()
        number = self._read(request, purpose)
        if not number:
            return self._nobody(number)
        return self._done(await store.unsubscribe(self._tools.db, number, self._tools.clock()))

    def _read(self, request: Request, purpose: Purpose) -> int | None:
        return self._tools.links.read(request.path_params["token"], purpose)

    def _nobody(self, number: int | None) -> Response:
        """Answer a link that belongs to no reader: a test copy's, or one that we did not make."""
        if number == TEST_COPY:
            return self._renderer.message("test", status=200)
        return self._renderer.message("broken", status=404)

    def _done(self, subscriber: Subscriber | None) -> Response:
        newsletter = self._renderer.newsletter(subscriber.newsletter) if subscriber else None
        title = _title(newsletter, subscriber) if subscriber else ""
        return self._renderer.render("unsubscribed.html", newsletter, title=title)

    def _next(self, newsletter: Newsletter) -> datetime | None:
        slots = next_slots(newsletter.schedule, newsletter.timezone, self._tools.clock(), 1)
        return slots[0].due if slots else None


def masked(address: str) -> str:
    """Return enough of an address to know one's own by: "a•••@example.org"; a link can be passed on."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}"


def _title(newsletter: Newsletter | None, subscriber: Subscriber) -> str:
    """Return what readers call it; the name, once it has left the configuration."""
    return newsletter.title if newsletter else subscriber.newsletter
