"""The preview page and the pictures: what an editor looks at is what readers get."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from digest.edition import plan_document, templates_dir
from digest.edition.proof.lint import lint
from digest.edition.proof.preview import SCREENS, as_seen, preview_page
from digest.edition.proof.screenshots import take_screenshots
from digest.errors import UsageError
from digest.model import Mail
from tests.edition import samples
from tests.edition.conftest import Compose, personal
from tests.helpers.browser import Chromium, find_chromium


def source_of(mail: Mail) -> bytes:
    message = EmailMessage()
    message["Subject"] = mail.subject
    message["From"] = "The Daily Tide <daily@saltmarsh.example.org>"
    message.set_content(personal(mail.text))
    message.add_alternative(personal(mail.html), subtype="html")
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.fixture
def page_html(compose: Compose) -> str:
    mail, plan = compose(), samples.plan()
    return preview_page(
        mail,
        html=personal(mail.html),
        text=personal(mail.text),
        source=source_of(mail),
        findings=lint(mail, samples.SITE, plan),
        document=plan_document(plan, mail),
        templates=templates_dir(),
    )


@pytest.mark.browser
def test_every_screen_shows_the_mail_of_the_message(chromium: Chromium, page_html: str) -> None:
    def work(page: Page) -> Any:
        page.set_content(page_html, wait_until="load")
        return [frame.evaluate("document.querySelector('h1').innerText") for frame in page.frames[1:]]

    assert chromium.look(work, width=1400) == ["The Daily Tide"] * len(SCREENS)


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_a_screen_is_dark_or_light_whatever_the_editor_prefers(
    chromium: Chromium, page_html: str, dark: bool
) -> None:
    def work(page: Page) -> Any:
        page.set_content(page_html, wait_until="load")
        ground = "getComputedStyle(document.body).backgroundColor"
        return [sum(map(int, re.findall(r"\d+", frame.evaluate(ground)))) for frame in page.frames[1:]]

    grounds = chromium.look(work, width=1400, dark=dark)
    assert [ground < 300 for ground in grounds] == [screen.dark for screen in SCREENS]


@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1400])
def test_the_page_runs_nothing_and_fits(chromium: Chromium, page_html: str, width: int) -> None:
    def work(page: Page) -> int:
        page.set_content(page_html, wait_until="load")
        return int(page.evaluate("document.documentElement.scrollWidth"))

    assert chromium.look(work, width=width) <= width
    assert "<script" not in page_html


def test_the_page_tells_headers_text_findings_and_reasons(page_html: str) -> None:
    assert "daily@saltmarsh.example.org" in page_html
    assert "Morning edition" in page_html
    assert "(credit)" in page_html or "Nothing to complain about" in page_html or "(alt)" in page_html
    assert "Estuary: new" in page_html
    assert "refresh" not in page_html.split("<style>")[0]


def test_a_page_that_watches_loads_itself_again(compose: Compose) -> None:
    mail = compose()
    page = preview_page(
        mail,
        html=personal(mail.html),
        text=personal(mail.text),
        source=source_of(mail),
        findings=(),
        document=plan_document(samples.plan(), mail),
        templates=templates_dir(),
        refresh=2,
    )
    assert '<meta http-equiv="refresh" content="2">' in page
    assert "Nothing to complain about" in page


def test_images_off_keeps_the_alt_texts(compose: Compose) -> None:
    html = as_seen(compose().html, next(screen for screen in SCREENS if not screen.images))
    assert "pictures.example.org" not in html
    assert "A grey concrete wall" in html


@pytest.mark.browser
def test_pictures_are_as_wide_as_their_screens_and_not_empty(
    compose: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (path := find_chromium()) is None:
        pytest.skip("no Chromium found")
    monkeypatch.setenv("CHROMIUM", path)
    html = personal(re.sub(r'src="https?://[^"]*"', 'src="data:,"', compose().html))
    pictures = take_screenshots(html, tmp_path / "out", SCREENS[:2])
    for picture, screen in zip(pictures, SCREENS[:2], strict=True):
        with Image.open(picture) as image:
            assert image.width == screen.width
            assert 1_000 < image.height < 8_000


def test_without_a_browser_the_way_out_is_said(
    compose: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt install chromium"):
        take_screenshots(compose().html, tmp_path)
