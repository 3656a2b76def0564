"""Links that another process has signed with a key that is newer than this process: the key is looked up."""

from __future__ import annotations

from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from digest.clock import steady
from digest.errors import StoreError
from digest.readers import keys
from digest.tools import Tools

#: Seconds between two looks at the database; anybody can make up a link with a version that does not exist.
PAUSE_SECONDS = 5.0


#: What the addresses of pages begin with that are found by a token.
PERSONAL = frozenset("cmpsu")


class NewKeys:
    """Learns the keys of links before a page reads a link that it could not know (ASGI)."""

    def __init__(self, app: ASGIApp, tools: Tools) -> None:
        self._app = app
        self._tools = tools
        self._looked = -PAUSE_SECONDS  # on the steady clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and self._is_unknown(scope["path"])
            and steady() - self._looked >= PAUSE_SECONDS
        ):
            self._looked = steady()
            with suppress(StoreError):  # the page itself says so, as all pages do
                await keys.notice(self._tools.links, self._tools.db)
        await self._app(scope, receive, send)

    def _is_unknown(self, path: str) -> bool:
        kind, _, token = path.removeprefix("/").partition("/")
        return kind in PERSONAL and not self._tools.links.knows(token)
