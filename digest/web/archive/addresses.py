"""The addresses of a newsletter's public pages; always below its site's own address."""

from __future__ import annotations

from typing import Literal

from digest.settings import Newsletter, Site


def archive_address(
    site: Site, newsletter: Newsletter, page: Literal["archive", "latest", "feed.xml"] = "archive"
) -> str:
    """Return the address of one of the archive's pages."""
    return f"{site.url}/n/{newsletter.name}/{page}"
