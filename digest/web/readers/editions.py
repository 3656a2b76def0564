"""An edition as a page, for "view in browser": the same for all readers, without any personal values."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from digest.edition import web_copy
from digest.errors import UsageError
from digest.model import EditionStatus
from digest.store.editions import editions as store
from digest.tools import Tools
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.security import MAIL_POLICY

_POLICY = MAIL_POLICY.format(ancestors="'none'")


class EditionPages:
    """The pages at /e/..."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Show an edition that was sent; one that was skipped or cancelled is not there."""
        name = request.path_params["name"]
        try:
            edition = await store.by_name(self._tools.db, name)
        except UsageError:
            return self._absent()
        if edition.remade_as:
            return RedirectResponse(f"/e/{edition.remade_as}", status_code=302)
        if edition.name != name or edition.mail is None or edition.status is EditionStatus.CANCELLED:
            return self._absent()
        site = self._tools.settings.site
        html = await asyncio.to_thread(
            web_copy, edition.mail, browser_url=f"{site.url}/e/{edition.name}", subscribe_url=site.signup_url
        )
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "public, max-age=300"}
        return HTMLResponse(html, headers=headers)

    def _absent(self) -> Response:
        return self._renderer.message("absent", status=404)
