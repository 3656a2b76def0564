"""Write the tables of options into the guide's pages on sources and senders, from the options themselves."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from digest import plugins
from digest.model.amounts import format_duration

GUIDE = Path(__file__).parent.parent / "guide"
_TABLE = re.compile(r"(<!-- options of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(kind: str, room: str = "sources") -> str:
    """Return the options of a kind of source or sender as a Markdown table."""
    fields: dict[str, FieldInfo] = plugins.load(room, kind).Options.model_fields
    rows = [f"| `{name}` | {default(field)} | {field.description} |" for name, field in fields.items()]
    return "\n".join(["| option | default | meaning |", "|---|---|---|", *rows]) + "\n"


def default(field: FieldInfo) -> str:
    """Return a field's default as it is written in the configuration, "needed" or "none"."""
    if field.is_required():
        return "needed"
    value: Any = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in ("", (), None):
        return "none"
    if isinstance(value, timedelta):
        value = format_duration(value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def filled(page: str, room: str = "sources") -> str:
    """Return the page with every table made again."""
    return _TABLE.sub(lambda match: f"{match[1]}{table(match[2], room)}{match[3]}", page)


def pages() -> dict[Path, str]:
    """Return the guide's pages that hold such tables, as they should be."""
    places = {room: GUIDE / f"{room}.md" for room in ("sources", "senders")}
    places["feedback.hooks"] = GUIDE / "webhooks.md"
    return {place: filled(place.read_text(encoding="utf-8"), room) for room, place in places.items()}
