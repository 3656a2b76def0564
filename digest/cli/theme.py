"""`digest theme`: a look of your own."""

from __future__ import annotations

from pathlib import Path

import rich_click as click


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
    default=Path("themes"),
    show_default=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that the theme's folder is made in.",
)
def new(name: str, like: str, into: Path) -> None:
    """Copy a theme into a folder of yours, and say how to use it."""
    from digest.edition import templates_dir
    from digest.edition.themes import new_theme

    folder = new_theme(name, into, templates_dir(), like=like)
    click.echo(f"Made {folder}/ like {like}. Use it in the configuration:\n")
    click.echo(f'  [[newsletters]]\n  theme = "{folder}"\n')
    click.echo("digest preview NEWSLETTER --watch --open shows it while you edit.")


@theme.command("list", epilog="Example: digest theme list")
@click.option(
    "--in",
    "folder",
    default=Path("themes"),
    show_default=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where your own ones are.",
)
def list_(folder: Path) -> None:
    """List our themes, and your own with what is careless in them."""
    from digest.edition import templates_dir
    from digest.edition.themes import ours, template_problems

    for name in ours(templates_dir()):
        click.echo(name)
    for body in sorted(folder.glob("*/body.html")):
        click.echo(f"{body.parent}/")
        for problem in template_problems(body.parent):
            click.echo(f"! {problem}", err=True)
