"""What every kind of source asks of pictures: their size, their credit, and whether two are the same."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from digest.model import Image

_CREDIT = re.compile(
    r"(?:\b(?:photo(?:graph)?s?|pictures?|images?|illustrations?|fotos?|bild(?:er)?|credits?)\s*(?:by\b|:)|©|\(c\))\s*"
    r"([^.;:()\[\]|\n]{2,80})",
    re.IGNORECASE,
)


def credit_in(caption: str) -> str:
    """Return whom a caption credits explicitly: "Photo: Ada Lovelace / AP", "(Photo by Ada Lovelace)"."""
    found = _CREDIT.search(caption)
    return found[1].strip(" ,/-–—") if found else ""


def completed(image: Image, other: Image) -> Image:
    """Return a picture with the words that `other` has and it lacks, and its size if it is the very same file."""
    sized = other if other.url == image.url and image.width is None else image
    return replace(
        image, alt=image.alt or other.alt, credit=image.credit or other.credit, caption=image.caption or other.caption,
        width=sized.width, height=sized.height,
    )  # fmt: skip


def file_name(url: str) -> str:
    """Return the name of a picture's file without the size that many sites put into it."""
    name = unquote(urlsplit(url).path).rpartition("/")[2].rpartition(".")[0]
    return re.sub(r"[-_]\d+x\d+$|[-_]scaled$", "", name) or url


def pixels(value: Any) -> int | None:
    """Return a width or height given as 1200, "1200", "1200px" or a QuantitativeValue."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, str):
        found = re.match(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$", value)
        value = int(found[1]) if found else None
    if isinstance(value, float) and value > 0:  # neither NaN nor -Infinity, which Python reads in JSON
        value = int(min(value, 99_999))
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 100_000 else None
