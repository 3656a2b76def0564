"""A page and the methods that it takes, as RFC 9110 wants them told: in `Allow`, to OPTIONS and to any other method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

#: Key in the scope of a request: the path of its page as it is routed ("/u/{token}"), which names no reader.
PAGE = "digest.page"

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def page(
    path: str,
    *,
    get: Handler,
    post: Handler | None = None,
    options: Handler | None = None,
    max_body_bytes: int | None = None,
) -> Route:
    """Return the route of a page; HEAD is answered as GET, without the body. Its body may have a limit of its own."""
    handlers = {"GET": get, "HEAD": get} | ({"POST": post} if post else {})
    allow = {"Allow": ", ".join(handlers)}

    async def answer(request: Request) -> Response:
        request.scope[PAGE] = path
        if handler := handlers.get(request.method):
            return await handler(request)
        if options and request.method == "OPTIONS":
            answered = await options(request)
            answered.headers["Allow"] = allow["Allow"]
            return answered
        return Response(status_code=204 if request.method == "OPTIONS" else 405, headers=allow)

    route = Route(path, answer, max_body_size=max_body_bytes)
    route.methods = None  # all of them come here
    return route
