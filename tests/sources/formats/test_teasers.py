"""Teasers are what the newsroom says; what its software adds is told by structure, in every language."""

from __future__ import annotations

import pytest

from digest.sources.formats.teasers import Told, summary_of

STORY, SITE = "https://e.org/2031/story", "https://e.org/"
TOLD = Told("Harbour opens", STORY, "The Town Paper", SITE)
LINKS = f"<a href='{STORY}?utm_source=rss'>X</a> {{}} <a href=\"{SITE}\">Y</a>."


@pytest.mark.parametrize(
    "words",
    ["first appeared on", "erschien zuerst auf", "est apparu en premier sur", "は最初に", "ظهرت أولاً على",
     "появились сначала на", "首次出现在", "először itt jelent meg", "ilk önce ortaya çıktı"],
)  # fmt: skip
def test_what_leads_back_to_story_and_site_is_no_teaser(words: str) -> None:
    assert (
        summary_of(f"<p>Ships are back [&#8230;]</p><p>Post {LINKS.format(words)}</p>", TOLD)
        == "Ships are back…"
    )
    plain = f"Ships are back. […]\n<p>Der Beitrag Harbour opens {words} The Town Paper.</p>"
    assert summary_of(f"<p>{plain}", TOLD) == "Ships are back.…"


@pytest.mark.parametrize(
    "added",
    [
        "<p><a href='https://e.org/c'>Comments</a></p>",
        "<p><a href='https://e.org/c'>Читать дальше →</a></p>",
        "<p>3 posts - 2 participants</p><p><a href='https://forum.e.org/t'>Read full topic</a></p>",
        """<p>submitted by <a href='https://f.e.org/u'>/u/jane</a><br>
        <a href='https://f.e.org/1'>[link]</a> <a href='https://f.e.org/2'>[comments]</a></p>""",
        f"<p><a href='{STORY}'>Continuer la lecture de « Le port »</a></p>",
    ],
)
def test_buttons_and_counts_are_no_teaser(added: str) -> None:
    assert summary_of(f"<p>Ships are back.</p>{added}", TOLD) == "Ships are back."


@pytest.mark.parametrize(
    "text",
    [
        "<a href='https://e.org/c'>Comments</a>",
        "<p>Article URL: <a href='https://e.org/7'>https://e.org/7</a></p><p>Points: 120</p><p># Comments: 33</p>",
    ],
)
def test_where_there_is_nothing_else_there_is_no_teaser(text: str) -> None:
    assert summary_of(text, TOLD) == ""


def test_a_link_to_more_behind_the_last_sentence_goes() -> None:
    for words in ("Lire la suite", "Läs mer", "もっと読む"):
        assert summary_of(f"Ships are back. <a href='{STORY}'>{words}</a>", TOLD) == "Ships are back."


@pytest.mark.parametrize(
    "text",
    [
        "Ships are back, says <a href='https://e.org/mayor'>the mayor</a>",
        "<a href='https://e.org/other'>The mayor's whole statement in full</a>",
        "It is <a href='https://e.org/2031/story'>the story</a> of the year.",
        "The Town Paper asked: why did the harbour close?",
        "Harbour opens, writes The Town Paper.",
        "Score: 3",
        "12 ships",
    ],
)
def test_what_a_newsroom_wrote_stays(text: str) -> None:
    said = summary_of(f"<p>Ships are back.</p><p>{text}</p>", TOLD)
    assert said.startswith("Ships are back. ")
    assert len(said) > len("Ships are back. ") + 6


def test_items_of_a_list_are_told_apart() -> None:
    assert summary_of("<p>Today:</p><ul><li>One</li><li>Two</li></ul>") == "Today: • One • Two"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Watch it: https://v.e.org/w?v=abc&l=1 The band plays.", "Watch it: The band plays."),
        ("All of it is at https://e.org/x/y/.", "All of it is at."),
        ("The papers (https://e.org/p) are out.", "The papers are out."),
        ("続きは https://e.org/pから。", "続きは から。"),
        ("www.e.org and more", "and more"),
        ("https://e.org/only", ""),
        ("Write to ada@www.e.org", "Write to ada@www.e.org"),
    ],
)
def test_bare_addresses_are_no_words(text: str, left: str) -> None:
    assert summary_of(text) == left


def test_headings_are_no_part_of_a_teaser_unless_there_is_nothing_else() -> None:
    assert (
        summary_of("<h2>Introduction</h2><p>Geese came.</p><h3>Then</h3><p>They left.</p>")
        == "Geese came. They left."
    )
    assert summary_of("<h2>Only a heading</h2>") == "Only a heading"
