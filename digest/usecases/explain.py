"""Why an article or a reader was in an edition, or was not."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from digest.errors import UsageError
from digest.store.content import articles
from digest.store.content.articles import History
from digest.store.editions import decisions, editions, profiles
from digest.store.editions.personal import variants
from digest.store.editions.profiles import Reader, Received
from digest.tools import Tools
from digest.usecases.editions.deliveries import departed_owners
from digest.usecases.readers.addresses import key


async def article(tools: Tools, url: str) -> list[History]:
    """Return every stored article at an address, however that is spelt, with all decisions about it.

    Raises UsageError for one that no source has brought.
    """
    found = await articles.history(tools.db, url)
    if not found:
        raise UsageError(
            f"{url} has not been seen in any source. Its feed may not list it yet: digest sources fetch"
        )
    return found


async def reader(tools: Tools, address: str, edition: str | None = None) -> Reader:
    """Return everything that is known of a reader: consent, and what became of each edition, or of one.

    Raises UsageError for an address, or an edition, that is not known here.
    """
    only = (await editions.by_name(tools.db, edition)).name if edition else ""
    known = await profiles.show(tools.db, key(address), gone=await departed_owners(tools))
    if known is None:
        raise UsageError(f"{address} is not known here: neither reader nor suppressed")
    if not only:
        return known
    received = [await _with_left_out(tools, known, got) for got in known.received if got.edition == only]
    return replace(known, received=tuple(received))


async def _with_left_out(tools: Tools, known: Reader, got: Received) -> Received:
    """Return an edition as a reader received it, with the headlines that the reader's choice kept out of it."""
    edition = await editions.by_name(tools.db, got.edition)
    variant = await variants.of_reader(tools.db, edition.id, known.id or 0)
    if variant is None:
        return got
    carried = await decisions.of_edition(tools.db, edition.id)
    left = [one.title for one in carried if one.included and one.article_id not in variant.stories]
    return replace(got, left_out=tuple(left))


def as_json(answer: History | Reader) -> dict[str, Any]:
    """Return an answer as JSON shows it, with every field that it has."""
    return asdict(answer)
