"""How a mail looks in a real browser: on narrow screens, by day and by night, without images, styles or classes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Page

from digest.edition import templates_dir
from digest.edition.theme.themes import ours
from tests.edition import samples
from tests.edition.conftest import Compose, personal
from tests.helpers.browser import Chromium
from tests.helpers.pictures import picture

pytestmark = pytest.mark.browser

T = TypeVar("T")
THEMES = ours(templates_dir())
PICTURES = "http://127.0.0.1:9/pictures"  # answered by the browser's own route

#: The texts of a page with their size and their contrast against what is painted behind them.
TEXTS = """() => {
  const rgba = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a] };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || /^[\\s\\u00a0\\u034f\\u200c]*$/.test(text) || !node.checkVisibility()) continue;
    const style = getComputedStyle(node), a = light(rgba(style.color)), b = light(ground(node));
    found.push({text, size: parseFloat(style.fontSize), contrast: (Math.max(a, b) + .05) / (Math.min(a, b) + .05)});
  }
  return found;
}"""


def show(chromium: Chromium, html: str, work: Callable[[Page], T], **look: Any) -> T:
    """Return what `work` makes of a mail in the browser, its pictures there."""

    def on_page(page: Page) -> T:
        if look.get("images", True):
            page.route(
                f"{PICTURES}/*", lambda route: route.fulfill(body=picture(1), content_type="image/png")
            )
        page.set_content(html, wait_until="load")
        return work(page)

    return chromium.look(on_page, **look)


@pytest.fixture(params=THEMES)
def html(request: pytest.FixtureRequest, compose: Compose) -> str:
    return personal(compose(samples.plan(pictures=PICTURES), theme=request.param).html)


def width(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_nothing_scrolls_sideways_and_nothing_is_blank(chromium: Chromium, html: str) -> None:
    def on_each_screen(page: Page) -> dict[int, tuple[int, bytes]]:
        seen = {}
        for screen in (320, 375, 700):
            page.set_viewport_size({"width": screen, "height": 900})
            seen[screen] = width(page), page.screenshot(full_page=True)
        return seen

    for screen, (wide, shot) in show(chromium, html, on_each_screen).items():
        assert wide <= screen
        image = Image.open(io.BytesIO(shot))
        assert image.width == screen
        assert len(image.convert("RGB").getcolors(1 << 24) or ()) > 200


@pytest.mark.parametrize("theme", THEMES)
def test_the_longest_words_do_not_scroll_sideways(chromium: Chromium, compose: Compose, theme: str) -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    articles = [
        samples.article(n, f"{word} {'x' * 200}", f"https://example.org/{'a' * 250}", word * 2, PICTURES)
        for n in (1, 2, 3)
    ]
    site = samples.SITE.model_copy(update={"name": word, "about": word * 3, "postal_address": word * 2})
    html = personal(compose(samples.plan_of(*articles, source=word), site=site, theme=theme, title=word).html)
    assert show(chromium, html, width, width=320) <= 320


@pytest.mark.parametrize("accent", ["#9b1c1c", "#ffee00", "#000"])
@pytest.mark.parametrize("theme", THEMES)
def test_every_text_can_be_read_by_day_and_by_night(
    chromium: Chromium, compose: Compose, theme: str, accent: str
) -> None:
    def by_day_and_by_night(page: Page) -> list[list[dict[str, Any]]]:
        seen = [page.evaluate(TEXTS)]
        page.emulate_media(color_scheme="dark")
        return [*seen, page.evaluate(TEXTS)]

    html = personal(compose(samples.plan(pictures=PICTURES), theme=theme, accent=accent).html)
    for texts in show(chromium, html, by_day_and_by_night):
        assert len(texts) > 40
        assert [text for text in texts if text["contrast"] < 4.5] == []
        assert [text for text in texts if text["size"] < 14] == []


def test_night_is_dark_and_day_is_light(chromium: Chromium, html: str) -> None:
    def brightness(*, dark: bool) -> float:
        shot = show(chromium, html, lambda page: page.screenshot(full_page=True), dark=dark, images=False)
        return ImageStat.Stat(Image.open(io.BytesIO(shot)).convert("L")).mean[0]

    assert brightness(dark=False) > 200
    assert brightness(dark=True) < 70


BARE = {
    "without images": lambda html: re.sub(r"<img[^>]*>", "", html),
    "without style elements": lambda html: re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL),
    "without classes": lambda html: re.sub(r' class="[^"]*"', "", html),
    "as Outlook reads it": lambda html: re.sub(
        r"(border-radius|max-width|object-fit|letter-spacing):[^;\"]*;?", "", html
    ),
}


@pytest.mark.parametrize("without", BARE)
def test_it_is_complete(chromium: Chromium, html: str, without: str) -> None:
    stripped = BARE[without](html)
    assert (stripped != html) or (without == "without images" and "<img" not in html)

    def on_a_small_screen(page: Page) -> tuple[int, list[dict[str, Any]]]:
        return width(page), page.evaluate(TEXTS)

    wide, texts = show(chromium, stripped, on_a_small_screen, width=320)
    seen = " ".join(text["text"] for text in texts)
    assert all(chosen.candidate.article.title in seen for chosen in samples.plan().chosen)
    assert "Unsubscribe" in seen
    assert [text for text in texts if text["contrast"] < 4.5 or text["size"] < 14] == []
    assert wide <= 320 or without == "as Outlook reads it"  # which has no narrow screens


def test_it_is_accessible_by_day_and_by_night(chromium: Chromium, html: str) -> None:
    # A mail is shown inside a page of the mail program, which brings the landmarks.
    options = {"rules": {rule: {"enabled": False} for rule in ("region", "landmark-one-main")}}

    def audit(page: Page) -> list[Any]:
        page.evaluate((files("axe_core_python") / "axe.min.js").read_text("utf-8"))
        by_day = page.evaluate("options => axe.run(options)", options)
        page.emulate_media(color_scheme="dark")
        return [by_day, page.evaluate("options => axe.run(options)", options)]

    for result in show(chromium, html, audit):
        assert len(result["passes"]) > 15
        problems = [(rule["id"], node["html"]) for rule in result["violations"] for node in rule["nodes"]]
        assert problems == [], json.dumps(problems, indent=1)


def test_nothing_is_asked_of_the_network_but_its_pictures(chromium: Chromium, compose: Compose) -> None:
    html = personal(compose().html)
    show(chromium, html, lambda page: page.wait_for_load_state("networkidle"))
    assert {asked.split("/story")[0].rsplit("/", 1)[0] for asked in chromium.refused} == {
        "image https://pictures.example.org"
    }


@pytest.mark.parametrize("theme", THEMES)
def test_a_right_to_left_edition_mirrors(chromium: Chromium, compose: Compose, theme: str) -> None:
    html = personal(compose(samples.plan(pictures=PICTURES), theme=theme, language="ar").html)
    assert 'dir="rtl"' in html
    edge = "[...document.querySelectorAll('h2')].map(h => getComputedStyle(h).direction)"
    assert "rtl" in show(chromium, html, lambda page: page.evaluate(edge))
    assert show(chromium, html, width, width=320) <= 320
