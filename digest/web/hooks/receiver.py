"""/hooks/NAME: take what an email service reports. 2xx is the promise that it is stored; what it does follows later.

A request that proves nothing is refused without a word about why: the reason stands in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest import plugins
from digest.clock import steady
from digest.errors import DigestError
from digest.feedback.hooks import ForgedRequest, HookRequest, NeedsPage, UnreadableRequest
from digest.model import Event
from digest.settings.kinds import HookSettings
from digest.store.feedback import events
from digest.tools import Tools
from digest.web.server.methods import page

BODY_LIMIT_BYTES = 1_000_000

_PATH = "/hooks/{name}"
_MAX_PAGE_BYTES = 100_000  # of a certificate, or of Amazon's answer to a confirmation
_PAGES_PER_REQUEST = 2  # its certificate, its confirmation
_PAGES_KEPT = 20
_PAGE_PAUSE = 30.0  # seconds until a page that could not be fetched is asked for again
_LOG_PAUSE = 60.0  # seconds between two lines about refused requests to one hook
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="webhook", charset="UTF-8"'}  # SNS logs in only when asked to

Fetch: TypeAlias = Callable[[str], Awaitable[bytes]]

_log = logging.getLogger(__name__)


class _NoPageError(Exception):
    """A page that the proof needs cannot be had now."""


@dataclass(slots=True)
class HookReceiver:
    """Proves, reads and stores what comes to the hooks of the configuration. `fetch` visits what a proof needs."""

    tools: Tools
    fetch: Fetch | None = None
    _kept: dict[str, bytes] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)  # in the steady clock's seconds

    def routes(self) -> list[Route]:
        """Return the one route, where the configuration has hooks."""
        if not self.tools.settings.hooks:
            return []
        return [page(_PATH, get=self.show, post=self.receive, max_body_bytes=BODY_LIMIT_BYTES)]

    async def show(self, request: Request) -> Response:
        """Tell that a hook is here: services ask before they take its address."""
        return PlainTextResponse("ok\n") if self._hook(request) else _not_here()

    async def receive(self, request: Request) -> Response:
        """Store what is reported; raises StoreError, which is answered with 503, and the service comes again."""
        hook = self._hook(request)
        if hook is None:
            return _not_here()
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        now = self.tools.clock()
        site = self.tools.settings.site.url.rstrip("/")
        asked = HookRequest(
            headers=dict(request.headers), body=body, now=now, url=f"{site}/hooks/{hook.name}"
        )
        try:
            found = await self._read(hook, asked)
        except ForgedRequest as error:
            self._note(hook, str(error))
            return PlainTextResponse("refused\n", status_code=401, headers=_CHALLENGE)
        except UnreadableRequest as error:
            self._note(hook, str(error))
            return PlainTextResponse("cannot be read\n", status_code=400)
        except _NoPageError as error:
            self._note(hook, str(error))
            return PlainTextResponse("later\n", status_code=503, headers={"Retry-After": "60"})
        if found:
            await events.store(self.tools.db, hook.name, found, now)
        return PlainTextResponse("ok\n")

    def _hook(self, request: Request) -> HookSettings | None:
        name = request.path_params["name"]
        return next((hook for hook in self.tools.settings.hooks if hook.name == name), None)

    async def _read(self, hook: HookSettings, asked: HookRequest) -> Sequence[Event]:
        module = plugins.load(HookSettings.room, hook.kind)
        pages: dict[str, bytes] = {}
        for _ in range(_PAGES_PER_REQUEST + 1):
            known = HookRequest(
                headers=asked.headers,
                body=asked.body,
                now=asked.now,
                url=asked.url,
                pages={**self._kept, **pages},
            )
            try:
                return module.events(known, hook.options)  # type: ignore[no-any-return]  # every kind's says so
            except NeedsPage as needed:
                pages[needed.url] = await self._page(needed.url)
                if needed.keep:
                    self._keep(needed.url, pages[needed.url])
        raise UnreadableRequest("it leads from page to page")

    async def _page(self, url: str) -> bytes:
        """Fetch a page, one that failed not at once again: whoever forges requests must not make us ask for many."""
        if steady() < self._not_before.get(url, 0.0):
            raise _NoPageError(f"{url.partition('?')[0]} could not be fetched a moment ago")
        try:
            return await (self.fetch or self._visit)(url)
        except DigestError as error:
            self._put_off(url, _PAGE_PAUSE)
            raise _NoPageError(f"{url.partition('?')[0]} cannot be fetched: {error}") from error

    async def _visit(self, url: str) -> bytes:
        return (await self.tools.http.get(url, max_bytes=_MAX_PAGE_BYTES, pause=False)).body

    def _keep(self, url: str, content: bytes) -> None:
        while len(self._kept) >= _PAGES_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[url] = content

    def _put_off(self, what: str, seconds: float) -> None:
        now = steady()
        for one in [one for one, at in self._not_before.items() if at <= now]:
            del self._not_before[one]
        self._not_before[what] = now + seconds

    def _note(self, hook: HookSettings, reason: str) -> None:
        if steady() >= self._not_before.get(hook.name, 0.0):
            self._put_off(hook.name, _LOG_PAUSE)
            _log.warning("webhook %s: a request was refused: %s", hook.name, reason)


def _not_here() -> Response:
    return PlainTextResponse("there is no such webhook\n", status_code=404)
