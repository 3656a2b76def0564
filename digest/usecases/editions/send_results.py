"""What sending an edition by hand comes to, or would come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from digest.model import EditionStatus, State
from digest.pipeline.publish import Published
from digest.pipeline.rehearsal import Proof
from digest.schedule.slots import Slot
from digest.settings import Newsletter
from digest.store.editions import editions
from digest.store.editions.deliveries import LedgerRow
from digest.usecases.editions import told
from digest.usecases.editions.status import as_json


class Unfinished(StrEnum):
    """Why a person has to look after an edition that was sent by hand."""

    OPEN = "open"  # it has yet to be completed
    IN_DOUBT = "in-doubt"  # readers may or may not have had it
    REACHED_NO_READER = "reached-no-reader"  # every mail was refused
    GIVEN_UP = "given-up"  # its deadline passed before all had it
    NOT_MADE = "not-made"  # something went wrong, and there is no mail


class SendStatus(StrEnum):
    """How an edition stands for whoever sends it: its own status, or that an earlier call made and sent it."""

    SENDING = EditionStatus.SENDING.value
    PAUSED = EditionStatus.PAUSED.value
    SENT = EditionStatus.SENT.value
    ALREADY_SENT = "already-sent"
    CANCELLED = EditionStatus.CANCELLED.value
    SKIPPED_EMPTY = EditionStatus.SKIPPED_EMPTY.value
    SKIPPED_LATE = EditionStatus.SKIPPED_LATE.value


def status_of(published: Published) -> SendStatus:
    """Return how an edition stands after a call."""
    if published.edition.status is EditionStatus.SENT and not published.delivered:
        return SendStatus.ALREADY_SENT
    return SendStatus(published.edition.status)


#: The states that are counted for whoever sends.
COUNTED = (State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN, State.SKIPPED)


def _as_json(published: Published) -> dict[str, Any]:
    shown = as_json(published.edition, published.tally)
    keys = ("edition", "newsletter", "slot", "status", "recipients", *COUNTED)
    return {**{str(key): shown[key] for key in keys}, "status": status_of(published).value}


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRun:
    """What sending by hand came to."""

    published: Published
    given_up: int
    heard_last: str
    did_not_fit: dict[str, int]
    missed: Sequence[LedgerRow]
    more_missed: bool  # not all of them are in `missed`
    waiting_for_hour: int = 0  # readers whose own hour is still to come

    @property
    def status(self) -> SendStatus:
        return status_of(self.published)

    @property
    def problems(self) -> list[str]:
        """What was odd, and whom it has left behind where a person may want to act; each once."""
        edition, tally = self.published.edition, self.published.tally
        found = [*edition.problems, *self.published.problems]
        if Unfinished.IN_DOUBT in self.unfinished:
            found.append(told.undecided(edition, tally))
        if Unfinished.REACHED_NO_READER in self.unfinished:
            found.append(told.reached_no_reader(edition, tally))
        found += told.given_up(edition, self.given_up)
        said = "\n".join(found)
        found += [line for line in told.heard_last(self.heard_last) if line.rpartition("; ")[2] not in said]
        return list(dict.fromkeys(found))

    def as_json(self) -> dict[str, Any]:
        return {
            **_as_json(self.published),
            "problems": self.problems,
            "did_not_fit": self.did_not_fit,
            "waiting_for_hour": self.waiting_for_hour,
        }

    @property
    def unfinished(self) -> frozenset[Unfinished]:
        """The reasons for which it is no success; empty where all went well."""
        edition, tally = self.published.edition, self.published.tally
        reasons = {
            Unfinished.OPEN: edition.status in (EditionStatus.SENDING, EditionStatus.PAUSED),
            Unfinished.IN_DOUBT: tally[State.UNKNOWN],
            Unfinished.REACHED_NO_READER: tally[State.REFUSED] and not (tally.open or tally[State.SENT]),
            Unfinished.GIVEN_UP: self.given_up,
            Unfinished.NOT_MADE: edition.fault,
        }
        return frozenset(reason for reason, holds in reasons.items() if holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What `send` would do: go on with what is `made`, or make an edition of this status (see `skip`)."""

    newsletter: Newsletter
    slot: Slot
    status: EditionStatus
    made: Published | None = None
    skip: str = ""  # why there would be none
    recipients: int = 0
    proof: Proof | None = None

    @property
    def edition(self) -> str:
        """The name that the edition has or would have."""
        return self.made.edition.name if self.made else editions.name_of(self.newsletter.name, self.slot.text)

    @property
    def problems(self) -> Sequence[str]:
        if self.made:
            return (*self.made.edition.problems, *self.made.problems)
        return self.proof.plan.problems if self.proof else ()

    @property
    def did_not_fit(self) -> dict[str, int]:
        return self.proof.plan.did_not_fit if self.proof and not self.skip else {}

    def as_json(self) -> dict[str, Any]:
        row = _as_json(self.made) if self.made else self._not_made()
        return {**row, "problems": self.problems, "did_not_fit": self.did_not_fit, "dry_run": True}

    def _not_made(self) -> dict[str, Any]:
        return {
            "edition": self.edition,
            "newsletter": self.newsletter.name,
            "slot": self.slot.text,
            "status": self.status.value,
            "recipients": self.recipients,
            **{state.value: 0 for state in COUNTED},
        }
