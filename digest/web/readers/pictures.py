"""Our copies of pictures, as mails show them: an address is made from the picture's bytes and never changes."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from digest.store.content import pictures as store
from digest.tools import Tools
from digest.web.rendering.page_renderer import PageRenderer

_NAME = re.compile(r"([0-9a-f]{32})\.(?:jpg|png)")
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",  # mail programs on the web show them in pages of their own
}


class PicturePages:
    """The pictures at /i/..."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Show a copy under its one name."""
        name = request.path_params["name"]
        match = _NAME.fullmatch(name)
        copy = await store.copy_of(self._tools.db, match[1]) if match else None
        if copy is None or copy.name != name:
            return self._renderer.message("absent", status=404)
        return Response(copy.data, media_type=copy.media_type, headers=_HEADERS)
