"""`digest dkim`: keys that sign mails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import rich_click as click


@click.group()
def dkim() -> None:
    """Make a key that signs mails; needed only where the mail server does not sign them."""


@dkim.command(epilog="Example: digest dkim new news.example.org --selector d2026")
@click.argument("domain")
@click.option("--selector", default="digest", show_default=True, help="Names the key's record in the DNS.")
@click.option("--type", "kind", type=click.Choice(["rsa", "ed25519"]), default="rsa", show_default=True)
@click.option(
    "--out",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the key.",
)
def new(domain: str, selector: str, kind: Literal["rsa", "ed25519"], path: Path | None) -> None:
    """Write a new private key and print the DNS record that goes with it."""
    from digest.errors import UsageError
    from digest.message.dkim import in_zone_file, load_signer, new_key
    from digest.settings.addresses import ascii_host

    try:
        domain = ascii_host(domain)
    except ValueError as error:
        raise UsageError(str(error)) from None
    path = path or Path(f"{selector}.{domain}.pem")
    pem = new_key(kind)
    name, text = load_signer(domain, selector, pem).dns_record()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already and stays as it is; name another file with --out"
        ) from None
    click.echo(f"Wrote the private key to {path}; no other user may read it.\n")
    click.echo(f"1. Publish this TXT record, in your DNS provider's form:\n\n{name}\n{text}\n")
    click.echo(f"   or in a zone file:\n\n{in_zone_file(name, text)}\n")
    click.echo(f'2. Add to the configuration:\n\n[[dkim]]\ndomain = "{domain}"\nselector = "{selector}"\n'
               f'key_file = "{path}"\n')  # fmt: skip
    click.echo("3. digest check --online looks whether the record has arrived.")
