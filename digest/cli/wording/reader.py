"""What is known of a reader, in words."""

from __future__ import annotations

import rich_click as click

from digest.store.editions.profiles import Reader


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
    for got in reader.received:
        when = f" at {got.at.isoformat(timespec='seconds')}" if got.at else ""
        click.echo(f"  {got.edition}: {got.state}{when}{f' ({got.words})' if got.words else ''}")
