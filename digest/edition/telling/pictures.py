"""The pictures in an article's text: which stay, how large they are, and which one the lead shows already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from digest.edition.telling.layout import BLOCKS
from digest.text import picture_key

_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.I)
_NUMBER = re.compile(r"\d{1,5}")
_LETTER = re.compile(r"[^\W\d_]")
_COUNTER_PX, _ICON_PX = 2, 60  # CSS pixels, as for the pictures of articles
MAX_HEIGHT_RATIO = 3  # times its width: more is scrolled past


def settle_pictures(body: LexborNode, width: int, without: frozenset[str]) -> None:
    """Set the pictures of a text in place: at most `width` CSS pixels wide, each in a block of its own.

    Those whose key is in `without` go with their figure, and so do icons and pictures that only count readers; a
    drawn emoji becomes the character that it draws.
    """
    for image in list(body.css("img")):
        url, alt = image.attributes.get("src") or "", (image.attributes.get("alt") or "").strip()
        wide, high = _number(image, "width"), _number(image, "height")
        if alt and len(alt) <= 16 and not _LETTER.search(alt) and not alt.isascii():
            image.replace_with(alt)
        elif picture_key(url) in without:
            _remove(image)
        elif _counts(image, alt, wide, high):
            image.remove()
        elif 0 < max(wide, high) < _ICON_PX and wide and high:
            image.replace_with(alt)
        else:
            _set(image, url, alt, wide, high, width)


def _number(image: LexborNode, name: str) -> int:
    found = _NUMBER.match((image.attributes.get(name) or "").strip())
    return int(found[0]) if found and "%" not in (image.attributes.get(name) or "") else 0


def _counts(image: LexborNode, alt: str, wide: int, high: int) -> bool:
    """Say whether a picture only counts readers: it is tiny, or has neither size nor words and ends the text."""
    if 0 < wide <= _COUNTER_PX or 0 < high <= _COUNTER_PX:
        return True
    return not (alt or wide or high) and _runs_on(image, "prev") and not _runs_on(image, "next")


def _up(node: LexborNode) -> Iterator[LexborNode]:
    at = node.parent
    while at is not None and at.tag != "body":
        yield at
        at = at.parent


def _runs_on(node: LexborNode, way: Literal["prev", "next"]) -> bool:
    """Say whether there are words beside a node in the same line of text, before or behind it."""
    for inside in (node, *_up(node)):
        if inside.tag in BLOCKS:
            return False
        at = getattr(inside, way)
        while at is not None and at.tag not in BLOCKS and at.tag != "br":
            if _says(at):
                return True
            at = getattr(at, way)
        if at is not None:
            return False
    return False


def _says(node: LexborNode) -> bool:
    return bool(((node.text_content if node.is_text_node else node.text(deep=True)) or "").strip())


def _remove(image: LexborNode) -> None:
    """Take a picture out, together with its own figure, caption and link, and a paragraph that is then empty."""
    figure = next((node for node in _up(image) if node.tag == "figure"), None)
    if figure is not None and len(figure.css("img")) == 1:
        image = figure
    parent = image.parent
    image.remove()
    while (
        parent is not None and parent.tag in ("a", "p", "div") and not _says(parent) and not parent.css("img")
    ):
        empty, parent = parent, parent.parent
        empty.remove()


def _set(image: LexborNode, url: str, alt: str, wide: int, high: int, width: int) -> None:
    """Give a picture its place: a block of its own, fluid, and as high as it will be."""
    shown = min(wide or width, width)
    if high and wide and high > MAX_HEIGHT_RATIO * wide:
        shown = min(shown, max(_ICON_PX, round(MAX_HEIGHT_RATIO * width * wide / high)))
    for name in list(image.attributes):
        if name not in ("src", "alt"):
            del image.attrs[name]
    image.attrs["alt"] = "" if _PICTURE_FILE.search(alt) else alt
    image.attrs["class"] = "plate sans fine grey"
    image.attrs["width"] = str(shown)
    if wide and high:
        image.attrs["height"] = str(round(high * shown / wide))
    image.attrs["style"] = f"width:100%;max-width:{shown}px;height:auto"
    link = image.parent
    alone = link is not None and link.tag == "a" and not _says(link) and len(link.css("img")) == 1
    if alone and link and _PICTURE_FILE.search(urlsplit(link.attributes.get("href") or "").path):
        link.unwrap()  # the picture once more, only larger
