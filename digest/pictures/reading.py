"""What a picture is, from its first bytes: which format, how large, or why it cannot stand in a mail.

Nothing is decoded here. Whatever the bytes claim, the answer is a size within bounds or `Unfit`.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import ExifTags, Image

#: The formats that mail programs show; Pillow is kept from trying any other of its readers.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")

#: A picture that claims more is taken for an attack: it would be 150 MB in memory.
MOST_PIXELS = 50_000_000

_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_SIDEWAYS = range(5, 9)  # EXIF orientations that lie on their side

# Pillow guards itself too: what it would only warn of is refused.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class Unfit(Exception):
    """A picture that cannot be mailed; the text says why."""


@dataclass(frozen=True, slots=True)
class Size:
    """A picture's size in pixels, as it stands."""

    width: int
    height: int


def size_of(data: bytes, *, whole: bool = True) -> Size | None:
    """Return the size of a picture; None if that needs more than these first bytes. Raises Unfit."""
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if not webp and not data.startswith(_BEGINNINGS):
        raise Unfit(_what_else(data))
    size = _size_of_webp(data) if webp else _size(data)
    if size is None:
        if whole:
            raise Unfit("it is broken: the file does not say how large it is")
        return None
    if size.width * size.height > MOST_PIXELS:
        raise Unfit(f"it claims to be {size.width:,} x {size.height:,} pixels large")
    if not (size.width and size.height):
        raise Unfit("it is broken: it has no pixels")
    return size


def _what_else(data: bytes) -> str:
    start = data[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "the file is empty"
    if start.startswith(b"<"):
        return (
            "it is an SVG, which mail programs do not show"
            if b"<svg" in start
            else "it is a page, no picture"
        )
    if data[4:8] == b"ftyp":
        return "it is an AVIF or HEIC, which many mail programs do not show"
    return "it is not a JPEG, PNG, GIF or WebP"


def _size(data: bytes) -> Size | None:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return Size(*reversed(image.size)) if lies_on_its_side(image) else Size(*image.size)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unfit("it claims to be larger than any picture is") from None
    except Exception:  # what a reader of headers raises over nonsense is not listed anywhere
        return None


def lies_on_its_side(image: Image.Image) -> bool:
    """Say whether a camera was turned, so that width and height are shown the other way round (EXIF 3.0, 4.6.5)."""
    return image.format == "JPEG" and image.getexif().get(ExifTags.Base.Orientation, 1) in _SIDEWAYS


def _size_of_webp(data: bytes) -> Size | None:
    """Read the header of a WebP (RFC 9649), which Pillow opens only when it has all of it."""
    if len(data) < 30:
        return None
    kind, number = data[12:16], int.from_bytes
    if kind == b"VP8X":
        return Size(1 + number(data[24:27], "little"), 1 + number(data[27:30], "little"))
    if kind == b"VP8L":
        bits = number(data[21:25], "little")
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    return Size(number(data[26:28], "little") & 0x3FFF, number(data[28:30], "little") & 0x3FFF)
