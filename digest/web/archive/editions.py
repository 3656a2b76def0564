"""An edition as a page, for "view in browser" and for the archive: the same for all readers, with nothing personal."""

from __future__ import annotations

import asyncio

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.edition import lead_picture, web_copy
from digest.errors import UsageError
from digest.model import Edition, EditionStatus, Mail
from digest.settings import Newsletter
from digest.store.editions import archive
from digest.store.editions import editions as store
from digest.text import absolute_url
from digest.tools import Tools
from digest.web.archive.addresses import archive_address
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.caching import cacheable
from digest.web.server.security import MAIL_POLICY

_POLICY = MAIL_POLICY.format(ancestors="'none'")


class EditionPages:
    """The pages at /e/...; where a newsletter's archive is private, they open with the key in the mails' link only."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Show an edition that was sent; one that was skipped or cancelled is not there."""
        name, key = request.path_params["name"], request.path_params.get("key")
        try:
            edition = await store.by_name(self._tools.db, name)
        except UsageError:
            return self._absent(request)
        newsletter = self._renderer.newsletter(edition.newsletter)
        if edition.name != name or newsletter is None or not self._may_see(newsletter, name, key):
            return self._absent(request)
        if edition.remade_as:
            return RedirectResponse(self._relative(newsletter, edition.remade_as), status_code=302)
        if edition.mail is None or edition.status is EditionStatus.CANCELLED:
            return self._absent(request)
        if newsletter.archive == "public":
            return await self._public(request, edition, edition.mail, newsletter)
        html = await asyncio.to_thread(self._page, edition, edition.mail, newsletter)
        kept = {"Content-Security-Policy": _POLICY, "Cache-Control": "private, max-age=300"}
        return cacheable(request, html.encode(), "text/html", headers=kept)

    def _may_see(self, newsletter: Newsletter, name: str, key: str | None) -> bool:
        if newsletter.archive == "private":
            return key is not None and self._tools.links.opens(name, key)
        return newsletter.archive == "public" and key is None

    async def _public(
        self, request: Request, edition: Edition, mail: Mail, newsletter: Newsletter
    ) -> Response:
        around = await archive.neighbours(self._tools.db, newsletter.name, edition.slot)
        html = await asyncio.to_thread(self._archived, edition, mail, newsletter, around)
        headers = {"Content-Security-Policy": _POLICY}
        if edition.status in archive.SHOWN:
            headers["X-Robots-Tag"] = "all"
        return cacheable(request, html.encode(), "text/html", headers=headers)

    def _archived(
        self, edition: Edition, mail: Mail, newsletter: Newsletter, around: archive.Neighbours
    ) -> str:
        """Return a page that can be found and shared, with the way to the editions around it."""
        site = self._tools.settings.site_of(newsletter)
        logo = absolute_url(newsletter.logo, site.url)
        values = {
            "newsletter": newsletter,
            "edition": edition,
            "mail": mail,
            "neighbours": around,
            "address": f"{site.url}/e/{edition.name}",
            "feed": archive_address(site, newsletter, "feed.xml"),
            "picture": lead_picture(mail, logo=logo) or logo,
            "colours": Markup(self._renderer.colours(newsletter)),  # noqa: S704  hexadecimal colours
        }
        head, foot = (
            self._renderer.fragment(f"edition-{part}.html", newsletter, **values) for part in ("head", "foot")
        )
        return self._page(edition, mail, newsletter, head, foot)

    def _page(
        self, edition: Edition, mail: Mail, newsletter: Newsletter, head: str = "", foot: str = ""
    ) -> str:
        site = self._tools.settings.site_of(newsletter)
        address = self._tools.links_of(newsletter).browser_url(edition.name)
        return web_copy(mail, browser_url=address, subscribe_url=site.signup_url, head=head, foot=foot)

    def _relative(self, newsletter: Newsletter, name: str) -> str:
        """Return the address of another edition as seen from this one, so that it works on any host."""
        if newsletter.archive == "public":
            return name
        return "../" + "/".join(self._tools.links_of(newsletter).browser_url(name).rsplit("/", 2)[-2:])

    def _absent(self, request: Request) -> Response:
        root = "../.." if "key" in request.path_params else ".."
        return self._renderer.message("absent", status=404, root=root)
