"""`digest preview`: the edition as it would be sent, on the disk and in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from digest.cli._run import at_option, fail, moment, run, settings, tools

if TYPE_CHECKING:
    from digest.edition.lint import Finding
    from digest.model import Recipient
    from digest.rehearsal import Proof
    from digest.tools import Tools

REFRESH = 2  # seconds after which a watched preview loads itself again
LOOK = 0.5  # seconds between two looks at the theme's files


@click.command(epilog="Example: digest preview daily --at 2026-10-25T07:00 --open")
@click.argument("newsletter")
@at_option
@click.option("--as", "reader", metavar="ADDRESS", help="Show this reader's copy.")
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    default="preview",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write mail.html, mail.txt, mail.eml, plan.json and preview.html.",
)
@click.option("--open", "show", is_flag=True, help="Open the preview in a browser.")
@click.option(
    "--png", "pictures", is_flag=True, help="Take a picture of each screen, where a Chromium is found."
)
@click.option("--online", is_flag=True, help="Follow the link of every article too.")
@click.option(
    "--watch", is_flag=True, help="Write it anew whenever the theme changes; the page in the browser follows."
)
def preview(
    newsletter: str,
    at: datetime | None,
    reader: str | None,
    folder: Path,
    show: bool,
    pictures: bool,
    online: bool,
    watch: bool,
) -> None:
    """Write exactly the edition that would be sent; change nothing.

    preview.html shows it on phone, tablet and desktop, by day and by night, without pictures, as text and as source, with
    all that a careful editor would say about it. Exit code 1 if the mail must not go out like that.
    """
    from digest.cli import _proof
    from digest.edition.lint import Level
    from digest.errors import UsageError

    loaded = settings()
    entry = loaded.newsletter(newsletter)
    theme = Path(entry.theme)
    if watch and not theme.is_dir():
        raise UsageError(
            f"{entry.theme} is one of our themes and will not change: make your own with `digest theme new`"
        )

    async def work() -> tuple[Finding, ...]:
        from digest.deadlinks import dead_links
        from digest.rehearsal import ANYBODY, coming_slot, made_before, prove, reader_of

        async with tools(loaded, at=moment(at, entry), changes=False) as opened:
            recipient = await reader_of(entry, reader, opened) if reader else ANYBODY
            proof = await prove(entry, await coming_slot(entry, opened), opened)
            _proof.explain(proof)
            if proof.mail is None:
                _proof.write_plan(folder, proof)
                if made := await made_before(proof, opened):
                    hint = f"digest test {entry.name} you@example.org"
                    click.echo(f'The newest edition is {made.edition}: "{hint}" sends it as a test', err=True)
                return ()
            findings = _write(folder, proof, recipient, opened, refresh=REFRESH if watch else 0)
            click.echo(f"\nWrote mail.html, mail.txt, mail.eml, plan.json and preview.html into {folder}/")
            _proof.report(findings)
            for dead in await dead_links(proof.plan, opened.http) if online else ():
                click.echo(f"warning: link: {dead}", err=True)
            if pictures:
                await _take_screenshots(folder)
            _show(folder, show)
            if watch:
                await _watch(lambda: _write(folder, proof, recipient, opened, refresh=REFRESH), theme)
            return findings

    if any(finding.level is Level.ERROR for finding in run(work())):
        fail()


def _write(
    folder: Path, proof: Proof, recipient: Recipient, tools: Tools, *, refresh: int
) -> tuple[Finding, ...]:
    """Set the mail with the theme as it is now and write what there is to see; returns what is to be said about it."""
    from digest.cli import _proof
    from digest.edition import set_edition
    from digest.edition.lint import lint
    from digest.rehearsal import copy_for

    site = tools.settings.site
    mail = set_edition(proof.plan, proof.newsletter, site, templates=tools.templates, now=proof.now)
    proof = replace(proof, mail=mail)
    findings = lint(mail, site, proof.plan)
    _proof.write(folder, proof, copy_for(proof, recipient, tools), tools.templates, findings, refresh=refresh)
    return findings


async def _take_screenshots(folder: Path) -> None:
    from digest.edition.screenshots import take_screenshots

    html = (folder / "mail.html").read_text("utf-8")  # nothing else runs meanwhile
    pictures = await asyncio.to_thread(take_screenshots, html, folder)
    click.echo(f"Pictures: {', '.join(picture.name for picture in pictures)}")


def _show(folder: Path, show: bool) -> None:
    page = folder / "preview.html"
    if show:
        click.launch(str(page.resolve()))
    else:
        click.echo(f"Look at it: open {page} in a browser", err=True)


async def _watch(write: Callable[[], object], theme: Path) -> None:
    """Write anew whenever a file of the theme changes, until Ctrl-C."""
    from digest.errors import TemplateError

    click.echo(f"Watching {theme}/ (Ctrl-C ends it)", err=True)
    seen = _state(theme)
    while True:
        await asyncio.sleep(LOOK)
        if (now := _state(theme)) == seen:
            continue
        seen = now
        try:
            write()
            click.echo("Written anew.", err=True)
        except TemplateError as error:
            click.echo(str(error), err=True)


def _state(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in sorted(folder.rglob("*")) if path.is_file()}
