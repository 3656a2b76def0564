"""What all parts of one call of `deliver` share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from digest.delivery.liveness import LivenessTracker, new_owner
from digest.delivery.moment import Moment
from digest.delivery.policy import Hooks, Policy
from digest.delivery.progress import Meter
from digest.store.db.database import Database

LEASE_SAFETY_FRACTION = 0.8  # of a lease: after that long without a sign of life we act as if we had lost it


@dataclass(frozen=True, slots=True)
class Context:
    """The ledger, the rules, the hooks and the counts of one run; `owner` is its name in the ledger."""

    db: Database
    policy: Policy
    hooks: Hooks
    meter: Meter
    watch: LivenessTracker
    owner: str = field(default_factory=new_owner)

    def now(self) -> Moment:
        """Read both clocks."""
        return Moment(self.at(), self.hooks.clock())

    def at(self) -> float:
        """Read the monotonic clock alone, in seconds."""
        return asyncio.get_running_loop().time()

    @property
    def lease_seconds(self) -> float:
        return self.policy.lease.total_seconds()

    def lease_until(self, now: Moment) -> datetime:
        """Return until when the ledger may say that this process is alive."""
        return now.wall + self.policy.lease

    def safe_until(self, renewed_at: float) -> float:
        """Return until when (monotonic) the rows of a lease that was renewed at a moment are certainly ours."""
        return renewed_at + LEASE_SAFETY_FRACTION * self.lease_seconds


def context(db: Database, policy: Policy, hooks: Hooks) -> Context:
    """Return what a new run shares."""
    watch = hooks.watch or LivenessTracker(policy.lease.total_seconds())
    return Context(db, policy, hooks, Meter(shown=hooks.progress is not None), watch)
