"""`digest theme`: a look of your own."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from digest.cli.common.running import config_path


@click.group()
def theme() -> None:
    """Make a theme of your own from one of ours."""


@theme.command(epilog="Example: digest theme new ourpaper --like letter")
@click.argument("name")
@click.option(
    "--like", default="frontpage", show_default=True, metavar="THEME", help="frontpage, headlines or letter."
)
@click.option(
    "--into",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that the theme's folder is made in; themes/ beside the configuration by default.",
)
def new(name: str, like: str, into: Path | None) -> None:
    """Copy a theme into a folder of yours, and say how to use it."""
    from digest.edition import templates_dir
    from digest.edition.theme.themes import new_theme

    folder = new_theme(name, into or _own_themes(), templates_dir(), like=like)
    click.echo(f"Made {folder}/ like {like}. Use it in the configuration:\n")
    click.echo(f'  [[newsletters]]\n  theme = "{folder}"\n')
    click.echo("digest preview NEWSLETTER --watch --open shows it while you edit.")


def _own_themes() -> Path:
    """Return the folder of the operator's own themes, whether it is there or not."""
    return config_path().parent / "themes"


@theme.command("list", epilog="Example: digest theme list")
def list_() -> None:
    """List our themes, and your own with what is careless in them."""
    from digest.edition import templates_dir
    from digest.edition.theme.themes import ours, template_problems

    for name in ours(templates_dir()):
        click.echo(name)
    for body in sorted(_own_themes().glob("*/body.html")):
        click.echo(f"{body.parent}/")
        for problem in template_problems(body.parent):
            click.echo(f"! {problem}", err=True)
