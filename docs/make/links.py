"""Check the links of the built site, offline: pages, files, anchors; and that no page loads anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

#: Attributes through which a page loads something by itself.
_LOADED = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src", "video": "src"}
#: Of `link`: relations that name an address and load nothing.
_ONLY_NAMED = {"canonical", "next", "prev", "alternate"}
_BASE = "http://site/"


@cache
def _parsed(page: Path) -> LexborHTMLParser:
    return LexborHTMLParser(page.read_bytes())


def broken(site: Path) -> list[str]:
    """Return every link of the site that leads nowhere, and everything that a page would load from elsewhere."""
    found: list[str] = []
    for page in sorted(site.rglob("*.html")):
        name = page.relative_to(site).as_posix()
        found += [f"{name}: loads {address} from elsewhere" for address in _loaded_from_elsewhere(page)]
        if name != "404.html":  # it is shown at any address, so its links are those of the site's root
            found += [
                f"{name}: {link} leads nowhere"
                for link in _links(page)
                if not _leads_somewhere(site, name, link)
            ]
    _parsed.cache_clear()
    _anchors.cache_clear()
    return found


def _loaded_from_elsewhere(page: Path) -> Iterator[str]:
    for tag, attribute in _LOADED.items():
        for node in _parsed(page).css(f"{tag}[{attribute}]"):
            address = node.attributes[attribute] or ""
            is_only_named = tag == "link" and node.attributes.get("rel") in _ONLY_NAMED
            if urlsplit(address).netloc and not is_only_named:
                yield address


def _links(page: Path) -> Iterator[str]:
    for selector, attribute in (("a[href]", "href"), ("img[src]", "src")):
        for node in _parsed(page).css(selector):
            link = node.attributes[attribute] or ""
            if not urlsplit(link).scheme and not urlsplit(link).netloc:
                yield link


def _leads_somewhere(site: Path, page: str, link: str) -> bool:
    target = urlsplit(urljoin(_BASE + page, link))
    path = site / unquote(target.path).lstrip("/")
    if path.is_dir():
        path /= "index.html"
    if not path.is_file():
        return False
    return not target.fragment or path.suffix != ".html" or unquote(target.fragment) in _anchors(path)


@cache
def _anchors(page: Path) -> frozenset[str | None]:
    return frozenset(node.attributes.get("id") for node in _parsed(page).css("[id]"))
