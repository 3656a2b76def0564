"""The archive as people meet it: on a phone and a desk, by day and by night, without scripts, with the keyboard."""

from __future__ import annotations

import asyncio
from importlib.resources import files

import pytest
from playwright.sync_api import Page

from digest.edition import set_edition, specimen
from tests.helpers.browser import Chromium
from tests.web.conftest import Service, add_edition


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(320, False), (1100, True)], ids=["phone", "desk-dark"])
@pytest.mark.parametrize("newsletter", ["daily", "woche"])
async def test_a_person_reads_from_the_list_back_to_the_first_edition(
    service: Service, chromium: Chromium, newsletter: str, width: int, dark: bool
) -> None:
    tools = service.tools
    entry = tools.settings.newsletter(newsletter)
    mail = set_edition(
        specimen(entry), entry, tools.settings.site, templates=tools.templates, now=tools.clock()
    )
    names = [
        await add_edition(
            tools, f"2026-0{month}-02T07:00", mail.html, newsletter=newsletter, preheader="Tides"
        )
        for month in (1, 2)
    ]
    axe = (files("axe_core_python") / "axe.min.js").read_text("utf-8")
    seen: list[tuple[str, list[str], int]] = []

    def look(page: Page) -> None:
        page.evaluate(f"() => {{ {axe} }}")
        problems = [found["id"] for found in page.evaluate("() => axe.run()")["violations"]]
        seen.append((page.url, problems, page.evaluate("document.documentElement.scrollWidth")))

    def work(page: Page) -> None:
        page.goto(f"{service.url}/n/{newsletter}/archive?month=2026-02")
        look(page)
        for _ in range(3):  # past the feed and the sign-up
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/e/{names[1]}")
        look(page)
        page.focus("a[rel=prev]")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/e/{names[0]}")
        page.click("nav a:not([rel])")
        page.wait_for_url(f"**/n/{newsletter}/archive")

    await asyncio.to_thread(chromium.look, work, width=width, dark=dark, images=False)
    assert len(seen) == 2
    for url, problems, wide in seen:
        assert problems == [], url
        assert wide <= width, url
