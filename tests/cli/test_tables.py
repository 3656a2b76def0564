"""What a table of results looks like on a narrow terminal, and in a pipe."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from digest import terminal
from digest.cli.common import output

ADDRESS = "a.reader.with.a.long.name@some-department.example.org"
SINCE = datetime(2026, 11, 30, 7, 0, 12, tzinfo=UTC)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        terminal, "out", lambda: Console(file=io.StringIO(), force_terminal=True, no_color=True, width=60)
    )


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("narrow")
def test_addresses_are_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("address", "status"), [(ADDRESS, "confirmed"), ("b@example.org", "pending")], empty="")
    assert lines(capsys)[1].split() == [ADDRESS, "confirmed"]


@pytest.mark.usefixtures("narrow")
def test_free_text_goes_over_several_lines_beside_a_whole_name(capsys: pytest.CaptureFixture[str]) -> None:
    subject = "A subject that goes on and on until the terminal ends, and then some"
    output.table(("edition", "subject"), [("daily-2026-11-30T0700", subject)], empty="")
    first, *rest = lines(capsys)[1:]
    assert first.startswith("daily-2026-11-30T0700  A subject")
    assert " ".join([first.removeprefix("daily-2026-11-30T0700"), *rest]).split() == subject.split()
    assert max(map(len, [first, *rest])) <= 60


@pytest.mark.usefixtures("narrow")
def test_a_terminal_shows_no_empty_column_and_short_times(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("a@example.org", SINCE, ""), ("b@example.org", None, None)]
    output.table(("address", "since", "reason"), rows, empty="")
    shown = "\n".join(lines(capsys))
    assert "reason" not in shown
    assert "2026-11-30T07:00+00:00" in shown


def test_a_pipe_gets_every_column_and_the_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("address", "since", "reason"), [("a@example.org", SINCE, "")], empty="")
    heading, row = lines(capsys)
    assert heading.split() == ["address", "since", "reason"]
    assert row.split() == ["a@example.org", "2026-11-30T07:00:12+00:00"]


def test_no_row_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("address",), [], empty="There are no readers yet.")
    assert lines(capsys) == ["There are no readers yet."]
