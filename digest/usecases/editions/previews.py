"""Look at editions that have not been made: a preview of the coming one, one reader's copy, and the next days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from digest.edition import plan_document
from digest.edition.proof.lint import Finding, Level, lint
from digest.edition.proof.preview import preview_page
from digest.model import Message, Plan, Recipient
from digest.pipeline import rehearsal
from digest.pipeline.as_reader import as_reader, received, simulated
from digest.pipeline.rehearsal import SAMPLE_READER, Proof
from digest.tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The coming edition, and what there is to see: itself, or the newest that was made where no mail would go out.

    `shown` is None where nothing was made yet; the plan of `coming` says then why no mail would go out.
    """

    coming: Proof
    shown: Proof | None

    def as_json(self) -> dict[str, Any]:
        """Return the plan that is shown, as plan.json has it."""
        proof = self.shown or self.coming
        return plan_document(proof.plan, proof.mail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One reader's copy of a proof: its bytes as they would be handed over, its parts, and what an editor would say."""

    message: Message
    html: str
    text: str
    findings: tuple[Finding, ...]

    @property
    def sendable(self) -> bool:
        """Whether the mail may go out like that."""
        return not any(finding.level is Level.ERROR for finding in self.findings)


async def preview(
    tools: Tools, newsletter: str, *, reader: Recipient = SAMPLE_READER, set_now: bool = True
) -> Preview:
    """Return exactly the edition that would be sent now, by what a `reader` has chosen; nothing changes.

    Without `set_now` the mail of a coming edition is left to `digest.pipeline.rehearsal.set_proof`, for a theme that is
    being worked on. Raises UsageError, TemplateError.
    """
    entry = tools.settings.newsletter(newsletter)
    coming = await rehearsal.plan_proof(entry, await rehearsal.coming_slot(entry, tools), tools)
    if reader.reader_id:
        coming = await as_reader(coming, reader, tools)
    if not coming.plan.skip:
        coming = await rehearsal.set_proof(coming, tools) if set_now else coming
        return Preview(coming=coming, shown=coming)
    made = await (
        received(coming, reader, tools) if reader.reader_id else rehearsal.made_before(coming, tools)
    )
    if made is None:
        return Preview(coming=coming, shown=None)
    notice = f"No mail would go out now: {coming.plan.skip}. This is the newest edition, {made.edition}."
    return Preview(
        coming=coming, shown=replace(made, plan=replace(made.plan, problems=(notice, *made.plan.problems)))
    )


async def reader_of(tools: Tools, newsletter: str, address: str | None) -> Recipient:
    """Return the reader of a newsletter at an address, a sample where none is named; raises UsageError for a stranger."""
    if not address:
        return SAMPLE_READER
    return await rehearsal.reader_of(tools.settings.newsletter(newsletter), address, tools)


def copy(tools: Tools, proof: Proof, reader: Recipient = SAMPLE_READER) -> Copy:
    """Return a reader's copy of a proof whose mail is set; its links change nothing."""
    assert proof.mail is not None
    message = rehearsal.copy_for(proof, reader, tools)
    html, text = rehearsal.parts(message)
    findings = tuple(lint(proof.mail, tools.settings.site_of(proof.newsletter), proof.plan))
    return Copy(message=message, html=html, text=text, findings=findings)


def page(tools: Tools, proof: Proof, shown: Copy, *, refresh_seconds: int = 0) -> str:
    """Return a page that shows a copy on every screen, with its findings and its plan; 0 does not load itself again."""
    assert proof.mail is not None
    return preview_page(
        proof.mail,
        html=shown.html,
        text=shown.text,
        source=shown.message.data,
        findings=shown.findings,
        document=plan_document(proof.plan, proof.mail),
        templates=tools.templates,
        refresh=refresh_seconds,
    )


async def simulate(
    tools: Tools,
    newsletter: str,
    *,
    days: int,
    start: datetime | None = None,
    reader: Recipient = SAMPLE_READER,
) -> Sequence[Plan]:
    """Return the plans of the editions in these days from now, or from `start`, as a `reader` gets them."""
    entry = tools.settings.newsletter(newsletter)
    coming = await rehearsal.simulate(entry, start or tools.clock(), days, tools)
    return await simulated(entry, coming, reader, tools) if reader.reader_id else coming


def plans_as_json(plans: Sequence[Plan]) -> list[dict[str, Any]]:
    """Return plans without their mails, as plan.json has them."""
    return [plan_document(plan, None) for plan in plans]
