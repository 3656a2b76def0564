"""`digest completion` and `digest man`: what a shell and `man` want to know of the commands."""

from __future__ import annotations

from pathlib import Path

import rich_click as click


@click.command(epilog="Example: digest completion bash > ~/.local/share/bash-completion/completions/digest")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what completes commands and options in a shell.

    For this shell alone: eval "$(digest completion bash)". For every new one, write it where your shell looks:
    bash: ~/.local/share/bash-completion/completions/digest; zsh: a file _digest in a folder of $fpath;
    fish: ~/.config/fish/completions/digest.fish.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, "digest", "_DIGEST_COMPLETE").source())


@click.command(epilog="Example: digest man ~/.local/share/man/man1 && man digest-send")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def man(ctx: click.Context, folder: Path) -> None:
    """Write a manual page for each command into a folder."""
    from digest import __version__
    from digest.cli.common import command_tree
    from digest.cli.operation import man_pages

    folder.mkdir(parents=True, exist_ok=True)
    pages = list(command_tree.pages(ctx.find_root().command, "digest"))
    for page in pages:
        (folder / man_pages.file_name(page)).write_text(
            man_pages.man_page(page, __version__), encoding="utf-8"
        )
    click.echo(f"{len(pages)} pages are in {folder}")
