"""`digest subscribers import`: readers from a file, with a verdict on every row."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import rich_click as click

from digest.cli.common import output
from digest.cli.common.arguments import newsletter_option
from digest.cli.common.running import fail, json_option, run, settings, tools
from digest.errors import UsageError
from digest.readers.transfer.report import Report, Verdict
from digest.usecases.readers import importing
from digest.usecases.readers.subscriptions import ReaderStatus


@click.command("import", epilog="Example: digest subscribers import readers.csv --newsletter daily --dry-run")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@newsletter_option
@click.option(
    "--from", "system", default="", metavar="SYSTEM", help="Whose export it is, where that is not recognised."
)
@click.option(
    "--address-column", default="", metavar="NAME", help="The heading under which the addresses stand."
)
@click.option(
    "--status",
    type=click.Choice([one.value for one in importing.STATUSES]),
    help="What the people in it are, where the file does not tell; what it tells of a row wins if it is stricter.",
)
@click.option(
    "--ignore-column",
    "ignored",
    multiple=True,
    metavar="NAME",
    help="A column that says nothing about who has left, though its heading sounds so.",
)
@click.option("--consent", default="", metavar="TEXT", help="How and when they asked for it, kept as proof.")
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and change nothing.")
@json_option
def import_(
    file: Path,
    newsletter: str,
    system: str,
    address_column: str,
    status: str | None,
    ignored: tuple[str, ...],
    consent: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Subscribe those in a CSV file or ZIP (-: standard input) who want it, and remember who has left; sends no mail.

    Exports of Mailchimp, Ghost, Substack, Buttondown, Brevo and a dozen others are recognised. Each row that is not
    taken is named with the reason; exit code 1 if there is one. After an interruption run it again: it goes on.
    """
    loaded = settings()
    wanted = loaded.newsletter(newsletter).name
    piped = file == Path("-")
    name = "standard input" if piped else file.name
    data = _piped() if piped else _opened(file)

    async def work() -> Report:
        async with tools(loaded, changes=not dry_run) as opened:
            return await importing.import_readers(
                opened,
                wanted,
                data,
                file="" if piped else name,
                system=system,
                address_column=address_column,
                status=ReaderStatus(status) if status else None,
                ignored_columns=ignored,
                consent=consent,
                dry_run=dry_run,
            )

    try:
        report = run(work())
    except UsageError as error:
        if as_json:
            output.document(importing.as_json(importing.NOBODY, str(error)))
        raise
    if as_json:
        output.document_of(importing.summary(report), "rows", (row.as_json() for row in report.rows))
    else:
        _tell(report, name, dry_run=dry_run)
    if report.refused:
        fail()


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None


def _piped() -> BinaryIO:
    """Return standard input as a file that can be read twice."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the import closes it
    shutil.copyfileobj(sys.stdin.buffer, copy)
    return copy


def _tell(report: Report, name: str, *, dry_run: bool) -> None:
    if report.recognised:
        output.say(f"{name} is an export of {report.recognised}")
    for note in report.notes:
        output.say(f"! {note}")
    for row in report.rows:
        if row.verdict not in (Verdict.ADDED, Verdict.KNOWN):
            output.say(f"{name} {row}")
    if report.unused_columns:
        output.say(f"columns not used: {', '.join(report.unused_columns)}")
    counts = [f"{report.added} added", f"{report.known} known before", f"{report.refused} not taken"]
    counts += [f"{report.unsubscribed} unsubscribed"] if report.unsubscribed else []
    counts += [f"{report.suppressed} suppressed"] if report.suppressed else []
    click.echo(f"{'Nothing was changed. It would be: ' if dry_run else ''}{', '.join(counts)}")
