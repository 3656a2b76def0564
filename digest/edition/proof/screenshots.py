"""Screenshots: pictures of a mail on every screen, taken with a Chromium where one is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageChops

from digest.edition.proof.preview import SCREENS, Screen, as_seen
from digest.errors import UsageError
from digest.net import private

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
)
_MAX_HEIGHT_PX = 8_000  # CSS pixels; what is empty below the mail is cut off
_TIMEOUT_SECONDS = 60.0  # seconds for one picture


def find_chromium() -> str | None:
    """Return the path of a Chromium: $CHROMIUM, else the first of the usual names."""
    names = (os.environ.get("CHROMIUM"), *_NAMES)
    return next((path for name in names if name and (path := shutil.which(name))), None)


def take_screenshots(html: str, folder: Path, screens: Sequence[Screen] = SCREENS) -> list[Path]:
    """Write a PNG of a reader's copy for each screen into `folder` and return them; takes seconds. Raises UsageError."""
    if (chromium := find_chromium()) is None:
        raise UsageError(
            "pictures need a Chromium: install one (apt install chromium) or name it in $CHROMIUM"
        )
    private.make_folder(folder)
    with tempfile.TemporaryDirectory(prefix="digest-pictures-") as scratch:
        return [_take(chromium, as_seen(html, screen), screen, folder, Path(scratch)) for screen in screens]


def _take(chromium: str, html: str, screen: Screen, folder: Path, scratch: Path) -> Path:
    page, picture = scratch / f"{screen.name}.html", folder / f"{screen.name}.png"
    page.write_text(html, "utf-8")
    command = [
        chromium,
        *_OPTIONS,
        *(["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []),
        f"--user-data-dir={scratch / 'profile'}",
        f"--window-size={screen.width},{_MAX_HEIGHT_PX}",
        f"--screenshot={picture}",
        page.as_uri(),
    ]
    with suppress(
        subprocess.TimeoutExpired, OSError
    ):  # whatever happened, there is a picture or there is none
        subprocess.run(command, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False)  # noqa: S603  a browser by its path
    if not picture.is_file():
        raise UsageError(
            f"{chromium} took no picture ({screen.title}): does it start? name another in $CHROMIUM"
        )
    _trim(picture)
    private.restrict(picture)
    return picture


def _trim(picture: Path) -> None:
    """Cut off the empty space below the mail."""
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    empty = Image.new("RGB", image.size, image.getpixel((0, image.height - 1)))
    box = ImageChops.difference(image, empty).getbbox()
    image.crop((0, 0, image.width, box[3] if box else image.height)).save(picture)
