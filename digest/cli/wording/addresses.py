"""What became of addresses, a line for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import fail
from digest.usecases.readers.addresses import AddressResult, Verdict


def tell(
    results: Iterable[AddressResult], in_words: Callable[[AddressResult], str], *, as_json: bool = False
) -> None:
    """Tell what became of each address; exit code 1 if one of them is not as it was wanted."""
    results = list(results)
    if as_json:
        output.document([one.as_json() for one in results])
        fail_unless_done(results)
        return
    tell_invalid(results)
    for one in results:
        if one.verdict is not Verdict.INVALID:
            click.echo(f"{one.address} {in_words(one)}", err=not one.done)
    fail_unless_done(results)


def tell_invalid(results: Iterable[AddressResult]) -> None:
    """Tell which of them are not addresses, and why."""
    for one in results:
        if one.verdict is Verdict.INVALID:
            click.echo(f"{one.address}: {one.why}", err=True)


def fail_unless_done(results: Iterable[AddressResult]) -> None:
    """Leave with exit code 1 if an address is not as it was wanted."""
    if not all(one.done for one in results):
        fail()
