"""Whether the clocks may be believed before something is done that cannot be taken back; pure, fed by values.

A wall clock can be wrong by a day at any moment: a mistyped `date`, a bad time server, a virtual machine's host. So it
is compared with what else tells the time: the steady clock of this boot, which cannot be set; the last known moment,
which the database keeps over restarts; and the clock of the database's server, where there is one. Where they differ,
the clock is *in doubt*: nothing irrevocable is done until they agree again, or until the new time has gone on in step
with the steady clock for so long that it must be meant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.model.amounts import spoken

#: Clocks that differ by no more than this agree; deadlines are hours, and time servers mend seconds.
MAX_DIFFERENCE = timedelta(minutes=2)

#: How long a time that fits nothing must go on steadily before it is believed; time servers need less after a boot.
PROOF_TIME = timedelta(minutes=10)

#: The same for a clock that was put back: then nothing that was to come is over, and whatever was made stays made.
PROOF_TIME_BACK = timedelta(minutes=1)

#: How long a machine may have been off before its clock is doubted when it starts.
MAX_TIME_OFF = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment by the wall clock (UTC), with what the steady clock of that boot showed then, in seconds."""

    wall: datetime
    ticks: float
    boot: str

    def after(self, ticks: float, boot: str) -> datetime | None:
        """Return what the wall clock should show when the steady clock shows `ticks`; None after another boot."""
        return self.wall + timedelta(seconds=ticks - self.ticks) if boot == self.boot else None


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at all clocks; `server` is the database server's, None with SQLite."""

    now: Mark
    server: datetime | None = None

    @property
    def lead(self) -> timedelta:
        """How far the wall clock is ahead of the server's."""
        return self.now.wall - self.server if self.server else timedelta(0)


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed: the last moment that could be trusted, and the time that has yet to prove itself.

    `doubt` says in words why nothing irrevocable may be done now, "" if it may.
    """

    trusted: Mark | None = None
    suspect: Reading | None = None  # the first look at a time that fits nothing
    doubt: str = ""


def judge(before: Belief, reading: Reading) -> Belief:
    """Return what is believed after one more look."""
    complaint, proof = _complaint(before.trusted, reading)
    if not complaint:
        return Belief(trusted=reading.now)
    suspect = before.suspect if before.suspect and _in_step(before.suspect, reading) else reading
    if reading.now.ticks - suspect.now.ticks < proof.total_seconds():
        return replace(before, suspect=suspect, doubt=complaint)
    # All machines share the server's clock, so where a machine's own goes on differing it is the server's that counts.
    meant = reading.now.wall - (reading.lead if abs(reading.lead) > MAX_DIFFERENCE else timedelta(0))
    return Belief(trusted=replace(reading.now, wall=meant), suspect=suspect)


def believed(belief: Belief, now: Mark) -> datetime:
    """Return the time to go by: the wall clock's, or what it should show where that differs."""
    expected = belief.trusted.after(now.ticks, now.boot) if belief.trusted else None
    return now.wall if expected is None or abs(now.wall - expected) <= MAX_DIFFERENCE else expected


def _complaint(trusted: Mark | None, reading: Reading) -> tuple[str, timedelta]:
    """Say what does not fit, "" if all does, and how long this time must go on before it is believed."""
    if abs(reading.lead) > MAX_DIFFERENCE:
        return f"this machine's clock is {_off(reading.lead)} the database server's", PROOF_TIME
    if trusted is None:
        return "", PROOF_TIME
    now = reading.now
    if expected := trusted.after(now.ticks, now.boot):
        drift = now.wall - expected
        if abs(drift) <= MAX_DIFFERENCE:
            return "", PROOF_TIME
        return (
            f"the clock was set: it is {_off(drift)} where it was",
            PROOF_TIME if drift > MAX_DIFFERENCE else PROOF_TIME_BACK,
        )
    gap = now.wall - trusted.wall
    if gap < -MAX_DIFFERENCE:
        return (
            f"since the machine was started its clock is {_off(gap)} the last known moment",
            PROOF_TIME_BACK,
        )
    if gap > MAX_TIME_OFF:
        return f"the machine was off for {spoken(gap)}, or its clock is wrong", PROOF_TIME
    return "", PROOF_TIME


def _in_step(suspect: Reading, reading: Reading) -> bool:
    """Tell whether both clocks have gone on since the first look as the steady clock did."""
    expected = suspect.now.after(reading.now.ticks, reading.now.boot)
    if expected is None or abs(reading.now.wall - expected) > MAX_DIFFERENCE:
        return False
    return abs(reading.lead - suspect.lead) <= MAX_DIFFERENCE


def _off(by: timedelta) -> str:
    return f"{spoken(abs(by))} {'ahead of' if by > timedelta(0) else 'behind'}"
