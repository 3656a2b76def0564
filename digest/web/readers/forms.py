"""What a form of the readers' pages sends. A page's address says who is meant, so a body may be anything at all."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

BODY_TIMEOUT_SECONDS = 10  # seconds for the body of a request
MAX_FIELDS = 500  # of a form; ours have a few dozen


class Form:
    """The fields of a form; one that is missing is "" or empty."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields.get(name, [""])[-1].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field, such as the boxes that are ticked."""
        return tuple(self._fields.get(name, ()))


async def read_form(request: Request) -> Form:
    """Return what the request's body holds, empty where it is no urlencoded form; waits for all of the body.

    A client may not hear us before it has sent it all.
    """
    body = b""
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            body = await request.body()
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return Form({})
    try:
        return Form(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return Form({})
