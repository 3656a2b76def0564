"""The certificate that a server shows: whom it is for, and how long it is good."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.model.findings import Level

RENEW_WITHIN = timedelta(days=21)  # automatic renewal has usually happened by then
_MOST_NAMES = 4


async def served(host: str, port: int, context: ssl.SSLContext) -> Mapping[str, Any]:
    """Return the certificate that a server shows, verified; raises OSError, ssl.SSLError among it."""
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    try:
        return writer.get_extra_info("peercert") or {}
    finally:
        writer.transport.abort()


def judge(certificate: Mapping[str, Any], now: datetime) -> tuple[Level, str]:
    """Tell how long a certificate is good, in words; `certificate` is what ssl's `getpeercert` returns."""
    if "notAfter" not in certificate:
        return Level.UNKNOWN, "the server showed no certificate that can be read"
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    names = [str(value) for _, value in certificate.get("subjectAltName", ())]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    text = f"for {', '.join(names[:_MOST_NAMES])}{more}, good until {end:%Y-%m-%d}"
    if end - now < RENEW_WITHIN:
        days = max(0, (end - now).days)
        return Level.WARNING, f"{text}, that is {days} days: see why it was not renewed"
    return Level.OK, text
