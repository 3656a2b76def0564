"""Split the text of a table into records: RFC 4180, as far as people's files keep to it.

A quotation mark that is never closed must not swallow the rows behind it, and one reader's cell never ends in another
reader's row: where that is in doubt, the lines are named and none of them is taken.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from digest.errors import UsageError

_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_ADDRESS = re.compile(r"(?:.*<)?[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>?")
_DOUBLED = re.compile(r'[^\s,;|"\\]""')  # a file that doubles its marks does not escape them as well
_DELIMITERS = ",;\t|"
_LONGEST = 1000  # lines of one cell
_WIDEST = 100_000  # characters of one line
_LARGEST = 1_000_000  # characters of one cell

UNCLOSED = "a quotation mark in it is never closed"
DOUBTFUL = "its quoted cell holds lines that look like rows of this file: close or double the quotation marks"
SWALLOWED = "it stands inside the quoted cell that begins in line {}"


@dataclass(frozen=True, slots=True)
class Record:
    """A row: its first line in the file (from 1), its cells, and why it cannot be read ("" if it can)."""

    line: int
    cells: list[str]
    fault: str = ""


def records(text: TextIO) -> Iterator[Record]:
    """Yield the records of a table that hold anything, the line of headings among them; raises UsageError.

    Line ends in the text are "\\n". Only as many lines are held as the cell that is being read may have.
    """
    backslash = _backslash(text)
    text.seek(0)
    lines = _Lines(text)
    first = lines.first_filled()
    if first is None:
        return
    line = lines[first] or ""
    if named := _SEPARATOR.fullmatch(line.strip(" ")):  # Excel's own way of telling it
        first, delimiter = first + 1, named[1]
    else:
        delimiter = max(_DELIMITERS, key=re.sub(r'"[^"]*"', "", line).count)
    yield from _Reader(lines, delimiter, backslash).walk(first)


def _backslash(text: TextIO) -> bool:
    """Tell whether a table escapes its quotation marks with a backslash."""
    found = False
    for line in _limited(text):
        if '"' in line:
            found = found or '\\"' in line
            if _DOUBLED.search(line):
                return False
    return found


def _limited(text: TextIO) -> Iterator[str]:
    """Yield the lines of a text without their ends; raises UsageError for one that is longer than any row."""
    number = 0
    while line := text.readline(_WIDEST + 2):
        number += 1
        line = line.removesuffix("\n")
        if len(line) > _WIDEST:
            raise UsageError(f"line {number}: this is not CSV (a line of more than {_WIDEST} characters)")
        yield line.lstrip("\ufeff") if number == 1 else line


class _Lines:
    """The lines of a text by their number from 0, of which only those from a place on are held."""

    def __init__(self, text: TextIO) -> None:
        self._coming = _limited(text)
        self._held: deque[str] = deque()
        self._first = 0

    def __getitem__(self, number: int) -> str | None:
        while number >= self._first + len(self._held):
            line = next(self._coming, None)
            if line is None:
                return None
            self._held.append(line)
        return self._held[number - self._first]

    def drop(self, before: int) -> None:
        """Let go of the lines before a number."""
        while self._first < before and self._held:
            self._held.popleft()
            self._first += 1

    def first_filled(self) -> int | None:
        """Return the number of the first line that holds anything, None where none does."""
        number = 0
        while (line := self[number]) is not None:
            if line.strip():
                return number
            number += 1
            self.drop(number)
        return None


class _Reader:
    """Walks over the lines; the first record tells how wide a row is, and where addresses stand in it."""

    def __init__(self, lines: _Lines, delimiter: str, backslash: bool) -> None:
        self._lines = lines
        self._backslash = backslash
        self._delimiter = delimiter
        self._width = 0

    def walk(self, start: int) -> Iterator[Record]:
        at = start
        while True:
            self._lines.drop(at)
            line = self._lines[at]
            if line is None:
                return
            if '"' not in line:
                found, after = [Record(at + 1, line.split(self._delimiter))], at + 1
            else:
                found, after = self._quoted(at, line)
            at = after
            for record in found:
                if any(cell.strip() for cell in record.cells):
                    self._width = self._width or len(record.cells)
                    yield record

    def _quoted(self, at: int, line: str) -> tuple[list[Record], int]:
        """Read the record that begins in a line with quotation marks; returns it and the line behind it."""
        if cells := self._well_formed(line):
            return [Record(at + 1, cells)], at + 1
        scan, swallowed, size = _Scan(self._delimiter, self._backslash), [], 0
        for end in range(at, at + _LONGEST):
            text = self._lines[end]
            if text is None or (size := size + len(text)) > _LARGEST:
                break
            scan.line(text)
            if end > at and self._looks_like_row(end):
                swallowed.append(end)
            if scan.odd and swallowed:  # not how a cell of several lines is written: the mark is a stray one
                break
            if scan.inside:
                continue
            if not swallowed:
                return [Record(at + 1, scan.cells)], end + 1
            told = [Record(at + 1, self._bare(at), DOUBTFUL)]
            told += [Record(n + 1, self._bare(n), SWALLOWED.format(at + 1)) for n in swallowed]
            return told, end + 1
        return [Record(at + 1, self._bare(at), UNCLOSED)], at + 1

    def _well_formed(self, line: str) -> list[str]:
        """Return the cells of a line that is a whole record by the letter, nearly all are; [] for any other."""
        if self._backslash or ' "' in line:
            return []
        try:
            return next(csv.reader([line], delimiter=self._delimiter, strict=True))
        except csv.Error:
            return []

    def _looks_like_row(self, number: int) -> bool:
        """Tell whether a line holds an address in a cell of its own, and about as many cells as a row has."""
        cells = self._bare(number)
        wide_enough = len(cells) >= min(self._width, 2) and 2 * len(cells) >= self._width
        return wide_enough and any(_ADDRESS.fullmatch(cell) for cell in cells)

    def _bare(self, number: int) -> list[str]:
        return [cell.strip('" ') for cell in (self._lines[number] or "").split(self._delimiter)]


class _Scan:
    """Takes the cells of one record apart, line by line.

    A quotation mark is escaped by doubling it, or (as MailPoet writes it) by a `backslash`. One that stands in the
    middle of a quoted cell belongs to its text, which is `odd`.
    """

    def __init__(self, delimiter: str, backslash: bool) -> None:
        self.cells: list[str] = []
        self.inside = False  # a cell is not closed yet
        self.odd = False
        self._delimiter = delimiter
        self._backslash = backslash
        self._opening = re.compile(r' *"')
        self._end = re.compile(f" *(?:{re.escape(delimiter)}|$)")
        self._cell = ""

    def line(self, text: str) -> None:
        """Read one more line of the record."""
        at = 0
        if self.inside:
            self._cell += "\n"
            at = self._rest_of_quoted(text, 0)
        while not self.inside and at <= len(text):
            at = self._next_cell(text, at)

    def _next_cell(self, text: str, at: int) -> int:
        if opening := self._opening.match(text, at):
            self._cell, self.inside = "", True
            return self._rest_of_quoted(text, opening.end())
        end = text.find(self._delimiter, at)
        end = len(text) if end < 0 else end
        self.cells.append(text[at:end])
        return end + 1

    def _rest_of_quoted(self, text: str, at: int) -> int:
        """Read a quoted cell on; returns where the next cell begins."""
        while (mark := text.find('"', at)) >= 0:
            escaped = (
                self._backslash and mark > at and text[mark - 1] == "\\" and text.find('"', mark + 1) > 0
            )
            end = self._end.match(text, mark + 1)
            if text.startswith('"', mark + 1) and not escaped:
                self._cell += text[at:mark] + '"'
                at = mark + 2
            elif end and not escaped:
                self.cells.append(self._cell + text[at:mark])
                self.inside = False
                return end.end() if text[end.end() - 1 : end.end()] == self._delimiter else len(text) + 1
            else:
                self.odd = self.odd or not escaped
                self._cell += text[at : mark - escaped] + '"'
                at = mark + 1
        self._cell += text[at:]
        return len(text) + 1
