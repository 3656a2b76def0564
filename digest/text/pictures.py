"""Pictures in HTML that `clean_html` made, and when two addresses are those of one picture."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

_SCALED = re.compile(r"-(?:\d{2,5}x\d{2,5}|scaled|\d{2,5}w)(?=\.\w{2,5}$)", re.I)  # the copies of a CMS
_SIZED_PATH = re.compile(r"/(?:[wh]_?\d+(?:,[wh]_?\d+)*|\d{2,5}x\d{2,5}|s\d{2,4})(?=/)", re.I)
_IMAGE = re.compile(r'<img((?: [\w-]+="[^"]*")*)>')
_SOURCE = re.compile(r' src="([^"]*)"')
_ALT = re.compile(r' alt="([^"]*)"')
_WIDTHS = re.compile(r' width="(\d{1,5})(?:px)?"')
_MIN_WIDTH = 200  # CSS pixels; a picture that is known to be narrower is a portrait or an icon
_SIZE = re.compile(r' (?:width|height)="[^"]*"')


def picture_key(url: str) -> str:
    """Return what is the same for all sizes of a picture at one place: no query, no "-1024x683" before its ending."""
    parts = urlsplit(url)
    path = _SIZED_PATH.sub("", _SCALED.sub("", unquote(parts.path)))
    return f"{(parts.hostname or '').removeprefix('www.')}{path}".casefold()


def pictures_in(fragment: str) -> Iterator[str]:
    """Yield the addresses of the pictures in clean HTML."""
    for image in _IMAGE.finditer(fragment):
        if source := _SOURCE.search(image[1]):
            yield html.unescape(source[1])


def described_in(fragment: str) -> Iterator[tuple[str, str]]:
    """Yield the addresses of the pictures in clean HTML, each with its alternative text; known icons are left out."""
    for image in _IMAGE.finditer(fragment):
        source, alt, sizes = _SOURCE.search(image[1]), _ALT.search(image[1]), _WIDTHS.findall(image[1])
        if source and not any(int(size) < _MIN_WIDTH for size in sizes):
            yield html.unescape(source[1]), html.unescape(alt[1]) if alt else ""


def with_pictures(fragment: str, told: Callable[[str], tuple[str, int, int] | None]) -> str:
    """Return clean HTML with its pictures as `told` of their addresses: an address and a size, or ("", 0, 0) for none.

    What it returns None for stays as it is.
    """

    def one(image: re.Match[str]) -> str:
        source = _SOURCE.search(image[1])
        known = told(html.unescape(source[1])) if source else None
        if source is None or known is None:
            return image[0]
        url, width, height = known
        if not url:
            return ""
        rest = _SIZE.sub("", image[1].replace(source[0], f' src="{html.escape(url)}"'))
        return f'<img{rest} width="{width}" height="{height}">'

    return _IMAGE.sub(one, fragment)
