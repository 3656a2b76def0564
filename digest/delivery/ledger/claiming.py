"""Claim rows ahead, so that the senders never wait for the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digest.delivery.context import Context
from digest.delivery.ledger.in_hand import InHand
from digest.delivery.moment import Moment
from digest.delivery.policy import Step
from digest.model import Delivery
from digest.store.ledger import claims
from digest.telemetry import tracing
from digest.telemetry.measures import CLAIM_SECONDS


async def claim(context: Context, wanted: Mapping[int, int], hand: InHand, now: Moment) -> set[int]:
    """Claim so many rows of each edition into `hand`; return the editions that have none left to claim."""
    exhausted = set()
    for edition_id, n in wanted.items():
        begun = context.at()
        with tracing.span("claim", rows=n):
            page, skipped = await _page(context, edition_id, n, now)
        context.hooks.measures.observe(CLAIM_SECONDS, (context.at() - begun,))
        if page:
            context.hooks.reached(Step.CLAIMED)
        if not page and not skipped:
            exhausted.add(edition_id)
        hand.claimed.extend(page)
        context.meter.skipped(skipped)
    return exhausted


async def _page(context: Context, edition_id: int, n: int, now: Moment) -> tuple[Sequence[Delivery], int]:
    """Claim up to `n` rows in one transaction; return them, and how many readers were skipped."""
    until = context.lease_until(now)
    async with context.db.begin() as conn:
        page, skipped = await claims.claim(
            conn, edition_id, context.owner, n, now=now.wall, lease_until=until
        )
        if page:
            context.hooks.reached(Step.CLAIMING)
    return page, skipped
