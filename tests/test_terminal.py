"""How results look: on a terminal and in a pipe."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table

from digest import terminal


def table(*rows: tuple[str, str]) -> Table:
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    made.add_column(overflow="fold")
    made.add_column(overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def test_in_a_pipe_a_row_is_a_line_without_blanks_at_its_end() -> None:
    long = "why " * 500
    told = terminal.laid_out(table(("a", "b" * 300), ("cc", ""), ("d", long)), terminal.out(), indent=2)
    assert told == f"  a   {'b' * 300}\n  cc\n  d   {long.rstrip()}\n"


def test_a_terminal_has_an_edge() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=40)
    lines = terminal.laid_out(table(("a", "why " * 20)), console).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("   why")
