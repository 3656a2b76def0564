"""A copy of a picture: no larger than a mail shows it, upright, and with nothing in it but the picture."""

from __future__ import annotations

import hashlib
import io

from PIL import Image, ImageOps

from digest.pictures.reading import FORMATS, Unfit, lies_on_its_side, size_of
from digest.store.pictures import Copy

_QUALITY = 80
_FEW_COLOURS = 64  # a drawing or a chart: PNG keeps its edges clean and is smaller
_TALLEST = 4  # times its width
_LARGEST_PROFILE = 4_000  # bytes; those of cameras and telephones have a few hundred


def copied(data: bytes, width: int) -> Copy:
    """Return a copy that is at most `width` pixels wide, as JPEG or PNG; raises Unfit for a broken picture.

    Of moving pictures the first one is copied. Metadata is left behind, for it tells where and by whom a picture was
    taken; a small colour profile stays, since it says what the colours are.
    """
    size_of(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            profile = _profile(image)
            upright, drawing = _scaled(image, width)
            return _encoded(upright, profile, png=drawing or upright.mode == "RGBA")
    except Exception as error:  # decoders raise whatever they like over a damaged file
        raise Unfit(f"it is broken ({error})") from None


def _profile(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile")
    plain = image.mode in ("RGB", "RGBA")  # any other mode is converted, and its profile no longer true
    return profile if plain and isinstance(profile, bytes) and len(profile) <= _LARGEST_PROFILE else None


def _scaled(image: Image.Image, width: int) -> tuple[Image.Image, bool]:
    """Return it upright, RGB or RGBA, scaled down where it is wider; and whether it is a drawing in few colours."""
    wide, high = width, width * _TALLEST
    if image.format == "JPEG":
        box = (high, wide) if lies_on_its_side(image) else (wide, high)
        image.thumbnail(box, Image.Resampling.LANCZOS)  # decodes no more than that needs
        return ImageOps.exif_transpose(image).convert("RGB"), False
    see_through = "A" in image.getbands() or "transparency" in image.info
    picture = image.convert("RGBA" if see_through else "RGB")
    if see_through and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    drawing = picture.getcolors(_FEW_COLOURS) is not None  # asked before scaling blends them
    picture.thumbnail((wide, high), Image.Resampling.LANCZOS)
    return picture, drawing


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
