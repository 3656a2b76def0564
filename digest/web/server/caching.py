"""Public answers that caches may keep and that are asked for again with validators (RFC 9110, 8.8 and 13.1; RFC 9111)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

MAX_AGE_SECONDS = 300  # how long a cache may answer in our place: a correction is seen that late


def cacheable(
    request: Request,
    content: bytes,
    media_type: str,
    *,
    modified: datetime | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return public content with its validators, or 304 where the client has it already."""
    tag = f'"{blake2b(content, digest_size=16).hexdigest()}"'
    validators = {"ETag": tag, "Cache-Control": f"public, max-age={MAX_AGE_SECONDS}", **(headers or {})}
    if modified:
        validators["Last-Modified"] = format_datetime(modified.astimezone(UTC), usegmt=True)
    if _has_it(request, tag, modified):
        return Response(status_code=304, headers=validators)
    return Response(content, media_type=media_type, headers=validators)


def _has_it(request: Request, tag: str, modified: datetime | None) -> bool:
    if (known := request.headers.get("if-none-match")) is not None:
        # Weak comparison (RFC 9110, 13.1.2): a proxy that compresses marks the tag as weak.
        tags = [each.strip().removeprefix("W/") for each in known.split(",")]
        return tag in tags or "*" in tags
    since = request.headers.get("if-modified-since", "")
    try:
        return modified is not None and modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # no date, or one without a zone
        return False
