"""The judgement of clocks: what is believed at once, what has to prove itself first, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.timekeeping.judgement import (
    MAX_DIFFERENCE,
    MAX_TIME_OFF,
    PROOF_TIME,
    PROOF_TIME_BACK,
    Belief,
    Mark,
    Reading,
    believed,
    judge,
)

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
TRUSTED = Belief(trusted=Mark(START, 1000.0, "boot"))


def look(
    seconds: float, *, off: timedelta = timedelta(0), boot: str = "boot", server: timedelta | None = None
) -> Reading:
    """A look so many seconds after the start, with a wall clock that is `off`, and a server's that is off by `server`."""
    right = START + timedelta(seconds=seconds)
    mark = Mark(right + off, 1000.0 + seconds if boot == "boot" else seconds, boot)
    return Reading(mark, None if server is None else right + server)


def after(*readings: Reading, belief: Belief = TRUSTED) -> Belief:
    for reading in readings:
        belief = judge(belief, reading)
    return belief


def test_the_first_look_of_all_is_believed() -> None:
    assert judge(Belief(), look(0)) == Belief(trusted=look(0).now)


@pytest.mark.parametrize("seconds", [1, 60, 3 * 86400, 400 * 86400])
def test_a_clock_that_goes_on_with_the_steady_one_is_believed_after_any_time(seconds: float) -> None:
    """Also after a sleep of days: the steady clock goes on meanwhile. A change to summer time is none in UTC."""
    assert not judge(TRUSTED, look(seconds)).doubt


@pytest.mark.parametrize("off", [MAX_DIFFERENCE, -MAX_DIFFERENCE, timedelta(seconds=30)])
def test_what_a_time_server_mends_is_no_doubt(off: timedelta) -> None:
    belief = judge(TRUSTED, look(60, off=off))
    assert not belief.doubt
    assert believed(belief, look(60, off=off).now) == look(60, off=off).now.wall


@pytest.mark.parametrize("off", [DAY, HOUR, 3 * 365 * DAY, MAX_DIFFERENCE + SECOND])
def test_a_clock_that_was_put_ahead_must_prove_itself(off: timedelta) -> None:
    doubt = after(look(60, off=off), look(60 + PROOF_TIME.total_seconds() - 1, off=off))
    assert "ahead of where it was" in doubt.doubt
    assert believed(doubt, look(700, off=off).now) == look(700).now.wall, (
        "meanwhile the steady clock tells the time"
    )
    proven = judge(doubt, look(60 + PROOF_TIME.total_seconds(), off=off))
    assert (proven.doubt, proven.trusted) == ("", look(60 + PROOF_TIME.total_seconds(), off=off).now)


def test_a_clock_that_was_put_right_again_is_believed_at_once() -> None:
    assert after(look(60, off=DAY), look(75)) == Belief(trusted=look(75).now)


@pytest.mark.parametrize("off", [-HOUR, -DAY, -3 * 365 * DAY])
def test_a_clock_that_was_put_back_is_believed_after_a_minute(off: timedelta) -> None:
    doubt = after(look(60, off=off), look(60 + PROOF_TIME_BACK.total_seconds() - 1, off=off))
    assert "behind where it was" in doubt.doubt
    assert not judge(doubt, look(60 + PROOF_TIME_BACK.total_seconds(), off=off)).doubt


def test_a_clock_that_goes_on_jumping_proves_nothing() -> None:
    """However long that takes: each jump starts the proof again."""
    step = PROOF_TIME.total_seconds() / 2
    jumps = [look(60 + number * step, off=(1 + number) * DAY) for number in range(20)]
    assert all(judge(belief, jumps[-1]).doubt for belief in accumulate(jumps, judge, initial=TRUSTED))


def test_after_a_boot_a_short_break_is_believed_and_a_long_one_must_prove_itself() -> None:
    assert not judge(TRUSTED, look(MAX_TIME_OFF.total_seconds(), boot="next")).doubt
    three_days = 3 * 86400
    doubt = judge(TRUSTED, look(three_days, boot="next"))
    assert "was off for 3 d, or its clock is wrong" in doubt.doubt
    assert believed(doubt, look(three_days, boot="next").now) == START + 3 * DAY, (
        "nothing else tells the time"
    )
    assert not judge(doubt, look(three_days + PROOF_TIME.total_seconds(), boot="next")).doubt


def test_a_boot_with_a_clock_of_years_ago_is_noticed_and_believed_once_it_is_put_right() -> None:
    doubt = judge(TRUSTED, look(60, boot="next", off=-20 * 365 * DAY))
    assert "behind the last known moment" in doubt.doubt
    assert not judge(doubt, look(90, boot="next")).doubt


def test_a_proof_goes_on_over_a_restart_and_not_over_a_boot() -> None:
    doubt = judge(TRUSTED, look(60, off=DAY))
    again = Belief(trusted=doubt.trusted, suspect=doubt.suspect)  # what the database keeps
    assert not judge(again, look(60 + PROOF_TIME.total_seconds(), off=DAY)).doubt
    assert judge(again, look(60 + PROOF_TIME.total_seconds(), off=DAY, boot="next")).doubt


def test_a_machine_ahead_of_the_server_is_in_doubt_and_then_goes_by_the_server() -> None:
    ahead = [look(seconds, off=DAY, server=timedelta(0)) for seconds in (0, 300, 600, 660)]
    belief = after(*ahead[:2], belief=Belief())
    assert "1 d ahead of the database server's" in belief.doubt
    belief = after(*ahead[2:], belief=belief)
    assert not belief.doubt
    assert believed(belief, look(700, off=DAY).now) == look(700).now.wall, "not by its own clock"
    assert not judge(belief, look(720, server=timedelta(0))).doubt, "once it is put right"


def test_a_server_whose_clock_jumps_is_not_believed_at_once() -> None:
    assert "behind the database server's" in judge(TRUSTED, look(60, server=DAY)).doubt
    assert not after(look(60, server=DAY), look(70, server=timedelta(0))).doubt


def test_a_machine_that_is_its_own_server_jumps_with_it_and_is_noticed() -> None:
    assert judge(TRUSTED, look(60, off=DAY, server=DAY)).doubt


@given(
    st.lists(
        st.tuples(st.floats(1, 2000), st.sampled_from([timedelta(0), HOUR, -HOUR, DAY, -DAY])),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_the_clock_does_time_to_go_by_never_leaps_without_proof(
    looks: list[tuple[float, timedelta]],
) -> None:
    belief, seconds, before, since = TRUSTED, 0.0, START, 0.0
    for step, off in looks:
        seconds += step
        reading = look(seconds, off=off)
        belief = judge(belief, reading)
        now = believed(belief, reading.now)
        leap = abs(now - before - timedelta(seconds=seconds - since))
        if belief.doubt:
            assert leap <= MAX_DIFFERENCE
        elif leap > MAX_DIFFERENCE:
            assert belief.trusted == reading.now, "the new time has proven itself"
        before, since = now, seconds
    for _ in range(2):  # and in the end it is believed, whatever it shows
        seconds += PROOF_TIME.total_seconds() + 1
        belief = judge(belief, look(seconds, off=DAY))
    assert not belief.doubt
