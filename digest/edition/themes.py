"""Find a theme: one of ours by its name, one of the operator's by its folder."""

from __future__ import annotations

from pathlib import Path

import digest
from digest.edition.addresses import safe
from digest.edition.plain import underline, wrap
from digest.edition.sandbox import Theme, load_theme
from digest.errors import TemplateError
from digest.plugins import did_you_mean
from digest.text import truncate

FILES = ("subject.txt", "body.txt", "body.html")
FILTERS = (("url", safe), ("wrap", wrap), ("underline", underline), ("truncate", truncate))


def templates_dir() -> Path:
    """Return the folder of the templates that come with the program, installed or in a checkout."""
    package = Path(digest.__file__).parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def ours(templates: Path) -> list[str]:
    """Return the names of the themes in a templates folder."""
    return sorted(
        file.parent.name for file in (templates / "email").glob("*/body.html") if file.parent.name != "system"
    )


def system_theme(templates: Path) -> Theme:
    """Return the templates of mails that are not editions."""
    return load_theme(templates / "email" / "system", templates / "email", FILTERS)


def find_theme(name: str, templates: Path) -> Theme:
    """Return a theme by its name or its folder; raises TemplateError that says what is missing."""
    shared = templates / "email"
    folder = shared / name if name in ours(templates) else Path(name).expanduser()
    if not folder.is_dir():
        raise TemplateError(
            f"there is no theme {name!r}, neither by that name nor as a folder{did_you_mean(name, ours(templates))}"
        )
    if missing := [file for file in FILES if not (folder / file).is_file()]:
        raise TemplateError(f"the theme in {folder} lacks {', '.join(missing)}")
    return load_theme(folder, shared, FILTERS)
