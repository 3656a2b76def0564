"""The page behind "preferences" in a mail: what the reader gets, and the button that ends it.

A mail may be forwarded, so the page shows the address masked, and whoever opens it can do no more than leave. To change
anything takes a link of its own, which the reader gets by mail (`digest.web.readers.manage`).
"""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model import SubscriptionStatus
from digest.schedule.slots import next_slots
from digest.settings import Newsletter
from digest.store.people import readers as store
from digest.tools import Tools
from digest.usecases.readers import leaving
from digest.usecases.readers.preferences import send_link
from digest.web.readers.forms import read_form
from digest.web.readers.leaving import LeavingPages
from digest.web.readers.manage import ManagePages
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.methods import page


class PreferencesPages:
    """The pages at /p/..."""

    def __init__(
        self, tools: Tools, renderer: PageRenderer, leavers: LeavingPages, manage: ManagePages
    ) -> None:
        self._tools = tools
        self._renderer = renderer
        self._leavers = leavers
        self._manage = manage

    def routes(self) -> list[Route]:
        return [page("/p/{token}", get=self.show, post=self.act)]

    async def show(self, request: Request) -> Response:
        """Show what a reader gets."""
        number = self._tools.links.read(request.path_params["token"], "preferences")
        if not number:
            return self._renderer.nobody(number)
        subscriber = await store.subscriber(self._tools.db, number)
        if subscriber is None or subscriber.status is not SubscriptionStatus.CONFIRMED:
            return self._leavers.left(number, await leaving.look(self._tools, number))
        newsletter = self._renderer.newsletter(subscriber.newsletter)
        language = self._renderer.language(newsletter)
        coming = self._next(newsletter) if newsletter else None
        return self._renderer.render(
            "preferences.html",
            newsletter,
            title=newsletter.title if newsletter else subscriber.newsletter,
            address=masked(subscriber.address),
            since=language.day(subscriber.since),
            next=language.day_and_time(coming) if coming else "",
        )

    async def act(self, request: Request) -> Response:
        """Mail the link to change it where that button was pressed, else end the subscription of the page."""
        form = await read_form(request)
        number = self._tools.links.read(request.path_params["token"], "preferences")
        if not number:
            return self._renderer.nobody(number)
        if form["do"] == "link":
            return self._manage.sent(send_link(self._tools, number))
        return self._leavers.left(number, await leaving.leave(self._tools, number))

    def _next(self, newsletter: Newsletter) -> datetime | None:
        slots = next_slots(newsletter.schedule, newsletter.timezone, self._tools.clock(), 1)
        return slots[0].due if slots else None


def masked(address: str) -> str:
    """Return enough of an address to know one's own by: "a•••@example.org"; a link can be passed on."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}"
