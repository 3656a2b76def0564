"""The pictures of the gallery still show what the themes make."""

from __future__ import annotations

import json

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.edition.gallery import FOLDER, Shot, shots, take
from tests.helpers.browser import Chromium

ALIKE = 6.0  # mean difference of brightness, of 255, that other versions of a browser may make


@pytest.mark.browser
@pytest.mark.parametrize("shot", list(shots()), ids=lambda shot: str(shot.file))
def test_a_mail_looks_like_its_picture(chromium: Chromium, shot: Shot) -> None:
    image, fonts = take(chromium, shot)
    if fonts != json.loads((FOLDER / "fonts.json").read_text("utf-8")):
        pytest.skip("this machine has other fonts than the one that took the pictures")
    with Image.open(FOLDER / shot.file) as opened:
        reference = opened.convert("L")
    assert reference.size == image.size
    coarse = (image.width // 8, image.height // 8)
    now, then = (picture.convert("L").resize(coarse, Image.Resampling.BOX) for picture in (image, reference))
    assert ImageStat.Stat(ImageChops.difference(now, then)).mean[0] < ALIKE


def test_every_picture_belongs_to_a_theme() -> None:
    assert {file.name for file in FOLDER.glob("*.png")} == {shot.file for shot in shots()}
