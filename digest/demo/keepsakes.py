"""What the demo leaves to look at: one reader's mail as a page that needs no network, as text, and as pictures."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

from digest.demo.content import PICTURES
from digest.inbox.reading import read_letter

_PICTURE = re.compile(r"http://127\.0\.0\.1:\d+/(pictures/[a-z-]+\.jpg)")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE = 20  # seconds for one picture
_TALLEST = 10_000  # CSS pixels

_FRAME = """<!doctype html><style>body {{ margin: 0 }} iframe {{ border: 0; display: block }}</style>
<iframe src="{url}" width="{width}" height="{height}"></iframe>
"""

#: Name and window width of each picture, in CSS pixels.
VIEWS = (("mail-desktop.png", 700), ("mail-phone.png", 375))


def keep_page(data: bytes, folder: Path) -> None:
    """Write mail.html, with local copies of its pictures, and mail.txt from a mail's bytes."""
    letter = read_letter(data)
    (folder / "pictures").mkdir(exist_ok=True)
    for path in set(_PICTURE.findall(letter.html)):
        shutil.copyfile(PICTURES / Path(path).name, folder / path)
    (folder / "mail.html").write_text(_PICTURE.sub(r"\1", letter.html), encoding="utf-8")
    (folder / "mail.txt").write_text(letter.text.replace("\r\n", "\n"), encoding="utf-8")


def find_browser() -> str | None:
    """Return the path of a Chromium, if one is installed."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


async def keep_pictures(browser: str, folder: Path) -> list[Path]:
    """Photograph mail.html in `folder` (an absolute path) at each width; returns the pictures that came out."""
    taken = await asyncio.gather(*(_photograph(browser, folder, name, width) for name, width in VIEWS))
    return [path for path in taken if path]


async def _photograph(browser: str, folder: Path, name: str, width: int) -> Path | None:
    """Show the mail in a frame of that width, since a window has a least width of its own."""
    path, page = folder / name, folder / "mail.html"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        frame = Path(scratch) / "frame.html"
        frame.write_text(_FRAME.format(url=page.as_uri(), width=width, height=_TALLEST), encoding="utf-8")
        await _run(
            browser, "--headless", "--disable-gpu", "--hide-scrollbars", *_without_sandbox(),
            f"--user-data-dir={scratch}/profile", f"--window-size={width},{_TALLEST}",
            f"--screenshot={path}", frame.as_uri(),
        )  # fmt: skip
    if not path.is_file():
        return None
    await asyncio.to_thread(_trim, path, width)
    return path


async def _run(*command: str) -> None:
    """Run a browser to its end, or until patience runs out."""
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    try:
        async with asyncio.timeout(_PATIENCE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _without_sandbox() -> tuple[str, ...]:
    """A Chromium has no sandbox for root; the page is our own, and holds no script."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ("--no-sandbox",) if is_root else ()


def _trim(path: Path, width: int) -> None:
    """Cut off the empty rest of the window."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    picture = picture.crop((0, 0, min(width, picture.width), picture.height))
    ground = Image.new("RGB", picture.size, picture.getpixel((0, picture.height - 1)))
    box = ImageChops.difference(picture, ground).getbbox()
    if box:
        picture.crop((0, 0, picture.width, min(picture.height, box[3] + 24))).save(path, optimize=True)
