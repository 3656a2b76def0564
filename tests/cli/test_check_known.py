"""What `digest check` knows from the database, and what it says of keys together; without any visit."""

from __future__ import annotations

from tests.cli.conftest import Digest, Newsroom
from tests.helpers.servers import Answer


def found(digest: Digest) -> dict[str, tuple[str, str]]:
    rows = digest("check", "--json").json["findings"]
    return {f"{row['subject']}": (row["level"], row["text"]) for row in rows}


def test_a_source_that_failed_is_known_without_another_visit(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.server.routes["/feed.xml"] = Answer(status=404)
    digest("sources", "fetch")
    visits = len(newsroom.server.requests)
    known = found(digest)
    [(level, text)] = [known[subject] for subject in known if subject.startswith("source ")]
    assert level == "warning"
    assert "could not be read" in text
    checked = digest("check")
    assert checked.code == 1
    assert (
        "FAIL newsletter daily: none of its sources could be read when they were visited last" in checked.out
    )
    assert len(newsroom.server.requests) == visits


def test_an_edition_of_a_newsletter_that_is_gone_fails(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    sender = (
        '[[senders]]\nkind = "smtp"\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"\n\n[[newsletters]]\n'
    )
    newsroom.edit("[[newsletters]]\n", sender)
    name = digest("send", "daily", "--json").json["edition"]
    assert f"edition {name}" not in found(digest)
    digest("editions", "pause", name)
    level, text = found(digest)[f"edition {name}"]
    assert level == "warning"
    assert f"digest editions resume {name}" in text
    newsroom.edit('name = "daily"', 'name = "dayly"')
    known = found(digest)
    level, text = known[f"edition {name}"]
    assert level == "failure"
    assert "no newsletter 'daily' any more; did you mean 'dayly'?" in text
    level, text = known["newsletter daily"]
    assert (level, text[:8]) == ("warning", "1 reader")


def test_many_suppressed_readers_are_told(digest: Digest, newsroom: Newsroom) -> None:
    readers = [f"reader{number}@example.org" for number in range(10)]
    digest("subscribers", "add", *readers, "--newsletter", "daily")
    digest("subscribers", "suppress", readers[0])
    assert "suppressed and get nothing" not in digest("check").out
    digest("subscribers", "suppress", readers[1])
    assert "note newsletter daily: 2 of 10 readers are suppressed and get nothing" in digest("check").out


def test_a_seed_that_is_no_reader_is_told(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit('max_age = "48h"', 'seeds = ["editor@example.org"]')
    assert "editor@example.org is among the seeds, and does not get it" in digest("check").out


def test_keys_that_contradict_each_other_are_told(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit('schedule = "0 7 * * *"', 'schedule = "0 7 * * mon-fri"')
    checked = digest("check")
    assert checked.code == 0
    assert "note newsletter daily: max_age = 2 d is shorter than the longest gap" in checked.out
    assert "All is well, but for the notes above." in checked.out
    newsroom.edit('max_age = "48h"', "min_articles = 30")
    assert digest("check").code == 1


def test_a_language_that_is_none_is_an_error_with_its_line(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit('max_age = "48h"', 'language = "german"')
    checked = digest("check")
    assert checked.code == 2
    assert "config.toml:16: newsletters[0].language: 'german' is no language" in checked.err
    assert "did you mean 'de'?" in checked.err


def test_a_language_without_words_is_noted_and_used(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit('max_age = "48h"', 'language = "fa"')
    assert 'note newsletter daily: language = "fa" (Persian)' in digest("check").out
    digest("preview", "daily")
    html = (newsroom.folder / "preview" / "mail.html").read_text()
    assert '<html lang="fa" dir="rtl"' in html
