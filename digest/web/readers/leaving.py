"""The pages behind "unsubscribe" in a mail: leave, take it back within the hour, pause instead, say why.

Link scanners follow every link, so GET and HEAD never change anything. POST to /u/ unsubscribes at once, whatever its
body holds: the mailbox provider's one-click request (RFC 8058) comes as multipart or urlencoded, our own button sends
nothing, and the address alone says who is meant. It is answered 200 and never redirected, however often it comes.

What may be done after that is posted to /s/, whose token only the pages behind /u/ show, and which expires.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import UsageError
from digest.model import LeavingReason
from digest.tools import Tools
from digest.usecases.readers import leaving
from digest.usecases.readers.leaving import Choices
from digest.web.readers.forms import Form, read_form
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.methods import page

#: How long the buttons of a page may be pressed after it was shown.
PAGE_GOOD_FOR = timedelta(hours=24)

Action: TypeAlias = Callable[[int, Form], Coroutine[Any, Any, Response]]


class LeavingPages:
    """The pages at /u/... and /s/..."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer
        self._actions: dict[str, Action] = {"undo": self._undo, "pause": self._pause, "why": self._say_why}

    def routes(self) -> list[Route]:
        return [
            page("/u/{token}", get=self.ask, post=self.unsubscribe),
            page("/s/{token}", get=self.show, post=self.act),
        ]

    async def ask(self, request: Request) -> Response:
        """Show the button that unsubscribes, and a pause beside it."""
        number = self._tools.links.read(request.path_params["token"])
        if not number:
            return self._renderer.nobody(number)
        choices = await leaving.look(self._tools, number)
        if choices is None or choices.left:
            return self.left(number, choices)
        return self._render("unsubscribe.html", number, choices)

    async def unsubscribe(self, request: Request) -> Response:
        """End a subscription; the same answer every time."""
        await read_form(request)
        number = self._tools.links.read(request.path_params["token"])
        if not number:
            return self._renderer.nobody(number)
        return self.left(number, await leaving.leave(self._tools, number))

    async def show(self, request: Request) -> Response:
        """Show how the subscription stands, to whoever opens a button's address."""
        number = self._number(request)
        if not number:
            return self._renderer.nobody(number)
        return self._standing(number, await leaving.look(self._tools, number))

    async def act(self, request: Request) -> Response:
        """Do what the button that was pressed says."""
        form, number = await read_form(request), self._number(request)
        if not number:
            return self._renderer.nobody(number)
        if action := self._actions.get(form["do"]):
            return await action(number, form)
        return self._standing(number, await leaving.look(self._tools, number))

    def left(self, number: int, choices: Choices | None) -> Response:
        """Show that a subscription has ended, and what may be done about that."""
        return self._render("unsubscribed.html", number, choices)

    async def _undo(self, number: int, form: Form) -> Response:
        return self._standing(number, await leaving.undo(self._tools, number))

    async def _pause(self, number: int, form: Form) -> Response:
        try:
            choices = await leaving.pause(self._tools, number, int(form["weeks"] or 0))
        except (UsageError, ValueError):
            choices = await leaving.look(self._tools, number)
        return self._standing(number, choices)

    async def _say_why(self, number: int, form: Form) -> Response:
        try:
            choices = await leaving.say_why(self._tools, number, LeavingReason(form["reason"]))
        except ValueError:
            choices = await leaving.look(self._tools, number)
        return self._render("unsubscribed.html", number, choices, thanked=bool(form["reason"]))

    def _standing(self, number: int, choices: Choices | None) -> Response:
        if choices is None or choices.left:
            return self.left(number, choices)
        return self._render("staying.html" if choices.subscribed else "unsubscribe.html", number, choices)

    def _number(self, request: Request) -> int | None:
        """Return whose button it is; None where the token is not ours or has expired."""
        timed = self._tools.links.read_timed(request.path_params["token"], "stay")
        return timed.number if timed and timed.until >= self._tools.clock() else None

    def _render(
        self, template: str, number: int, choices: Choices | None, *, thanked: bool = False
    ) -> Response:
        newsletter = self._renderer.newsletter(choices.newsletter) if choices else None
        own = choices.language if choices else ""
        language = self._renderer.language(newsletter, own)
        until = choices.paused_until if choices else None
        return self._renderer.render(
            template,
            newsletter,
            own=own,
            title=newsletter.title if newsletter else choices.newsletter if choices else "",
            choices=choices,
            paused_until=language.day(until) if until else "",
            stay=self._tools.links.timed_token(number, "stay", self._tools.clock() + PAGE_GOOD_FOR),
            weeks=leaving.PAUSE_WEEKS,
            reasons=[(reason.value, language.say(f"why_{reason}")) for reason in LeavingReason],
            thanked=thanked,
        )
