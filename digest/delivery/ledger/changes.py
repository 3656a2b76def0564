"""Say as statements what a plan changes in the ledger. Pure: the statements are carried out elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from digest.delivery.ledger.plan import Plan
from digest.store.db.changes import Change
from digest.store.ledger import attempts, calls, claims, leases, refusals


def changes(
    plan: Plan,
    *,
    dialect: str,
    owner: str,
    now: datetime,
    lease_until: datetime,
    finished: Collection[str] = (),
    made: Sequence[calls.Call] = (),
) -> dict[str, Change]:
    """Return the changes of a plan by name, in the order in which they are carried out.

    `finished` are the keys of calls of which all is known, `made` the calls that carry what is marked.
    """
    marked = plan.marked
    found = {
        "release claimed": plan.release_claimed and claims.releasing_claimed(owner),
        "results": plan.results and attempts.recording(dialect, plan.results, now=now),
        "suppressed": refusals.suppressing(dialect, plan.results, now=now),
        "back": plan.back and claims.releasing(dialect, plan.back, owner),
        "later": plan.later and claims.postponing(dialect, plan.later, owner),
        "finished": finished and calls.forgetting(dialect, finished),
        "made": made and calls.recording(dialect, made),
        "marked": marked and claims.marking(dialect, marked, owner, now=now),
        "renew": plan.renew and leases.renewing(dialect, owner, lease_until),
    }
    return {name: change for name, change in found.items() if isinstance(change, Change)}
