"""Bring the translations up to `messages.pot`: python -m digest.words (or `make words`).

What is new comes in empty, what was dropped goes, and a translation whose English text has changed is marked `fuzzy`,
which translators' tools show and the program does not use. It notes where each text stands, and says what is missing.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.pofile import write_po

from digest.words import read

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
_ENTRY_END = re.compile(r"\n\s*\n")
#: A group of keys, and where its texts are asked for.
PLACES = {"mail": ("templates/email", "digest/edition"), "page": ("templates/web", "digest/web")}


def main() -> int:
    """Rewrite the catalogues in place and return the exit code: 1 where a translation is missing."""
    source = read(FOLDER / "messages.pot")
    places = used(ROOT)
    for message in source:
        if message.id:
            message.locations = [(file, 0) for file in sorted(places.get(str(message.context), ()))]
    _write(FOLDER / "messages.pot", source)
    missing = 0
    for file in sorted(FOLDER.glob("*.po")):
        updated = update(source, read(file))
        _write(file, updated)
        left = [str(one.context) for one in updated if one.id and (one.fuzzy or not _translated(one))]
        missing += len(left)
        print(f"{file.stem}: {', '.join(left) if left else 'complete'}")
    return 1 if missing else 0


def update(source: Catalog, old: Catalog) -> Catalog:
    """Return a translation with exactly the texts of `source`, matched by their keys."""
    by_key: Mapping[object, Message] = {one.context: one for one in old if one.id}
    new = Catalog(locale=old.locale, fuzzy=False)
    new.mime_headers = [
        ("Plural-Forms", f"nplurals={old.num_plurals}; plural={old.plural_expr};")
    ]  # not Babel's own
    for one in source:
        if not one.id:
            continue
        before = by_key.get(one.context)
        flags = set(one.flags)
        if before is not None and (before.fuzzy or before.id != one.id) and _translated(before):
            flags.add("fuzzy")
        same_shape = before is not None and isinstance(before.string, str) == isinstance(one.id, str)
        text = (
            before.string
            if before is not None and same_shape
            else ""
            if isinstance(one.id, str)
            else ("",) * old.num_plurals
        )
        new.add(
            one.id,
            text,
            context=one.context,
            flags=flags,
            auto_comments=one.auto_comments,
            locations=one.locations,
        )
    return new


def _translated(message: Message) -> bool:
    texts: Any = message.string
    return bool(texts) and (isinstance(texts, str) or all(texts))


def used(root: Path) -> dict[str, set[str]]:
    """Return by key in which files below `root` its name stands: those that ask for it."""
    found: dict[str, set[str]] = {}
    names = {str(one.context) for one in read(FOLDER / "messages.pot") if one.id}
    for group, folders in PLACES.items():
        files = [
            file
            for folder in folders
            for file in (root / folder).rglob("*")
            if file.suffix in (".html", ".txt", ".py")
        ]
        for file in files:
            text = file.read_text("utf-8")
            for key in names:
                place, _, name = key.partition(".")
                if place == group and re.search(rf"""["']{name}["']""", text):
                    found.setdefault(key, set()).add(file.relative_to(root).as_posix())
    return found


def _write(file: Path, catalogue: Catalog) -> None:
    """Write the texts of a catalogue, below the head that the file has."""
    head = _ENTRY_END.split(file.read_text("utf-8"), maxsplit=1)[0]
    stream = io.BytesIO()
    write_po(stream, catalogue, width=0, omit_header=True, include_lineno=False)
    file.write_text(f"{head}\n\n{stream.getvalue().decode().strip()}\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
