"""How results look: tables and words on stdout, progress on stderr, colour only on a terminal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import rich_click as click
from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

from digest import terminal


def say(text: str) -> None:
    """Tell a person on stderr what is going on."""
    click.echo(text, err=True)


def document(value: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def document_of(head: Mapping[str, Any], name: str, values: Iterable[Any]) -> None:
    """Print a JSON document whose last member is a list that need not fit into memory, one value a line."""
    click.echo("{")
    for key, value in head.items():
        click.echo(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False, default=_plain)},")
    click.echo(f'  "{name}": [', nl=False)
    begun = False
    for value in values:
        click.echo(
            f"{',' if begun else ''}\n    {json.dumps(value, ensure_ascii=False, default=_plain)}", nl=False
        )
        begun = True
    click.echo("\n  ]\n}" if begun else "]\n}")


async def stream(values: AsyncIterable[Any]) -> None:
    """Print a JSON list as its values come, so that a million of them need not fit into memory."""
    begun = False
    async for value in values:
        text = json.dumps(value, ensure_ascii=False, default=_plain)
        click.echo(f"{',' if begun else '['}\n  {text}", nl=False)
        begun = True
    click.echo("\n]" if begun else "[]")


#: Columns of free text, which may go over several lines; everything else is for copying and stays whole.
_PROSE = frozenset({"subject", "reply", "reason", "why", "error", "title", "state"})
_PROSE_WIDTH = 16  # columns that free text keeps at least, however narrow the terminal is


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows under their columns, or a sentence if there are none; cells are plain text, never markup.

    On a terminal times are short and columns without any value are left out; in a file or a pipe nothing is. Names and
    addresses are never broken: the terminal itself wraps a line that is too long, so that they can be copied.
    """
    console = terminal.out()
    cells = [[_cell(cell, short=console.is_terminal) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
        return
    kept = [n for n in range(len(columns)) if not console.is_terminal or any(row[n] for row in cells)]
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    width = 0
    for n in kept:
        prose = columns[n] in _PROSE
        widest = max(cell_len(text) for text in (columns[n], *(row[n] for row in cells)))
        least = min(widest, _PROSE_WIDTH) if prose else widest
        shown.add_column(columns[n], overflow="fold", no_wrap=not prose, min_width=least)
        width += least + 2
    for row in cells:
        shown.add_row(*(escape(row[n]) for n in kept))
    click.echo(terminal.laid_out(shown, console, at_least=width), nl=False)


def _cell(value: object, *, short: bool) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(timespec="minutes" if short else "seconds")
        case _:
            return " ".join(str(value).split())  # a row is a line, whatever a server's reply looks like


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    raise TypeError(f"{type(value).__name__} has no JSON form")
