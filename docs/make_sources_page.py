"""Write the tables of options into guide/sources.md, from the options themselves: python docs/make_sources_page.py"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from digest import plugins

PAGE = Path(__file__).parent / "guide" / "sources.md"
_TABLE = re.compile(r"(<!-- options of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(kind: str) -> str:
    """Return the options of a kind of source as a Markdown table, the needed ones first."""
    fields: dict[str, FieldInfo] = plugins.load("sources", kind).Options.model_fields
    rows = [f"| `{name}` | {_default(field)} | {field.description} |" for name, field in fields.items()]
    return "\n".join(["| option | default | meaning |", "|---|---|---|", *rows]) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value: Any = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in ("", ()):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def filled(page: str) -> str:
    """Return the page with every table made anew."""
    return _TABLE.sub(lambda match: f"{match[1]}{table(match[2])}{match[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
