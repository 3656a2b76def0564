"""Send an edition to a few addresses as a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digest.model import Outcome, Sent
from digest.pipeline import rehearsal
from digest.pipeline.rehearsal import Proof, coming_slot, made_before, prove
from digest.settings import Newsletter
from digest.tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class TestEdition:
    """The edition to send as a test, and why an older one stands in for the coming one ("" if it does not)."""

    __test__ = False  # pytest: not a class of tests

    proof: Proof
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCopy:
    """What became of one test copy."""

    __test__ = False

    address: str
    outcome: Outcome

    @property
    def sent(self) -> bool:
        return isinstance(self.outcome, Sent)

    @property
    def state(self) -> str:
        """The kind of outcome in one word: "sent", "deferred", "refused", "unknown" or "unsent"."""
        return type(self.outcome).__name__.lower()

    def as_json(self) -> dict[str, Any]:
        return {"address": self.address, "state": self.state, "reply": self.outcome.reply}


async def test_edition(tools: Tools, newsletter: Newsletter) -> TestEdition:
    """Return the coming edition, or the newest that was made where nothing is there for a coming one."""
    proof = await prove(newsletter, await coming_slot(newsletter, tools), tools)
    if proof.mail is None and (made := await made_before(proof, tools)):
        return TestEdition(proof=made, instead=proof.plan.skip)
    return TestEdition(proof=proof)


async def send_test(tools: Tools, chosen: TestEdition, addresses: Sequence[str]) -> list[TestCopy]:
    """Send an edition to a few addresses, marked as a test; nothing is remembered, its links change nothing.

    Raises UsageError where there is no mail to send.
    """
    outcomes = await rehearsal.send_test(chosen.proof, addresses, tools)
    return [TestCopy(address=address, outcome=outcome) for address, outcome in outcomes]
