"""Which picture of a feed's entry leads its story, and what the feed says of it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.model import Image
from digest.sources.formats.images import completed, credit_in, file_name, pixels
from digest.sources.formats.xml.feed_parsers import Medium, Node, child_of, children_of, value_of
from digest.text import absolute_url, clean_text, plain_text

_MAX_WIDTH = 1600  # CSS pixels; beyond that a picture only makes the mail slow
_MIN_WIDTH = 200  # a picture known to be narrower gives way to one of the text
_NOT_PICTURES = re.compile(
    r"gravatar\.com/|/images/core/emoji/|feeds\.feedburner\.com/|feedsportal\.com/|doubleclick\.|pixel\.|/b\.gif|"
    r"\.(?:svg|ico|mp3|mp4|m4a|webm|mov|pdf)$",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)

# These read what `clean_html` wrote: every attribute quoted, every figure closed.
_FIGURE = re.compile(r"<figure>(.*?)</figure>", re.DOTALL)
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
_SHOWN = re.compile(r"<img((?: [\w-]+=\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r" ([\w-]+)=\"([^\"]*)\"")


def lead_image(entry: Node, body: str, base: str) -> Image | None:
    """Return the picture of an entry; `body` is its clean HTML, which may show the same one with its caption."""
    shown = list(shown_images(body))
    for candidates in (_media(entry, base), _attached(entry, base)):
        if image := _best(candidates):
            if _is_narrow(image) and shown:
                image = _first(shown)
            for other in shown:
                if file_name(other.url) == file_name(image.url):
                    image = completed(image, other)
            return image
    return _first(shown) if shown else None


def _first(shown: list[Image]) -> Image:
    """Return the first picture of a text that is not known to be an icon or a portrait beside a name."""
    return next((image for image in shown if not _is_narrow(image)), shown[0])


def first_shown(body: str) -> Image | None:
    """Return the picture that leads a clean HTML text."""
    shown = list(shown_images(body))
    return _first(shown) if shown else None


def _is_narrow(image: Image) -> bool:
    return image.width is not None and image.width < _MIN_WIDTH


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


def media_text(entry: Node, name: str) -> str:
    """Return what an entry's media are called or described as, for entries that say it nowhere else (YouTube)."""
    item: Medium = entry.get("media_item") or Medium("item")
    media: list[Medium] = entry.get("media", [])
    return next(filter(None, (medium.text(name) for medium in (item, *media))), "")


def _media(entry: Node, base: str) -> list[Image]:
    media: list[Medium] = entry.get("media", [])
    contents = [medium for medium in media if medium.element == "content" and _is_image(medium)]
    thumbnails = [medium for medium in media if medium.element == "thumbnail"]
    images = [_image(medium, base) for medium in contents or thumbnails]
    return [image for image in images if usable(image.url)]


def _is_image(medium: Medium) -> bool:
    kind = medium.attributes.get("medium", "") or medium.attributes.get("type", "").partition("/")[0]
    url = medium.attributes.get("url", "")
    return kind.lower() == "image" or (not kind and bool(_EXTENSION.search(urlsplit(url).path)))


def _image(medium: Medium, base: str) -> Image:
    caption = _text(medium, "description") or _text(medium, "text")
    title = _text(medium, "title")
    return Image(
        url=absolute_url(medium.attributes.get("url", ""), base),
        alt="" if title == caption else title,
        caption=caption,
        credit=_text(medium, "credit") or _text(medium, "copyright") or credit_in(caption),
        width=pixels(medium.attributes.get("width", "")),
        height=pixels(medium.attributes.get("height", "")),
    )


def _text(medium: Medium, name: str) -> str:
    return clean_text(plain_text(medium.text(name)), 500)


def _attached(entry: Node, base: str) -> list[Image]:
    """Return enclosures that are pictures, else the picture of a podcast's episode or an item's own."""
    urls = [
        value_of(link, "href")
        for link in children_of(entry, "links")
        if value_of(link, "rel") == "enclosure" and value_of(link, "type").startswith("image/")
    ]
    urls.append(value_of(child_of(entry, "image"), "href"))
    images = (Image(url=absolute_url(url, base)) for url in urls)
    return [image for image in images if usable(image.url)]


def _best(images: list[Image]) -> Image | None:
    """Return the widest picture that is not too wide; the first of several that say nothing of their width."""
    fitting = [image for image in images if (image.width or 0) <= _MAX_WIDTH]
    if fitting:
        return max(fitting, key=lambda image: image.width or 0)
    return min(images, key=lambda image: image.width or 0, default=None)
