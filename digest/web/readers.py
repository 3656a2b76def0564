"""A reader's own pages, found through the signed links in a mail: unsubscribe, and see the subscription.

Link scanners follow every link, so GET and HEAD never change anything. POST does at once, whatever its body holds:
the mailbox provider's one-click request (RFC 8058) comes as multipart or urlencoded, our own button sends nothing,
and the address alone says who is meant. It is answered 200 and never redirected, however often it comes.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from digest.model import SubscriptionStatus
from digest.readers.links import TEST_COPY, Purpose
from digest.schedule import next_slots
from digest.settings import Newsletter
from digest.store import readers as store
from digest.store.readers import Subscriber
from digest.tools import Tools
from digest.web.pages import Pages

if TYPE_CHECKING:
    from starlette.responses import HTMLResponse

PATIENCE = 10  # seconds for the body of a request


class ReaderPages:
    """The pages at /u/... and /p/..."""

    def __init__(self, tools: Tools, pages: Pages) -> None:
        self._tools = tools
        self._pages = pages

    async def ask(self, request: Request) -> Response:
        """Show the button that unsubscribes."""
        number = self._read(request, "unsubscribe")
        if not number:
            return self._nobody(number)
        subscriber = await store.subscriber(self._tools.db, number)
        if subscriber is None or subscriber.status is SubscriptionStatus.UNSUBSCRIBED:
            return self._done(subscriber)
        return self._pages.render("unsubscribe.html", title=self._title(subscriber))

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
        newsletter = self._newsletter(subscriber)
        return self._pages.render(
            "preferences.html",
            title=self._title(subscriber),
            since=format_date(subscriber.since, "long", locale="en"),
            next=self._next(newsletter) if newsletter else "",
        )

    async def unsubscribe_from_preferences(self, request: Request) -> Response:
        """End the subscription that the page is about."""
        return await self._end(request, "preferences")

    async def _end(self, request: Request, purpose: Purpose) -> Response:
        # The body says nothing that the address does not, but a client may not hear us before it has sent it all.
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(PATIENCE):
                await request.body()
        number = self._read(request, purpose)
        if not number:
            return self._nobody(number)
        return self._done(await store.unsubscribe(self._tools.db, number, self._tools.clock()))

    def _read(self, request: Request, purpose: Purpose) -> int | None:
        return self._tools.links.read(request.path_params["token"], purpose)

    def _nobody(self, number: int | None) -> HTMLResponse:
        """Answer a link that is nobody's: a test copy's, or one that we did not make."""
        if number == TEST_COPY:
            return self._pages.render("test-copy.html")
        return self._pages.render(
            "message.html",
            status=404,
            heading="This link does not work",
            words="Perhaps it was cut off on its way. Please open it from the newsletter itself once more.",
        )

    def _done(self, subscriber: Subscriber | None) -> HTMLResponse:
        return self._pages.render("unsubscribed.html", title=self._title(subscriber) if subscriber else "")

    def _newsletter(self, subscriber: Subscriber) -> Newsletter | None:
        known = (entry for entry in self._tools.settings.newsletters if entry.name == subscriber.newsletter)
        return next(known, None)

    def _title(self, subscriber: Subscriber) -> str:
        newsletter = self._newsletter(subscriber)
        return newsletter.title if newsletter else subscriber.newsletter

    def _next(self, newsletter: Newsletter) -> str:
        slots = next_slots(newsletter.schedule, newsletter.timezone, self._tools.clock(), 1)
        if not slots:
            return ""
        return str(
            format_datetime(
                slots[0].due, "EEEE, MMMM d, HH:mm", tzinfo=ZoneInfo(newsletter.timezone), locale="en"
            )
        )
