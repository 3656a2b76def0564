"""Pictures, bylines and sources: what has a place in a mail, and how much of it is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from selectolax.lexbor import LexborHTMLParser

from digest.edition.setting.bylines import authors, said, short_source
from digest.edition.setting.shapes import placed
from digest.model import Article, Image
from tests.edition import samples
from tests.edition.conftest import Compose


@pytest.mark.parametrize(
    ("width", "height", "large", "small"),
    [
        (1200, 800, True, True),
        (800, 800, True, True),
        (800, 1000, True, False),
        (800, 1200, False, False),
        (600, 2400, False, False),
        (1600, 700, True, False),
        (2400, 500, True, False),
        (3000, 300, False, False),
        (180, 120, False, False),
        (None, None, True, True),
        (1200, None, True, True),
    ],
)
def test_a_picture_has_a_place_by_its_shape(
    width: int | None, height: int | None, large: bool, small: bool
) -> None:
    picture = placed(Image(url="https://e.org/a.png", width=width, height=height), "A")
    assert (picture is not None) == (large or small)
    if picture:
        assert (picture.large, picture.small) == (large, small)
        assert picture.thumb_width == 132
        assert picture.height is None or picture.height <= 1.25 * picture.width


def test_small_pictures_are_alike_whatever_the_program_crops(compose: Compose) -> None:
    shapes = ((1200, 800), (400, 1600), (1000, 1000), (2000, 100), (72, 72), (900, 500))
    images = [Image(url=f"https://e.org/{n}.png", width=w, height=h) for n, (w, h) in enumerate(shapes)]
    articles = [
        Article(guid=image.url, url=f"https://e.org/{n}", title=f"Story {n}", image=image)
        for n, image in enumerate(images)
    ]
    tree = LexborHTMLParser(compose(samples.plan_of(*articles)).html)
    shown = {image.attributes["src"]: image.attributes for image in tree.css("img")}
    assert {url: (each["width"], each["height"]) for url, each in shown.items()} == {
        "https://e.org/0.png": ("552", "368"),
        "https://e.org/2.png": ("132", "132"),
        "https://e.org/5.png": ("132", "73"),
    }


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Ines Okafor", ["Ines Okafor"]),
        ("Ines Okafor, Lev Marsh", ["Ines Okafor", "Lev Marsh"]),
        ("Ines Okafor and Lev Marsh", ["Ines Okafor and Lev Marsh"]),
        ("Ines Okafor, Lev Marsh and Ada Quay", ["Ines Okafor", "Lev Marsh", "Ada Quay"]),
        ("Ines Okafor, Lev Marsh, and Ada Quay", ["Ines Okafor", "Lev Marsh", "Ada Quay"]),
        ("Tom Reed, Jr., Ada Quay, PhD", ["Tom Reed, Jr.", "Ada Quay, PhD"]),
        ("森山花、古川一郎", ["森山花", "古川一郎"]),
        ("ليلى منصور، كريم عادل", ["ليلى منصور", "كريم عادل"]),
        ("Alejandro Yepes", ["Alejandro Yepes"]),
        ("", []),
    ],
)
def test_authors_are_told_apart(byline: str, names: list[str]) -> None:
    assert authors(byline) == names


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Harbour News", "Harbour News"),
        ("Harbour News - the tide", "Harbour News - the tide"),
        ("Harbour News - all about boats, tides and people", "Harbour News"),
        ("Harbour News | all about boats, tides and people", "Harbour News"),
        ("Harbour News – all about boats, tides and people", "Harbour News"),
        ("Harbour News: all about boats, tides and people", "Harbour News"),
        (
            "Harbour-News of the northern and southern islands",
            "Harbour-News of the northern and southern islands",
        ),
        (
            "The Weekly Gazette of " + "very " * 20 + "small islands",
            "The Weekly Gazette of very very very very very very very…",
        ),
    ],
)
def test_a_source_is_called_by_its_name(title: str, name: str) -> None:
    assert short_source(title) == name


def test_a_source_is_said_where_it_says_something() -> None:
    assert said(["A", "A"], ["Paper"]) == set()
    assert said(["A", "B", "paper"], ["Paper"]) == {"A", "B"}


def test_an_edition_of_one_source_does_not_repeat_it(compose: Compose) -> None:
    articles = [Article(guid=str(n), url=f"https://e.org/{n}", title=f"Story {n}") for n in range(3)]
    for theme in ("frontpage", "headlines", "letter"):
        mail = compose(samples.plan_of(*articles, source="The Only One"), theme=theme)
        assert "The Only One" not in mail.html + mail.text


def test_many_authors_are_counted(compose: Compose) -> None:
    article = Article(
        guid="1", url="https://e.org/1", title="A", byline="Ann Reed, Bo Quay, Cy Marsh, Di Pool"
    )
    for language, told in (
        ("en", "Ann Reed, Bo Quay and 2 others"),
        ("de", "Ann Reed, Bo Quay und 2 weitere Personen"),
    ):
        mail = compose(samples.plan_of(article), language=language)
        assert told in mail.html
        assert told in mail.text


@pytest.mark.parametrize("theme", ["frontpage", "headlines", "letter"])
def test_a_wordmark_is_the_name_and_a_sign_stands_beside_it(compose: Compose, theme: str) -> None:
    def logo_and_name(width: int, height: int) -> tuple[dict[str, str | None], int]:
        logo = Image(url="https://e.org/logo.png", width=width, height=height)
        plan = replace(samples.plan_of(Article(guid="1", url="https://e.org/1", title="A")), logo=logo)
        mail = compose(plan, theme=theme, logo="https://e.org/logo.png")
        tree = LexborHTMLParser(mail.html)
        (image,) = tree.css("img.logo")
        for other in tree.css("head, .mail-only"):
            other.decompose()
        return dict(image.attributes), tree.text().split("Our stories")[0].count("The Daily Tide")

    wide, named = logo_and_name(900, 150)
    assert (wide["width"], wide["height"], wide["alt"], named) == ("280", "47", "The Daily Tide", 0)
    sign, named = logo_and_name(400, 400)
    assert (sign["width"], sign["height"], named) == ("56", "56", 1)
    assert "Saltmarsh Reporter" in (sign["alt"] or "")
    small, _ = logo_and_name(120, 30)
    assert (small["width"], small["height"]) == ("120", "30")


def test_a_logo_that_nobody_has_measured_keeps_its_shape(compose: Compose) -> None:
    image = LexborHTMLParser(compose(logo="https://e.org/logo.png").html).css_first("img.logo")
    assert image is not None
    assert (image.attributes.get("width"), image.attributes["height"]) == (None, "48")
    assert "max-width:280px" in (image.attributes["style"] or "")
