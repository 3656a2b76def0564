"""Find a theme: one of ours by its name, one of the operator's by its folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import digest
from digest.edition.addresses import safe
from digest.edition.plain import underline, wrap
from digest.edition.theme.sandbox import Theme, load_theme
from digest.errors import TemplateError, UsageError
from digest.plugins import did_you_mean
from digest.text import hyphenated, sentences, truncate

FILES = ("subject.txt", "body.txt", "body.html")
FILTERS = (
    ("url", safe),
    ("wrap", wrap),
    ("underline", underline),
    ("truncate", truncate),
    ("sentences", sentences),
    ("hyphenate", hyphenated),
)


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


def new_theme(name: str, into: Path, templates: Path, *, like: str = "frontpage") -> Path:
    """Copy one of our themes to `into`/`name` for its operator to change, and return that folder; raises UsageError."""
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name) or name in ours(templates):
        raise UsageError(
            f"{name!r} is not a name for a theme: use letters, digits and dashes, and not one of ours"
        )
    if like not in ours(templates):
        raise UsageError(f"there is no theme {like!r}{did_you_mean(like, ours(templates))}")
    folder = into / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{folder} is there already: choose another name, or change that one") from None
    for file in FILES:
        shutil.copy(templates / "email" / like / file, folder / file)
    return folder


_UNQUOTED = re.compile(r"\s([a-zA-Z-]+)=\{\{")
_UNCHECKED = re.compile(r"""(?:href|src)=(["'])\{\{(?!\s*reader\.)(?![^}]*\|\s*url\b)[^}]*\}\}""")


def template_problems(folder: Path) -> Iterator[str]:
    """Yield the careless places in the templates of a folder, each with file and line."""
    for file in sorted(folder.rglob("*.html")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            for found in _UNQUOTED.finditer(line):
                yield f"{file}:{number}: put the value of {found[1]} in quotes: without, a headline can add attributes"
            if _UNCHECKED.search(line):
                yield f"{file}:{number}: write {{{{ ... |url }}}} where an address goes: without, any scheme gets in"
