"""A row of answers is the sender's when it is long, alike and not broken by a mail that was taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.limits.streaks import About, Row, Streaks

HOSTS = ["one.example", "two.example", "three.example", "four.example"]


def rows(
    streaks: Streaks, n: int, *, about: About = About.REFUSAL, hosts: int = 4, edition: int = 1
) -> list[Row]:
    """Give the same answer to so many readers in turn at so many hosts; return the rows found."""
    found = [streaks.add(edition, about, "550 - no", HOSTS[i % hosts], float(i)) for i in range(n)]
    return [row for row in found if row]


def test_a_handful_of_readers_of_several_hosts_is_enough() -> None:
    assert not rows(Streaks(), 4)
    [row] = rows(Streaks(), 5)
    assert (row.since, row.like, row.others, row.one_host) == (0.0, "550 - no", False, False)


def test_readers_of_one_host_take_twice_as_many() -> None:
    assert not rows(Streaks(), 9, hosts=1)
    assert rows(Streaks(), 10, hosts=1)[0].one_host


def test_mailboxes_that_do_not_exist_take_many_and_are_never_one_hosts() -> None:
    assert not rows(Streaks(), 19, about=About.MAILBOX)
    assert rows(Streaks(), 20, about=About.MAILBOX)
    assert not rows(Streaks(), 500, about=About.MAILBOX, hosts=2)


def test_a_mail_that_is_taken_ends_the_row_of_its_edition_alone() -> None:
    streaks = Streaks()
    rows(streaks, 4)
    rows(streaks, 4, edition=2)
    streaks.taken(2, 0.0)
    assert not rows(streaks, 4, edition=2)
    [row] = rows(streaks, 1)
    assert row.others, "the sender takes mails, but not this edition's"


def test_other_answers_in_between_do_not_end_it() -> None:
    streaks = Streaks()
    found = []
    for i in range(5):
        streaks.add(1, About.MAILBOX, f"550 5.1.1 {i}", HOSTS[i % 4], 0.0)
        found.append(streaks.add(1, About.REFUSAL, "550 - no", HOSTS[i % 4], 0.0))
    assert [bool(row) for row in found] == [False] * 4 + [True]


def test_many_refusals_each_in_other_words_are_the_senders_too() -> None:
    streaks = Streaks()
    found = [streaks.add(1, About.REFUSAL, f"550 - {'x' * i}", HOSTS[i % 4], 0.0) for i in range(31)]
    assert [bool(row) for row in found[28:]] == [False, True, True]
    row = found[30]
    assert row is not None
    assert row.fits("550 whatever", 550)
    assert not row.fits("550 5.1.1 no such user", 550)


def test_an_edition_of_few_readers_that_all_got_the_same_answer() -> None:
    streaks = Streaks()
    rows(streaks, 1)
    assert streaks.all_alike(1) is None
    rows(streaks, 1)
    assert streaks.all_alike(1)
    streaks.add(1, About.REFUSAL, "550 - something else", HOSTS[0], 0.0)
    assert streaks.all_alike(1) is None
    rows(streaks, 3, about=About.MAILBOX, edition=2)
    assert streaks.all_alike(2) is None


@given(st.lists(st.sampled_from(["taken", "no", "who"]), max_size=60))
def test_no_row_reaches_across_a_mail_that_was_taken(answers: list[str]) -> None:
    streaks, since = Streaks(), 0
    for i, answer in enumerate(answers):
        if answer == "taken":
            streaks.taken(1, 0.0)
            since = 0
            continue
        about = About.REFUSAL if answer == "no" else About.MAILBOX
        row = streaks.add(1, about, answer, HOSTS[i % 4], float(i))
        since += answer == "no"
        assert bool(row and about is About.REFUSAL) == (
            about is About.REFUSAL and since >= 5 and _hosts(answers, i) > 1
        )


def _hosts(answers: list[str], last: int) -> int:
    """Return at how many hosts readers were refused in the row that ends here."""
    hosts = set()
    for i in range(last, -1, -1):
        if answers[i] == "taken":
            break
        if answers[i] == "no":
            hosts.add(HOSTS[i % 4])
    # Ten of one host are enough as well.
    n = sum(answers[i] == "no" for i in range(_begin(answers, last), last + 1))
    return len(hosts) if n < 10 else 4


def _begin(answers: list[str], last: int) -> int:
    return max((i + 1 for i in range(last + 1) if answers[i] == "taken"), default=0)
