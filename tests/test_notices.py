"""What is wrong is logged when it appears and when it is gone, and not each time that it is seen."""

from __future__ import annotations

import logging

import pytest

from digest.notices import Notices


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    caplog.clear()
    return lines


def test_a_problem_is_told_once_and_once_that_it_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    notices = Notices()
    for _ in range(3):
        notices.tell("delivery", ["smtp: the password is wrong"])
    assert told(caplog) == [("WARNING", "smtp: the password is wrong")]
    assert list(notices.current) == ["smtp: the password is wrong"]
    notices.tell("delivery", [])
    notices.tell("delivery", [])
    assert told(caplog) == [("INFO", "no longer so: smtp: the password is wrong")]
    assert list(notices.current) == []
    notices.tell("delivery", ["smtp: the password is wrong"], level=logging.ERROR)
    assert told(caplog) == [("ERROR", "smtp: the password is wrong")]


def test_what_several_see_is_told_once_and_is_gone_when_nobody_sees_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    notices = Notices()
    notices.tell("delivery", ["the database is locked"])
    notices.tell("job 1", ["the database is locked"])
    assert len(told(caplog)) == len(notices.current) == 1
    notices.tell("delivery", [])
    assert told(caplog) == []
    notices.tell("job 1", [])
    assert told(caplog) == [("INFO", "no longer so: the database is locked")]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("smtp: 451 4.3.0 try later (id 7F21AB)", "smtp: 451 4.3.0 try later (id 90C2E4)", True),
        ("eml: 12 of 500/day are left until 17:30", "eml: 0 of 500/day are left until 17:31", True),
        ("smtp-2: no connection", "smtp-3: no connection", False),
        ("smtp: no connection", "smtp: the password is wrong", False),
        ("a: daily-2026-11-29T0700 cannot be sent", "a: daily-2026-11-30T0700 cannot be sent", False),
    ],
)
def test_numbers_that_differ_make_no_other_problem(
    caplog: pytest.LogCaptureFixture, before: str, after: str, same: bool
) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    notices = Notices()
    notices.tell("delivery", [before])
    told(caplog)
    notices.tell("delivery", [after])
    assert bool(told(caplog)) is not same
    assert notices.current == (after,)
