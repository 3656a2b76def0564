"""`digest preview` and `digest test`: the edition as it would be sent, on the screen or to a few addresses."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from digest.cli._run import at_option, fail, json_option, moment, run, settings, tools

if TYPE_CHECKING:
    from digest.model import Message, Outcome
    from digest.rehearsal import Proof


@click.command(epilog="Example: digest preview daily --at 2026-10-25T07:00 --open")
@click.argument("newsletter")
@at_option
@click.option("--as", "reader", metavar="ADDRESS", help="Show this reader's copy.")
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    default="preview",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write mail.html, mail.txt, mail.eml and plan.json.",
)
@click.option("--open", "show", is_flag=True, help="Open the mail in a browser.")
def preview(newsletter: str, at: datetime | None, reader: str | None, folder: Path, show: bool) -> None:
    """Write exactly the edition that would be sent; change nothing."""
    from digest.cli import _show

    loaded = settings()
    entry = loaded.newsletter(newsletter)

    async def work() -> Proof:
        from digest.rehearsal import ANYBODY, coming_slot, copy_for, prove, reader_of

        async with tools(loaded, at=moment(at, entry), changes=False) as opened:
            recipient = await reader_of(entry, reader, opened) if reader else ANYBODY
            proof = await prove(entry, await coming_slot(entry, opened), opened)
            _write(folder, proof, copy_for(proof, recipient, opened) if proof.mail else None)
            return proof

    proof = run(work())
    _explain(proof)
    if proof.mail is None:
        return
    click.echo(f"\nWrote mail.html, mail.txt, mail.eml and plan.json into {folder}/")
    if show:
        click.launch(str((folder / "mail.html").resolve()))
    else:
        _show.say(f"Look at it: open {folder / 'mail.html'} in a browser")


def _write(folder: Path, proof: Proof, message: Message | None) -> None:
    import json

    from digest.edition import plan_document
    from digest.rehearsal import parts

    folder.mkdir(parents=True, exist_ok=True)
    plan = json.dumps(plan_document(proof.plan, proof.mail), ensure_ascii=False, indent=2)
    (folder / "plan.json").write_text(plan + "\n", encoding="utf-8")
    if message is None:
        return
    html, text = parts(message)
    (folder / "mail.eml").write_bytes(message.data)
    (folder / "mail.html").write_text(html, encoding="utf-8")
    (folder / "mail.txt").write_text(text, encoding="utf-8")


def _explain(proof: Proof) -> None:
    """Tell an editor what is in, what is out, and why."""
    plan = proof.plan
    click.echo(f"{proof.newsletter.title}, edition of {plan.slot}")
    if proof.mail:
        click.echo(f"Subject: {proof.mail.subject}")
    if plan.skip:
        click.echo(f"No mail would go out: {plan.skip}")
    for section in plan.sections:
        click.echo(f"\n{section.title or 'Articles'}")
        for chosen in section.articles:
            click.echo(f"  {chosen.rank:>2}. {chosen.candidate.article.title}\n      {chosen.why}")
    if plan.left_out:
        click.echo(f"\nLeft out: {len(plan.left_out)} articles (plan.json has them all)")
        for left in plan.left_out[:8]:
            click.echo(f"   -  {left.candidate.article.title}\n      {left.why}")
    for problem in plan.problems:
        click.echo(f"! {problem}", err=True)


@click.command(epilog="Example: digest test daily editor@example.org")
@click.argument("newsletter")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@at_option
@json_option
def test(newsletter: str, addresses: tuple[str, ...], at: datetime | None, as_json: bool) -> None:
    """Send the coming edition, marked as a test, to any address; the ledger stays untouched."""
    from digest.cli import _show

    loaded = settings()
    entry = loaded.newsletter(newsletter)

    async def work() -> list[tuple[str, Outcome]]:
        from digest.rehearsal import coming_slot, prove, send_test

        async with tools(loaded, at=moment(at, entry), changes=False) as opened:
            proof = await prove(entry, await coming_slot(entry, opened), opened)
            return await send_test(proof, addresses, opened)

    outcomes = run(work())
    if as_json:
        rows = [
            {"address": address, "state": _state(outcome), "reply": outcome.reply}
            for address, outcome in outcomes
        ]
        _show.document(rows)
    else:
        for address, outcome in outcomes:
            click.echo(f"{address}: {_state(outcome)} {outcome.reply}".rstrip())
    if any(_state(outcome) != "sent" for _, outcome in outcomes):
        fail()


def _state(outcome: Outcome) -> str:
    return type(outcome).__name__.lower()
