"""`digest preview`: the edition as it would be sent, on the disk and in a browser."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import rich_click as click

from digest.cli.common.arguments import newsletter_argument
from digest.cli.common.running import at_option, fail, moment, run, settings, tools

if TYPE_CHECKING:
    from digest.edition.proof.lint import Finding
    from digest.model import Recipient
    from digest.pipeline.rehearsal import Proof
    from digest.settings import Newsletter
    from digest.tools import Tools

REFRESH = 2  # seconds after which a watched preview loads itself again
LOOK = 0.5  # seconds between two looks at the theme's files


@click.command(epilog="Example: digest preview daily --at 2026-10-25T07:00 --open")
@newsletter_argument
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
    """Write exactly the edition that would be sent; change nothing. Without news it is the newest one that was made.

    preview.html shows it on phone, tablet and desktop, by day and by night, without pictures, as text and as source, with
    all that a careful editor would say about it. Exit code 1 if the mail must not go out like that.
    """
    from digest.cli.wording import preview_files
    from digest.edition.proof.lint import Level
    from digest.errors import UsageError

    loaded = settings()
    entry = loaded.newsletter(newsletter)
    theme = Path(entry.theme)
    if watch and not theme.is_dir():
        raise UsageError(
            f"{entry.theme} is one of our themes and will not change: make your own with `digest theme new`"
        )

    async def work() -> tuple[Finding, ...]:
        from digest.pipeline.rehearsal import SAMPLE_READER, reader_of
        from digest.usecases.dead_links import dead_links

        async with tools(loaded, at=moment(at, entry), changes=False) as opened:
            recipient = await reader_of(entry, reader, opened) if reader else SAMPLE_READER
            proof = await _coming_or_newest(entry, opened, set_now=not watch)
            if proof.plan.skip:
                preview_files.write_plan(folder, proof)
                return ()
            if watch:
                await _watch(proof, recipient, folder, opened, theme, show=show)
            findings = _write(folder, proof, recipient, opened)
            click.echo(f"\nWrote mail.html, mail.txt, mail.eml, plan.json and preview.html into {folder}/")
            preview_files.report(findings)
            for dead in await dead_links(proof.plan, opened.http) if online else ():
                click.echo(f"warning: link: {dead}", err=True)
            if pictures:
                await _take_screenshots(folder)
            _show(folder, show)
            return findings

    if any(finding.level is Level.ERROR for finding in run(work())):
        fail()


async def _coming_or_newest(entry: Newsletter, tools: Tools, *, set_now: bool) -> Proof:
    """Return the coming edition, or the newest one that was made where no mail would go out; tell which, and why.

    The mail of a coming edition is set only with `set_now`. With nothing made yet the proof holds the reason.
    """
    from digest.cli.wording import preview_files
    from digest.pipeline.rehearsal import coming_slot, made_before, plan_proof, set_proof

    proof = await plan_proof(entry, await coming_slot(entry, tools), tools)
    if proof.plan.skip:
        preview_files.explain(proof)
        made = await made_before(proof, tools)
        if made is None:
            return proof
        notice = f"No mail would go out now: {proof.plan.skip}. This is the newest edition, {made.edition}."
        proof = replace(made, plan=replace(made.plan, problems=(notice, *made.plan.problems)))
    elif set_now:
        proof = await set_proof(proof, tools)
    preview_files.explain(proof)
    return proof


def _write(
    folder: Path, proof: Proof, recipient: Recipient, tools: Tools, *, refresh: int = 0
) -> tuple[Finding, ...]:
    """Write what there is to see of a proof; returns what is to be said about it."""
    from digest.cli.wording import preview_files
    from digest.edition.proof.lint import lint
    from digest.pipeline.rehearsal import copy_for

    assert proof.mail is not None
    findings = lint(proof.mail, tools.settings.site, proof.plan)
    preview_files.write(
        folder, proof, copy_for(proof, recipient, tools), tools.templates, findings, refresh=refresh
    )
    return findings


async def _take_screenshots(folder: Path) -> None:
    from digest.edition.proof.screenshots import take_screenshots

    html = (folder / "mail.html").read_text("utf-8")  # nothing else runs meanwhile
    pictures = await asyncio.to_thread(take_screenshots, html, folder)
    click.echo(f"Pictures: {', '.join(picture.name for picture in pictures)}")


def _show(folder: Path, show: bool) -> None:
    page = folder / "preview.html"
    if show:
        click.launch(str(page.resolve()))
    else:
        click.echo(f"Look at it: open {page} in a browser", err=True)


async def _watch(
    proof: Proof, recipient: Recipient, folder: Path, tools: Tools, theme: Path, *, show: bool
) -> NoReturn:
    """Set and write the mail now and whenever a file of the theme changes, until Ctrl-C; a broken theme is told."""
    from digest.cli.wording import preview_files
    from digest.errors import TemplateError
    from digest.pipeline.rehearsal import set_proof

    seen: dict[Path, int] | None = None
    shown = False
    click.echo(f"Watching {theme}/ (Ctrl-C ends it)", err=True)
    while True:
        if (now := _state(theme)) != seen:
            seen = now
            try:
                preview_files.report(
                    _write(folder, await set_proof(proof, tools), recipient, tools, refresh=REFRESH)
                )
            except TemplateError as error:
                click.echo(str(error), err=True)
            else:
                click.echo(f"Wrote {folder}/preview.html.", err=True)
                if not shown:
                    _show(folder, show)
                    shown = True
        await asyncio.sleep(LOOK)


def _state(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in sorted(folder.rglob("*")) if path.is_file()}
