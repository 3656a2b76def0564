"""Write the tables of options into the guide's pages on sources and senders, from the options themselves.

    python docs/make_options_tables.py
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from digest import plugins
from digest.model.amounts import format_duration

GUIDE = Path(__file__).parent / "guide"
_TABLE = re.compile(r"(<!-- options of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(kind: str, room: str = "sources") -> str:
    """Return the options of a kind of source or sender as a Markdown table."""
    fields: dict[str, FieldInfo] = plugins.load(room, kind).Options.model_fields
    rows = [f"| `{name}` | {_default(field)} | {field.description} |" for name, field in fields.items()]
    return "\n".join(["| option | default | meaning |", "|---|---|---|", *rows]) + "\n"


def _default(field: FieldInfo) -> str:
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
    """Return the page with every table made anew."""
    return _TABLE.sub(lambda match: f"{match[1]}{table(match[2], room)}{match[3]}", page)


if __name__ == "__main__":
    for room in ("sources", "senders"):
        page = GUIDE / f"{room}.md"
        page.write_text(filled(page.read_text(encoding="utf-8"), room), encoding="utf-8")
