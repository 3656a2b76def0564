"""The mail as a whole: what it must carry, whatever the theme."""

from __future__ import annotations

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.edition import plan_document, set_edition, templates_dir, web_copy
from digest.edition.finish import MAX_BYTES, encoded_size
from digest.edition.theme.themes import ours
from digest.errors import TemplateError
from digest.model import Article, Image, Mail
from digest.model.placeholders import PLACEHOLDERS
from tests.edition import samples
from tests.edition.conftest import Compose

THEMES = ours(templates_dir())


def the(tree: LexborHTMLParser, selector: str) -> LexborNode:
    """Return the first node of a selector, which must be there."""
    node = tree.css_first(selector)
    assert node is not None
    return node


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(params=THEMES)
def mail(request: pytest.FixtureRequest, compose: Compose) -> Mail:
    return compose(theme=request.param)


def test_subject_is_the_leads_headline_and_the_preheader_what_follows(mail: Mail) -> None:
    assert mail.subject == "The flood wall was signed off by a firm that had closed two years before"
    assert mail.preheader.startswith("Night ferry to return in May after eleven years · Oyster beds reopen")
    assert len(mail.preheader) <= 140


def test_both_parts_have_every_title_and_every_link(mail: Mail) -> None:
    tree = LexborHTMLParser(mail.html)
    assert tree.body is not None
    seen, links = flat(tree.body.text()), {node.attributes.get("href") for node in tree.css("a")}
    for chosen in samples.plan().chosen:
        article = chosen.candidate.article
        assert flat(article.title) in seen
        assert article.url in links
        assert flat(article.title) in flat(mail.text)
        assert article.url in mail.text.split()


def test_text_part_is_wrapped_and_has_no_markup(mail: Mail) -> None:
    assert "<" not in mail.text
    assert "&amp;" not in mail.text
    assert "\n\n\n" not in mail.text
    assert all(len(line) <= 72 for line in mail.text.splitlines() if "https://" not in line)


def test_the_way_out_stands_above_the_stories_and_at_the_foot(mail: Mail) -> None:
    first_story = mail.html.index("story-1")
    assert (
        mail.html.index(PLACEHOLDERS["unsubscribe_url"])
        < first_story
        < mail.html.rindex(PLACEHOLDERS["unsubscribe_url"])
    )
    assert mail.html.index(PLACEHOLDERS["browser_url"]) < first_story
    for part in (mail.html, mail.text):
        assert PLACEHOLDERS["unsubscribe_url"] in part
        assert samples.SITE.postal_address in LexborHTMLParser(part).text()


def test_support_licence_and_sign_up_lines_are_there(mail: Mail) -> None:
    for part in (mail.html, mail.text):
        assert samples.SITE.appeal_url in part
        assert samples.SITE.signup_url in part
        assert "CC BY 4.0" in part
        assert flat(samples.SITE.about) in flat(part)


def test_every_picture_has_an_alt_text_a_width_and_a_safe_address(mail: Mail) -> None:
    for image in LexborHTMLParser(mail.html).css("img"):
        assert image.attributes.get("alt") is not None
        assert (image.attributes.get("width") or "").isdecimal()
        assert (image.attributes.get("src") or "").startswith("https://")


def test_html_has_what_mail_programs_need(mail: Mail) -> None:
    tree = LexborHTMLParser(mail.html)
    assert mail.html.lower().startswith("<!doctype html>")
    assert the(tree, "html").attributes["lang"] == "en-GB"
    assert the(tree, "html").attributes["dir"] == "ltr"
    assert {node.attributes.get("name") for node in tree.css("meta")} >= {
        "viewport",
        "color-scheme",
        "supported-color-schemes",
        "x-apple-disable-message-reformatting",
        "format-detection",
    }
    assert all(table.attributes.get("role") == "presentation" for table in tree.css("table"))
    assert not tree.css("script, link, form, iframe, object")
    assert all(len(style.text()) < 8_192 for style in tree.css("style"))
    assert "{{" not in mail.html
    assert next(node.tag for node in tree.css("h1, h2, h3")) == "h1"


def test_a_headline_against_the_edition_says_so(mail: Mail) -> None:
    arabic = samples.STORIES["Land"][2][0]
    tree = LexborHTMLParser(mail.html)
    link = next(node for node in tree.css("a") if node.text().strip() == arabic)
    node, found = link.parent, ""
    while node is not None and not found:
        found, node = (node.attributes.get("dir") or ""), node.parent
    assert found == "rtl"


def test_web_copy_has_nobodys_values_in_it(mail: Mail) -> None:
    page = web_copy(mail, browser_url="https://news.example.org/e/daily-1?a=1&b=2")
    assert not any(mark in page for mark in PLACEHOLDERS.values())
    assert "was sent to" not in page
    assert "Unsubscribe" not in page
    assert 'href=""' not in page
    assert mail.subject in the(LexborHTMLParser(page), "title").text()


@pytest.mark.parametrize("theme", THEMES)
def test_an_edition_without_stories_can_be_set(compose: Compose, theme: str) -> None:
    mail = compose(samples.plan_of(), theme=theme)
    assert mail.subject == "The Daily Tide"
    assert PLACEHOLDERS["unsubscribe_url"] in mail.html


@pytest.mark.parametrize("theme", THEMES)
def test_an_article_with_nothing_but_an_address_can_be_set(compose: Compose, theme: str) -> None:
    bare = Article(guid="1", url="https://example.org/only", title="")
    mail = compose(samples.plan_of(bare), theme=theme)
    assert "https://example.org/only" in mail.text
    assert mail.subject == "https://example.org/only"


def test_plan_document_has_the_fields_people_rely_on(compose: Compose) -> None:
    mail = compose()
    document = plan_document(samples.plan(), mail)
    assert set(document) >= {
        "newsletter",
        "slot",
        "subject",
        "preheader",
        "html_bytes",
        "sections",
        "left_out",
        "problems",
    }
    assert document["html_bytes"] == encoded_size(mail.html)
    first = document["sections"][0]["articles"][0]
    assert set(first) >= {
        "guid",
        "url",
        "title",
        "dek",
        "byline",
        "published",
        "updated",
        "section",
        "tags",
        "image",
    }
    assert set(first["image"]) == {"url", "alt", "credit", "caption", "width", "height"}
    assert (first["rank"], first["why"], first["published"]) == (1, "new", "2026-03-02T04:24:00+00:00")


# --- subject templates ------------------------------------------------------------------------------------


def test_a_newsletter_may_template_its_subject(compose: Compose) -> None:
    mail = compose(subject="{{ edition.title }}: {{ lead.title|truncate(20) }}")
    assert mail.subject == "The Daily Tide: The flood wall was…"


@pytest.mark.parametrize(
    "title", ["Line\none\r\nBcc: x@example.org", "A\u2028B\u2029C\x0bD\x00E", "\u202eevil\u202c"]
)
def test_a_subject_is_one_harmless_line(compose: Compose, title: str) -> None:
    subject = compose(samples.plan_of(samples.article(1, title, "", "", "https://p.example.org"))).subject
    assert subject.isprintable()
    assert not set(subject) & set("\r\n\x00\x0b\u2028\u2029\u202e\u202c")


def test_a_long_subject_is_cut_between_words_and_never_inside_a_grapheme(compose: Compose) -> None:
    def subject(title: str) -> str:
        return compose(samples.plan_of(samples.article(1, title, "", "", "https://p.example.org"))).subject

    assert subject("word " * 60).endswith("word…")
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    cut = subject(family * 60).removesuffix("…")
    assert cut == family * (len(cut) // len(family))


# --- broken themes ----------------------------------------------------------------------------------------


def own_theme(folder: Path, body: str) -> str:
    (folder / "subject.txt").write_text("{{ edition.title }}")
    (folder / "body.txt").write_text("{{ edition.title }}")
    (folder / "body.html").write_text(body)
    return str(folder)


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("<p>\n{% if %}", 2, "Expected an expression"),
        ("<p>\n\n{{ edition.nothing }}", 3, "nothing"),
        ("{{ lead.titel }}", 1, "there is no 'titel' here; did you mean 'title'?"),
        ("{{ headline }}", 1, "there is no variable 'headline'"),
        ("{{ lead.title|safe }}", 1, "safe"),
        ('\n{% include "shared/partz.html" %}', 2, "shared/parts.html"),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            1,
            "does not come to an end",
        ),
        ("{% macro m() %}{{ m() }}{% endmacro %}\n{{ m() }}", 1, "without end"),
        (
            '{% set ns = namespace(s="xxxxxxxx") %}\n{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}',
            2,
            "text of more",
        ),
        ('{{ "a" * 50000000 }}', 1, "numbers only"),
        ('{{ "%99999999d" % 1 }}', 1, "numbers only"),
        ('{{ "a".ljust(99999999) }}', 1, "ljust"),
        ('{{ "".__class__ }}', 1, "__class__"),
        ("{{ 99 ** 9999999 }}", 1, "numbers as large"),
        ("{{ sections.append(1) }}", 1, "append"),
    ],
)
def test_a_broken_theme_names_file_and_line(
    compose: Compose, tmp_path: Path, body: str, line: int, words: str
) -> None:
    theme = own_theme(tmp_path, body)
    with pytest.raises(TemplateError) as raised:
        compose(theme=theme)
    assert f"{tmp_path / 'body.html'}:{line}: " in str(raised.value)
    assert words in str(raised.value)


def grown(start: str, step: str, turns: int = 22) -> str:
    """Return a template in which `ns.x` is doubled so often that it would be too large, yet not for this machine."""
    loop = f"{{% for i in range({turns}) %}}{step}{{% endfor %}}"
    return f"{{% set ns = namespace(x={start}) %}}{loop}{{{{ ns.x|length }}}}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (grown("'x'", "{% set ns.x = ns.x + ns.x %}"), "text of more"),
        (grown("[1]", "{% set ns.x = ns.x + ns.x %}"), "text of more"),
        (grown("[1]", "{% set ns.x = [ns.x, ns.x]|sum(start=[]) %}"), "numbers only"),
        (grown("'x'", "{% set ns.x = [ns.x, ns.x]|join %}"), "text of more"),
        (grown("'x'", "{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}"), "text of more"),
        (
            "{% macro m(a) %}{{ a }}{{ a }}{% endmacro %}" + grown("'x'", "{% set ns.x = m(ns.x) %}"),
            "text of more",
        ),
        (grown("[1]", "{% set ns.x = [ns.x, ns.x] %}"), "text of more"),
        (grown("(1,)", "{% set ns.x = (ns.x, ns.x) %}"), "text of more"),
        (grown("{}", "{% set ns.x = {1: ns.x, 2: ns.x} %}"), "text of more"),
        (grown("{}", "{% set ns.x = dict(a=ns.x, b=ns.x) %}"), "text of more"),
        (
            grown("[1]", "{% for row in [1]|batch(3, ns.x) %}{% set ns.x = row %}{% endfor %}"),
            "text of more",
        ),
        (grown("()", "{% set ns.x = (range(9999)|list, ns.x) %}", 900), "characters in all"),
        ("{{ 'a'.encode().ljust(5000000)|length }}", "encode"),
        ("{{ (5).to_bytes(5000000, 'big')|length }}", "to_bytes"),
        ("{{ [1]|batch(5000000, 0)|list|length }}", "a number as large as 5000000"),
        ("{{ [1]|slice(5000000)|list|length }}", "a number as large as 5000000"),
        ("{{ 5|round(500000, 'floor') }}", "a number as large as 500000"),
        ("{{ range(9000)|join('x, ' ~ range(200)|join)|length }}", "text of more"),
    ],
)
def test_a_theme_cannot_make_much_of_little(compose: Compose, tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        compose(theme=own_theme(tmp_path, body))


def test_what_themes_do_with_lists_is_as_in_jinja(compose: Compose, tmp_path: Path) -> None:
    body = (
        "{% set a, b = 1, 2 %}{{ a + b }} {{ 'a' + 'b' }} {{ ['a', '<']|join(', ') }} {{ [1, 2]|sum(start=4) }} "
        "{{ [{'x': 1}, {'x': 2}]|sum(attribute='x') }} {{ [{'x': 'p'}, {'x': 'q'}]|join('-', attribute='x') }} "
        "{{ 3.14159|round(2) }} {% for row in [1, 2, 3]|batch(2, 0) %}{{ row }}{% endfor %} "
        "{{ [1, 2, 3]|slice(2)|list }} {{ ['a', 'b']|map('upper')|join }}"
    )
    html = compose(theme=own_theme(tmp_path, f"<p>{body}</p>")).html
    words = flat(the(LexborHTMLParser(html), "p").text())
    assert words == "3 ab a, < 7 3 p-q 3.14 [1, 2][3, 0] [[1, 2], [3]] AB"


def test_a_theme_that_makes_too_much_is_stopped(compose: Compose, tmp_path: Path) -> None:
    theme = own_theme(tmp_path, "{% for i in range(99999) %}" + "x" * 99 + "{% endfor %}")
    with pytest.raises(TemplateError, match="more than 2,000,000 characters"):
        compose(theme=theme)


def test_a_broken_subject_names_its_newsletter(compose: Compose) -> None:
    with pytest.raises(TemplateError, match=r'subject of newsletter "daily":1: .*nothing'):
        compose(subject="{{ nothing }}")


def test_a_theme_that_is_not_there_suggests_the_nearest(compose: Compose, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="did you mean 'frontpage'"):
        compose(theme="frontpge")
    with pytest.raises(TemplateError, match=r"lacks subject.txt, body.txt, body.html"):
        compose(theme=str(tmp_path))


def test_a_careless_theme_cannot_hand_on_what_is_active(compose: Compose, tmp_path: Path) -> None:
    evil = samples.article(1, "x onerror=alert(1)", "</style><script>alert(2)</script>", "", "")
    body = (
        "<p title={{ lead.title }}>{{ lead.dek }}</p><a href='javascript:alert(1)'>a</a>"
        "<script>1</script><form></form>"
    )
    mail = compose(samples.plan_of(evil), theme=own_theme(tmp_path, body))
    assert "<script" not in mail.html
    assert "onerror" not in the(LexborHTMLParser(mail.html), "p").attributes
    assert "javascript:" not in mail.html
    assert "<form" not in mail.html


def test_an_edited_theme_is_read_again(compose: Compose, tmp_path: Path) -> None:
    theme = own_theme(tmp_path, "<p>one</p>")
    assert "one" in compose(theme=theme).html
    (tmp_path / "body.html").write_text("<p>two and more</p>")
    assert "two and more" in compose(theme=theme).html


# --- size -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("count", [60, 400])
def test_an_edition_of_any_length_fits(compose: Compose, theme: str, count: int) -> None:
    dek = "Über Ärger mit größeren Übertragungen berichten wir hier, so lang es eben geht. " * 3
    articles = [
        samples.article(n, f"Headline number {n} — “quoted”", dek, "Jo", "https://p.example.org")
        for n in range(1, count + 1)
    ]
    mail = compose(samples.plan_of(*articles), theme=theme)
    assert encoded_size(mail.html) <= MAX_BYTES
    assert PLACEHOLDERS["unsubscribe_url"] in mail.html[-6_000:]
    assert all(article.url in mail.text.split() for article in articles)
    beginning = "Über Ärger mit größeren Übertragungen berichten wir hier, so lang es eben geht."
    assert beginning in flat(LexborHTMLParser(mail.html).text()).replace("\u00ad", "")
    page = web_copy(mail, browser_url="https://news.example.org/e/1")
    assert all(f'"{article.url}"' in page for article in articles)
    if count == 400:
        assert "more on the web" in mail.html


def test_what_does_not_fit_is_lost_from_the_end(compose: Compose) -> None:
    articles = [
        samples.article(n, f"Story {n}", f"Dek of {n}. " * 20, "", "https://p.example.org")
        for n in range(1, 71)
    ]
    mail = compose(samples.plan_of(*articles))
    shown = [f"Dek of {n}." in mail.html for n in range(1, 71)]
    assert shown == sorted(shown, reverse=True)
    assert 10 < sum(shown) < 70
    assert encoded_size(mail.html) > MAX_BYTES * 0.95  # and no more than needs be


def test_templates_come_with_the_program() -> None:
    assert (templates_dir() / "email" / "frontpage" / "body.html").is_file()
    assert set_edition(
        samples.plan(), samples.newsletter(), samples.SITE, templates=templates_dir(), now=samples.DUE
    ).html.endswith("</html>")


# --- odd articles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_an_article_without_an_address_links_nowhere(compose: Compose, theme: str) -> None:
    articles = [
        Article(
            guid=str(n), url="", title=f"A note {n}", dek="Its text.", image=Image(url="https://e.org/1.png")
        )
        for n in (1, 2)
    ]
    html = compose(samples.plan_of(*articles), theme=theme).html
    assert "A note 2" in html
    assert 'href=""' not in html
    assert "<a>" not in html


@pytest.mark.parametrize(
    ("title", "dek", "shown"),
    [
        ("First words of a note…", "First words of a note and then some more.", "…and then some more."),
        ("The whole note", "The whole note", ""),
        ("The whole note", "The whole note.", ""),
        ("A headline", "Another sentence.", "Another sentence."),
    ],
)
def test_a_dek_does_not_say_the_headline_again(compose: Compose, title: str, dek: str, shown: str) -> None:
    article = Article(guid="1", url="https://e.org/1", title=title, dek=dek)
    lines = compose(samples.plan_of(article)).text.split("https://e.org/1")[0].splitlines()
    after = lines[lines.index(title) + 1 :]
    assert (shown in " ".join(after).replace("… ", "…")) if shown else not "".join(after)


def test_a_picture_that_is_none_is_not_shown(compose: Compose) -> None:
    def shown(image: Image) -> bool:
        article = Article(guid="1", url="https://e.org/1", title="A", image=image)
        return "<img" in compose(samples.plan_of(article)).html

    assert shown(Image(url="https://e.org/1.png"))
    assert not shown(Image(url="https://e.org/1.png", width=1, height=1))
    assert not shown(Image(url="data:image/gif;base64,AAAA"))
    assert not shown(Image(url="/relative.png"))


@pytest.mark.parametrize(
    "alt", ["IMG_0642", "20140328-131858.jpg", "dsc-0012", "https://e.org/1.png", "A headline"]
)
def test_an_alt_text_that_says_nothing_is_none(compose: Compose, alt: str) -> None:
    def shown(alt: str) -> str | None:
        image = Image(url="https://e.org/1.png", alt=alt)
        article = Article(guid="1", url="https://e.org/1", title="A headline", image=image)
        return the(LexborHTMLParser(compose(samples.plan_of(article)).html), "img").attributes["alt"]

    assert not shown(alt)
    assert shown("Image of 2 boats") == "Image of 2 boats"


def test_a_byline_does_not_say_the_source_again(compose: Compose) -> None:
    article = Article(guid="1", url="https://e.org/1", title="A", byline="The Paper")
    assert compose(samples.plan_of(article, source="the paper")).text.count("aper\n") == 0


def test_a_time_in_the_future_is_not_repeated(compose: Compose) -> None:
    late = samples.DUE.replace(year=2030)
    article = Article(guid="1", url="https://e.org/1", title="A", published=late)
    assert "2030" not in compose(samples.plan_of(article)).text


@pytest.mark.parametrize(
    ("licence", "shown"),
    [
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/", "CC BY-NC-ND 4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0"),
        ("All rights reserved, ask first", "All rights reserved, ask first"),
        ("https://example.org/terms", "https://example.org/terms"),
    ],
)
def test_a_licence_is_named_as_readers_know_it(compose: Compose, licence: str, shown: str) -> None:
    article = Article(guid="1", url="https://e.org/1", title="A", licence=licence)
    mail = compose(samples.plan_of(article, source="The Paper"))
    assert f"The Paper: {shown}" in LexborHTMLParser(mail.html).text()
    assert f"The Paper: {shown}" in mail.text
