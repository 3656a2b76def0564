"""Which picture of a feed's entry leads its story, and what the feed says of it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from digest.model import Image
from digest.sources.formats.html.shown_images import first_of, is_narrow, shown_images, usable
from digest.sources.formats.images import completed, credit_in, file_name, pixels
from digest.sources.formats.xml.feed_values import Entry, Medium
from digest.text import absolute_url, clean_text, plain_text

_MAX_WIDTH = 1600  # CSS pixels; beyond that a picture only makes the mail slow
_EXTENSION = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)


def lead_image(entry: Entry, body: str, base: str) -> Image | None:
    """Return the picture of an entry; `body` is its clean HTML, which may show the same one with its caption."""
    shown = list(shown_images(body))
    image = _best(_media(entry, base)) or _best(_attached(entry, base))
    if image is None:
        return first_of(shown)
    if is_narrow(image):
        image = first_of(shown) or image
    for other in shown:
        if file_name(other.url) == file_name(image.url):
            image = completed(image, other)
    return image


def _media(entry: Entry, base: str) -> list[Image]:
    contents = [medium for medium in entry.media if medium.element == "content" and _is_image(medium)]
    thumbnails = [medium for medium in entry.media if medium.element == "thumbnail"]
    images = [_image(medium, base) for medium in contents or thumbnails]
    return [image for image in images if usable(image.url)]


def _is_image(medium: Medium) -> bool:
    kind = medium.medium or medium.kind.partition("/")[0]
    return kind.lower() == "image" or (not kind and bool(_EXTENSION.search(urlsplit(medium.url).path)))


def _image(medium: Medium, base: str) -> Image:
    title, caption = _words(medium.title), _words(medium.description) or _words(medium.text)
    return Image(
        url=absolute_url(medium.url, base),
        alt="" if title == caption else title,
        caption=caption,
        credit=_words(medium.credit) or _words(medium.copyright) or credit_in(caption),
        width=pixels(medium.width),
        height=pixels(medium.height),
    )


def _words(text: str) -> str:
    return clean_text(plain_text(text), 500) if text else ""


def _attached(entry: Entry, base: str) -> list[Image]:
    """Return enclosures that are pictures, else the picture of a podcast's episode or an item's own."""
    enclosed = [
        link.href for link in entry.links if link.relation == "enclosure" and link.kind.startswith("image/")
    ]
    images = (Image(url=absolute_url(url, base)) for url in (*enclosed, entry.image_url))
    return [image for image in images if usable(image.url)]


def _best(images: list[Image]) -> Image | None:
    """Return the widest picture that is not too wide; the first of several that say nothing of their width."""
    fitting = [image for image in images if (image.width or 0) <= _MAX_WIDTH]
    if fitting:
        return max(fitting, key=lambda image: image.width or 0)
    return min(images, key=lambda image: image.width or 0, default=None)
