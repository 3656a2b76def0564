"""Whether each sender lets us in, and takes mails from our domains; nothing is mailed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from digest.delivery import SenderRoute
from digest.errors import SenderError
from digest.model.findings import Finding, Level
from digest.senders import Verifying


async def check(route: SenderRoute, domains: Sequence[str]) -> AsyncIterator[Finding]:
    """Yield whether a sender can be logged in to, and what it can tell besides."""
    name = f"sender {route.name}"
    try:
        yield Finding(Level.OK, name, await route.sender.check(), id="sender.login", group=name)
    except SenderError as error:
        yield Finding(Level.FAILURE, name, str(error), id="sender.login", group=name)
        return
    if not isinstance(route.sender, Verifying):
        return
    try:
        for finding in await route.sender.verify(domains):
            yield replace(finding, subject=f"{finding.subject} of {name}", group=name)
    except SenderError as error:
        yield Finding(
            Level.UNKNOWN, name, f"it could not be asked for more: {error}", id="sender.domain", group=name
        )
