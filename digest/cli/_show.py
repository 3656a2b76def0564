"""How results look: tables and words on stdout, progress on stderr, colour only on a terminal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import rich_click as click
from rich.markup import escape
from rich.table import Table

from digest import terminal


def say(text: str) -> None:
    """Tell a person on stderr what is going on."""
    click.echo(text, err=True)


def document(value: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


async def stream(values: AsyncIterable[Any]) -> None:
    """Print a JSON list as its values come, so that a million of them need not fit into memory."""
    begun = False
    async for value in values:
        text = json.dumps(value, ensure_ascii=False, default=_plain)
        click.echo(f"{',' if begun else '['}\n  {text}", nl=False)
        begun = True
    click.echo("\n]" if begun else "[]")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows under their columns, or a sentence if there are none; cells are plain text, never markup."""
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(escape(_cell(cell)) for cell in row))
    click.echo(terminal.laid_out(shown, terminal.out()) if shown.row_count else f"{empty}\n", nl=False)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(timespec="seconds")
        case _:
            return " ".join(str(value).split())  # a row is a line, whatever a server's reply looks like


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    raise TypeError(f"{type(value).__name__} has no JSON form")
