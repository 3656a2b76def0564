"""A copy of a picture: no larger than a mail shows it, upright, and with nothing in it but the picture."""

from __future__ import annotations

import hashlib
import io
import math

from PIL import Image, ImageOps

from digest.pictures.reading import FORMATS, Unfit, lies_on_its_side, size_of
from digest.store.content.pictures import Copy

_QUALITY = 80
_FEW_COLOURS = 64  # a drawing or a chart: PNG keeps its edges clean and is smaller
ANY_SHAPE = (0.0, 4.0)  # heights for a width of one; what is taller is cut off
_CUT_ABOVE_SHARE = 0.3  # of what is cut off a tall picture: faces are in the upper part
_MAX_PROFILE_BYTES = 4_000  # bytes; those of cameras and telephones have a few hundred


def copied(data: bytes, width: int, heights: tuple[float, float] = ANY_SHAPE) -> Copy:
    """Return a copy that is at most `width` pixels wide, as JPEG or PNG; raises Unfit for a broken picture.

    Its height for a width of one is within `heights`: what is taller or wider is cropped.

    Of moving pictures the first one is copied. Metadata is left behind, for it tells where and by whom a picture was
    taken; a small colour profile stays, since it says what the colours are.
    """
    size_of(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            profile = _profile(image)
            upright, drawing = _scaled(image, width, heights)
            return _encoded(upright, profile, png=drawing or upright.mode == "RGBA")
    except Exception as error:  # decoders raise whatever they like over a damaged file
        raise Unfit(f"it is broken ({error})") from None


def _profile(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile")
    plain = image.mode in ("RGB", "RGBA")  # any other mode is converted, and its profile no longer true
    return profile if plain and isinstance(profile, bytes) and len(profile) <= _MAX_PROFILE_BYTES else None


def _scaled(image: Image.Image, width: int, heights: tuple[float, float]) -> tuple[Image.Image, bool]:
    """Return it upright, RGB or RGBA, scaled down and cropped; and whether it is a drawing in few colours."""
    if image.format == "JPEG":
        turned = lies_on_its_side(image)
        size = (image.height, image.width) if turned else image.size
        wide, high = _before_cropping(size, width, heights)
        # Decodes no more than that needs.
        image.thumbnail((high, wide) if turned else (wide, high), Image.Resampling.LANCZOS)
        return _cropped(ImageOps.exif_transpose(image), heights).convert("RGB"), False
    see_through = "A" in image.getbands() or "transparency" in image.info
    picture = image.convert("RGBA" if see_through else "RGB")
    if see_through and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    drawing = picture.getcolors(_FEW_COLOURS) is not None  # asked before scaling blends them
    picture.thumbnail(_before_cropping(picture.size, width, heights), Image.Resampling.LANCZOS)
    return _cropped(picture, heights), drawing


def _before_cropping(size: tuple[int, int], width: int, heights: tuple[float, float]) -> tuple[int, int]:
    """Return how large a picture must be, so that what is left of it after cropping is `width` pixels wide."""
    wide, high = size
    flattest, _ = heights
    kept = min(wide, high / flattest) if flattest else wide  # pixels of its width
    scale = min(1.0, width / kept)
    return max(1, math.ceil(wide * scale)), max(1, math.ceil(high * scale))


def _cropped(image: Image.Image, heights: tuple[float, float]) -> Image.Image:
    flattest, tallest = heights
    wide = min(image.width, round(image.height / flattest)) if flattest else image.width
    high = min(image.height, max(1, round(wide * tallest)))
    left, top = (image.width - wide) // 2, round((image.height - high) * _CUT_ABOVE_SHARE)
    return image.crop((left, top, left + wide, top + high))


def _encoded(image: Image.Image, profile: bytes | None, *, png: bool) -> Copy:
    clean, stream = Image.new(image.mode, image.size), io.BytesIO()
    clean.paste(image)  # the pixels alone: what else came with the file stays behind
    if png:
        clean.save(stream, "PNG", optimize=True, icc_profile=profile)
    else:
        clean.save(stream, "JPEG", quality=_QUALITY, optimize=True, progressive=True, icc_profile=profile)
    data = stream.getvalue()
    return Copy(
        key=hashlib.sha256(data).hexdigest()[:32],
        media_type="image/png" if png else "image/jpeg",
        width=image.width,
        height=image.height,
        data=data,
    )
