"""What there is to say about an edition that a person may want to act on, in sentences."""

from __future__ import annotations

from digest.model import Edition, State, Tally
from digest.terminal import counted


def given_up(edition: Edition, readers: int) -> list[str]:
    """Say how many did not get an edition before its deadline, and what a person can do about it."""
    if not readers:
        return []
    again = f'"digest deliveries retry {edition.name} --state skipped" sends it to them after all'
    return [f"its deadline passed, and {counted(readers, 'reader')} did not get it; {again}"]


def waiting_for_hour(readers: int) -> list[str]:
    """Say how many wait for the hour of the day that they chose; nothing where there are none."""
    if not readers:
        return []
    return [
        "1 reader waits for the hour that was chosen"
        if readers == 1
        else f"{readers:,} readers wait for their hour"
    ]


def heard_last(words: str) -> list[str]:
    """Say what was heard last about those who still wait; nothing where nothing was."""
    return [f"heard last: {words}"] if words else []


def in_doubt(edition: Edition, tally: Tally) -> list[str]:
    """Say how many may have had an edition and which command lists them; nothing where there is no doubt."""
    if not tally.doubted:
        return []
    readers = counted(tally.doubted, "reader")
    lists = f'"digest deliveries {edition.name} --state unknown" lists them'
    return [f"{readers} may have had it from an attempt that gave no answer: {lists}."]


def undecided(edition: Edition, tally: Tally) -> str:
    """Say that readers may or may not have had an edition that is done, and how to decide about them."""
    return (
        f"{counted(tally[State.UNKNOWN], 'reader')} may or may not have had it: "
        f'"digest deliveries {edition.name} --state unknown" lists them; "digest deliveries retry" '
        'with the same words sends it to them again, "digest deliveries accept" notes that they have it'
    )


def reached_no_reader(edition: Edition, tally: Tally) -> str:
    """Say that every mail of an edition was refused, and what to do once the cause is mended."""
    readers = counted(tally[State.REFUSED], "reader")
    return (
        f"it reached no reader, because the mails to {readers} were refused; once the cause is mended, "
        f'"digest deliveries retry {edition.name}" sends it to them again'
    )
