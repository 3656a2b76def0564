"""`digest subscribers set`: what a reader has chosen, set by hand."""

from __future__ import annotations

import rich_click as click

from digest.cli.common import output
from digest.cli.common.arguments import newsletter_option
from digest.cli.common.running import json_option, run, settings, tools
from digest.errors import UsageError
from digest.model import Frequency
from digest.usecases.readers import choosing
from digest.usecases.readers.choosing import AT_ONCE, NO_PAUSE, Change, Chosen

_FREQUENCIES = {"every": Frequency.EVERY_EDITION, "weekly": Frequency.WEEKLY}
_EVERYTHING = "all"
_THE_NEWSLETTERS = "newsletter"


@click.command(
    "set",
    epilog="Example: digest subscribers set anna@example.org --newsletter daily --sections World --hour 7",
)
@click.argument("address")
@newsletter_option
@click.option(
    "--sections",
    multiple=True,
    metavar="TITLE",
    help=f"A section to get; give it once for each. {_EVERYTHING!r}: all, also new ones.",
)
@click.option(
    "--frequency", type=click.Choice(list(_FREQUENCIES)), help="Every edition, or a weekly round-up."
)
@click.option(
    "--hour",
    metavar="HOUR",
    help="Of the day, 0 to 23, at which mails come; 'any': as soon as they are made.",
)
@click.option(
    "--timezone",
    metavar="ZONE",
    help=f"In which the hour is meant, such as Europe/Berlin; {_THE_NEWSLETTERS!r}: its own.",
)
@click.option(
    "--pause-until", metavar="DAY", help=f"Send nothing before this day; {NO_PAUSE!r} ends a pause."
)
@click.option("--name", metavar="TEXT", help="What the reader is called.")
@click.option(
    "--language",
    metavar="CODE",
    help=f"Of pages and mails to this reader alone; {_THE_NEWSLETTERS!r}: its own.",
)
@click.option(
    "--text-only/--html", "text_only", default=None, help="Without HTML and pictures, or with both."
)
@json_option
def set_(
    address: str,
    newsletter: str,
    sections: tuple[str, ...],
    frequency: str | None,
    hour: str | None,
    timezone: str | None,
    pause_until: str | None,
    name: str | None,
    language: str | None,
    text_only: bool | None,
    as_json: bool,
) -> None:
    """Set what a reader has chosen; what is not named stays. Name, language, zone and text hold for all newsletters."""
    change = Change(
        sections=None if not sections else () if _EVERYTHING in sections else sections,
        frequency=_FREQUENCIES[frequency] if frequency else None,
        hour=_hour(hour),
        pause_until=pause_until,
        name=name,
        language="" if language == _THE_NEWSLETTERS else language,
        timezone="" if timezone == _THE_NEWSLETTERS else timezone,
        text_only=text_only,
    )
    if change == Change():
        raise UsageError("nothing to set: name at least one choice, see digest subscribers set --help")
    loaded = settings()

    async def work() -> Chosen:
        async with tools(loaded) as opened:
            return await choosing.choose(opened, newsletter, address, change)

    chosen = run(work())
    if as_json:
        output.document(chosen.as_json())
    else:
        click.echo(f"{chosen.address} gets {chosen.newsletter}: {_in_words(chosen)}")


def _hour(text: str | None) -> int | None:
    if text is None or text == "any":
        return AT_ONCE if text else None
    if not text.isdecimal():
        raise UsageError(f"{text!r} is no hour of a day: it is 0 to 23, or 'any'")
    return int(text)


def _in_words(chosen: Chosen) -> str:
    wishes = chosen.wishes
    words = [
        "all sections" if wishes.sections is None else f"the sections {', '.join(wishes.sections)}",
        "once a week" if wishes.frequency is Frequency.WEEKLY else "every edition",
        "as soon as it is made" if wishes.hour is None else f"at {wishes.hour}:00 {wishes.timezone}".rstrip(),
    ]
    words += [f"nothing before {wishes.paused_until:%Y-%m-%d %H:%M %Z}"] if wishes.paused_until else []
    words += ["as text only"] if wishes.text_only else []
    words += [f"in the language {wishes.language}"] if wishes.language else []
    return ", ".join(words)
