"""`digest inbox`: a local catch-all mailbox with a web page."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from digest.cli.common.running import run, stopping


@click.command(epilog="Example: digest inbox --smtp 1025 --http 8025")
@click.option(
    "--smtp", "smtp_port", type=click.IntRange(0, 65535), default=1025, show_default=True, metavar="PORT"
)
@click.option(
    "--http", "http_port", type=click.IntRange(0, 65535), default=8025, show_default=True, metavar="PORT"
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to listen on; in a container 0.0.0.0.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the mails here as .eml files.",
)
def inbox(smtp_port: int, http_port: int, host: str, folder: Path | None) -> None:
    """Take every mail that is sent to it and show it on a web page, for trying things out.

    Point a sender at it: kind = "smtp", host = "127.0.0.1", port = 1025, security = "none".
    """

    async def work() -> None:
        from digest.web.inbox import run_inbox

        stop = stopping()
        async with run_inbox(folder, host=host, smtp_port=smtp_port, http_port=http_port) as opened:
            click.echo(
                f"SMTP on {opened.smtp_host}:{opened.smtp_port}, mails on {opened.http_url}  (Ctrl-C ends it)",
                err=True,
            )
            await stop.wait()

    run(work())
