"""Unsubscribing by one click and by hand (RFC 8058): what acts, what must not, and what nobody can learn from it."""

from __future__ import annotations

import asyncio
import logging
from importlib.resources import files
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from digest.model import SubscriptionStatus as Status
from digest.readers.links import TEST_COPY
from digest.store.people import audience, suppressions
from tests.helpers.browser import Chromium
from tests.web.conftest import Service, add_reader

ONE_CLICK = {"List-Unsubscribe": "One-Click"}

#: How a request for unsubscribing may come; each alone must do.
REQUESTS: dict[str, dict[str, Any]] = {
    "urlencoded": {"data": ONE_CLICK},
    "multipart": {"files": {name: (None, value) for name, value in ONE_CLICK.items()}},
    "extra fields": {"data": {**ONE_CLICK, "x": "y" * 1000}},
    "our button": {"headers": {"Content-Type": "application/x-www-form-urlencoded"}, "content": b""},
    "no body": {},
    "odd type": {"headers": {"Content-Type": "application/octet-stream"}, "content": b"\xff\x00"},
    "foreign origin": {"data": ONE_CLICK, "headers": {"Origin": "https://mail.example.com"}},
}


def path(service: Service, number: int, purpose: Any = "unsubscribe") -> str:
    return f"/{'u' if purpose == 'unsubscribe' else 'p'}/{service.tools.links.token(number, purpose)}"


async def test_a_post_unsubscribes_at_once_however_it_comes(service: Service) -> None:
    bystander = await add_reader(service.tools, "grace")
    for index, (kind, request) in enumerate(REQUESTS.items()):
        number = await add_reader(service.tools, f"ada{index}")
        for _ in range(2):  # pressed twice, or retried by a provider
            answer = await service.client.post(path(service, number), **request)
            assert answer.status_code == 200, kind
            assert not {"location", "set-cookie"} & set(answer.headers), kind
            assert len(answer.content) < 6000
            assert "You are unsubscribed" in answer.text
        assert (await service.subscriber(number)).status is Status.UNSUBSCRIBED, kind
    assert (await service.subscriber(bystander)).status is Status.CONFIRMED


@pytest.mark.parametrize("purpose", ["unsubscribe", "preferences"])
async def test_nothing_but_post_changes_anything(service: Service, purpose: str) -> None:
    number = await add_reader(service.tools, "ada")
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        answer = await service.client.request(method, path(service, number, purpose))
        assert answer.status_code == {"GET": 200, "HEAD": 200, "OPTIONS": 204}.get(method, 405), method
        assert answer.status_code == 200 or answer.headers["Allow"] == "GET, HEAD, POST"
        assert (await service.subscriber(number)).status is Status.CONFIRMED, method


async def test_the_human_page_asks_and_names_the_newsletter_and_nobody(service: Service) -> None:
    number = await add_reader(service.tools, "ada", "weekly")
    page = await service.client.get(path(service, number))
    assert "The &lt;Weekly&gt;" in page.text
    assert '<form method="post">' in page.text
    assert "ada@example.org" not in page.text
    await service.client.post(path(service, number))
    assert "You are unsubscribed" in (await service.client.get(path(service, number))).text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_token_is_sent_where_the_host_header_says(service: Service, method: str) -> None:
    address = path(service, await add_reader(service.tools, "ada"))
    answer = await service.client.request(method, f"{address}/", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_forged_and_cut_links_are_all_answered_alike(service: Service, method: str) -> None:
    token = service.tools.links.token(await add_reader(service.tools, "ada"))
    strangers = [token[:-3], token[:-4] + "AAAA", token[1:], "x", "x" * 3000, "%00", "ü", token + "="]
    answers = [await service.client.request(method, f"/u/{stranger}") for stranger in strangers]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_a_token_is_good_for_its_own_purpose_only(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    unsubscribe = service.tools.links.token(number, "unsubscribe")
    assert (await service.client.post(f"/p/{unsubscribe}")).status_code == 404
    assert (await service.subscriber(number)).status is Status.CONFIRMED


async def test_the_link_of_a_test_copy_changes_nothing(service: Service) -> None:
    for method in ("GET", "POST"):
        for purpose in ("unsubscribe", "preferences"):
            answer = await service.client.request(method, path(service, TEST_COPY, purpose))
            assert answer.status_code == 200
            assert "belongs to a test copy" in answer.text


async def test_a_forgotten_reader_is_told_that_it_is_done(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    await suppressions.forget(service.tools.db, "ada@example.org", service.tools.clock())
    for method in ("GET", "POST"):
        answer = await service.client.request(method, path(service, number))
        assert (answer.status_code, "You are unsubscribed" in answer.text) == (200, True)


async def test_the_preferences_page_shows_the_subscription_and_ends_it(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    page = (await service.client.get(path(service, number, "preferences"))).text
    assert "The Daily" in page
    assert "a•••@example.org" in page
    assert "ada@example.org" not in page  # a link can be passed on
    assert "March 2, 2026" in page
    assert "Monday, March 2, 2026, 7:00" in page  # the next edition
    await service.client.post(path(service, number, "preferences"))
    assert (await service.subscriber(number)).status is Status.UNSUBSCRIBED


@pytest.mark.parametrize("address", ["/", "/nothing", "/u", "/u/x/y", "/wp-login.php"])
async def test_an_address_that_leads_nowhere_looks_like_any_other_page(
    service: Service, address: str
) -> None:
    answer = await service.client.get(address)
    assert answer.status_code == 404
    assert "This link does not work" in answer.text
    assert "pages.css" in answer.text


async def test_pages_speak_the_newsletters_language(service: Service) -> None:
    number = await add_reader(service.tools, "ada", "woche")
    page = (await service.client.get(path(service, number))).text
    assert '<html lang="de" dir="ltr">' in page
    assert "Die Woche abbestellen?" in page
    page = (await service.client.get(path(service, number, "preferences"))).text
    assert "2. März 2026" in page
    assert "Dienstag, 3. März 2026, 07:00" in page  # in Berlin
    page = (await service.client.post(path(service, number))).text
    assert "Sie haben abbestellt" in page


async def test_every_page_is_private_and_harmless(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    for page in (path(service, number), path(service, number, "preferences"), "/u/x", "/nothing"):
        answer = await service.client.get(page, headers={"Host": "evil.example"})
        headers = answer.headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
        assert "max-age" in headers["strict-transport-security"]
        assert "evil.example" not in answer.text
    assert "Disallow: /" in (await service.client.get("/robots.txt")).text


async def test_no_token_is_ever_logged(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    number = await add_reader(service.tools, "ada")
    await service.client.get(path(service, number))
    await service.client.post(path(service, number))
    assert service.tools.links.token(number) not in caplog.text


async def test_a_large_body_is_refused(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    answer = await service.client.post(path(service, number), content=b"x" * 200_000)
    assert answer.status_code == 413
    assert (await service.subscriber(number)).status is Status.CONFIRMED


async def test_a_database_that_cannot_write_asks_to_come_back(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    await service.tools.db.close()
    folder = service.tools.settings.database.url.removeprefix("sqlite:///")
    async with asyncio.timeout(100):
        await _make_unusable(folder)
        answer = await service.client.post(path(service, number))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "Traceback" not in answer.text


async def _make_unusable(file: str) -> None:
    def overwrite() -> None:
        from pathlib import Path

        for path in Path(file).parent.glob("digest.db*"):
            path.write_bytes(b"this is no database" * 400)

    await asyncio.to_thread(overwrite)


async def test_thousands_of_readers_may_leave_at_once(service: Service) -> None:
    numbers = [await add_reader(service.tools, f"reader{index}") for index in range(40)]
    answers: list[httpx.Response] = await asyncio.gather(
        *(service.client.post(path(service, number), data=ONE_CLICK) for number in numbers)
    )
    assert {answer.status_code for answer in answers} == {200}
    assert await audience.size(service.tools.db, "daily") == 0


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_a_person_unsubscribes_in_a_browser(service: Service, chromium: Chromium, dark: bool) -> None:
    """With the keyboard alone, on a phone, and nothing on the page is in anybody's way."""
    number = await add_reader(service.tools, "ada")
    url = service.url + path(service, number)

    def work(page: Page) -> tuple[list[str], int, str]:
        page.goto(url)
        page.evaluate(f"() => {{ {(files('axe_core_python') / 'axe.min.js').read_text('utf-8')} }}")
        found = page.evaluate("() => axe.run()")["violations"]
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        return [violation["id"] for violation in found], wide, page.inner_text("h1")

    violations, wide, heading = await asyncio.to_thread(chromium.look, work, width=320, dark=dark)
    assert violations == []
    assert wide <= 320
    assert heading == "You are unsubscribed"
    assert (await service.subscriber(number)).status is Status.UNSUBSCRIBED
