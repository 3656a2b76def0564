"""Copies of pictures: small, upright, and nothing in them but the picture."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms

from digest.pictures.copying import copied
from digest.pictures.reading import Unfit
from tests.pictures.drawing import bomb, encoded, opened, photograph


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_becomes_a_small_jpeg(kind: str) -> None:
    data = photograph(kind, 2_400, 1_600)
    copy = copied(data, 480)
    image = opened(copy.data)
    assert (copy.media_type, image.format, image.mode) == ("image/jpeg", "JPEG", "RGB")
    assert (copy.width, copy.height) == image.size == (480, 320)
    assert len(copy.data) < len(data)
    assert copy.name == f"{copy.key}.jpg"
    middle = opened(data).convert("RGB").resize((480, 320)).getpixel((240, 160))
    shown = image.getpixel((240, 160))
    assert isinstance(middle, tuple)
    assert isinstance(shown, tuple)
    assert all(abs(a - b) < 24 for a, b in zip(middle, shown, strict=True)), "the colours are the same"


def test_a_small_one_is_not_made_larger() -> None:
    assert copied(photograph(width=300, height=200), 480).width == 300


def test_a_very_tall_one_is_bounded_too() -> None:
    copy = copied(photograph(width=500, height=9_000), 480)
    assert copy.height <= 4 * 480


@pytest.mark.parametrize(("kind", "colours"), [("GIF", 16), ("PNG", 4)])
def test_a_drawing_stays_a_png(kind: str, colours: int) -> None:
    drawing = opened(photograph("PNG", 600, 300)).convert(
        "P", palette=Pillow.Palette.ADAPTIVE, colors=colours
    )
    copy = copied(_saved(drawing, kind), 480)
    assert copy.media_type == "image/png"
    assert copy.name.endswith(".png")
    assert opened(copy.data).size == (480, 240)


def test_what_can_be_seen_through_stays_so() -> None:
    image = opened(photograph("PNG", 600, 300)).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 300, 300))
    copy = opened(copied(_saved(image, "PNG"), 480).data)
    assert copy.mode == "RGBA"
    assert copy.getpixel((10, 10)) == (0, 0, 0, 0)


def test_an_alpha_channel_without_holes_is_no_reason_for_a_png() -> None:
    image = opened(photograph("PNG", 600, 300)).convert("RGBA")
    assert copied(_saved(image, "PNG"), 480).media_type == "image/jpeg"


@pytest.mark.parametrize("mode", ["CMYK", "L", "YCbCr"])
def test_every_way_to_say_colours_becomes_rgb(mode: str) -> None:
    data = _saved(opened(photograph()).convert(mode), "JPEG")
    assert opened(copied(data, 480).data).mode == "RGB"


def test_it_stands_upright_and_tells_nothing_of_the_photographer() -> None:
    image = Pillow.new("RGB", (900, 600), "navy")
    image.paste("yellow", (0, 0, 450, 600))  # as the camera saw it: turned by 6, yellow is on top
    exif = Pillow.Exif()
    exif[0x0112], exif[0x013B] = 6, "Cleo Dahl"
    exif.get_ifd(0x8825)[1] = "N"
    copy = copied(_saved(image, "JPEG", exif=exif, comment=b"at home"), 300)
    shown = opened(copy.data)
    assert (copy.width, copy.height) == shown.size == (300, 450)
    red, _, blue = shown.convert("RGB").getpixel((150, 50))  # type: ignore[misc]
    assert red > 200 > 100 > blue
    assert not shown.getexif()
    assert b"Cleo" not in copy.data
    assert b"at home" not in copy.data


def test_the_meaning_of_the_colours_is_kept_if_it_is_small() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert opened(copied(photograph(icc_profile=profile), 480).data).info["icc_profile"] == profile
    assert "icc_profile" not in opened(copied(photograph(icc_profile=bytes(60_000)), 480).data).info


def test_the_first_of_moving_pictures_is_copied() -> None:
    frames = [Pillow.new("RGB", (100, 80), colour) for colour in ("red", "lime")]
    copy = opened(copied(_saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), 480).data)
    assert copy.convert("RGB").getpixel((5, 5)) == (255, 0, 0)
    assert getattr(copy, "n_frames", 1) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_half_a_picture_is_refused(kind: str) -> None:
    data = photograph(kind, 400, 300)
    with pytest.raises(Unfit, match="broken"):
        copied(data[: len(data) // 2], 480)


def test_a_bomb_is_not_even_decoded() -> None:
    with pytest.raises(Unfit, match="claims"):
        copied(bomb(), 480)


@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]), st.integers(0, 2**32))
def test_damage_never_brings_it_down(kind: str, seed: int) -> None:
    chance, data = random.Random(seed), bytearray(encoded(kind, 64, 64))
    for _ in range(5):
        data[chance.randrange(len(data))] = chance.randrange(256)
    try:
        copy = copied(bytes(data), 48)
    except Unfit:
        return
    assert opened(copy.data).width == copy.width <= 48


def _saved(image: Pillow.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
