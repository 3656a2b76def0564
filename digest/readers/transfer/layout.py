"""Which column of a table holds what; a table that could hold unnoticed leavers is refused here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from digest.errors import UsageError
from digest.plugins import did_you_mean
from digest.readers.migrations import SYSTEMS, System, named, recognise
from digest.readers.migrations.general import rule_for
from digest.readers.transfer import headings
from digest.readers.transfer.standing import Rule, Standing, plain


class NoAddresses(UsageError):
    """A table has no column of addresses: it is about something else than readers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an operator says of a file that it does not tell by itself."""

    system: str = ""  # whose export it is
    address_column: str = ""
    status: Standing | None = None  # of those in it of whom it says nothing else
    ignored_columns: tuple[str, ...] = ()  # columns that say nothing of leaving


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the cells of a row are, and what they say; places count from 0."""

    address: int
    headed: bool
    width: int = 1  # headings
    system: System | None = None
    base: Standing = Standing.CONFIRMED  # of a row of which no column says anything
    proven_by: tuple[int, ...] | None = None  # one of these must be filled, or consent is not proven
    doubtful_name: str = ""  # of a file that says it holds leavers: no row may be taken on its word alone
    name: int | None = None
    first_name: int | None = None
    last_name: int | None = None
    rules: Mapping[int, tuple[str, Rule]] = field(default_factory=dict)  # with the heading
    proof: Mapping[str, int] = field(default_factory=dict)
    consent_dates: tuple[str, ...] = ()  # those of `proof` that tell when somebody agreed, the best first
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def layout(cells: Sequence[str], file: str, wishes: Wishes) -> Layout:
    """Read the first row of a file; raises UsageError where it has no addresses, or leavers that would go unnoticed."""
    titles = [cell.strip().strip("\ufeff") for cell in cells]
    known = [plain(title) for title in titles]
    address = _address_column(titles, known, wishes)
    base = wishes.status or Standing.CONFIRMED
    if address is None:
        return Layout(address=0, headed=False, base=base, doubtful_name=_doubtful(file, wishes))
    system = _system(frozenset(known), wishes)
    ignored = {plain(name) for name in wishes.ignored_columns}
    _refuse_unknown(wishes.ignored_columns, titles, known)
    rules = dict(_rules(titles, known, system, ignored))
    _refuse_needs(system, known, wishes)
    by_name = system.standing_by_name(file) if system else None
    names = {key: _first(known, wanted) for key, wanted in _NAMES.items()}
    wanted_proof = (*(system.proof if system else ()), *(system.left_at if system else ()), *headings.PROOF)
    proof = {title.replace(" ", "_"): at for at, title in enumerate(known) if title in wanted_proof}
    used = {address, *rules, *proof.values(), *(at for at in names.values() if at is not None)}
    telling = system.proven_by if system and by_name is None and wishes.status is None else ()
    return Layout(
        address=address,
        headed=True,
        width=len(titles),
        system=system,
        base=max(by_name or Standing.CONFIRMED, base),
        proven_by=tuple(at for at, title in enumerate(known) if title in telling) if telling else None,
        doubtful_name="" if by_name is not None else _doubtful(file, wishes),
        **names,
        rules=rules,
        proof=proof,
        consent_dates=tuple(key for key in _CONSENT_DATES if key in proof),
        unused=tuple(title for at, title in enumerate(titles) if at not in used and title),
        notes=(system.note,) if system and system.note else (),
    )


_CONSENT_DATES = [heading.replace(" ", "_") for heading in (*headings.CONFIRMED_AT, *headings.SIGNED_UP_AT)]
_NAMES = {"name": headings.NAME, "first_name": headings.FIRST_NAME, "last_name": headings.LAST_NAME}


def _first(known: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return the place of the best heading that is there."""
    return next((known.index(title) for title in wanted if title in known), None)


def _address_column(titles: Sequence[str], known: Sequence[str], wishes: Wishes) -> int | None:
    """Return where the addresses stand; None where the first row is a reader already."""
    if wishes.address_column:
        if (wanted := plain(wishes.address_column)) in known:
            return known.index(wanted)
        near = did_you_mean(wishes.address_column, titles)
        raise UsageError(f"the file has no column {wishes.address_column!r}{near}; {_found(titles)}")
    if (place := _first(known, headings.ADDRESS)) is not None:
        return place
    if "@" in titles[0]:
        return None
    if any("@" in title for title in titles):
        raise UsageError(
            "the first line holds an address, but not in its first column: give the file a line of headings"
        )
    raise NoAddresses(
        'the file has no column of addresses: its first line must be headings with "email" or "address" among them '
        f"(or name the column with --address-column), or its first column must hold the addresses; {_found(titles)}"
    )


def _found(titles: Sequence[str]) -> str:
    return f"the headings found are {', '.join(repr(title[:60]) for title in titles[:30])}"


def _system(known: frozenset[str], wishes: Wishes) -> System | None:
    if not wishes.system:
        return recognise(known)
    if system := named(wishes.system):
        return system
    names = [system.key for system in SYSTEMS]
    raise UsageError(
        f"no system {wishes.system!r} is known{did_you_mean(wishes.system, names)}; known are {', '.join(sorted(names))}"
    )


def _rules(
    titles: Sequence[str], known: Sequence[str], system: System | None, ignored: set[str]
) -> Iterator[tuple[int, tuple[str, Rule]]]:
    """Yield the columns that tell how a person stands; raises UsageError for one that may tell and is not understood."""
    strange = []
    beside = (system.beside if system else frozenset()) | ignored
    for at, (title, name) in enumerate(zip(titles, known, strict=True)):
        if name in beside or name in headings.ADDRESS:
            continue
        rule = (system.columns.get(name) if system else None) or (
            None if name == "consent" else rule_for(name)
        )
        if rule:
            yield at, (title, rule)
        elif name not in headings.PROOF and headings.speaks_of_leaving(name):
            strange.append(title)
    if strange:
        columns = ", ".join(repr(title) for title in strange)
        raise UsageError(
            f"no row was taken: the column {columns} may tell who has left, and it is not known how to read it. "
            "Take those who left out of the file and say --ignore-column for each such column, or rename the column to "
            '"status" with confirmed, unsubscribed or bounced in it'
        )


def _refuse_unknown(ignored: Sequence[str], titles: Sequence[str], known: Sequence[str]) -> None:
    for name in ignored:
        if plain(name) not in known:
            raise UsageError(f"the file has no column {name!r}{did_you_mean(name, titles)}; {_found(titles)}")


def _refuse_needs(system: System | None, known: Sequence[str], wishes: Wishes) -> None:
    if system is None or wishes.status is not None:
        return
    for needed in system.needs:
        if needed.isdisjoint(known):
            columns = " or ".join(repr(title) for title in sorted(needed))
            raise UsageError(
                f"no row was taken: this is an export of {system.name} without the column {columns}; {system.ask}"
            )


def _doubtful(file: str, wishes: Wishes) -> str:
    """Return a file's name if it says that the people in it have left, and the operator has not said what they are."""
    leaving = wishes.status is None and headings.name_speaks_of_leaving(PurePath(file).stem)
    return file if leaving else ""
