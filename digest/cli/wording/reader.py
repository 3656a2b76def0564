"""What is known of a reader, in words."""

from __future__ import annotations

import rich_click as click

from digest.model import Frequency
from digest.store.editions.profiles import Reader, Received, Subscription


def describe(reader: Reader) -> None:
    """Tell about a reader: suppression, subscriptions with their consent, and what became of each edition."""
    click.echo(f"{reader.address} {reader.name}".rstrip())
    if reader.suppressed_since:
        since = reader.suppressed_since.isoformat(timespec="seconds")
        click.echo(f"  suppressed since {since}: {reader.suppressed}; nothing is sent there")
        click.echo(f'  "digest subscribers release {reader.address}" lifts that')
    for one in reader.subscriptions:
        how = ", ".join(f"{key}: {value}" for key, value in sorted(one.consent.items()))
        click.echo(
            f"  {one.newsletter}: {one.status} since {one.since.isoformat(timespec='seconds')} ({how})"
        )
        if choices := _choices(one, reader):
            click.echo(f"    chosen: {'; '.join(choices)}")
    for got in reader.received:
        when = f" at {got.at.isoformat(timespec='seconds')}" if got.at else ""
        due = f", due {got.not_before.isoformat(timespec='seconds')}" if got.not_before else ""
        words = "; ".join(filter(None, (got.words, _as_got(got))))
        click.echo(f"  {got.edition}: {got.state}{when}{due}{f' ({words})' if words else ''}")
        for title in got.left_out:
            click.echo(f"    not in it: {title}")


def _choices(one: Subscription, reader: Reader) -> list[str]:
    """Say what a reader has chosen about a subscription."""
    found = []
    if one.sections is not None:
        found.append(f"sections {', '.join(one.sections) or 'none'}")
    if one.frequency == Frequency.WEEKLY:
        found.append("one round-up a week instead of every edition")
    if one.hour is not None:
        found.append(f"at {one.hour}:00 in {reader.timezone or 'the time zone of the newsletter'}")
    if one.paused_until:
        found.append(f"paused until {one.paused_until.isoformat(timespec='minutes')}")
    if reader.text_only:
        found.append("mails of text only")
    return found


def _as_got(got: Received) -> str:
    """Say how an edition was different for this reader."""
    sections = "" if got.sections is None else f"of {', '.join(got.sections) or 'no section'}"
    return " ".join(filter(None, ("a round-up of the week" if got.round_up else "", sections)))
