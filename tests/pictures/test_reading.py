"""What the first bytes of a picture tell, and what they may claim."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from digest.pictures.reading import Size, Unfit, size_of
from tests.pictures.drawing import bomb, encoded, photograph, png_chunk

KINDS = ("JPEG", "PNG", "GIF", "WEBP")


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_bytes_tell_the_size(kind: str) -> None:
    data = photograph(kind, 1_280, 853)
    assert size_of(data[:1_000], whole=False) == Size(1_280, 853)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 95}, {"exif": b"Exif\0\0" + b"x" * 50}])
def test_every_webp_tells_its_size(options: dict[str, Any]) -> None:
    assert size_of(encoded("WEBP", 1_234, 801, **options)[:64], whole=False) == Size(1_234, 801)


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, Size(320, 200)), (3, Size(320, 200)), (6, Size(200, 320))]
)
def test_a_photograph_is_as_high_as_it_is_shown(orientation: int, size: Size) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    assert size_of(encoded("JPEG", exif=exif)) == size


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_bytes_say_nothing_yet(kind: str) -> None:
    data = encoded(kind)[:12]
    assert size_of(data, whole=False) is None
    with pytest.raises(Unfit, match="broken"):
        size_of(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html><p>Log in", "a page"),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\0\0\0\x20ftypavif" + bytes(50), "AVIF"),
        (encoded("BMP"), "not a JPEG"),
        (encoded("TIFF"), "not a JPEG"),
        (b"\0" * 99, "not a JPEG"),
        (b"GIF89a" + bytes(20), "broken"),
    ],
)
def test_what_mail_programs_do_not_show_is_named(data: bytes, words: str) -> None:
    with pytest.raises(Unfit, match=words):
        size_of(data)


@pytest.mark.parametrize(
    "data",
    [
        bomb(),
        bomb(8_000, 8_000),  # where Pillow would only warn
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", b"\x7f\xff\xff\xff" * 2 + b"\x08\2\0\0\0")
        + png_chunk(b"IDAT", b"x"),
        b"RIFF\xff\xff\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 40,
        b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0" + bytes(50),
    ],
)
def test_monstrous_claims_are_refused(data: bytes) -> None:
    with pytest.raises(Unfit, match="claims"):
        size_of(data)


@given(st.sampled_from(KINDS), st.integers(0, 400), st.binary(max_size=40), st.booleans())
def test_damaged_pictures_have_a_size_or_are_unfit(kind: str, at: int, damage: bytes, whole: bool) -> None:
    good = encoded(kind)
    try:
        size = size_of(good[:at] + damage + good[at + len(damage) :], whole=whole)
    except Unfit:
        return
    assert size is None or size.width * size.height > 0
