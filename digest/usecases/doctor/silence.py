"""What can still be looked at where the DNS is silent: what has an address and not a name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from digest.model.findings import Finding, Level
from digest.net.http import is_this_machine
from digest.settings import SenderSettings


def has_name(place: str) -> bool:
    """Tell whether the DNS has to be asked to reach a URL or a host."""
    try:
        host = (urlsplit(place).hostname if "://" in place else place) or ""
        ip_address(host)
    except ValueError:
        return not is_this_machine(host)
    return False


def address_of(entry: SenderSettings) -> str:
    """Return the host or the URL that a sender talks to; 127.0.0.1 for one that talks to nobody."""
    options = entry.options
    found = next(
        (str(value) for key in ("host", "url", "endpoint") if (value := getattr(options, key, ""))), ""
    )
    return found or ("127.0.0.1" if entry.kind == "eml" else "a name in its own module")


async def softened(findings: AsyncIterator[Finding]) -> AsyncIterator[Finding]:
    """Yield findings of what nobody needs yet: a failure is only a warning."""
    async for finding in findings:
        yield replace(finding, level=Level.WARNING) if finding.level is Level.FAILURE else finding
