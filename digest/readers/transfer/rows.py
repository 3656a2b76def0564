"""From the bytes of a table to its people: who each row is about, how they stand, and what proves their consent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import BinaryIO

from digest.errors import UsageError
from digest.readers import addresses
from digest.readers.addresses import Address
from digest.readers.migrations.general import MEANING
from digest.readers.transfer.decoding import text_of
from digest.readers.transfer.layout import Layout, Wishes, layout
from digest.readers.transfer.records import Record, records
from digest.readers.transfer.standing import Says, Standing, is_empty, moment_of, plain
from digest.text import clean_text

_SHOWN = 100  # characters of a cell that people are shown
_GUARD = re.compile(r"' *(?=[=+\-@\t\r])")  # before what a spreadsheet would take for a formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A person in a file; without an `address` the row cannot be used, and `why` says why."""

    line: int
    shown: str  # what stands where the address should, for people
    address: Address | None = None
    name: str = ""
    standing: Standing = Standing.CONFIRMED
    why: str = ""
    at: datetime | None = None  # of consent, or of leaving
    proof: Mapping[str, str] = field(default_factory=dict)


def read(data: BinaryIO, file: str, wishes: Wishes) -> tuple[Layout, Iterator[Row]]:
    """Return how a table is laid out, and its rows as they are read; raises UsageError where none may be taken.

    Raises `NoAddresses` for a table of something else. The rows may raise UsageError too.
    """
    found = _records(data)
    first = next(found, None)
    if first is None:
        raise UsageError(f"{file or 'the file'} is empty: it holds no addresses")
    if first.fault:
        raise UsageError(f"line {first.line}: {first.fault}")
    shape = layout(first.cells, file, wishes)
    return shape, (_row(record, shape) for record in (found if shape.headed else chain([first], found)))


def _records(data: BinaryIO) -> Iterator[Record]:
    text = text_of(data)
    try:
        yield from records(text)
    finally:
        with suppress(ValueError):  # its file was closed already
            text.detach()


def _row(record: Record, shape: Layout) -> Row:
    cells = [_cell(text) for text in record.cells]
    given = _at(cells, shape.address)
    if fault := record.fault or _misfit(cells, shape):
        return _not_taken(record, given, fault)
    try:
        display, address = addresses.parse_mailbox(given)
    except ValueError as error:
        return _not_taken(record, given, _no_address(given, str(error), record, shape))
    shown = given if given == address.text and len(given) <= _SHOWN else clean_text(given, _SHOWN)
    standing, why, at = _standing(cells, address, shape)
    if standing is not Standing.CONFIRMED:
        return Row(line=record.line, shown=shown, address=address, standing=standing, why=why, at=at)
    try:
        name = addresses.checked_name(_name(cells, shape) or display, address)
    except ValueError as error:
        return Row(line=record.line, shown=shown, address=address, standing=Standing.UNPROVEN, why=str(error))
    proof = {key: clean_text(_at(cells, at), 300) for key, at in shape.proof.items()}
    proof = {key: text for key, text in proof.items() if not is_empty(text)}
    date = _consent_date(proof, shape)
    return Row(line=record.line, shown=shown, address=address, name=name, why=why, at=date, proof=proof)


def _not_taken(record: Record, given: str, why: str) -> Row:
    return Row(line=record.line, shown=clean_text(given, _SHOWN), standing=Standing.UNPROVEN, why=why)


def _misfit(cells: Sequence[str], shape: Layout) -> str:
    """Say what is wrong with a row whose cells do not stand under their headings."""
    if not shape.headed or not any(cells[shape.width :]):
        return ""
    return (
        f"it has {len(cells)} cells, and the headings are {shape.width}: quote a cell with a delimiter in it"
    )


def _no_address(given: str, error: str, record: Record, shape: Layout) -> str:
    if given:
        return error
    return (
        "there is no address in this row"
        if len(record.cells) > shape.address
        else "the row ends before its address"
    )


def _standing(cells: Sequence[str], address: Address, shape: Layout) -> tuple[Standing, str, datetime | None]:
    """Return how the person of a row stands: the strictest that any of its columns says."""
    said = [says for at, (title, rule) in shape.rules.items() if (says := rule(title, _at(cells, at)))]
    if not shape.headed and (word := next((cell for cell in cells[1:] if plain(cell) in _TELLING), "")):
        said.append(Says(MEANING[plain(word)], f"it says {clean_text(word, 40)!r}"))
    if shape.system and shape.system.never and shape.system.never.fullmatch(address.text):
        said.append(
            Says(
                Standing.UNPROVEN, f"{shape.system.name} made this address for a person who was erased there"
            )
        )
    if shape.proven_by is not None and all(is_empty(_at(cells, at)) for at in shape.proven_by):
        said.append(Says(Standing.UNPROVEN, "neither the row nor the name of the file says that they agreed"))
    base = Says(shape.base, _BASE[shape.base])
    worst = max([base, *said], key=lambda says: says.standing)
    dates = [says.at for says in said if says.at and says.standing >= Standing.LEFT]
    return worst.standing, worst.why, _left_at(dates, cells, worst.standing, shape)


_BASE = {
    Standing.CONFIRMED: "",
    Standing.UNPROVEN: "the file holds people who never agreed",
    Standing.LEFT: "the file holds people who have left",
    Standing.SUPPRESSED: "the file holds addresses that take no mail",
}
_TELLING = {word for word, standing in MEANING.items() if standing is not Standing.CONFIRMED}


def _left_at(
    dates: Sequence[str], cells: Sequence[str], standing: Standing, shape: Layout
) -> datetime | None:
    if standing < Standing.LEFT:
        return None
    more = [
        _at(cells, shape.proof[key])
        for key in (shape.system.left_at if shape.system else ())
        if key in shape.proof
    ]
    known = (moment_of(text, day_first=_day_first(shape)) for text in [*dates, *more])
    return next((moment for moment in known if moment), None)


def _consent_date(proof: Mapping[str, str], shape: Layout) -> datetime | None:
    """Return when they confirmed, else when they signed up, as far as the file tells; never anything else."""
    for key in shape.consent_dates:
        if moment := moment_of(proof.get(key, ""), day_first=_day_first(shape)):
            return moment
    return None


def _day_first(shape: Layout) -> bool:
    return shape.system is not None and shape.system.day_first


def _name(cells: Sequence[str], shape: Layout) -> str:
    whole, first, last = (_at(cells, at) for at in (shape.name, shape.first_name, shape.last_name))
    return whole if whole and not (first and last) else f"{first} {last}".strip()


def _cell(text: str) -> str:
    return (
        _GUARD.sub("", text.strip().strip("\ufeff"), count=1) if text.startswith(("'", " ")) else text.strip()
    )


def _at(cells: Sequence[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""
