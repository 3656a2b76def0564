"""Rows of a table: what is well formed is read, and no stray quotation mark carries one reader into another."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.readers.transfer.decoding import text_of
from digest.readers.transfer.records import DOUBTFUL, UNCLOSED, records


def _read(text: str) -> list[tuple[int, list[str], str]]:
    return [(record.line, record.cells, record.fault) for record in records(io.StringIO(text, newline=None))]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\r\\@\ufeff")), min_size=2, max_size=4
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_a_csv_writer_wrote_is_read_as_it_was(rows: list[list[str]]) -> None:
    rows = [["email", "note"], *rows]
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    assert [cells for _, cells, _ in _read(file.getvalue())] == [
        row for row in rows if any(cell.strip() for cell in row)
    ]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ('a@example.org,"5"" pipe"', ["a@example.org", '5" pipe']),
        ('a@example.org,"the \\"best\\" one"', ["a@example.org", 'the "best" one']),
        ('a@example.org,"He said "hi" there"', ["a@example.org", 'He said "hi" there']),
        ('a@example.org,C:\\"', ["a@example.org", 'C:\\"']),
        ('a@example.org,"two\nlines"', ["a@example.org", "two\nlines"]),
        ('sep=;\na@example.org;"x;y"', ["a@example.org", "x;y"]),
        ('"sep=|"\na@example.org|Anna', ["a@example.org", "Anna"]),
        ('a@example.org\t"x\ty"\t', ["a@example.org", "x\ty", ""]),
        ("a@example.org,Anna\r", ["a@example.org", "Anna"]),
    ],
)
def test_cells_as_different_programs_write_them(text: str, cells: list[str]) -> None:
    [(_, found, fault)] = _read(text)
    assert (found, fault) == (cells, "")


def test_a_mark_that_is_never_closed_costs_its_own_row_only() -> None:
    text = (
        'email,name\na@example.org,"Ann\nb@example.org,Bert\nc@example.org,"Cid\n'
        'd@example.org,"Dora"\ne@example.org,"Ev'
    )
    faults = {cells[0]: fault for _, cells, fault in _read(text)}
    assert faults == {
        "email": "",
        "a@example.org": UNCLOSED,
        "b@example.org": "",
        "c@example.org": UNCLOSED,
        "d@example.org": "",
        "e@example.org": UNCLOSED,
    }


def test_where_two_strays_make_a_well_formed_cell_all_its_lines_are_told() -> None:
    text = 'email,name\na@example.org,"Ann\nb@example.org,Bert\nc@example.org,Cid"\nd@example.org,Dora'
    read = _read(text)
    assert [(line, cells[0]) for line, cells, fault in read if fault] == [
        (2, "a@example.org"),
        (3, "b@example.org"),
        (4, "c@example.org"),
    ]
    assert read[1][2] == DOUBTFUL
    assert read[-1] == (5, ["d@example.org", "Dora"], "")


def test_a_stray_mark_in_the_headings_swallows_nobody() -> None:
    for end in ('"Cid"', 'Cid"', "Cid"):
        (first, *_) = _read(f'email,"name\na@example.org,Ann\nb@example.org,{end}\n')
        assert first[2]


def test_a_note_of_several_lines_may_name_an_address() -> None:
    text = 'email,name,note\na@example.org,Ann,"met her\nthrough bert@example.org, who knows her"\nb@example.org,Bert,\n'
    assert [line for line, _, fault in _read(text) if not fault] == [1, 2, 4]


@pytest.mark.stress
def test_many_stray_marks_take_no_long_time() -> None:
    text = "email,name\n" + "".join(f'r{n}@example.org,"x\n' for n in range(20_000))
    assert len(_read(text)) == 20_001


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-8"])
def test_every_unicode_encoding_is_read_with_and_without_its_mark(encoding: str) -> None:
    text = "email\tname\nanna@example.org\tÅsa Öberg\nbert@example.org\tBjörn\n"
    assert text_of(io.BytesIO(text.encode(encoding))).read() == text
