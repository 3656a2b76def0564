"""`digest why` about what is not known, and small numbers in words."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Digest, Newsroom


@pytest.mark.parametrize("extra", [(), ("--json",)])
@pytest.mark.parametrize(
    ("what", "words"),
    [
        (("article", "https://post.example.org/none"), "has not been seen in any source"),
        (("reader", "nobody@example.org"), "is not known here"),
    ],
)
def test_what_is_not_known_is_told_in_the_same_way(
    digest: Digest, newsroom: Newsroom, what: tuple[str, str], words: str, extra: tuple[str, ...]
) -> None:
    digest("sources", "fetch")
    asked = digest("why", *what, *extra)
    assert asked.code == 2
    assert words in asked.err
    assert asked.out == ""


def test_one_article_is_one_article(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.publish("Ferry back in service")
    assert digest("sources", "try", newsroom.server.url("/feed.xml")).out.endswith("\n1 article\n")
    assert digest("sources", "fetch").out.endswith(": 1 article\n")


def test_a_number_of_two_figures_stands_on_one_line_of_the_preview(
    digest: Digest, newsroom: Newsroom
) -> None:
    newsroom.edit('max_age = "48h"', "first_contact = 20")
    newsroom.publish(*(f"Story number {number}" for number in range(12)))
    digest("preview", "daily")
    page = (newsroom.folder / "preview" / "preview.html").read_text()
    assert '<td class="number">12</td>' in page
    assert "td.number { overflow-wrap: normal; white-space: nowrap;" in page
