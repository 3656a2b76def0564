"""The small parts: colours, fitting, wrapping, one-line texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition import colours
from digest.edition.addresses import is_safe, safe
from digest.edition.finish import disarm, encoded_size, finish
from digest.edition.fit import fit
from digest.edition.plain import tidy, underline, wrap
from digest.edition.prepare import prepare
from digest.edition.setting.columns import columns
from digest.edition.subject import one_line
from digest.edition.view import Detail, View
from digest.model.placeholders import PLACEHOLDERS
from tests.edition import samples
from tests.edition.conftest import Compose

COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


# --- colours ----------------------------------------------------------------------------------------------


def test_contrast_is_that_of_the_standard() -> None:
    assert colours.contrast("#000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert colours.contrast("#123456", "#123456") == 1


@given(COLOURS)
def test_every_accent_can_be_read_by_day_and_by_night(accent: str) -> None:
    for palette in (colours.light(accent), colours.dark(accent)):
        assert colours.contrast(palette.accent, palette.paper) >= 4.5
        assert colours.contrast(palette.accent, palette.tint) >= 4.5
        assert colours.contrast(palette.on_button, palette.button) >= 4.5
        assert all(colours.contrast(ink, palette.paper) >= 4.5 for ink in (palette.ink, palette.grey))
        assert all(colours.contrast(ink, palette.page) >= 4.5 for ink in (palette.ink, palette.grey))


def test_an_accent_that_can_be_read_stays_as_it_is() -> None:
    assert colours.light("#9b1c1c").accent == "#9b1c1c"


# --- fitting ----------------------------------------------------------------------------------------------


def seen() -> View:
    return prepare(samples.plan(), samples.newsletter(), samples.SITE, samples.DUE)


def render(view: View) -> str:
    return " ".join(f"{story.rank}:{int(story.detail)}" for story in view.stories)


def weight(text: str) -> int:
    return sum(int(item.split(":")[1]) for item in text.split())


@pytest.mark.parametrize("limit", range(60))
def test_what_is_left_is_as_much_as_fits(limit: int) -> None:
    text = fit(seen(), render, weight, limit)
    everything, least = weight(render(seen())), int(Detail.TEASER)
    assert weight(text) == max(min(limit, everything), least)  # one step weighs one


def test_the_lead_keeps_its_dek_and_the_last_lose_first() -> None:
    assert fit(seen(), render, weight, 0) == "1:3"
    details = [int(item.split(":")[1]) for item in fit(seen(), render, weight, 30).split()]
    assert details == sorted(details, reverse=True)


def test_what_is_gone_is_counted() -> None:
    shorter = seen().at({12: Detail.GONE, 14: Detail.GONE, 13: Detail.LINE})
    assert [section.more for section in shorter.sections] == [0, 0, 0, 2]
    assert [int(story.detail) for story in shorter.sections[-1].stories] == [1]


# --- text -------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_wrapping_loses_no_word(text: str) -> None:
    assert "".join(wrap(text).split()) == "".join(text.split())
    assert all(columns(line) <= 72 or " " not in line.strip() for line in wrap(text, 2).split("\n"))


def test_addresses_are_never_broken() -> None:
    address = "https://example.org/" + "a-b_c/" * 40
    assert address in wrap(f"See {address} there").split()


def test_a_line_is_as_wide_as_what_it_underlines() -> None:
    assert underline("Tide") == "Tide\n===="
    assert underline("潮の新聞", "-") == "潮の新聞\n--------"


def test_tidy_leaves_one_empty_line() -> None:
    assert tidy("\n\na  \n\n\n\nb\n\n") == "a\n\nb\n"


@given(st.text(max_size=400))
def test_any_text_becomes_one_printable_line(text: str) -> None:
    line = one_line(text, 150)
    assert len(line) <= 150
    assert not set(line) & set("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x00\u202e")
    assert one_line(line, 150) == line


@pytest.mark.parametrize(
    "text",
    [
        "Attention\u00a0: l’eau",
        "「合格」\u3000二年前に",
        "👩‍👩‍👧 Families",
        "🇺🇦 Київ",
        "हिन्दी",
        "שלום",
        "日本語",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿 Scotland",
    ],
)
def test_letters_and_emoji_survive(text: str) -> None:
    assert one_line(text, 150) == text


# --- the last steps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["https://a.org", "HTTP://a.org", "mailto:a@b.org", "#top", PLACEHOLDERS["browser_url"]]
)
def test_addresses_that_may_travel(address: str) -> None:
    assert safe(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//a.org",
        "/path",
        "ftp://a.org",
        "",
        "vbscript:x",
        "file:///etc/passwd",
        "tel:1",
    ],
)
def test_addresses_that_may_not(address: str) -> None:
    assert not is_safe(address)
    assert safe(address) == ""


def test_a_sound_mail_is_not_touched(compose: Compose) -> None:
    html = compose().html
    assert disarm(html) == html


ADDRESS = "https://a.example.org/x"


@pytest.mark.parametrize(
    "html",
    [
        "<template><p onclick='alert(1)'></p></template>",
        "<template shadowrootmode='open'><script>alert(1)</script></template>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
        "<!--[if mso]><!--[if mso]><script>alert(1)</script><![endif]-->",
        "<!--[if mso]><p onclick='alert(1)'>x</p><![endif]-->",
        f"<a href='{ADDRESS}' ping='{ADDRESS}?alert'>x</a>",
        f"<img src='{ADDRESS}' srcset='{ADDRESS} 1x, javascript:alert(1) 2x'>",
        f"<img src='{ADDRESS}' srcset='{ADDRESS} 1x,javascript:alert(1) 2x'>",
        f"<img src='{ADDRESS}' srcset='{ADDRESS}, data:text/html,alert'>",
    ],
)
def test_what_is_hidden_is_disarmed_as_well(html: str) -> None:
    page = f"<html><head></head><body><p>before</p>{html}<p>after</p></body></html>"
    left = disarm(page)
    assert "alert" not in left
    assert "<p>before</p>" in left
    assert "<p>after</p>" in left
    assert disarm(left) == left


@pytest.mark.parametrize(
    "html",
    [
        "<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->",
        "<!-- a < b --><!----><!--x-->",
        f"<img src='{ADDRESS}' srcset='{ADDRESS},w_3,h_2 1x, {ADDRESS} 1.5x,{ADDRESS} 640w'>",
        f"<img src='{ADDRESS}' srcset='{ADDRESS}, {ADDRESS} 2x'>",
    ],
)
def test_what_is_sound_is_not_touched(html: str) -> None:
    assert disarm(html) == html


def test_styles_go_onto_the_elements_and_marks_stay() -> None:
    html = finish(
        "<html><head><style>p{color:red}</style><style data-css-inline='keep'>@media print{p{color:blue}}</style></head>"
        f"<body><p><a href='{PLACEHOLDERS['browser_url']}'>x</a></p></body></html>"
    )
    assert 'style="color:red"' in html
    assert "@media print" in html
    assert f'href="{PLACEHOLDERS["browser_url"]}"' in html


def test_the_size_counts_what_the_encoding_adds() -> None:
    assert encoded_size("ä" * 10) == len("=C3=A4") * 10
    assert encoded_size("a=b") == len("a=3Db")
    assert encoded_size(PLACEHOLDERS["unsubscribe_url"]) > 100


# --- odd texts --------------------------------------------------------------------------------------------


@pytest.mark.corpus
def test_every_headline_of_the_feeds_makes_an_edition(compose: Compose, corpora: Path) -> None:
    titles = set()
    for line in (corpora / "feeds" / "normalized_expected.jsonl").read_text("utf-8").splitlines():
        titles |= {
            str(check["value"])
            for check in json.loads(line)["checks"]
            if str(check["field"]).endswith("title")
        }
    assert len(titles) > 50
    articles = [
        samples.article(n, title, title, title, "https://p.example.org")
        for n, title in enumerate(sorted(titles), 1)
    ]
    for start in range(0, len(articles), 40):
        mail = compose(samples.plan_of(*articles[start : start + 40]))
        assert mail.subject == one_line(mail.subject, 150)
        assert encoded_size(mail.html) <= 90_000
