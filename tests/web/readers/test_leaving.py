"""After leaving: what can be taken back and for how long, a pause instead, and the question why."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from importlib.resources import files

import httpx
import pytest
from playwright.sync_api import Page

from digest.app import open_tools
from digest.model import LeavingReason
from digest.model import SubscriptionStatus as Status
from digest.store.db.schema import tables
from digest.store.people import suppressions, wishes
from digest.usecases.readers import leaving
from digest.web import create_app, serve
from tests.helpers.browser import Chromium
from tests.web.conftest import Service, add_reader, settings


class MovingClock:
    """A clock that the test sets forward."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> MovingClock:
    return MovingClock(now)


@pytest.fixture
async def service(sqlite_url: str, clock: MovingClock) -> AsyncIterator[Service]:
    async with open_tools(settings(sqlite_url), clock=clock) as tools:
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                yield Service(tools=tools, url=url, client=client)


async def leave(service: Service, number: int) -> str:
    """Press the button; return the page after it."""
    return (await service.client.post(f"/u/{service.tools.links.token(number)}")).text


def after(page: str) -> str:
    """Return the address that the buttons of a page lead to."""
    found = re.search(r'action="\.\.(/s/[^"]+)"', page)
    assert found is not None
    return found[1]


async def test_leaving_is_taken_back_by_the_button_on_the_page_after_it(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    buttons = after(await leave(service, number))
    for _ in range(2):
        answer = await service.client.post(buttons, data={"do": "undo"})
        assert (answer.status_code, "You are still subscribed" in answer.text) == (200, True)
        assert not {"location", "set-cookie"} & set(answer.headers)
    assert (await service.subscriber(number)).status is Status.CONFIRMED
    await leave(service, number)
    assert (await service.subscriber(number)).status is Status.UNSUBSCRIBED


async def test_a_forwarded_mail_brings_nobody_back_who_left_long_ago(
    service: Service, clock: MovingClock
) -> None:
    number = await add_reader(service.tools, "ada")
    buttons = after(await leave(service, number))
    clock.now += leaving.UNDO_FOR + timedelta(seconds=1)
    page = await leave(service, number)  # pressed once more, by whoever has the mail
    assert 'value="undo"' not in page
    assert 'value="pause"' not in page
    for fields in ({"do": "undo"}, {"do": "pause", "weeks": "2"}):
        assert "You are unsubscribed" in (await service.client.post(buttons, data=fields)).text
    assert (await service.subscriber(number)).status is Status.UNSUBSCRIBED
    clock.now += timedelta(hours=24)
    assert (await service.client.post(buttons, data={"do": "undo"})).status_code == 404


async def test_only_what_was_confirmed_is_brought_back(service: Service) -> None:
    pending, forgotten = await add_reader(service.tools, "ada"), await add_reader(service.tools, "ben")
    async with service.tools.db.begin() as conn:
        await conn.execute(tables.subscription.update().values(status=Status.PENDING))
    page = await leave(service, pending)
    assert 'value="undo"' not in page
    buttons = after(page)
    await service.client.post(buttons, data={"do": "undo"})
    assert (await service.subscriber(pending)).status is Status.UNSUBSCRIBED
    await suppressions.forget(service.tools.db, "ben@example.org", service.tools.clock())
    page = await leave(service, forgotten)
    assert "You are unsubscribed" in page
    assert 'value="undo"' not in page
    assert (await service.subscriber(forgotten)).status is Status.UNSUBSCRIBED


@pytest.mark.parametrize("left", [False, True], ids=["before leaving", "after it"])
async def test_a_pause_is_offered_instead_and_ends_by_itself(service: Service, left: bool) -> None:
    number = await add_reader(service.tools, "ada")
    token = service.tools.links.token(number)
    page = await leave(service, number) if left else (await service.client.get(f"/u/{token}")).text
    assert "2 weeks" in page
    answer = await service.client.post(after(page), data={"do": "pause", "weeks": "2"})
    assert "Nothing comes until March 16, 2026" in answer.text
    assert (await service.subscriber(number)).status is Status.CONFIRMED
    async with service.tools.db.connect() as conn:
        chosen = await wishes.read(conn, number)
    assert chosen is not None
    assert chosen.paused_until == service.tools.clock() + timedelta(weeks=2)


@pytest.mark.parametrize("weeks", ["", "3", "-2", "999999999999", "two", "２"])
async def test_a_pause_that_is_not_offered_changes_nothing(service: Service, weeks: str) -> None:
    number = await add_reader(service.tools, "ada")
    page = (await service.client.get(f"/u/{service.tools.links.token(number)}")).text
    await service.client.post(after(page), data={"do": "pause", "weeks": weeks})
    async with service.tools.db.connect() as conn:
        chosen = await wishes.read(conn, number)
    assert chosen is not None
    if weeks == "２":  # a digit of another script is a digit
        assert chosen.paused_until
    else:
        assert chosen.paused_until is None


async def test_reasons_are_counted_once_for_each_time_of_leaving(service: Service) -> None:
    numbers = [await add_reader(service.tools, name) for name in ("ada", "ben", "cy")]
    for number, reason in zip(numbers, ("often", "often", "nonsense"), strict=True):
        buttons = after(await leave(service, number))
        for _ in range(3):
            answer = await service.client.post(buttons, data={"do": "why", "reason": reason})
            assert answer.status_code == 200
    counts = await leaving.reasons(service.tools, "daily")
    assert counts[LeavingReason.TOO_OFTEN] == 2
    assert sum(counts.values()) == 2


async def test_a_token_of_the_buttons_is_good_for_nothing_else(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    buttons = after((await service.client.get(f"/u/{service.tools.links.token(number)}")).text)
    token = buttons.removeprefix("/s/")
    for path in (f"/u/{token}", f"/p/{token}", f"/s/{service.tools.links.token(number)}", f"/s/{token[2:]}"):
        assert (await service.client.post(path, data={"do": "undo"})).status_code == 404, path
    for method in ("GET", "HEAD", "OPTIONS"):
        assert (await service.client.request(method, buttons)).status_code in (200, 204)
    assert (await service.subscriber(number)).status is Status.CONFIRMED


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "dark", "newsletter"),
    [(320, False, "daily"), (320, True, "woche"), (1200, False, "woche"), (1200, True, "daily")],
)
async def test_a_person_leaves_and_comes_back_with_the_keyboard_alone(
    service: Service, chromium: Chromium, width: int, dark: bool, newsletter: str
) -> None:
    number = await add_reader(service.tools, "ada", newsletter)
    url = f"{service.url}/u/{service.tools.links.token(number)}"

    def examine(page: Page) -> list[str]:
        page.evaluate(f"() => {{ {(files('axe_core_python') / 'axe.min.js').read_text('utf-8')} }}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        return [each["id"] for each in page.evaluate("() => axe.run()")["violations"]]

    def work(page: Page) -> list[str]:
        page.goto(url)
        found = examine(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/u/**")
        page.wait_for_selector("#why")
        found += examine(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/s/**")
        return found + examine(page)

    assert await asyncio.to_thread(chromium.look, work, width=width, dark=dark) == []
    assert (await service.subscriber(number)).status is Status.CONFIRMED
