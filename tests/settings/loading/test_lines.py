"""The line of every key, against the standard library's reading of the same document."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.settings.loading.lines import Loc, key_lines

DOCUMENT = '''\
# a comment with [brackets] and x = 1
title = "a # in a text, [x] = {y}"
site.name = 'C:\\temp'
"quoted key".'and.dot' = 3

[database]  # after a header
url = """
[not.a.table]
name = "no key"
"""
when = 1979-05-27 07:32:00

[[newsletters]]
name = "daily"
sections = [
    { title = "World", sources = [ { url = "a" },
        { url = "b" } ] },
    { title = "City" },
]

[newsletters.extra.deep]
x = 1.5

[[newsletters]]
name = "weekly"
[[newsletters.parts]]
name = "first"
[[newsletters.parts]]
name = "second"
list = [1,
  [2, 3],
]
'''

EXPECTED: dict[Loc, int] = {
    ("title",): 2,
    ("site", "name"): 3,
    ("quoted key", "and.dot"): 4,
    ("database",): 6,
    ("database", "url"): 7,
    ("database", "when"): 11,
    ("newsletters",): 13,
    ("newsletters", 0): 13,
    ("newsletters", 0, "name"): 14,
    ("newsletters", 0, "sections"): 15,
    ("newsletters", 0, "sections", 0, "title"): 16,
    ("newsletters", 0, "sections", 0, "sources", 0, "url"): 16,
    ("newsletters", 0, "sections", 0, "sources", 1, "url"): 17,
    ("newsletters", 0, "sections", 1): 18,
    ("newsletters", 0, "extra", "deep"): 21,
    ("newsletters", 0, "extra", "deep", "x"): 22,
    ("newsletters", 1): 24,
    ("newsletters", 1, "name"): 25,
    ("newsletters", 1, "parts", 0, "name"): 27,
    ("newsletters", 1, "parts", 1, "name"): 29,
    ("newsletters", 1, "parts", 1, "list", 1, 0): 31,
}


def places(value: Any, loc: Loc = ()) -> set[Loc]:
    """Every place in a document that holds something."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return {loc}.union(*(places(child, (*loc, step)) for step, child in children))


@pytest.mark.parametrize(("loc", "line"), EXPECTED.items(), ids=str)
def test_each_key_is_found_on_its_own_line(loc: Loc, line: int) -> None:
    assert key_lines(DOCUMENT)[loc] == line


def test_every_place_of_the_document_has_a_line_and_no_other() -> None:
    assert set(key_lines(DOCUMENT)) == places(tomllib.loads(DOCUMENT)) - {()}


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", min_codepoint=32), max_size=12)


@given(st.lists(st.tuples(texts, texts), max_size=8, unique_by=lambda pair: pair[0]))
def test_whatever_a_text_holds_the_next_key_is_on_the_next_line(pairs: list[tuple[str, str]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    document = "".join(f"{quoted(key)} = {quoted(value)}\n" for key, value in pairs)
    assert key_lines(document) == {(key,): line for line, (key, _) in enumerate(pairs, 1)}
