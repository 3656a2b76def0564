"""The kinds of jobs: the one table of what machines share, and how each job is known.

A job names what it is about by ids only, never by an address. What it does is in `digest.service.jobs.work`, under the
same name; what is due is found in `digest.service.jobs.due`. A new kind is a line here, a function there, and where a
tick should find it, a finder.

The name of a kind is the name of its queue too: a machine asks only for queues that it knows, so that a newer version's
jobs wait for machines that know them. So a kind whose ids or meaning change gets a new name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

_SOURCE_ID_BYTES = 8  # enough to tell a newsroom's sources apart


class Lane(StrEnum):
    """What shares places in one process: long work in one lane never keeps another lane waiting."""

    URGENT = "urgent"
    DELIVERING = "delivering"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How jobs of a kind are queued, and tried again: after `first_pause`, then twice as long each time."""

    name: str
    priority: int  # the highest first, within a lane
    lane: Lane
    attempts: int | None = None  # None: until it is done
    first_pause: float = 5.0  # seconds
    max_pause: float = 60.0  # seconds
    may_be_cut: bool = True  # ended at once when the process stops, and queued again


MAKE = Kind(name="make", priority=40, lane=Lane.URGENT)
DELIVER = Kind(name="deliver", priority=30, lane=Lane.DELIVERING, max_pause=600.0, may_be_cut=False)
SYSTEM_MAILS = Kind(name="system-mails", priority=35, lane=Lane.URGENT)
FEEDBACK = Kind(name="feedback", priority=25, lane=Lane.URGENT)
INTAKE = Kind(name="intake", priority=5, lane=Lane.BACKGROUND, attempts=1)
FETCH = Kind(name="fetch", priority=10, lane=Lane.BACKGROUND, attempts=3, first_pause=0.0)
TIDY = Kind(name="tidy", priority=0, lane=Lane.BACKGROUND, attempts=5)

#: By name.
KINDS = {kind.name: kind for kind in (MAKE, SYSTEM_MAILS, DELIVER, FEEDBACK, INTAKE, FETCH, TIDY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work to be done once: `ids` are its arguments.

    No two jobs with the same `key` wait at the same time, and no two with the same `lock` are at work.
    """

    kind: Kind
    key: str
    lock: str
    ids: dict[str, str | int] = field(default_factory=dict)


def make(newsletter: str, slot: str) -> Job:
    """Return the job of making the edition of a slot."""
    key = f"make:{newsletter}/{slot}"
    return Job(kind=MAKE, key=key, lock=key, ids={"newsletter": newsletter, "slot": slot})


def deliver(edition_id: int, seat: int) -> Job:
    """Return the job of taking a seat at an edition: the ledger's rows decide who sends what."""
    key = f"deliver:{edition_id}/{seat}"
    return Job(kind=DELIVER, key=key, lock=key, ids={"edition": edition_id, "seat": seat})


def fetch(source: str, host: str, visited: str) -> Job:
    """Return the job of visiting a source (`source_id`) that was visited last at `visited`, "" for never.

    There is one visit at a time to each host; a source without a host has a lock of its own.
    """
    lock = lock_of_host(host) if host else f"source:{source}"
    return Job(kind=FETCH, key=f"fetch:{source}", lock=lock, ids={"source": source, "visited": visited})


def lock_of_host(host: str) -> str:
    """Return the lock of all visits to a host."""
    return f"host:{host}"


def single(kind: Kind) -> Job:
    """Return the job of a kind of which one is enough: it does whatever waits."""
    return Job(kind=kind, key=kind.name, lock=kind.name)


def source_id(key: str) -> str:
    """Return what a job calls a source: its key may hold a password."""
    return blake2b(key.encode(), digest_size=_SOURCE_ID_BYTES).hexdigest()
