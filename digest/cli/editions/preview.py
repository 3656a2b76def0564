"""`digest preview`: the edition as it would be sent, on the disk and in a browser."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import rich_click as click

from digest.cli.common.arguments import newsletter_argument
from digest.cli.common.running import at_option, fail, moment, run, settings, tools
from digest.cli.wording import preview_files
from digest.errors import TemplateError, UsageError
from digest.model import Recipient
from digest.pipeline.rehearsal import Proof, set_proof
from digest.tools import Tools
from digest.usecases.dead_links import dead_links
from digest.usecases.editions import previews
from digest.usecases.editions.previews import Copy

_REFRESH_SECONDS = 2  # after which a watched preview loads itself again
_LOOK_SECONDS = 0.5  # between two looks at the theme's files


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
    "--watch",
    is_flag=True,
    help="Write it again whenever the theme changes; the page in the browser follows.",
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
    loaded = settings()
    entry = loaded.newsletter(newsletter)
    theme = Path(entry.theme)
    if watch and not theme.is_dir():
        raise UsageError(
            f"{entry.theme} is one of our themes and will not change: make your own with `digest theme new`"
        )

    async def work() -> bool:
        async with tools(loaded, at=moment(at, entry), changes=False) as opened:
            recipient = await previews.reader_of(opened, entry.name, reader)
            proof = await _coming_or_newest(opened, entry.name, recipient, set_now=not watch)
            if proof.plan.skip:
                preview_files.write_plan(folder, proof)
                return True
            if watch:
                await _watch(proof, recipient, folder, opened, theme, show=show)
            shown = _write(folder, proof, recipient, opened)
            click.echo(f"\nWrote mail.html, mail.txt, mail.eml, plan.json and preview.html into {folder}/")
            preview_files.report(shown.findings)
            for dead in await dead_links(proof.plan, opened.http) if online else ():
                click.echo(f"warning: link: {dead}", err=True)
            if pictures:
                await _take_screenshots(folder)
            _show(folder, show)
            return shown.sendable

    if not run(work()):
        fail()


async def _coming_or_newest(opened: Tools, newsletter: str, recipient: Recipient, *, set_now: bool) -> Proof:
    """Return what there is to see, and explain it; where no mail would go out, that and why comes first."""
    found = await previews.preview(opened, newsletter, reader=recipient, set_now=set_now)
    if found.shown is not found.coming:
        preview_files.explain(found.coming)
    if found.shown is None:
        return found.coming
    preview_files.explain(found.shown)
    return found.shown


def _write(folder: Path, proof: Proof, recipient: Recipient, opened: Tools, *, refresh: int = 0) -> Copy:
    """Write what there is to see of a proof."""
    shown = previews.copy(opened, proof, recipient)
    preview_files.write(folder, proof, shown, previews.page(opened, proof, shown, refresh_seconds=refresh))
    return shown


async def _take_screenshots(folder: Path) -> None:
    from digest.edition.proof.screenshots import take_screenshots  # brings a browser's driver

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
    seen: dict[Path, int] | None = None
    shown = False
    click.echo(f"Watching {theme}/ (Ctrl-C ends it)", err=True)
    while True:
        if (now := _state(theme)) != seen:
            seen = now
            try:
                fresh = await set_proof(proof, tools)
                preview_files.report(
                    _write(folder, fresh, recipient, tools, refresh=_REFRESH_SECONDS).findings
                )
            except TemplateError as error:
                click.echo(str(error), err=True)
            else:
                click.echo(f"Wrote {folder}/preview.html.", err=True)
                if not shown:
                    _show(folder, show)
                    shown = True
        await asyncio.sleep(_LOOK_SECONDS)


def _state(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in sorted(folder.rglob("*")) if path.is_file()}
