"""The page of preferences: who gets the link to it, what it changes, and what nobody learns from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from time import perf_counter
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from digest.app import open_tools
from digest.model import Frequency, Wishes
from digest.model import SubscriptionStatus as Status
from digest.pipeline.system_mails import MANAGE_LINK_GOOD_FOR
from digest.settings import SectionSettings, Settings
from digest.store.db.schema.people import system_mail
from digest.store.people import readers, suppressions, wishes
from digest.store.people.readers import Entry
from digest.usecases.readers import preferences
from digest.web import create_app, serve
from tests.helpers.browser import Chromium
from tests.web.conftest import Service, add_reader, settings
from tests.web.readers.test_leaving import MovingClock

SECTIONS = ("World", "Culture", "Sport & games")


def with_sections(database: str) -> Settings:
    made = settings(database)
    sections = tuple(SectionSettings(title=title) for title in SECTIONS)
    daily = made.newsletters[0].model_copy(update={"sections": sections})
    return made.model_copy(update={"newsletters": (daily, *made.newsletters[1:])})


@pytest.fixture
def clock(now: datetime) -> MovingClock:
    return MovingClock(now)


@pytest.fixture
async def service(sqlite_url: str, clock: MovingClock) -> AsyncIterator[Service]:
    async with open_tools(with_sections(sqlite_url), clock=clock) as tools:
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                yield Service(tools=tools, url=url, client=client)


def manage(service: Service, number: int) -> str:
    until = service.tools.clock() + MANAGE_LINK_GOOD_FOR
    return f"/m/{service.tools.links.timed_token(number, 'manage', until)}"


async def queued(service: Service, count: int) -> list[Any]:
    """Return the mails that wait, once there are so many: they are queued when the answer has left."""
    async with asyncio.timeout(30):
        while True:
            await asyncio.sleep(0.1)
            async with service.tools.db.connect() as conn:
                found = list((await conn.execute(select(system_mail).order_by(system_mail.c.id))).all())
            if len(found) >= count:
                return found


async def standing(service: Service) -> dict[str, Status]:
    return {one.newsletter: one.status async for one in readers.list_(service.tools.db)}


CHOSEN = {
    "do": "save",
    "get": ["daily", "weekly"],
    "sections.daily": ["World", "Sport & games"],
    "frequency.daily": "weekly",
    "hour.daily": "7",
    "pause.daily": "2026-03-20",
    "name": "Ada",
    "language": "de",
    "timezone": "America/New_York",
    "text_only": "1",
}


async def test_all_choices_are_stored_and_shown_again(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    await readers.add(
        service.tools.db,
        "woche",
        [Entry(address="ada@example.org", key="ada@example.org")],
        service.tools.clock(),
    )
    answer = await service.client.post(manage(service, number), data=CHOSEN)
    assert (answer.status_code, "Ihre Änderungen sind gespeichert" in answer.text) == (200, True)
    assert not {"location", "set-cookie"} & set(answer.headers)
    async with service.tools.db.connect() as conn:
        chosen = await wishes.read(conn, number)
    assert chosen is not None
    assert chosen.sections == ("World", "Sport & games")
    assert (chosen.frequency, chosen.hour, chosen.text_only) == (Frequency.WEEKLY, 7, True)
    assert chosen.paused_until == datetime(2026, 3, 20, 4, tzinfo=UTC)  # as the day begins in New York
    assert (chosen.name, chosen.language, chosen.timezone) == ("Ada", "de", "America/New_York")
    assert await standing(service) == {
        "daily": Status.CONFIRMED,
        "weekly": Status.CONFIRMED,
        "woche": Status.UNSUBSCRIBED,
    }
    page = (await service.client.get(manage(service, number))).text
    for shown in (
        'value="2026-03-20"',
        'value="7" selected',
        'value="America/New_York" selected',
        'value="Ada"',
    ):
        assert shown in page, shown
    assert 'value="Culture">' in page


async def test_whoever_unticks_everything_gets_nothing_and_may_come_back(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    await service.client.post(manage(service, number), data={"do": "save", "name": "Ada"})
    assert await standing(service) == {"daily": Status.UNSUBSCRIBED}
    await service.client.post(manage(service, number), data={"do": "save", "get": "daily", "name": "Ada"})
    assert await standing(service) == {"daily": Status.CONFIRMED}
    assert "preferences" in (await service.subscriber(number)).consent["how"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "win@evil.example"),
        ("language", "tlh"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Europe/Atlantis"),
        ("hour.daily", "24"),
        ("frequency.daily", "hourly"),
        ("pause.daily", "2026-03-01"),
        ("pause.daily", "2028-01-01"),
        ("pause.daily", "20 March"),
        ("pause.daily", "0001-01-01"),
        ("pause.daily", "9999-12-31"),
        ("sections.daily", "Crime"),
    ],
)
async def test_what_cannot_be_is_told_and_nothing_of_the_form_is_stored(
    service: Service, field: str, value: str
) -> None:
    number = await add_reader(service.tools, "ada")
    answer = await service.client.post(
        manage(service, number), data={**CHOSEN, "language": "en", field: value}
    )
    assert answer.status_code == 422
    assert f'href="#{field.replace("frequency", "hour")}"' in answer.text
    assert await standing(service) == {"daily": Status.CONFIRMED}
    async with service.tools.db.connect() as conn:
        assert (await wishes.read(conn, number)) == Wishes()


async def test_the_link_is_mailed_works_for_a_day_and_is_asked_for_again(
    service: Service, clock: MovingClock
) -> None:
    number = await add_reader(service.tools, "ada")
    answer = await service.client.post(
        f"/p/{service.tools.links.token(number, 'preferences')}", data={"do": "link"}
    )
    assert "look into your mailbox" in answer.text
    assert (await service.subscriber(number)).status is Status.CONFIRMED
    (mail,) = await queued(service, 1)
    assert (mail.occasion, mail.subscription_id, mail.address) == ("preferences", number, "")
    address = manage(service, number)
    clock.now += MANAGE_LINK_GOOD_FOR + timedelta(seconds=1)
    for request in ({"method": "GET"}, {"method": "POST", "data": CHOSEN}):
        expired = await service.client.request(url=address, **request)
        assert expired.status_code == 410
        assert "ada@example.org" not in expired.text
    await service.client.post(address, data={"do": "link"})
    assert len(await queued(service, 2)) == 2


async def test_links_are_mailed_within_limits_and_to_readers_only(service: Service) -> None:
    await add_reader(service.tools, "ada")
    for address in ("ada@example.org", "ADA@Example.ORG", "nobody@example.org", "", "x\r\nBcc: y@z.example"):
        for _ in range(3):
            answer = await service.client.post("/p/link", data={"email": address})
            assert answer.status_code == 200
    assert len(await queued(service, 1)) == 1
    assert set(await standing(service)) == {"daily"}


def rank_sum(ours: list[float], theirs: list[float]) -> float:
    """Return by how many standard deviations the ranks of two samples differ (Mann and Whitney's test)."""
    ranked = sorted((value, index < len(ours)) for index, value in enumerate([*ours, *theirs]))
    total = sum(rank for rank, (_, is_ours) in enumerate(ranked, 1) if is_ours)
    n, m = len(ours), len(theirs)
    spread: float = (n * m * (n + m + 1) / 12) ** 0.5
    return (total - n * (n + m + 1) / 2) / spread


async def test_a_network_that_asks_for_many_links_gets_the_same_answer_and_no_more_mails(
    service: Service,
) -> None:
    entries = [Entry(address=f"r{n}@example.org", key=f"r{n}@example.org") for n in range(30)]
    await readers.add(service.tools.db, "daily", entries, service.tools.clock())
    answers = [await service.client.post("/p/link", data={"email": one.address}) for one in entries]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    await queued(service, 20)
    await asyncio.sleep(0.2)
    assert len(await queued(service, 20)) == 20


async def test_the_answer_tells_nobody_who_is_a_reader(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred requests about readers and two hundred about others: status, bytes and times."""
    entries = [Entry(address=f"r{n}@example.org", key=f"r{n}@example.org") for n in range(200)]
    await readers.add(service.tools.db, "daily", entries, service.tools.clock())
    monkeypatch.setattr(preferences, "NETWORKS_LIMITS", ())  # all come from one
    times: dict[bool, list[float]] = {True: [], False: []}
    answers = set()
    for n in range(200):
        for known in (n % 2 == 0, n % 2 == 1):
            address = f"{'r' if known else 'x'}{n}@example.org"
            start = perf_counter()
            answer = await service.client.post("/p/link", data={"email": address})
            times[known].append(perf_counter() - start)
            answers.add((answer.status_code, answer.content))
            await asyncio.sleep(0.005)
    assert len(answers) == 1
    assert abs(rank_sum(times[True], times[False])) < 4
    assert len(await queued(service, 200)) == 200


async def test_a_page_forwarded_with_a_mail_shows_and_changes_nothing(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    token = service.tools.links.token(number, "preferences")
    page = await service.client.get(f"/p/{token}")
    assert "ada@example.org" not in page.text
    for path in (f"/m/{token}", f"/m/{service.tools.links.token(number)}", manage(service, number)[:-4]):
        for method in ("GET", "POST"):
            assert (await service.client.request(method, path)).status_code == 404
    for method in ("GET", "HEAD", "OPTIONS"):
        assert (await service.client.request(method, manage(service, number))).status_code in (200, 204)
    assert await standing(service) == {"daily": Status.CONFIRMED}


async def test_a_reader_takes_along_what_is_stored(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    await service.client.post(manage(service, number), data={**CHOSEN, "language": ""})
    answer = await service.client.post(manage(service, number), data={"do": "export"})
    assert "attachment" in answer.headers["content-disposition"]
    known = json.loads(answer.text)
    assert (known["address"], known["timezone"]) == ("ada@example.org", "America/New_York")
    daily = next(one for one in known["subscriptions"] if one["newsletter"] == "daily")
    assert (daily["sections"], daily["hour"]) == (["World", "Sport & games"], 7)
    assert known["received"] == known["events"] == []


async def test_erasing_takes_a_second_button_and_is_for_good(service: Service) -> None:
    number = await add_reader(service.tools, "ada")
    address = manage(service, number)
    asked = await service.client.post(address, data={"do": "erase"})
    assert "ada@example.org" in asked.text
    assert await standing(service) == {"daily": Status.CONFIRMED}
    assert "Everything is erased" in (await service.client.post(address, data={"do": "erase-now"})).text
    assert await standing(service) == {}
    again = await readers.add(
        service.tools.db,
        "daily",
        [Entry(address="ada@example.org", key="ada@example.org")],
        service.tools.clock(),
    )
    assert again == [readers.AddResult.FORGOTTEN]
    for data in ({}, CHOSEN, {"do": "export"}, {"do": "link"}):
        answer = await service.client.post(address, data=data)
        assert answer.status_code == 200
        assert "ada@" not in answer.text
    assert await queued(service, 0) == []


async def test_a_suppressed_reader_is_told_what_all_are(service: Service) -> None:
    numbers = [await add_reader(service.tools, name) for name in ("ada", "eva")]
    await suppressions.suppress(service.tools.db, ["ada@example.org"], "complained", service.tools.clock())
    pages = [(await service.client.get(manage(service, number))).text for number in numbers]
    assert pages[0].replace("ada@", "eva@") == pages[1]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "dark", "newsletter"),
    [(320, False, "daily"), (320, True, "woche"), (1200, False, "woche"), (1200, True, "daily")],
)
async def test_preferences_in_a_browser(
    service: Service, chromium: Chromium, width: int, dark: bool, newsletter: str
) -> None:
    """With the keyboard alone; nothing on the pages is in anybody's way."""
    number = await add_reader(service.tools, "ada", newsletter)
    urls = [service.url + path for path in (manage(service, number), "/p/link")]
    urls.append(f"{service.url}/p/{service.tools.links.token(number, 'preferences')}")

    def examine(page: Page) -> list[str]:
        page.evaluate(f"() => {{ {(files('axe_core_python') / 'axe.min.js').read_text('utf-8')} }}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        return [each["id"] for each in page.evaluate("() => axe.run()")["violations"]]

    def work(page: Page) -> list[str]:
        found = []
        for url in urls:
            page.goto(url)
            found += examine(page)
        page.goto(urls[0])
        page.focus("#name")
        page.keyboard.type("x@y.example")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]")
        found += examine(page)
        page.fill("#name", "Ada")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=status]")
        return found + examine(page)

    assert await asyncio.to_thread(chromium.look, work, width=width, dark=dark) == []
    assert (await service.subscriber(number)).name == "Ada"
