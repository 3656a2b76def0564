"""On which line of a TOML document each key stands, which the standard library's reader does not tell.

The walk follows tables, lists of tables, dotted keys and inline tables, so that a key that repeats in many tables is
found in its own. The document has been read before: what is walked here is valid TOML 1.0.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

#: Where a value stands in a document: keys of tables and positions in lists.
Loc: TypeAlias = tuple[str | int, ...]

_TOKEN = re.compile(
    r'''(?P<skip>[ \t\r]+|\#[^\n]*)
      | (?P<line>\n)
      | (?P<text>"""(?:\\.|[^\\])*?"{3,5} | \'\'\'.*?\'{3,5} | "(?:\\.|[^"\\\n])*" | \'[^\'\n]*\')
      | (?P<mark>[\[\]{}=,.])
      | (?P<bare>[^\s\[\]{}=,.\#"']+)''',
    re.VERBOSE | re.DOTALL,
)


def key_lines(document: str) -> dict[Loc, int]:
    """Return the line, from 1, on which each table, key and list item of a valid TOML document begins."""
    walk = _Walk(list(_tokens(document)))
    walk.document()
    return walk.lines


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # line, text, mark or bare
    text: str
    line: int


def _tokens(document: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(document):
        if match.lastgroup != "skip":
            yield _Token(str(match.lastgroup), match[0], line)
        line += match[0].count("\n")
    yield _Token("line", "", line)


@dataclass(slots=True)
class _Walk:
    """A walk over the tokens that notes the line of every place it passes for the first time."""

    tokens: list[_Token]
    at: int = 0
    lines: dict[Loc, int] = field(default_factory=dict)
    lengths: dict[Loc, int] = field(default_factory=dict)  # of the lists of tables met so far

    def document(self) -> None:
        table: Loc = ()
        while self.at < len(self.tokens):
            if self.now.kind == "line":
                self.at += 1
            elif self.now.text == "[":
                table = self.header()
            else:
                self.pair(table)

    @property
    def now(self) -> _Token:
        return self.tokens[self.at]

    def header(self) -> Loc:
        """Pass a table's header and return the table's place."""
        is_item = self.tokens[self.at + 1].text == "["
        self.at += 2 if is_item else 1
        line, keys = self.now.line, self.key()
        self.at += 2 if is_item else 1
        place: Loc = ()
        for key in keys[:-1]:
            place = self.latest((*place, key))
            self.lines.setdefault(place, line)
        place = (*place, keys[-1])
        self.lines.setdefault(place, line)
        if is_item:
            self.lengths[place] = self.lengths.get(place, 0) + 1
            place = self.latest(place)
        self.lines[place] = line
        return place

    def latest(self, place: Loc) -> Loc:
        """Return the place itself, or that of its last item if it is a list of tables."""
        return (*place, self.lengths[place] - 1) if place in self.lengths else place

    def pair(self, table: Loc) -> None:
        """Pass `key = value`."""
        line, keys = self.now.line, self.key()
        for depth in range(1, len(keys) + 1):
            self.lines.setdefault((*table, *keys[:depth]), line)
        self.at += 1
        self.value((*table, *keys))

    def key(self) -> list[str]:
        """Pass a key, dotted or not, and return its parts."""
        parts = [_unquoted(self.now)]
        self.at += 1
        while self.now.text == ".":
            parts.append(_unquoted(self.tokens[self.at + 1]))
            self.at += 2
        return parts

    def value(self, place: Loc) -> None:
        if self.now.text == "{":
            self.inline_table(place)
        elif self.now.text == "[":
            self.inline_list(place)
        else:  # dates have spaces, numbers have dots: a plain value ends where something else must begin
            while self.now.kind != "line" and self.now.text not in {",", "]", "}"}:
                self.at += 1

    def inline_table(self, place: Loc) -> None:
        self.at += 1
        while self.now.text != "}":
            if self.now.kind == "line" or self.now.text == ",":
                self.at += 1
            else:
                self.pair(place)
        self.at += 1

    def inline_list(self, place: Loc) -> None:
        self.at += 1
        position = count()
        while self.now.text != "]":
            if self.now.kind == "line" or self.now.text == ",":
                self.at += 1
            else:
                item = (*place, next(position))
                self.lines[item] = self.now.line
                self.value(item)
        self.at += 1


def _unquoted(token: _Token) -> str:
    return str(tomllib.loads(f"_ = {token.text}")["_"]) if token.kind == "text" else token.text
