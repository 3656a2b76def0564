"""The page behind the button of a confirmation mail. GET never acts: programs open every link in a mail."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.readers.links import TEST_COPY
from digest.store.people import sign_ups
from digest.store.people.sign_ups import Asked, Standing
from digest.tools import Tools
from digest.usecases.readers.sign_up import confirm
from digest.web.readers.form_body import read_fields
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.methods import page


class ConfirmationPages:
    """The pages at /c/..."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer

    def routes(self) -> list[Route]:
        return [page("/c/{token}", get=self.ask, post=self.confirm)]

    async def ask(self, request: Request) -> Response:
        """Show the button that confirms, or that this was done."""
        if not (number := self._number(request)):
            return self._unknown(number)
        asked = await sign_ups.standing(self._tools.db, number, self._tools.clock())
        return self._show(number, asked)

    async def confirm(self, request: Request) -> Response:
        """Confirm; the same answer every time."""
        await read_fields(
            request
        )  # it says nothing that the address does not, but must be taken before the answer
        if not (number := self._number(request)):
            return self._unknown(number)
        client = request.client.host if request.client else ""
        return self._show(number, await confirm(self._tools, number, client=client))

    def _number(self, request: Request) -> int | None:
        return self._tools.links.read(request.path_params["token"], "confirm")

    def _unknown(self, number: int | None) -> Response:
        if number == TEST_COPY:
            return self._renderer.message("test", status=200)
        return self._renderer.message("broken", status=404)

    def _show(self, number: int, asked: Asked) -> Response:
        newsletter = self._renderer.newsletter(asked.newsletter)
        if newsletter is None:
            return self._renderer.message("broken", status=404)
        values: dict[str, Any] = {"title": newsletter.title, "path": newsletter.name}
        match asked.standing:
            case Standing.OPEN:
                return self._renderer.render("confirm.html", newsletter, **values)
            case Standing.CONFIRMED:
                token = self._tools.links.token(number, "preferences")
                return self._renderer.render("confirmed.html", newsletter, **values, preferences=token)
            case _:
                return self._renderer.render("expired.html", newsletter, **values, status=410)
