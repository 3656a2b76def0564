"""Read what a form, or a script in its place, has sent: flat fields of text, from whatever client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

BODY_TIMEOUT_SECONDS = 10  # seconds for the body of a request

_MOST_FIELDS = 50
_LONGEST_FIELD = 2_000  # characters


def is_json(request: Request) -> bool:
    """Tell whether a request comes from a script that wants JSON back."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


async def read_fields(request: Request) -> Mapping[str, str]:
    """Return the fields that are text, by name; none of them where the body cannot be read."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            if is_json(request):
                data = json.loads(await request.body())
                items: Iterable[tuple[object, object]] = data.items() if isinstance(data, dict) else ()
            else:
                items = (await request.form(max_files=0, max_fields=_MOST_FIELDS)).multi_items()
    except (TimeoutError, ClientDisconnect, HTTPException, ValueError, RecursionError):
        return {}
    return {str(name): value[:_LONGEST_FIELD] for name, value in items if isinstance(value, str)}
