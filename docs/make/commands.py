"""The reference of all commands, from the commands themselves."""

from __future__ import annotations

from pathlib import Path

from digest.cli import GROUPS
from digest.cli import digest as program
from digest.cli.common import command_tree
from digest.cli.common.command_tree import CommandPage

PLACE = Path(__file__).parent.parent / "reference" / "commands.md"
_HEAD = """\
# Commands

<!-- made by docs/make from the commands; to change it, change their help -->

`digest COMMAND --help` says the same in a terminal, and `digest man DIR` writes it as manual pages.
[Conventions](conventions.md) tells what all commands have in common.

"""


def page() -> str:
    """Return the page."""
    pages = {found.path: found for found in command_tree.pages(program, "digest")}
    parts = [_HEAD, _options(pages["digest"]), "\n"]
    for group, names in GROUPS.items():
        parts.append(f"## {group}\n\n")
        for name in names:
            parts += [_section(found) for path, found in pages.items() if path.split()[1:2] == [name]]
    return "".join(parts).rstrip("\n") + "\n"


def _section(page: CommandPage) -> str:
    level = "#" * (len(page.path.split()) + 1)
    parts = [f"{level} {page.path}", page.summary]
    if page.subcommands:
        parts.append(
            "\n".join(f"- [`{path}`](#{path.replace(' ', '-')}): {said}" for path, said in page.subcommands)
        )
    else:
        parts += [f"    {page.path} {page.usage}", *page.details.split("\n")]
        parts += [_options(page).rstrip("\n")] + ([f"Example: `{page.example}`"] if page.example else [])
    return "\n\n".join(part for part in parts if part) + "\n\n"


def _options(page: CommandPage) -> str:
    if not page.options:
        return ""
    rows = [f"| `{_cell(names)}` | {_cell(meaning)} |" for names, meaning in page.options]
    return "\n".join(["| option | meaning |", "|---|---|", *rows]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
