"""An article's own text in a mail: nothing told twice, pictures that fit, lists and tables that stay what they are."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from digest.edition.telling import Text
from digest.edition.telling.words import tells
from digest.model import Article, Image
from digest.text import picture_key
from tests.edition import samples
from tests.edition.conftest import Compose

PAGE = "https://saltmarsh.example.org/2026/03/tide"


def text(body: str, **more: str) -> Text:
    return Text(body, PAGE, 552, **more)


def images(body: str, **more: str) -> list[dict[str, str | None]]:
    return [dict(image.attributes) for image in LexborHTMLParser(text(body, **more).html).css("img")]


# --- told once --------------------------------------------------------------------------------------------

BODY = "The tide came in at noon, and with it four hundred crates of lemons. Nobody has claimed them so far."


@pytest.mark.parametrize(
    "excerpt",
    [
        BODY,
        "The tide came in at noon,\n and with it four hundred crates of lemons.",
        "The tide came in at noon, and with it four hundred crates of […]",
        "The tide came in at noon, and with it four hundred crates of [...]",
        "The tide came in at noon, and with it four hundred cra…",
        "The tide came in at noon, and with it four hundred crates … Lire la suite »",
        "The tide came in at noon, and with it four hundred crates of lemons. Keep on reading",
        "THE TIDE came in at noon\u00a0– and with it four hundred crates of lemons",
        "",
    ],
)
def test_the_same_beginning_is_known_however_it_was_cut(excerpt: str) -> None:
    assert tells(BODY, excerpt)


@pytest.mark.parametrize(
    "excerpt",
    [
        "Lemons for everyone: what the harbour does with its windfall.",
        "The tide",
        "The tide came in at midnight, and took the pier with it.",
        "Nobody",
    ],
)
def test_what_says_something_of_its_own_stays(excerpt: str) -> None:
    told = "tides rise" if excerpt == "The tide" else BODY
    assert not tells(told, excerpt)


def test_a_short_excerpt_needs_whole_words() -> None:
    assert tells("Rain again today.", "Rain")
    assert not tells("Rainfall filled the reservoirs.", "Rain")


def test_characters_without_spaces_between_words_are_compared_as_well() -> None:
    body = "港の事務所は火曜日に帳簿を公開した。小さな船は三倍の料金を払っている。来年から新しい料金になる予定だ。"
    assert tells(body, "港の事務所は火曜日に帳簿を公開した。小さな船は三倍の料金を払っ…")
    assert not tells(
        body, "港の事務所は料金を上げるつもりはないと言う。住民は信じていない。これまでの経緯をまとめた。"
    )


@pytest.mark.parametrize(
    "body",
    [
        f"<h2>Opening</h2><p>{BODY}</p>",
        f"<figure><img src='https://e.org/1.png'><figcaption>The pier</figcaption></figure><p>{BODY}</p>",
        f"<table><tr><td>Tide</td><td>12:04</td></tr><tr><td>Wind</td><td>4</td></tr></table><p>{BODY}</p>",
        f"<p><strong>Port Ellery</strong> — {BODY}</p>",
    ],
)
def test_what_stands_before_the_first_sentence_hides_nothing(body: str) -> None:
    assert text(body).tells(BODY)
    assert text(body).tells(f"Opening {BODY}") == ("Opening" in body)


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_letter_tells_the_beginning_once(compose: Compose, part: str) -> None:
    articles = [
        Article(
            guid=str(n), url=f"https://e.org/{n}", title=f"Lemons {n}", dek=dek, body=f"<p>{n} {BODY}</p>"
        )
        for n, dek in enumerate((f"1 {BODY[:60]}…", "Something of its own.", f"3 {BODY}"), 1)
    ]
    mail = compose(samples.plan_of(*articles), theme="letter")
    tree = LexborHTMLParser(mail.html)
    for hidden in tree.css("head, body > div.mail-only"):
        hidden.decompose()
    told = " ".join((tree.text() if part == "html" else mail.text).split())
    assert [told.count(f"{n} The tide came in at noon") for n in (1, 2, 3)] == [1, 1, 1]
    assert told.count("Something of its own.") == 1


def test_a_headline_that_the_text_repeats_is_told_once() -> None:
    assert text("<h1>High tide</h1><p>At noon.</p>", title="High tide").html == "<p>At noon.</p>"
    assert "<h3>High water</h3>" in text("<h1>High water</h1><p>x</p>", title="High tide").html


def test_a_note_goes_on_where_its_headline_ends() -> None:
    note = "<p>The ferry is <b>late again</b>, says the harbour office, because of the fog.</p>"
    left = text(note, title="The ferry is late again, says the…")
    assert LexborHTMLParser(left.html).text().strip() == "…harbour office, because of the fog."
    assert left.plain == "…harbour office, because of the fog."
    assert (
        text(note, title="The ferry is late again, says the harbour office, because of the fog.").html == ""
    )
    assert "late again" in text(note, title="The ferry is late").html  # a headline of its own, not a cut


# --- pictures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "https://e.org/u/wall.jpg",
        "https://www.e.org/u/wall.jpg?w=1200&ssl=1",
        "https://e.org/u/wall-1024x683.jpg",
        "https://e.org/u/wall-scaled.jpg#x",
        "https://e.org/w_600,h_400/u/wall.jpg",
        "https://e.org/u/WALL.jpg",
    ],
)
def test_a_picture_is_the_same_in_all_its_sizes(address: str) -> None:
    assert picture_key(address) == picture_key("https://e.org/u/wall.jpg")
    assert picture_key(address) != picture_key("https://e.org/u/wall-2.jpg")


def test_the_picture_above_the_text_is_not_in_it_again() -> None:
    body = (
        '<figure><a href="https://e.org/u/wall.jpg"><img src="https://e.org/u/wall-800x600.jpg"></a>'
        '<figcaption>The wall</figcaption></figure><p>Text.</p><p><img src="https://e.org/u/pier.jpg"></p>'
    )
    told = text(body, picture="https://e.org/u/wall.jpg?w=600")
    assert "wall" not in told.html_below_picture
    assert "The wall" not in told.html_below_picture
    assert "pier.jpg" in told.html_below_picture
    assert "wall-800x600.jpg" in told.html


def test_a_letter_shows_the_leads_picture_once(compose: Compose) -> None:
    body = '<figure><img src="https://e.org/a-300x200.png" alt="x"><figcaption>At noon</figcaption></figure><p>Text.</p>'
    image = Image(url="https://e.org/a.png", caption="At noon", width=900, height=600)
    article = Article(guid="1", url="https://e.org/1", title="A", body=body, image=image)
    mail = compose(samples.plan_of(article), theme="letter")
    assert mail.html.count("<img") == 1
    assert mail.html.count("At noon") == 1


def test_pictures_are_fluid_and_as_high_as_they_will_be() -> None:
    (image,) = images('<p><img src="https://e.org/a.png" width="1104" height="736"></p>')
    assert (image["width"], image["height"], image["alt"]) == ("552", "368", "")
    assert image["style"] == "width:100%;max-width:552px;height:auto"
    (small,) = images('<p><img src="https://e.org/a.png" width="140" height="93" alt="A crate">Words.</p>')
    assert (small["width"], small["height"], small["alt"]) == ("140", "93", "A crate")
    (unknown,) = images('<p><img src="https://e.org/a.png" width="100%"></p>')
    assert (unknown["width"], unknown.get("height")) == ("552", None)
    (column,) = images('<img src="https://e.org/a.png" width="400" height="8000" alt="a chart">')
    assert int(column["height"] or 0) <= 3 * 552 + 5


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (
            '<p>Open <img src="https://e.org/1f389.png" alt="🎉" width="72" height="72"> again</p>',
            "<p>Open 🎉 again</p>",
        ),
        ('<p>Bold <img src="https://e.org/m.png" alt="👩‍👩‍👧"></p>', "<p>Bold 👩‍👩‍👧</p>"),
        ('<p>Gone.<img src="https://e.org/count"></p>', "<p>Gone.</p>"),
        ('<p><em>Gone.</em> <img src="https://e.org/count?id=1"></p>', "<p><em>Gone.</em> </p>"),
        ('<p>x<img src="https://e.org/p.gif" width="1" height="1"></p>', "<p>x</p>"),
        (
            '<p>Follow <img src="https://e.org/i.png" width="24" height="24" alt="on the web"></p>',
            "<p>Follow on the web</p>",
        ),
        ('<p><img src="https://e.org/i.png" width="24" height="24"></p>', ""),
    ],
)
def test_what_is_no_picture_is_not_shown(body: str, left: str) -> None:
    assert text(body).html == left


@pytest.mark.parametrize(
    "body",
    [
        '<p><img src="https://e.org/a.png"></p><p>Words.</p>',
        '<p>Words.</p><p><img src="https://e.org/a.png"></p>',
        '<div><p>Words.</p><img src="https://e.org/a.png"></div>',
        '<p>Words.<br><img src="https://e.org/a.png"></p>',
        '<p>Words <img src="https://e.org/a.png"> around it.</p>',
        '<p>Words.<img src="https://e.org/a.png" alt="A boat"></p>',
        '<p>Words.<img src="https://e.org/a.png" width="600"></p>',
    ],
)
def test_a_picture_without_a_size_is_one_all_the_same(body: str) -> None:
    assert len(images(body)) == 1


def test_a_picture_that_links_to_itself_does_not_link() -> None:
    linked = '<a href="https://e.org/a-large.jpg"><img src="https://e.org/a.jpg"></a>'
    assert "<a" not in text(linked).html
    assert "<a" in text(linked.replace("a-large.jpg", "story")).html


# --- blocks -----------------------------------------------------------------------------------------------


def test_bare_text_becomes_paragraphs() -> None:
    bare = "One<br><br>two <em>three</em><div>four<p>five</p>six</div>"
    assert text(bare).html == "<p>One</p><p>two <em>three</em></p><p>four</p><p>five</p><p>six</p>"


TABLE = "<table><tr><th>Pier</th><th>2025</th></tr><tr><td>North</td><td>12</td></tr></table>"


def test_a_small_table_stays_one() -> None:
    html = text(TABLE).html
    assert html.startswith('<table class="data"')
    assert html.count("<tr>") == 2
    assert text(TABLE).plain == "Pier   2025\nNorth  12"


def test_a_wide_table_is_a_link_to_the_page() -> None:
    head = "".join(f"<th>Quarter number {n}</th>" for n in range(8))
    row = "".join(f"<td>{n},000 tonnes</td>" for n in range(8))
    wide = text(f"<table><tr>{head}</tr><tr>{row}</tr></table>")
    link = LexborHTMLParser(wide.html).css_first("a")
    assert link is not None
    assert (link.attributes["href"], link.text()[:18]) == (PAGE, "Quarter number 0 ·")
    assert "<table" not in wide.html
    assert all(f"{n},000 tonnes" in wide.plain for n in range(8))


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td><p>Left</p></td></tr><tr><td><p>Right</p></td></tr></table>",
        f"<table><tr><td>Left</td><td>{TABLE}</td></tr><tr><td>Right</td><td></td></tr></table>",
        '<table><tr><td><img src="https://e.org/a.png"></td><td>Left</td></tr><tr><td>Right</td><td></td></tr></table>',
    ],
)
def test_a_table_that_only_arranges_is_taken_apart(body: str) -> None:
    html = text(body).html
    assert "<p>Left</p>" in html
    assert "<p>Right</p>" in html
    assert html.count("<table") == (TABLE in body)


def test_the_text_part_keeps_lists_quotations_headings_and_addresses() -> None:
    body = (
        '<h2>Dates</h2><ul><li>Monday<ul><li>at <a href="https://e.org/a?b=1&amp;c=2">the pier</a></li></ul></li>'
        "<li>Friday</li></ul><ol><li>Come</li><li><p>Stay</p><p>a while</p></li></ol>"
        "<blockquote><p>We were told nothing.</p><p>Nothing at all.</p></blockquote>"
        "<pre>a  b\n c</pre><p>R&amp;D costs 3·10<sup>-6</sup> of H<sub>2</sub>O &lt;now&gt;</p>"
        '<p><a href="https://e.org/p"><img src="https://e.org/a.png" alt="The pier"></a></p>'
        '<p><a href="https://e.org/q">https://e.org/q</a> and <a href="mailto:a@e.org">a@e.org</a></p>'
    )
    assert text(body).plain.split("\n") == [
        *("Dates", "-----", ""),
        *("- Monday", "  - at the pier (https://e.org/a?b=1&c=2)", "- Friday", ""),
        *("1. Come", "2. Stay", "   a while", ""),
        *("> We were told nothing.", ">", "> Nothing at all.", ""),
        *("a  b", " c", ""),
        *("R&D costs 3·10⁻⁶ of H₂O <now>", ""),
        *("[The pier] (https://e.org/p)", ""),
        "https://e.org/q and a@e.org",
    ]


def test_the_text_part_has_every_link_of_a_letter(compose: Compose) -> None:
    links = [f"https://e.org/{n}?a=1&b={n}" for n in range(5)]
    body = "".join(
        f'<p>See <a href="{link.replace("&", "&amp;")}">number {n}</a>.</p>' for n, link in enumerate(links)
    )
    article = Article(guid="1", url="https://e.org/1", title="A", body=body)
    lines = compose(samples.plan_of(article), theme="letter").text
    assert all(f"({link})" in lines for link in links)
    assert "&amp;" not in lines


# --- endings ----------------------------------------------------------------------------------------------

SITE = "https://saltmarsh.example.org"


@pytest.mark.parametrize(
    "ending",
    [
        f'<p>The post <a href="{PAGE}">High tide</a> appeared first on <a href="{SITE}">Saltmarsh</a>.</p>',
        f'<p>Der Beitrag <a href="{PAGE}?utm_source=rss">High tide</a> erschien zuerst auf <a href="{SITE}/">S</a>.</p>',
        f'<p>Artykuł <a href="{PAGE}">High tide</a> pochodzi z serwisu <a href="{SITE}/2026">Saltmarsh</a>.</p>',
        f'<p>Inlegget High tide dukket først opp på <a href="{SITE}">Saltmarsh</a>.</p>',
        f'<div><p>「<a href="{PAGE}">High tide</a>」は<a href="{SITE}">Saltmarsh</a>に最初に表示されました。</p></div>',
        f'<p><a href="{PAGE}">Lue lisää &raquo;</a></p>',
        f'<p><a href="{PAGE}">Lire la suite</a></p><p><a href="{PAGE}">High tide</a> est sur <a href="{SITE}">S</a>.</p>',
    ],
)
def test_what_the_software_adds_below_a_text_is_left_out(ending: str) -> None:
    told = text(f"<p>The tide came in.</p>{ending}", title="High tide")
    assert told.html == "<p>The tide came in.</p>"
    assert told.plain == "The tide came in."


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (f'<p>The tide came in. [&#8230;] <a href="{PAGE}">Weiter</a></p>', "The tide came in.…"),
        (f'<p>The tide came in … <a href="{PAGE}">Czytaj dalej &rarr;</a></p>', "The tide came in …"),
        ("<p>The tide came in [...]</p>", "The tide came in…"),
    ],
)
def test_a_text_that_was_cut_ends_in_an_ellipsis(body: str, left: str) -> None:
    assert text(body).plain == left


@pytest.mark.parametrize(
    "ending",
    [
        f'<p>Read more at <a href="{SITE}">our site</a>, and in <a href="https://other.example.org/x">theirs</a>.</p>',
        f'<p>We first told of it <a href="{SITE}/2019/tide">in 2019</a>.</p>',
        '<p>The <a href="https://council.example.org">council</a> answered on Friday.</p>',
        f'<p>As <a href="{PAGE}">we wrote</a>, the tide is early this year, and earlier still in the next.</p>',
    ],
)
def test_a_newsrooms_own_last_paragraph_stays(ending: str) -> None:
    assert text(f"<p>The tide came in.</p>{ending}", title="High tide").html.count("<p>") == 2
