"""Sign-up in a real Chromium: by keyboard alone, on a phone and a desktop, by day and by night, clean for axe."""

from __future__ import annotations

import asyncio
from importlib.resources import files

import pytest
from playwright.sync_api import Page

from tests.helpers.browser import Chromium
from tests.helpers.smtp_server import Serve
from tests.web.readers.signing_up import ANNA, Paper, link, newsletter, opened


def problems(page: Page) -> list[str]:
    """Return what axe finds, and whether the page is wider than its window."""
    page.evaluate(f"() => {{ {(files('axe_core_python') / 'axe.min.js').read_text('utf-8')} }}")
    found = [each["id"] for each in page.evaluate("() => axe.run()")["violations"]]
    wide = page.evaluate("() => document.documentElement.scrollWidth > innerWidth || scrollX !== 0")
    return found + (["too wide"] if wide else [])


def by_keyboard(page: Page, url: str, address: str) -> None:
    """Sign up with the keys of a keyboard, as soon as people type."""
    page.goto(url)
    page.wait_for_timeout(2_100)
    page.keyboard.press("Tab")
    page.keyboard.type(address)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.tagName") == "BUTTON", "the trap is not in the way"
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(375, False), (900, True)])
async def test_every_page_of_a_sign_up(
    sqlite_url: str, scripted: Serve, chromium: Chromium, width: int, dark: bool
) -> None:
    async with opened(sqlite_url, await scripted()) as paper:
        paper.clock.stand_still = False
        url = str(paper.client.base_url)

        def ask(page: Page) -> tuple[list[str], str]:
            found = []
            for address in ("anna@mailinator.com", "anna@gmal.com", ANNA):
                by_keyboard(page, f"{url}/n/daily", address)
                found += problems(page)
            return found, page.inner_text("h1")

        found, title = await asyncio.to_thread(chromium.look, ask, width=width, dark=dark)
        assert (found, title) == ([], "Please look into your mailbox")
        [mail] = await paper.mails()

        def confirm(page: Page) -> tuple[list[str], str]:
            page.goto(url + link(mail, "c"))
            found = problems(page)
            page.keyboard.press("Tab")
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return found + problems(page), page.inner_text("h1")

        confirmed = await asyncio.to_thread(chromium.look, confirm, width=width, dark=dark)
        assert confirmed == ([], "You are subscribed")


@pytest.mark.browser
async def test_a_page_from_right_to_left_stands_where_it_should(
    sqlite_url: str, scripted: Serve, chromium: Chromium
) -> None:
    async with opened(sqlite_url, await scripted(), newsletters=[newsletter("madd", language="ar")]) as paper:
        url = f"{paper.client.base_url}/n/madd"

        def look(page: Page) -> list[str]:
            page.goto(url)
            assert page.locator("h1").bounding_box()
            return problems(page)

        assert await asyncio.to_thread(chromium.look, look, width=375) == []


async def test_the_page_has_no_script_and_the_strict_headers(paper: Paper) -> None:
    answer = await paper.client.get("/n/daily")
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "set-cookie" not in answer.headers
    posted = await paper.ask()
    assert posted.headers["cache-control"] == "no-store"
    spoofed = await paper.client.get(
        "/n/daily", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )
    assert "evil.example" not in spoofed.text
