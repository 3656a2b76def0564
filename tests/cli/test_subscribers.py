"""`digest subscribers` and `digest why reader`: who is kept out, since when and why, and the way back."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.cli.conftest import Digest, Newsroom

ANNA, BEN, STRANGER = "anna@example.org", "ben@example.org", "stranger@example.org"
DAILY = ("--newsletter", "daily")


@pytest.fixture
def readers(digest: Digest, newsroom: Newsroom) -> Newsroom:
    """A newsroom with two readers, of whom one is suppressed, and so is somebody else."""
    digest("subscribers", "add", ANNA, BEN, *DAILY)
    digest("subscribers", "suppress", BEN, STRANGER, "--reason", "asked by phone")
    return newsroom


@pytest.mark.parametrize("question", [("subscribers", "show"), ("why", "reader")])
def test_an_address_that_was_never_a_reader_is_suppressed_all_the_same(
    digest: Digest, readers: Newsroom, question: tuple[str, str]
) -> None:
    told = digest(*question, "Stranger@example.org")
    assert told.code == 0
    assert "suppressed since 20" in told.out
    assert "asked by phone" in told.out
    known = digest(*question, STRANGER, "--json").json
    assert (known["id"], known["address"], known["suppressed"]) == (None, STRANGER, "asked by phone")
    assert known["suppressed_since"].startswith("20")


def test_the_suppressed_are_listed_readers_or_not(digest: Digest, readers: Newsroom) -> None:
    rows = digest("subscribers", "list", "--status", "suppressed", "--json").json
    assert [(row["address"], row["status"], row["suppressed"]) for row in rows] == [
        (BEN, "suppressed", "asked by phone"),
        (STRANGER, "suppressed", "asked by phone"),
    ]
    of_daily = digest("subscribers", "list", "--status", "suppressed", *DAILY, "--json").json
    assert [row["address"] for row in of_daily] == [BEN]
    in_words = digest("subscribers", "list", "--status", "suppressed").out
    assert "stranger@example.org" in in_words
    assert "asked by phone" in in_words


def test_the_status_of_a_list_is_one_that_can_be_asked_for(digest: Digest, readers: Newsroom) -> None:
    everybody = digest("subscribers", "list", "--json").json
    assert {row["address"]: row["status"] for row in everybody} == {ANNA: "confirmed", BEN: "suppressed"}
    confirmed = digest("subscribers", "list", "--status", "confirmed", "--json").json
    assert [row["address"] for row in confirmed] == [ANNA]
    [line] = [line for line in digest("subscribers", "list").out.splitlines() if line.startswith(BEN)]
    assert line.split()[:3] == [BEN, "daily", "suppressed"]
    assert line.endswith("asked by phone")


def test_who_was_suppressed_can_be_released(digest: Digest, readers: Newsroom) -> None:
    refused = digest("subscribers", "add", STRANGER, *DAILY)
    assert refused.code == 1
    assert "release" in refused.err
    assert digest("subscribers", "release", BEN, STRANGER).code == 0
    assert digest("subscribers", "list", "--status", "suppressed", "--json").json == []
    assert digest("subscribers", "add", STRANGER, *DAILY).code == 0
    again = digest("subscribers", "release", ANNA, STRANGER)
    assert again.code == 1
    assert f"{ANNA} is neither suppressed nor forgotten" in again.err


def test_a_slip_of_the_pen_can_be_undone(digest: Digest, readers: Newsroom) -> None:
    slip = "nobody@example.org"
    told = digest("subscribers", "forget", slip)
    assert told.code == 0
    assert f"digest subscribers release {slip}" in told.err
    assert "forgotten" in digest("subscribers", "show", slip).out
    assert digest("subscribers", "add", slip, *DAILY).code == 1
    assert digest("subscribers", "release", slip).code == 0
    assert digest("subscribers", "add", slip, *DAILY).code == 0


def test_who_was_forgotten_may_begin_again(digest: Digest, readers: Newsroom) -> None:
    digest("subscribers", "forget", ANNA)
    assert "digest subscribers release" in digest("subscribers", "add", ANNA, *DAILY).err
    digest("subscribers", "release", ANNA)
    assert digest("subscribers", "add", ANNA, *DAILY).out == f"{ANNA} added\n"


def test_a_subscription_ends_by_hand_and_comes_back_only_with_consent(
    digest: Digest, readers: Newsroom
) -> None:
    ended = digest("subscribers", "unsubscribe", ANNA, *DAILY)
    assert (ended.code, ended.out) == (0, f"{ANNA} is unsubscribed from daily\n")
    assert digest("subscribers", "unsubscribe", ANNA, *DAILY).code == 0
    refused = digest("subscribers", "add", ANNA, *DAILY)
    assert refused.code == 1
    assert "--consent" in refused.err
    assert digest("subscribers", "add", ANNA, *DAILY, "--consent", "by letter of 3 March").code == 0
    shown = digest("subscribers", "show", ANNA).out
    assert "daily: confirmed" in shown
    assert "how: by letter of 3 March" in shown


def test_who_never_subscribed_cannot_unsubscribe(digest: Digest, readers: Newsroom) -> None:
    told = digest("subscribers", "unsubscribe", "nobody@example.org", *DAILY)
    assert told.code == 1
    assert "nobody@example.org" in told.err
    wrong = digest("subscribers", "unsubscribe", ANNA, "--newsletter", "dayli")
    assert wrong.code == 2
    assert "daily" in wrong.err


def test_readers_come_in_through_a_pipe(
    digest: Digest, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{ANNA}\nnobody@\n".encode())))
    taken = digest("subscribers", "import", "-", *DAILY)
    assert taken.code == 1
    assert taken.out == "1 added, 0 known before, 1 not taken\n"
    assert taken.err.startswith("standard input line 2: nobody@: ")
    assert "how: imported from standard input" in digest("subscribers", "show", ANNA).out


def test_an_import_says_what_becomes_of_each_row_and_a_dry_run_changes_nothing(
    digest: Digest, newsroom: Newsroom
) -> None:
    file = newsroom.folder / "members.csv"
    file.write_text(f"email,subscribed_to_emails,shoe size\n{ANNA},true,40\n{BEN},false,41\nnobody,true,42\n")
    tried = digest("subscribers", "import", file, "--dry-run", "--json").json
    assert digest("subscribers", "list", "--json").json == []
    done = digest("subscribers", "import", file, "--json")
    assert done.code == 1
    assert done.json == tried
    assert {key: done.json[key] for key in ("recognised", "added", "known", "refused")} == {
        "recognised": "Ghost",
        "added": 1,
        "known": 0,
        "refused": 1,
    }
    assert (done.json["unsubscribed"], done.json["suppressed"], done.json["unused_columns"]) == (
        1,
        0,
        ["shoe size"],
    )
    assert [(row["line"], row["address"], row["verdict"]) for row in done.json["rows"]] == [
        (2, ANNA, "added"),
        (3, BEN, "unsubscribed"),
        (4, "nobody", "refused"),
    ]
    assert "its subscribed_to_emails is 'false'" in digest("subscribers", "show", BEN).out


def test_a_file_that_may_hold_leavers_brings_nobody_and_names_the_column(
    digest: Digest, newsroom: Newsroom
) -> None:
    file = newsroom.folder / "people.csv"
    file.write_text(f"email,reason for leaving\n{ANNA},\n")
    refused = digest("subscribers", "import", file, "--json")
    assert refused.code == 2
    assert "'reason for leaving'" in refused.err
    assert (refused.json["added"], refused.json["rows"]) == (0, [])
    assert "'reason for leaving'" in refused.json["problems"][0]
    assert digest("subscribers", "import", file, "--ignore-column", "Reason for leaving").code == 0


def test_the_operator_says_what_a_file_is(digest: Digest, newsroom: Newsroom) -> None:
    file = newsroom.folder / "bounces.csv"
    file.write_text(f"{ANNA}\n")
    assert digest("subscribers", "import", file).code == 2
    assert digest("subscribers", "import", file, "--status", "suppressed").code == 0
    assert digest("subscribers", "add", ANNA).code == 1


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Zoë Öz <zoe@example.org>", "Zoë Öz"),
        ('"Öz, Zoë" <zoe@example.org>', "Öz, Zoë"),
        ("<zoe@example.org>", ""),
        (" zoe@example.org ", ""),
        ("'Zoe' < zoe@example.org >", "Zoe"),
    ],
)
def test_an_address_is_taken_as_mail_programs_copy_it(
    digest: Digest, newsroom: Newsroom, typed: str, name: str
) -> None:
    assert digest("subscribers", "add", typed).out == "zoe@example.org added\n"
    [row] = digest("subscribers", "list", "--json").json
    assert (row["address"], row["name"]) == ("zoe@example.org", name)
    for command in ("show", "unsubscribe", "suppress", "release", "forget"):
        assert digest("subscribers", command, typed).code == 0
    assert digest("test", typed).code == 0


def test_a_name_is_given_to_one_reader_and_is_no_address(digest: Digest, newsroom: Newsroom) -> None:
    assert digest("subscribers", "add", ANNA, "--name", "Anna Berg").code == 0
    assert digest("subscribers", "list", "--json").json[0]["name"] == "Anna Berg"
    assert digest("subscribers", "add", BEN, STRANGER, "--name", "Ben").code == 2
    assert digest("subscribers", "add", BEN, "--name", f"see {STRANGER}").code == 1
    assert digest("subscribers", "add", f"{STRANGER} <{BEN}>").code == 1


def test_one_newsletter_needs_no_name_and_of_several_they_are_named(
    digest: Digest, newsroom: Newsroom
) -> None:
    for command in (
        ("preview",),
        ("send", "--dry-run"),
        ("simulate",),
        ("sources", "export"),
        ("test", ANNA),
    ):
        assert digest(*command).code == 0
    text = newsroom.config.read_text(encoding="utf-8")
    newsroom.config.write_text(
        text + '\n[[newsletters]]\nname = "weekly"\ntitle = "W"\nfrom = "w@post.example.org"\n'
    )
    for question in (
        ("preview",),
        ("send",),
        ("subscribers", "add", ANNA),
        ("sources", "export"),
        ("test", ANNA),
    ):
        told = digest(*question)
        assert told.code == 2
        assert "daily, weekly" in told.err


def test_what_is_done_to_addresses_can_be_told_to_programs(digest: Digest, newsroom: Newsroom) -> None:
    added = digest("subscribers", "add", ANNA, "no address", *DAILY, "--json")
    assert added.code == 1
    assert [(one["address"], one["verdict"], one["done"]) for one in added.json] == [
        (ANNA, "added", True),
        ("no address", "invalid", False),
    ]
    for command, verdict in (
        ("suppress", "suppressed"),
        ("release", "released"),
        ("unsubscribe", "unsubscribed"),
    ):
        done = digest("subscribers", command, ANNA, "--json", *(DAILY if command == "unsubscribe" else ()))
        assert (done.code, [one["verdict"] for one in done.json]) == (0, [verdict])
    assert digest("subscribers", "forget", ANNA, "--json").json == {"address": ANNA, "was_reader": True}


def test_the_files_of_a_zip_come_in_at_once(digest: Digest, newsroom: Newsroom) -> None:
    with zipfile.ZipFile(newsroom.folder / "export.zip", "w") as packed:
        packed.writestr("a.csv", f"email,status\n{ANNA},confirmed\n{BEN},confirmed\n")
        packed.writestr("b.csv", f"email,status\n{BEN},unsubscribed\n")
    done = digest("subscribers", "import", str(newsroom.folder / "export.zip"), *DAILY, "--json").json
    assert [(row["file"], row["line"], row["verdict"]) for row in done["rows"]] == [
        ("a.csv", 2, "added"),
        ("a.csv", 3, "refused"),
        ("b.csv", 2, "unsubscribed"),
    ]


def test_choices_are_set_by_hand(digest: Digest, readers: Newsroom) -> None:
    wanted = (
        "--sections",
        "harbour",
        "--frequency",
        "weekly",
        "--hour",
        "7",
        "--timezone",
        "Asia/Tokyo",
        "--text-only",
    )
    chosen = digest("subscribers", "set", ANNA, *DAILY, *wanted, "--json").json
    assert (chosen["sections"], chosen["frequency"], chosen["hour"]) == (["Harbour"], "weekly", 7)
    told = digest("subscribers", "set", ANNA, "--sections", "all", "--hour", "any", "--html").out
    assert told == f"{ANNA} gets daily: all sections, once a week, as soon as it is made\n"
    wrong = digest("subscribers", "set", ANNA, "--sections", "Harbor")
    assert (wrong.code, "did you mean 'Harbour'" in wrong.err) == (2, True)
    assert digest("subscribers", "set", ANNA).code == 2
