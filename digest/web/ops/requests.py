"""Count requests and the time that answers take, by page as it is routed: a path may hold a reader's token."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.clock import steady
from digest.telemetry import tracing
from digest.telemetry.measures import REQUEST_SECONDS, REQUESTS, Measures
from digest.web.server.methods import PAGE

_METHODS = {
    "GET",
    "HEAD",
    "POST",
    "OPTIONS",
}  # any other is counted as "other", since a client may invent them


class Measured:
    """Measures and traces every answer (ASGI)."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, status = steady(), 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "other"
        with tracing.span("http.request", **{"http.request.method": method}) as span:
            try:
                await self._app(scope, receive, send_and_note)
            finally:
                page = scope.get(PAGE, "none")
                if span:
                    span.set_attributes({"http.route": page, "http.response.status_code": status})
                self._measures.count(REQUESTS, page, method, str(status))
                self._measures.observe(REQUEST_SECONDS, (steady() - begun,), page)
