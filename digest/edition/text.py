"""An article's own text, cleaned when a theme asks for it and not before: most themes never do."""

from __future__ import annotations

import re
from functools import cached_property

from markupsafe import Markup

from digest.text import clean_html, plain_text

_LINK = re.compile(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_IMAGE = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_WIDTH = re.compile(r' width="(\d{1,5})')
_SIZE = re.compile(r' (?:width|height)="[^"]*"')


class Text:
    """The body of an article: `html` is safe to set, its pictures at most `width` CSS pixels wide."""

    def __init__(self, source: str, url: str, width: int) -> None:
        self._source = source
        self._url = url
        self._width = width

    @cached_property
    def html(self) -> Markup:
        clean = clean_html(self._source, self._url) if self._source else ""
        return Markup(_IMAGE.sub(self._fitting, clean))  # noqa: S704  cleaned on the line above

    @cached_property
    def plain(self) -> str:
        """The text with the address of each link behind it."""
        return plain_text(_LINK.sub(r"\2 (\1)", self.html))

    def _fitting(self, image: re.Match[str]) -> str:
        """Return an image no wider than the sheet; programs that ignore styles obey its width."""
        known = _WIDTH.search(image[1])
        width = min(int(known[1]) if known else self._width, self._width)
        return f'<img{_SIZE.sub("", image[1])} width="{width}">'
