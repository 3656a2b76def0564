"""`digest demo`: the whole job, offline and to completion."""

from __future__ import annotations

from pathlib import Path

import rich_click as click
from click.exceptions import Exit

from digest.cli.common.running import run, stopping


@click.command(epilog="Example: digest demo")
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(path_type=Path, file_okay=False))
@click.option("--stay", is_flag=True, help="Keep inbox, newsroom and readers' pages running until Ctrl-C.")
def demo(folder: Path, stay: bool) -> None:
    """Send tonight's edition of a small newsroom to sample readers, without any network.

    Serves its feeds on loopback, chooses, sets and sends over real SMTP to the embedded inbox, shows what was chosen and
    sent, and leaves the mails in DIR.
    """

    async def work() -> int:
        from digest.demo import run_demo

        return await run_demo(folder, stay=stopping() if stay else None)

    raise Exit(run(work()))
