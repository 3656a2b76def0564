"""What search engines ask for: robots.txt (RFC 9309) and the map of a site (sitemaps.org)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from digest.store.editions import archive
from digest.tools import Tools
from digest.web.archive.addresses import archive_address
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.caching import cacheable

MAX_ADDRESSES = 50_000  # of one sitemap, as its protocol has it
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PUBLIC_PATHS = ("/n/", "/e/", "/i/", "/assets/", "/sitemap.xml")


class CrawlerPages:
    """The answers at /robots.txt and /sitemap.xml; what is not public is named in neither."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer

    async def robots(self, request: Request) -> Response:
        """Let robots see what is public, and no reader's own page."""
        site = self._tools.settings.site
        lines = ["User-agent: *"]
        if self._renderer.all_archived():
            lines += [f"Allow: {path}" for path in _PUBLIC_PATHS]
            lines += ["Disallow: /", "", f"Sitemap: {site.url}/sitemap.xml"]
        else:
            lines.append("Disallow: /")
        return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "public, max-age=3600"})

    async def sitemap(self, request: Request) -> Response:
        """Answer with the addresses of all public pages, the newest editions first."""
        settings, newsletters = self._tools.settings, self._renderer.all_archived()
        if not newsletters:
            return self._renderer.message("broken", status=404, root=".")
        pages = [(archive_address(settings.site_of(one), one), None) for one in newsletters]
        names = [one.name for one in newsletters]
        found = await archive.names(self._tools.db, names, MAX_ADDRESSES - len(pages))
        editions = [(f"{settings.site.url}/e/{name}", due) for name, due in found]
        return cacheable(request, _sitemap([*pages, *editions]), "application/xml")


def _sitemap(addresses: Sequence[tuple[str, datetime | None]]) -> bytes:
    root = ET.Element("urlset", {"xmlns": _NAMESPACE})
    for address, moment in addresses:
        node = ET.SubElement(root, "url")
        ET.SubElement(node, "loc").text = address
        if moment:
            ET.SubElement(node, "lastmod").text = moment.isoformat()
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
