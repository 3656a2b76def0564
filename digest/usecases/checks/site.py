"""Whether the links in the mails lead to where this program answers."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.model.findings import Finding, Level
from digest.net.http import is_this_machine
from digest.settings import Settings


def site(settings: Settings) -> Iterator[Finding]:
    """Yield what does not go together in site.url, the pages, and who is mailed."""
    url = settings.site.url
    parts = urlsplit(url)
    if not is_this_machine(parts.hostname or ""):
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if settings.web.port != port:
        text = (
            f"web.port is {settings.web.port}, and the links in the mails lead to port {port} of this machine: "
            "nobody answers there. Let the two be the same"
        )
        yield Finding(Level.WARNING, f"site.url {url}", text)
    if any(sender.kind != "eml" for sender in settings.senders):
        text = (
            "this is each reader's own machine: links to unsubscribe and to view in the browser lead nowhere. "
            "Set site.url to where readers reach `digest run`"
        )
        yield Finding(Level.WARNING, f"site.url {url}", text)
    if settings.images.copies:
        text = (
            "images.copies has readers' programs fetch pictures from there, that is, from their own machines"
        )
        yield Finding(Level.WARNING, f"site.url {url}", text)
