"""`digest sources`: what is told of them, also to programs."""

from __future__ import annotations

from datetime import timedelta

from digest.clock import utc_now
from tests.cli.conftest import Digest, Newsroom


def test_the_health_of_sources_is_a_document_before_and_after_they_are_read(
    digest: Digest, newsroom: Newsroom
) -> None:
    [before] = digest("sources", "list", "--json").json
    newsroom.publish(*(f"Story {number}" for number in range(6)), published=utc_now() - timedelta(hours=1))
    assert digest("sources", "fetch").code == 0
    listed = digest("sources", "list", "--json")
    assert listed.code == 0
    [after] = listed.json
    assert before.keys() == after.keys()
    assert (before["last_success_at"], before["usual_gap"]) == (None, None)
    assert after["usual_gap"] == 60, "in seconds"


def test_in_a_pipe_each_source_is_a_line(digest: Digest, newsroom: Newsroom) -> None:
    address = newsroom.server.url("/" + "long/" * 60 + "feed.xml")
    newsroom.config.write_text(
        newsroom.config.read_text() + f'[[newsletters.sections.sources]]\nurl = "{address}"\n'
    )
    digest("sources", "fetch")
    lines = digest("sources", "list").out.splitlines()
    assert len(lines) == 3
    [line] = [line for line in lines if line.startswith(address)]
    assert "404" in line
    assert all(line == line.rstrip() for line in lines)


def test_a_failure_names_the_address_once(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit("allow_private = true", "allow_private = false")
    newsroom.edit("https://post.example.org", newsroom.server.url(""))  # no test leaves this machine
    address, port = newsroom.server.url("/feed.xml"), newsroom.server.url("/").split(":")[-1].strip("/")
    for told in (
        digest("check", "--online").out,
        digest("sources", "fetch").err,
        digest("sources", "list").out,
    ):
        [line] = [line for line in told.splitlines() if f"port {port} is not visited" in line]
        assert line.count(address) == 1


def test_no_password_of_an_address_is_told(digest: Digest, newsroom: Newsroom) -> None:
    address = newsroom.server.url("/private/feed.xml").replace("//", "//us:s3cret@")
    newsroom.config.write_text(
        newsroom.config.read_text() + f'[[newsletters.sections.sources]]\nurl = "{address}"\n'
    )
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    newsroom.publish("Ferry back in service")
    commands = [
        "sources fetch",
        "sources list",
        "sources list --json",
        "sources export daily",
        "check --online",
    ]
    for command in (*commands, "preview daily", "send daily", "editions list --json"):
        told = digest(*command.split())
        assert "s3cret" not in told.out + told.err, command
    assert "/private/feed.xml" in digest("sources", "list").out
