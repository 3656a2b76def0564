"""What the demo leaves to look at: one reader's mail as a page that needs no network, as text, and as pictures."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from digest.demo.content import PICTURES
from digest.edition.proof.preview import SCREENS
from digest.edition.proof.screenshots import take_screenshots
from digest.inbox.reading import read_letter

_PICTURE = re.compile(r"http://127\.0\.0\.1:\d+/(pictures/[a-z-]+\.jpg)")
_SHOWN = [screen for screen in SCREENS if screen.name in ("phone", "phone-dark", "desktop")]


def keep_page(data: bytes, folder: Path) -> None:
    """Write mail.html, with local copies of its pictures, and mail.txt from a mail's bytes."""
    letter = read_letter(data)
    (folder / "pictures").mkdir(exist_ok=True)
    for path in set(_PICTURE.findall(letter.html)):
        shutil.copyfile(PICTURES / Path(path).name, folder / path)
    (folder / "mail.html").write_text(_PICTURE.sub(r"\1", letter.html), encoding="utf-8")
    (folder / "mail.txt").write_text(letter.text.replace("\r\n", "\n"), encoding="utf-8")


def keep_screens(data: bytes, folder: Path) -> list[Path]:
    """Photograph a mail on a few screens, into screens/; takes seconds. Raises UsageError without a Chromium."""
    html = _PICTURE.sub(lambda match: (PICTURES.parent / match[1]).as_uri(), read_letter(data).html)
    return take_screenshots(html, folder / "screens", _SHOWN)
