"""Take the pictures of docs/gallery, which are also the reference of the tests.

python -m tests.edition.gallery [FOLDER]
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from digest.edition import set_edition, templates_dir
from digest.edition.theme.themes import ours
from tests.edition import samples
from tests.edition.conftest import personal
from tests.helpers.browser import Chromium, find_chromium
from tests.helpers.pictures import picture

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"
PICTURES = "http://127.0.0.1:9/pictures"  # answered by the browser's own route
INTRO = (
    "Good morning. It rained all night and the estuary is brown today, so we begin with a wall.\n\n"
    "Four hundred of you wrote to us about the ferry. We read every letter, and the answer is below."
)

#: How wide texts are in the fonts of a machine: where they differ, pictures cannot be compared.
FONTS = """() => ['Georgia, "Noto Serif", serif', 'Helvetica, Arial, sans-serif'].map(family => {
  const canvas = document.createElement('canvas').getContext('2d');
  canvas.font = '20px ' + family;
  return Math.round(canvas.measureText('The flood wall was signed off').width);
})"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: a theme on a screen, the first `height` CSS pixels of it."""

    theme: str
    width: int
    dark: bool = False
    images: bool = True
    height: int = 1100

    @property
    def file(self) -> str:
        look = ("-dark" if self.dark else "") + ("" if self.images else "-no-images")
        return f"{self.theme}-{self.width}{look}.png"


def shots() -> Iterator[Shot]:
    """Yield what the gallery shows of each theme."""
    for theme in ours(templates_dir()):
        for width in (320, 375, 700):
            yield Shot(theme=theme, width=width)
        yield Shot(theme=theme, width=375, dark=True)
        yield Shot(theme=theme, width=700, dark=True)
        yield Shot(theme=theme, width=375, images=False)


def take(chromium: Chromium, shot: Shot) -> tuple[Image.Image, list[int]]:
    """Return a picture of the sample edition, and the widths of the fonts it is set in."""
    newsletter = samples.newsletter(theme=shot.theme, intro=INTRO if shot.theme == "letter" else "")
    plan = samples.plan(pictures=PICTURES)
    mail = set_edition(plan, newsletter, samples.SITE, templates=templates_dir(), now=samples.DUE)

    def work(page: Page) -> tuple[bytes, Any]:
        if shot.images:
            page.route(f"{PICTURES}/*", lambda route: route.fulfill(body=picture_of(route.request.url)))
        page.set_content(personal(mail.html), wait_until="load")
        return page.screenshot(), page.evaluate(FONTS)

    data, fonts = chromium.look(
        work, width=shot.width, height=shot.height, dark=shot.dark, images=shot.images
    )
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB"), list(fonts)


def picture_of(url: str) -> bytes:
    number = int(url.rpartition("/")[2].removesuffix(".png"))
    shape = samples.article(number, "", "", "", "").image
    assert shape is not None
    return picture(number, shape.width or 600, shape.height or 400)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if (path := find_chromium()) is None:
        sys.exit("no Chromium found: apt install chromium, or name one in $CHROMIUM")
    chromium, fonts = Chromium(path), list[int]()
    for shot in shots():
        image, fonts = take(chromium, shot)
        image.quantize(96, dither=Image.Dither.NONE).save(folder / shot.file, optimize=True)
        print(folder / shot.file)
    (folder / "fonts.json").write_text(json.dumps(fonts) + "\n", "utf-8")
    chromium.close()


if __name__ == "__main__":
    main()
