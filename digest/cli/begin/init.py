"""`digest init`: a first configuration that works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import rich_click as click

from digest.errors import UsageError

CONFIG = """\
# The configuration of a newsletter. `digest init --example` explains every key, `digest check` says what is wrong.

[site]
name = {site}
url = "http://127.0.0.1:8000"               # where readers reach the pages of `digest run`
postal_address = ""                         # many countries' law wants one in every mail

[database]
url = "sqlite:///digest.db"

[[senders]]
kind = "eml"                                # writes each mail as a file into outbox/, and sends none
# kind = "smtp"                             # the real thing:
# host = "smtp.example.org"
# port = 587
# security = "starttls"                     # tls | starttls | none
# username = "..."
# password = "..."                          # better: the environment or a secrets directory
# rate = "14/s"

[[newsletters]]
name = "daily"
title = {title}
from = {sender}
schedule = "0 7 * * *"                      # every day at 7; weekdays by name: "0 7 * * mon-fri"
timezone = {timezone}
theme = "frontpage"
language = "en"
max_articles = 20
min_articles = 1                            # fewer: no mail, they wait for the next edition
# max_age = "36h"                           # older is left out; by default nothing falls between editions
# overflow = "carry"                        # what does not fit may run next time; or "list" or "drop"
max_lateness = "3h"

[[newsletters.sections]]
title = "News"
{sources}"""

SOURCE = """
[[newsletters.sections.sources]]
kind = "feed"
url = {url}
"""

#: What to type next, and what it does.
NEXT = (
    ("check", "is everything right, and when are the next editions?"),
    ("preview daily --open", "look at the edition as it would be sent"),
    ("subscribers add you@example.org --newsletter daily", "a first reader: you"),
    ("send daily", "writes the mails into outbox/ until you set up a real sender"),
)


@click.command(
    epilog="Example: digest init --feed https://example.org/feed.xml --from 'The Daily <daily@example.org>'"
)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--feed", "feeds", multiple=True, metavar="URL", help="A feed to begin with; may be repeated.")
@click.option(
    "--from",
    "sender",
    metavar="ADDRESS",
    default="The Daily <daily@example.org>",
    help="Who the mail is from.",
)
@click.option(
    "--example", is_flag=True, help="Print config.example.toml, which explains every key, and write nothing."
)
def init(folder: Path, feeds: tuple[str, ...], sender: str, example: bool) -> None:
    """Write a commented config.toml that works, and say what to do next."""
    import os
    from email.utils import parseaddr

    from digest.settings import loading

    if example:
        click.echo(_example().read_text("utf-8"), nl=False)
        return
    addresses = [_address(feed) for feed in feeds]
    title, mailbox = parseaddr(sender)
    if "." not in mailbox.partition("@")[2]:
        raise UsageError(f"--from {sender!r} is not a sender; write 'The Daily <daily@example.org>'")

    path = folder / "config.toml"
    if path.exists():
        raise UsageError(
            f"{path} is there already; it stays as it is. Name another folder, or edit that file."
        )
    folder.mkdir(parents=True, exist_ok=True)
    text = CONFIG.format(
        site=_quoted(title or "The Daily"),
        title=_quoted(title or "The Daily"),
        sender=_quoted(sender),
        timezone=_quoted(_local_timezone()),
        sources="".join(SOURCE.format(url=_quoted(url)) for url in addresses) or _commented_source(),
    )
    path.touch(mode=0o600, exist_ok=False)  # there will be a password in it
    path.write_text(text, encoding="utf-8")
    try:
        loading.load(path, {key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")})
    except UsageError:
        path.unlink()  # it was made from the arguments, so they are what is wrong
        raise
    _say_next(path if folder != Path() else Path(path.name))
    if not feeds:
        click.echo(
            "No feed yet: take the last lines of the file out of their comments and name yours.", err=True
        )


def _example() -> Path:
    """Return the file that explains every key, installed or in a checkout."""
    import digest

    package = Path(digest.__file__).parent
    inside = package / "config.example.toml"
    return inside if inside.is_file() else package.parent / inside.name


def _say_next(path: Path) -> None:
    """Say which commands come next, so that they work where this one was called."""
    import shlex

    from digest.terminal import program

    called = program() if path.parent == Path() else f"{program()} --config {shlex.quote(str(path))}"
    click.echo(f"Wrote {path}. Now:")
    for command, words in NEXT:
        click.echo(f"  {called} {command}\n      {words}")


def _address(feed: str) -> str:
    """Return the address of a feed, by https:// where nothing else is said; raises UsageError for anything else."""
    from urllib.parse import urlsplit

    if "://" not in feed and (feed.startswith((".", "/", "~")) or Path(feed).is_file()):
        raise UsageError(
            f"--feed {feed}: that is a file, and a feed is read from its address (https://example.org/feed.xml). "
            'Articles of your own in a folder: write kind = "folder" into the configuration.'
        )
    if feed.startswith("feed:"):  # an old scheme for "subscribe to this", in front of or instead of https:
        feed = feed.removeprefix("feed:").removeprefix("//")
    bare = "://" not in feed
    try:
        parts = urlsplit(f"https://{feed}" if bare else feed)
        known = parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known or re.search(r"\s", feed) or (bare and "." not in feed.partition("/")[0]):
        raise UsageError(f"--feed {feed!r} is not an address; write https://example.org/feed.xml")
    return f"https://{feed}" if bare else feed


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # JSON's strings are TOML's basic strings


def _commented_source() -> str:
    lines = SOURCE.format(url='"https://example.org/feed.xml"').strip().splitlines()
    return "\n" + "".join(f"# {line}\n" for line in lines)


def _local_timezone() -> str:
    from tzlocal import get_localzone_name

    try:
        name = str(get_localzone_name() or "UTC")
        return "UTC" if name.startswith("Etc/") else name
    except (LookupError, ValueError):  # a machine without a sensible time zone
        return "UTC"
