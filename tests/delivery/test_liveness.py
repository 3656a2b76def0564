"""Who is gone, and who only seems to be."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

from digest.delivery.liveness import LivenessTracker, ended, new_owner
from digest.model import EditionStatus
from digest.store.ledger.leases import Holder
from tests.helpers.ledger import NOW


def a_holder(owner: str, minutes: int = 0) -> Holder:
    return Holder(1, EditionStatus.SENDING, owner, NOW + timedelta(minutes=minutes))


def owner_of(pid: int) -> str:
    node, _, started, run = new_owner().rsplit(":", 3)
    return f"{node}:{pid}:{started}:{run}"


def test_every_run_has_a_name_of_its_own() -> None:
    assert new_owner() != new_owner()


def test_a_process_that_lives_is_not_taken_for_dead() -> None:
    assert not ended(new_owner())


def test_a_process_that_has_ended_is_known_to_have_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert ended(owner_of(child.pid))


def test_a_number_that_was_given_away_again_is_another_process() -> None:
    assert ended(owner_of(os.getppid()))  # alive, but it did not start when we did


def test_of_other_machines_nothing_is_known() -> None:
    assert not ended("elsewhere:1:2:3")
    assert not ended("nonsense")


def test_who_gives_signs_of_life_is_left_alone_whatever_they_say() -> None:
    watch = LivenessTracker(lease=10)
    for at in range(0, 100, 5):
        assert watch.gone([a_holder("elsewhere:1:2:3", minutes=-at)], "me:1:2:3", float(at)) == []


def test_who_is_silent_for_a_lease_while_we_watch_is_gone() -> None:
    watch = LivenessTracker(lease=10)
    silent = a_holder("elsewhere:1:2:3", minutes=600)
    assert watch.gone([silent], "me:1:2:3", 100.0) == []
    assert watch.gone([silent], "me:1:2:3", 109.0) == []
    assert watch.gone([silent], "me:1:2:3", 110.0) == [silent]


def test_we_are_never_gone_to_ourselves() -> None:
    watch = LivenessTracker(lease=10)
    mine = a_holder("elsewhere:1:2:3")
    assert [watch.gone([mine], "elsewhere:1:2:3", at) for at in (0.0, 50.0)] == [[], []]
