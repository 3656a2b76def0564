"""From what an operator hands over to rows: one table, or those of a ZIP that hold readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from digest.errors import UsageError
from digest.readers.migrations import SYSTEMS
from digest.readers.transfer import headings
from digest.readers.transfer.archive import MOST_TABLES, Archive, is_archive
from digest.readers.transfer.layout import Layout, NoAddresses, Wishes
from digest.readers.transfer.rows import read
from digest.readers.transfer.staging import Staging

_NAMED = 5  # files that a note names


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was found out about the files of an import."""

    recognised: str | None
    unused_columns: tuple[str, ...]
    notes: tuple[str, ...]


def read_files(staging: Staging, data: BinaryIO, file: str, wishes: Wishes) -> Read:
    """Put the rows of a table, or of all tables in a ZIP, on the staging; raises UsageError where none may be taken."""
    notes: list[str] = []
    if not is_archive(data):
        with data:
            layouts = [_stage(staging, data, file, wishes)]
    else:
        with data:
            layouts, notes = _unpacked(staging, Archive(data), wishes)
    staging.compare()
    for number, layout in enumerate(layouts):
        _refuse_doubtful_name(staging, number, layout)
    staging.settle()
    return Read(
        recognised=", ".join(_once([one.system.name for one in layouts if one.system])) or None,
        unused_columns=tuple(_once([title for one in layouts for title in one.unused])),
        notes=tuple(_once([note for one in layouts for note in one.notes] + notes)),
    )


def _stage(staging: Staging, data: BinaryIO, file: str, wishes: Wishes, *, inside: str = "") -> Layout:
    layout, rows = read(data, file, wishes)
    if not staging.add(inside, rows) and not inside:
        raise UsageError(f"{file or 'the file'} holds headings and no rows")
    return layout


def _unpacked(staging: Staging, archive: Archive, wishes: Wishes) -> tuple[list[Layout], list[str]]:
    wanted = list(_with_readers(archive.tables))
    if len(wanted) > MOST_TABLES:
        raise UsageError("the ZIP holds too many tables: unpack it and import them one by one")
    layouts, passed = [], [name for n, name in enumerate(archive.tables) if n not in wanted]
    for number in wanted:
        name = archive.tables[number]
        try:
            with archive.open(number) as data:
                layouts.append(_stage(staging, data, name, wishes, inside=name))
        except NoAddresses as error:
            _refuse_leavers(name, str(error))
            passed.append(name)
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from None
    if not layouts:
        raise UsageError(f"the ZIP holds no table of readers; it holds {_named([*passed, *archive.others])}")
    passed += archive.others
    return layouts, [f"Not read from the ZIP: {_named(passed)}"] if passed else []


def _with_readers(tables: Sequence[str]) -> Iterator[int]:
    """Yield the tables of a ZIP to read: those that a system's export calls so, else all of them.

    Raises UsageError where one that would be left out is called as if it held people who have left.
    """
    system = next((one for one in SYSTEMS if one.tables and any(map(one.tables.fullmatch, tables))), None)
    for number, name in enumerate(tables):
        if system is None or (system.tables and system.tables.fullmatch(name)):
            yield number
        else:
            _refuse_leavers(name, f"it is no file that {system.name} exports readers in")


def _refuse_leavers(name: str, why: str) -> None:
    if headings.name_speaks_of_leaving(name):
        raise UsageError(
            f"no row was taken: the name of {name} in the ZIP says that it holds people who have left or bounced, and "
            f"it cannot be read: {why}. Unpack the ZIP, import that file with --status, then the others"
        )


def _refuse_doubtful_name(staging: Staging, number: int, layout: Layout) -> None:
    line = staging.first_willing(number) if layout.doubtful_name else None
    if line is not None:
        raise UsageError(
            f"no row was taken: the name {layout.doubtful_name!r} says that these people have left or bounced, and "
            f"nothing in the file says so of line {line}. Say what they are with --status unsubscribed, "
            "--status suppressed or --status confirmed"
        )


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (", ".join(names[:_NAMED]) or "nothing") + more


def _once(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))
