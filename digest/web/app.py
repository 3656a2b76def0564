"""The app of `digest run`: readers' pages and the health of the service.

Addresses in these pages come from `site.url` or are relative; nothing is taken from the Host header. There is no
cookie and no session: what a page may do follows from the signed token in its address alone.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import StoreError
from digest.tools import Tools
from digest.web.archive.crawlers import CrawlerPages
from digest.web.archive.editions import EditionPages
from digest.web.archive.feed import FeedPages
from digest.web.archive.listing import ArchivePages
from digest.web.hooks.receiver import HookReceiver
from digest.web.ops.health import Health
from digest.web.ops.metrics import Metrics
from digest.web.ops.readiness import Readiness
from digest.web.ops.requests import Measured
from digest.web.readers.confirmation import ConfirmationPages
from digest.web.readers.leaving import LeavingPages
from digest.web.readers.manage import ManagePages
from digest.web.readers.pictures import PicturePages
from digest.web.readers.preferences import PreferencesPages
from digest.web.readers.sign_up import SignUpPages
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.methods import page
from digest.web.server.new_keys import NewKeys
from digest.web.server.security import STRICT_TRANSPORT, SecurityHeaders

BODY_LIMIT_BYTES = 64_000  # bytes; a one-click request has 26


def create_app(tools: Tools, *, draining: Callable[[], bool] = lambda: False) -> Starlette:
    """Return the app; it works as long as the tools are open. `draining` tells whether the service is about to end."""
    site = tools.settings.site
    renderer = PageRenderer(tools)
    leavers, manage = LeavingPages(tools, renderer), ManagePages(tools, renderer)

    async def stylesheet(request: Request) -> Response:
        return renderer.stylesheet(request.query_params.get("newsletter", ""))

    async def out_of_order(request: Request, error: Exception) -> Response:
        """Tell a reader, or the mailbox provider's machine, to come back: nothing has been lost or done."""
        answer = renderer.message("later", status=503)
        answer.headers["Retry-After"] = "60"
        return answer

    async def not_here(request: Request, error: Exception) -> Response:
        """Answer an address that leads nowhere, the front page among them, as any other page looks."""
        depth = request.url.path.count("/") - 1
        return renderer.message("broken", status=404, root="/".join([".."] * depth) or ".")

    https = site.url.startswith("https://")
    app = Starlette(
        routes=[
            *leavers.routes(),
            *manage.routes(),
            *PreferencesPages(tools, renderer, leavers, manage).routes(),
            *SignUpPages(tools, renderer).routes(),
            *ConfirmationPages(tools, renderer).routes(),
            *public_pages(tools, renderer),
            page("/i/{name}", get=PicturePages(tools, renderer).show),
            *HookReceiver(tools).routes(),
            *operators_pages(tools, draining),
            page("/assets/pages.css", get=stylesheet),
        ],
        middleware=[
            Middleware(Measured, measures=tools.measures),
            Middleware(NewKeys, tools=tools),
            Middleware(SecurityHeaders, more=STRICT_TRANSPORT if https else None),
        ],
        exception_handlers={StoreError: out_of_order, 404: not_here},
        max_body_size=BODY_LIMIT_BYTES,
    )
    app.router.redirect_slashes = False  # it would send a token to whatever the Host header names
    return app


def public_pages(tools: Tools, renderer: PageRenderer) -> list[Route]:
    """Return the pages of editions, the same for everybody."""
    editions, archive, crawlers = (
        EditionPages(tools, renderer),
        ArchivePages(tools, renderer),
        CrawlerPages(tools, renderer),
    )
    return [
        page("/e/{name}", get=editions.show),
        page("/e/{name}/{key}", get=editions.show),
        page("/n/{newsletter}/archive", get=archive.show),
        page("/n/{newsletter}/latest", get=archive.latest),
        page("/n/{newsletter}/feed.xml", get=FeedPages(tools, renderer).show),
        page("/robots.txt", get=crawlers.robots),
        page("/sitemap.xml", get=crawlers.sitemap),
    ]


def operators_pages(tools: Tools, draining: Callable[[], bool]) -> list[Route]:
    """Return the pages for operators and their programs; a reverse proxy does not pass them on."""
    return [
        page("/healthz", get=Health(tools).answer),
        page("/readyz", get=Readiness(tools, draining).answer),
        page("/metrics", get=Metrics(tools).answer),
    ]
