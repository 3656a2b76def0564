"""Which pictures fit their place, and how large they stand there: programs that crop are not the only ones."""

from __future__ import annotations

import re

from digest.edition.view import Picture
from digest.model import Image
from digest.text import absolute_url

LEAD_WIDTH = 552  # CSS pixels: a sheet of 600 less its margins
THUMB_WIDTH = 132

_LEAD = (
    0.2,
    1.25,
)  # heights for a width of one: from a panorama to 5:4 upright, which is two thirds of a phone
_THUMB = (0.5, 1.0)  # beside a teaser: more would be a sliver, or higher than the words
_MIN_WIDTH_PX = 200  # pixels: a smaller one would be blown up, or is an icon

_FILE_NAME = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|avif)|(?:img|dsc|image|photo|screenshot)[-_ ]?\w*\d[-\w]*|\d[-_\d]*", re.I
)


def placed(image: Image | None, title: str) -> Picture | None:
    """Return an image with its sizes in a mail; None if it fits no place: a pixel, an icon, a sliver, an odd address.

    A picture that was not measured counts as a photograph of the usual shape.
    """
    if image is None or not (url := absolute_url(image.url, "")):
        return None
    width, height = image.width or 0, image.height or 0
    large, small = fits(image, _LEAD), fits(image, _THUMB)
    if not (large or small):
        return None
    wide = min(width or LEAD_WIDTH, LEAD_WIDTH)
    known = width and height
    return Picture(
        url=url,
        alt=_alt(image.alt, title),
        credit=image.credit,
        caption=image.caption,
        width=wide,
        height=round(height * wide / width) if known else None,
        thumb_width=THUMB_WIDTH,
        thumb_height=round(height * THUMB_WIDTH / width) if known else None,
        large=large,
        small=small,
    )


def fits(image: Image, heights: tuple[float, float] = _THUMB) -> bool:
    """Say whether a picture is large enough, and its height for a width of one between these bounds."""
    width, height = image.width or 0, image.height or 0
    if (width and width < _MIN_WIDTH_PX) or 0 < height <= 2:
        return False
    return not (width and height) or heights[0] <= height / width <= heights[1]


def _alt(alt: str, title: str) -> str:
    """Return an alt text that says something: not the name of a file, not the headline once more."""
    return "" if _FILE_NAME.fullmatch(alt.strip()) or alt.strip() == title else alt
