"""The pictures that an article's clean HTML shows, with the captions of their figures."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from digest.model import Image
from digest.sources.formats.images import credit_in, pixels
from digest.text import clean_text, plain_text

_MIN_WIDTH = 200  # CSS pixels; an icon, or a portrait beside a name
_NOT_PICTURES = re.compile(
    r"gravatar\.com/|/images/core/emoji/|feeds\.feedburner\.com/|feedsportal\.com/|doubleclick\.|pixel\.|/b\.gif|"
    r"\.(?:svg|ico|mp3|mp4|m4a|webm|mov|pdf)$",
    re.IGNORECASE,
)

# These read what `clean_html` wrote: every attribute quoted, every figure closed.
_FIGURE = re.compile(r"<figure>(.*?)</figure>", re.DOTALL)
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
_SHOWN = re.compile(r"<img((?: [\w-]+=\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r" ([\w-]+)=\"([^\"]*)\"")


def shown_images(body: str) -> Iterator[Image]:
    """Yield the pictures that a clean HTML text shows, with the captions of their figures."""
    captions: dict[str, str] = {}
    for figure in _FIGURE.finditer(body):
        caption = _CAPTION.search(figure[1])
        for image in _SHOWN.finditer(figure[1]):
            captions[image[1]] = clean_text(plain_text(caption[1]), 500) if caption else ""
    for image in _SHOWN.finditer(body):
        attributes = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(image[1])}
        if usable(url := attributes["src"]):
            caption_text = captions.get(image[1], "")
            yield Image(
                url=url,
                alt=clean_text(attributes.get("alt", "")),
                caption=caption_text,
                credit=credit_in(caption_text),
                width=pixels(attributes.get("width", "")),
                height=pixels(attributes.get("height", "")),
            )


def usable(url: str) -> bool:
    """Say whether an address is that of a picture a mail can show: no counter, avatar, emoji or drawing."""
    return bool(url) and not _NOT_PICTURES.search(url.partition("?")[0])


def first_of(shown: Sequence[Image]) -> Image | None:
    """Return the first picture of a text that is not known to be an icon or a portrait beside a name."""
    return next((image for image in shown if not is_narrow(image)), shown[0] if shown else None)


def is_narrow(image: Image) -> bool:
    """Say whether a picture is known to be too narrow to lead a story."""
    return image.width is not None and image.width < _MIN_WIDTH
