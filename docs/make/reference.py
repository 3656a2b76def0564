"""Write the pages that are made from the code: commands, configuration, and the options of sources and senders.

python -m docs.make.reference
"""

from __future__ import annotations

from pathlib import Path

from docs.make import commands, kinds, metrics, settings


def pages() -> dict[Path, str]:
    """Return every page, or page with a part, that is made from the code."""
    return {
        commands.PLACE: commands.page(),
        settings.PLACE: settings.page(),
        **kinds.pages(),
        **metrics.pages(),
    }


def outdated() -> list[Path]:
    """Return the pages that no longer say what the code does."""
    return [
        place
        for place, text in pages().items()
        if not place.exists() or place.read_text(encoding="utf-8") != text
    ]


def write() -> None:
    """Bring every page up to date."""
    for place, text in pages().items():
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
