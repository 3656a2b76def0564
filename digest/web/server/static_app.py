"""Serve whatever a function finds at a path: what the demo needs of a web site."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Found(Protocol):
    """The content of an address."""

    @property
    def media_type(self) -> str: ...
    @property
    def content(self) -> bytes: ...


def create_plain_app(find: Callable[[str], Found | None]) -> Starlette:
    """Return an app that answers GET with what `find` has for the path, else with 404."""

    async def answer(request: Request) -> Response:
        found = await asyncio.to_thread(find, request.url.path)
        if found is None:
            raise HTTPException(404)
        return Response(found.content, media_type=found.media_type)

    return Starlette(routes=[Route("/{path:path}", answer)])
