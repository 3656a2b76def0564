"""What a preview leaves on the disk and says on the screen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from digest.cli.wording import overflow
from digest.edition import plan_document
from digest.edition.proof.lint import Finding
from digest.edition.proof.preview import SCREENS
from digest.model import PlannedSection
from digest.net import private
from digest.pipeline.rehearsal import Proof
from digest.usecases.editions.previews import Copy

#: What is written of a mail, beside the plan.
MAIL = ("mail.eml", "mail.html", "mail.txt", "preview.html")


def write(folder: Path, proof: Proof, shown: Copy, page: str) -> None:
    """Write mail.eml as it would be handed over (but for the reader's links), its parts, the plan, and the page."""
    write_plan(folder, proof)
    files: dict[str, str | bytes] = {
        "mail.eml": shown.message.data,
        "mail.html": shown.html,
        "mail.txt": shown.text,
        "preview.html": page,
    }
    for name, content in files.items():
        private.write(folder / name, content)


def write_plan(folder: Path, proof: Proof) -> None:
    """Write plan.json: everything chosen and left out, and why; nothing of another edition stays beside it."""
    private.make_folder(folder)
    for name in (*(() if proof.mail else MAIL), *(f"{screen.name}.png" for screen in SCREENS)):
        (folder / name).unlink(missing_ok=True)
    plan = json.dumps(plan_document(proof.plan, proof.mail), ensure_ascii=False, indent=2)
    private.write(folder / "plan.json", f"{plan}\n")


def explain(proof: Proof) -> None:
    """Tell an editor what is in, what is out, and why."""
    plan = proof.plan
    click.echo(f"{proof.newsletter.title}, edition of {plan.slot}")
    if proof.mail:
        click.echo(f"Subject: {proof.mail.subject}")
    if plan.skip:
        click.echo(f"No mail would go out: {plan.skip}")
    for section in plan.sections:
        _explain_section(section)
    if plan.left_out:
        click.echo(f"\nLeft out: {len(plan.left_out)} (plan.json has them all)")
        for left in plan.left_out[:8]:
            click.echo(f"   -  {left.candidate.article.title}\n      {left.why}")
    if surplus := overflow.in_words(plan.did_not_fit):
        click.echo(f"\n{surplus}")
    for problem in plan.problems:
        click.echo(f"! {problem}", err=True)


def _explain_section(section: PlannedSection) -> None:
    click.echo(f"\n{section.title or 'Articles'}")
    for chosen in section.articles:
        click.echo(f"  {chosen.rank:>2}. {chosen.candidate.article.title}\n      {chosen.reason}")
    for listed in section.listed:
        click.echo(f"   +  {listed.candidate.article.title}\n      {listed.reason}")


def report(findings: Sequence[Finding]) -> None:
    """Tell what a careful editor would say about the mail."""
    for finding in findings:
        click.echo(f"{finding.level.value:>7}: {finding.text}", err=True)
