"""The page of preferences itself, behind a link that was mailed on request and works for a day.

Whoever has the link acts for the reader: the page shows the address, changes all choices, and hands out or erases what is
stored. GET shows, POST acts; there is no cookie, and the token in the address is the only authority.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

from babel import Locale
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import DigestError
from digest.tools import Tools
from digest.usecases import explain
from digest.usecases.readers import preferences, suppression
from digest.usecases.readers.preferences import Profile
from digest.web.readers.choices import Shown, first_day, judge, stored
from digest.web.readers.forms import Form, read_form
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.rendering.zones import zones
from digest.web.server.methods import page
from digest.words import languages

log = logging.getLogger(__name__)

Action: TypeAlias = Callable[[Profile, Form], Awaitable[Response]]


class ManagePages:
    """The pages at /m/..., and at /p/link the form that asks for a link to them."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer
        self._actions: dict[str, Action] = {
            "save": self._save,
            "export": self._export,
            "erase": self._ask_to_erase,
            "erase-now": self._erase,
        }

    def routes(self) -> list[Route]:
        return [
            page("/p/link", get=self.ask_for_link, post=self.send_link),
            page("/m/{token}", get=self.show, post=self.act),
        ]

    async def ask_for_link(self, request: Request) -> Response:
        """Show the form that takes an address and mails the link."""
        return self._renderer.render("link.html", None)

    async def send_link(self, request: Request) -> Response:
        """Answer everybody alike and at once; the address is looked up when the answer has left."""
        form = await read_form(request)
        client = request.client.host if request.client else ""
        return self.sent(preferences.send_link_to(self._tools, form["email"], client=client))

    def sent(self, work: Coroutine[Any, Any, None]) -> Response:
        """Say that a link is on its way, if there is a reader to send it to; that is found out by `work`, afterwards."""
        answer = self._renderer.render("link-sent.html", None)
        answer.background = BackgroundTask(_afterwards, work)
        return answer

    async def show(self, request: Request) -> Response:
        """Show what a reader has chosen."""
        return await self._with_profile(request, self._show)

    async def act(self, request: Request) -> Response:
        """Do what the button that was pressed says."""
        form = await read_form(request)
        if form["do"] == "link":
            timed = self._tools.links.read_timed(request.path_params["token"], "manage")
            if timed and timed.number:
                return self.sent(preferences.send_link(self._tools, timed.number))
        action = self._actions.get(form["do"], self._unchanged)
        return await self._with_profile(request, lambda profile: action(profile, form))

    async def _with_profile(
        self, request: Request, work: Callable[[Profile], Awaitable[Response]]
    ) -> Response:
        timed = self._tools.links.read_timed(request.path_params["token"], "manage")
        if timed is None or not timed.number:
            return self._renderer.nobody(timed.number if timed else None)
        if timed.until < self._tools.clock():
            return self._renderer.render("link-expired.html", None, status=410)
        profile = await preferences.profile(self._tools, timed.number)
        if profile is None:
            return self._renderer.render("unsubscribed.html", None, title="", choices=None, thanked=False)
        return await work(profile)

    async def _show(self, profile: Profile) -> Response:
        return self._form(profile, stored(profile, self._tools.clock()))

    async def _unchanged(self, profile: Profile, form: Form) -> Response:
        return await self._show(profile)

    async def _save(self, profile: Profile, form: Form) -> Response:
        now = self._tools.clock()
        judged = judge(form, profile, now)
        if judged.changes is None:
            return self._form(profile, judged.shown, status=422, faults=judged.faults)
        changed = await preferences.change(self._tools, profile.subscription_id, judged.changes)
        return self._form(changed, stored(changed, now), saved=True) if changed else await self._show(profile)

    async def _export(self, profile: Profile, form: Form) -> Response:
        known = explain.as_json(await explain.reader(self._tools, profile.address))
        text = json.dumps(known, ensure_ascii=False, indent=2, default=str)
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response(text, media_type="application/json", headers=headers)

    async def _ask_to_erase(self, profile: Profile, form: Form) -> Response:
        return self._page("erase.html", profile, address=profile.address)

    async def _erase(self, profile: Profile, form: Form) -> Response:
        await suppression.forget(self._tools, profile.address)
        return self._page("erased.html", profile)

    def _form(self, profile: Profile, shown: Shown, *, status: int = 200, **more: Any) -> Response:
        now = self._tools.clock()
        language = self._renderer.language(self._renderer.newsletter(profile.newsletter), profile.language)
        values = {
            "address": profile.address,
            "shown": shown,
            "languages": [(code, _own_name(code)) for code in languages()],
            "zones": zones(language.cldr, now.year, now.month),
            "hours": [(str(hour), language.hour(hour)) for hour in range(24)],
            "first_day": first_day(now),
            "saved": False,
            "faults": (),
        }
        return self._page("manage.html", profile, status=status, **{**values, **more})

    def _page(self, template: str, profile: Profile, *, status: int = 200, **values: Any) -> Response:
        newsletter = self._renderer.newsletter(profile.newsletter)
        return self._renderer.render(template, newsletter, own=profile.language, status=status, **values)


async def _afterwards(work: Coroutine[Any, Any, None]) -> None:
    """Do what nobody waits for any more."""
    try:
        await work
    except DigestError as error:
        log.error("a link to preferences was asked for and could not be queued: %s", error)


def _own_name(code: str) -> str:
    """Return what a language calls itself: "Deutsch"."""
    name = Locale.parse(code).get_display_name(code) or code
    return name[:1].upper() + name[1:]
