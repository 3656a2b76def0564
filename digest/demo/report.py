"""What the demo prints on the terminal: what was fetched, chosen and left out and why, and what was sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from digest.model import State
from digest.pipeline.publish import Published
from digest.settings import Newsletter
from digest.store.content.sources import SourceState
from digest.store.editions.decisions import Decided
from digest.terminal import counted, laid_out, program

_SCORE = re.compile(r"[:;] score [\d.]+ \(.*\)$")
_NAMES = re.compile(r"“[^”]*”|[A-Z]\w*|[\d&:.]|\s")  # what differs between two reasons of one kind


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Everything that the demo has to tell."""

    newsletter: Newsletter
    sources: dict[str, SourceState]
    decisions: Sequence[Decided]
    published: Published
    seconds: float
    smtp: str  # host:port of the inbox
    arrived: int  # mails of this edition in the inbox
    repeated: int  # of them, how many came more than once


def tell(result: DemoResult, console: Console) -> None:
    """Print the whole job, in its order."""
    _heading(console, "Fetched", "from the newsroom, over HTTP")
    _tell_sources(result, console)
    taken = [decided for decided in result.decisions if decided.included]
    _heading(console, "Chosen", f"{len(taken)} of {len(result.decisions)} articles")
    _tell_chosen(taken, console)
    left = [decided for decided in result.decisions if not decided.included]
    _heading(console, "Left out", counted(len(left), "article"))
    _tell_left_out(left, console)
    _heading(console, "Sent", f"over SMTP to the embedded inbox at {result.smtp}")
    _tell_sent(result, console)


def tell_again(result: DemoResult, console: Console) -> None:
    """Print that there was nothing to do, and how that is known."""
    edition, tally = result.published.edition, result.published.tally
    console.print(
        f"\n[bold]{edition.name} was sent already[/]: {tally[State.SENT]} of {tally.recipients} readers have it. "
        "Nothing was sent again."
    )
    console.print(
        f"The inbox holds {counted(result.arrived, 'mail')} of it, and {result.repeated or 'none'} twice. "
        "To start again, remove the folder."
    )


def tell_where(folder: Path, screens: Sequence[Path], console: Console) -> None:
    """Print how to look at the files in the folder."""
    with suppress(ValueError):
        folder = folder.relative_to(Path.cwd())
    rows = [
        ("mail.html", "the mail as readers see it, with its pictures: open it in a browser"),
        ("mail.txt", "its text part"),
        ("mails/", "what arrived, one .eml for each reader: open one in a mail program"),
        ("config.toml", "the configuration: yours could look like it"),
    ]
    if screens:
        rows.insert(1, ("screens/", ", ".join(path.name for path in screens) + ": the same as pictures"))
    _heading(console, "Look", f"in {folder}/")
    table = _table()
    for name, words in rows:
        table.add_row(f"[bold]{name}[/]", words)
    _show(table, console)
    if not screens:
        console.print("  [dim](With a Chromium installed there are pictures of the mail, too.)[/]")
    console.print("\nNow try:")
    for command, words in (
        (f"demo {folder} --stay", "the inbox in a browser, with all links working"),
        (f"--config {folder}/config.toml why article URL", "why a story is in or out, by its address"),
        ("init --feed https://example.org/feed.xml", "the same with your own feed"),
    ):
        console.print(f"  [bold]{escape(program())} {escape(command)}[/]\n      {words}")


def _tell_sources(result: DemoResult, console: Console) -> None:
    brought = Counter(decided.source for decided in result.decisions)
    table = _table()
    for source in result.newsletter.sources:
        state = result.sources.get(source.key)
        if state is not None and not state.last_error:
            words = counted(brought[source.key], "article")
        else:
            words = f"[red]failed[/]: {escape(state.last_error if state else 'it was not visited')}"
        table.add_row(f"[bold]{escape(source.name)}[/]", source.kind, words)
    _show(table, console)


def _tell_chosen(taken: Sequence[Decided], console: Console) -> None:
    for section, articles in groupby(taken, lambda decided: decided.section):
        console.print(f"  [bold]{escape(section)}[/]")
        table = _table()
        for decided in articles:
            table.add_row(f"{decided.rank:>2}", escape(decided.title))
            table.add_row("", f"[dim]{escape(_brief(decided))}[/]")
        _show(table, console)


def _tell_left_out(left: Sequence[Decided], console: Console) -> None:
    """Print one article for each kind of reason, so that the rest fits on the screen."""
    kinds: dict[str, list[Decided]] = {}
    for decided in left:
        kinds.setdefault(_NAMES.sub("", _brief(decided)), []).append(decided)
    table = _table()
    for first, *others in kinds.values():
        table.add_row(" -", escape(first.title))
        more = f" (and {len(others)} more like it)" if others else ""
        table.add_row("", f"[dim]{escape(_brief(first))}{more}[/]")
    _show(table, console)


def _tell_sent(result: DemoResult, console: Console) -> None:
    edition, tally = result.published.edition, result.published.tally
    subject = edition.mail.subject if edition.mail else ""
    console.print(f"  Subject  [bold]{escape(subject)}[/]")
    counts = ", ".join(f"{count} {state.value}" for state, count in tally.counts.items() if count)
    console.print(f"  Edition  {edition.name}: {tally.recipients} readers, {counts}")
    console.print(
        f"  Inbox    {counted(result.arrived, 'mail')} arrived, {result.repeated or 'none'} twice, "
        f"{result.seconds:.1f} s from the first feed to the last reader"
    )
    for problem in result.published.problems:
        console.print(f"  [red]{escape(problem)}[/]")


def _brief(decided: Decided) -> str:
    """Return the reason without the parts of the score, except for the lead."""
    return decided.why if decided.rank == 1 else _SCORE.sub("", decided.why).removeprefix("left out: ")


def _heading(console: Console, title: str, words: str) -> None:
    console.print(f"\n[bold reverse] {title} [/] {words}")


def _table() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    return table


def _show(table: Table, console: Console) -> None:
    console.out(laid_out(table, console, indent=2), highlight=False, end="")
