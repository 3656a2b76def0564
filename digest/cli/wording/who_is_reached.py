"""Whom a retry would reach, in words: how many, why they did not get it, and who stays as they are."""

from __future__ import annotations

from collections.abc import Sequence

from digest.model import EditionStatus, State
from digest.terminal import counted
from digest.usecases.editions.deciding import Queued, Reach

_REASONS = 5  # reasons that are told; the rest are counted together

_WHAT = {
    State.REFUSED: ("was refused", "were refused"),
    State.UNKNOWN: ("is in doubt", "are in doubt"),
    State.SKIPPED: ("was left out", "were left out"),
}


def before_retry(state: State, reach: Reach) -> list[str]:
    """Say what a retry would do."""
    edition, (was, were) = reach.edition, _WHAT[state]
    if not reach.ready and not reach.staying:
        return [f"{edition.name}: no matching reader {was}; there is nothing to do."]
    lines = [
        f"{edition.name} would be sent to {counted(reach.ready, 'reader')} who {was if reach.ready == 1 else were}:"
    ]
    lines = (
        lines + _table(reach) if reach.ready else [f"{edition.name}: no reader who {was} can be mailed now."]
    )
    if reach.doubted:
        lines.append(f"{reach.doubted:,} of them may have had it already, and would get it twice.")
    if reach.staying:
        stay = ", ".join(f"{n:,} ({words})" for words, n in reach.staying.most_common())
        lines.append(f"These stay as they are: {stay}.")
    if reach.suppressed_by_it:
        lines.append(
            f"{reach.suppressed_by_it:,} of these are suppressed by this very refusal; --release lifts that."
        )
    if edition.status is EditionStatus.CANCELLED:
        lines.append("The edition was cancelled: it would be sent after all.")
    return lines


def before_accept(reach: Reach) -> list[str]:
    """Say what would be noted."""
    edition = reach.edition
    if not reach.ready:
        return [f"{edition.name}: no matching reader is in doubt; there is nothing to do."]
    return [
        f"{edition.name} would be noted as sent to {counted(reach.ready, 'reader')} in doubt:",
        *_table(reach),
    ]


def _table(reach: Reach) -> list[str]:
    told = reach.reasons.most_common(_REASONS)
    if rest := sum(reach.reasons.values()) - sum(n for _, n in told):
        told.append(("for other reasons", rest))
    width = max(len(f"{n:,}") for _, n in told)
    return [
        *(f"  {n:>{width},}  {words}" for words, n in told),
        f"  namely {_named(reach.first, reach.ready)}",
    ]


def _named(first: Sequence[str], n: int) -> str:
    rest = n - len(first)
    return ", ".join(first) + (f" and {rest:,} more" if rest else "")


def after_retry(queued: Queued) -> list[str]:
    """Say what was done, and which command sends now."""
    edition, readers, until = queued.edition, queued.readers, queued.until
    lines = [f"{counted(readers, 'reader')} wait{'s' if readers == 1 else ''} for it again."]
    if edition.status is EditionStatus.PAUSED:
        return [*lines, f'The edition is paused: "digest editions resume {edition.name}" lets it go on.']
    deadline = max(edition.deadline, until) if edition.deadline else None
    limit = f" Its deadline is {deadline.isoformat(timespec='minutes')}." if deadline else ""
    return [*lines, f'"digest send {edition.name}" sends it now; "digest run" does so by itself.{limit}']
