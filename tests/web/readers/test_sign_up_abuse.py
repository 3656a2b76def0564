"""Abuse of sign-up: no sign of a program says no or thanks falsely, floods are braked, and answers tell nothing."""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import time
from datetime import timedelta
from itertools import count

import httpx
import pytest
from playwright.sync_api import Page

from digest.readers.addresses import parse
from digest.readers.disposable import is_disposable
from digest.readers.second_look import WORK_BITS, likely_meant
from digest.store.db.schema.people import sign_up_request
from digest.store.people import readers, suppressions
from digest.store.people.entries import Entry
from tests.helpers.browser import Chromium
from tests.helpers.smtp_server import Serve
from tests.web.readers.signing_up import ANNA, Paper, opened


def hidden(answer: httpx.Response) -> dict[str, str]:
    """Return the fields of the first form that an answer holds."""
    form = answer.text.partition("<form")[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


async def test_a_filled_trap_or_a_hasty_form_leads_to_one_more_button_and_then_to_a_sign_up(
    paper: Paper,
) -> None:
    made = str(int(paper.clock.now.timestamp()))
    for address, more in (("a@paper.example.org", {"website": "x"}), ("b@paper.example.org", {"made": made})):
        answer = await paper.ask(address, **more)
        assert (answer.status_code, "One more click" in answer.text) == (200, True)
        assert await paper.mails() == []
        again = await paper.client.post("/n/daily", data={**more, **hidden(answer)})
        assert "look into your mailbox" in again.text
        [mail] = await paper.mails()
        assert mail.recipient == address


@pytest.mark.parametrize("made", ["", "-1", "0", "x", "9" * 50, "1e9", "²"])
async def test_a_page_from_a_cache_however_old_or_odd_is_taken(paper: Paper, made: str) -> None:
    assert "look into your mailbox" in (await paper.ask(made=made)).text


async def test_a_ticket_is_good_for_its_address_its_newsletter_and_an_hour(paper: Paper) -> None:
    ticket = hidden(await paper.ask(website="x"))["ticket"]
    for address, newsletter, text in (
        ("bert@paper.example.org", "daily", ticket),
        (ANNA, "weekly", ticket),
        (ANNA, "daily", ticket[:-1] + ("0" if ticket[-1] != "0" else "1")),
        (ANNA, "daily", "9999999999" + ticket[10:]),
    ):
        assert "One more click" in (await paper.ask(address, newsletter, website="x", ticket=text)).text
    paper.clock.now += timedelta(hours=1, seconds=1)
    assert "One more click" in (await paper.ask(website="x", ticket=ticket)).text
    assert await paper.count(sign_up_request) == [0]


async def test_a_mistyped_provider_is_asked_about_and_either_answer_is_taken(paper: Paper) -> None:
    answer = await paper.ask("anna@gmal.com")
    assert "Did you mean anna@gmail.com?" in answer.text
    assert hidden(answer)["email"] == "anna@gmail.com"
    await paper.client.post("/n/daily", data=hidden(answer))
    [mail] = await paper.mails()
    assert mail.recipient == "anna@gmail.com"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yaho.com", "yahoo.com"),
        ("gmail.com", ""),
        ("gmx.com", ""),
        ("mail.com", ""),
        ("ymail.com", ""),
        ("paper.example.org", ""),
    ],
)
def test_only_near_misses_of_large_providers_are_asked_about(typed: str, meant: str) -> None:
    assert likely_meant(parse(f"Anna+1@{typed}")) == (f"Anna+1@{meant}" if meant else "")


def test_the_list_of_throwaway_domains_knows_those_below_and_no_large_provider() -> None:
    assert is_disposable("mailinator.com")
    assert is_disposable("eu.mailinator.com")
    for domain in (
        "gmail.com",
        "outlook.com",
        "gmx.de",
        "web.de",
        "proton.me",
        "icloud.com",
        "example.org",
        "com",
    ):
        assert not is_disposable(domain)


async def test_a_busy_network_clicks_once_more_and_one_that_goes_on_is_put_off(
    db_url: str, scripted: Serve
) -> None:
    async with opened(db_url, await scripted(), per_network=2) as paper:
        names = (f"reader{n}@paper.example.org" for n in count())
        for _ in range(2):
            assert "look into your mailbox" in (await paper.ask(next(names))).text
        for _ in range(8):
            asked = await paper.ask(next(names))
            assert "One more click" in asked.text
            assert "look into" in (await paper.client.post("/n/daily", data=hidden(asked))).text
        asked = await paper.ask(next(names))
        put_off = await paper.client.post("/n/daily", data=hidden(asked))
        assert (put_off.status_code, put_off.headers["retry-after"]) == (429, "3600")
        other = await paper.client.post(
            "/n/daily", data={"email": next(names)}, headers={"X-Forwarded-For": "203.0.113.7"}
        )
        assert "One more click" in other.text, "who is no trusted proxy does not choose its network"
        paper.clock.now += timedelta(hours=1, minutes=1)
        assert "look into your mailbox" in (await paper.ask(next(names))).text


async def test_in_a_flood_browsers_work_first_and_it_ends_by_itself(db_url: str, scripted: Serve) -> None:
    async with opened(db_url, await scripted(), per_minute=1) as paper:
        await paper.ask("first@paper.example.org")
        answer = await paper.client.post("/n/daily", json={"email": ANNA})
        assert answer.json()["answer"] == "work"
        ticket = answer.json()["tickets"][ANNA]
        assert (
            (await paper.ask(ticket=ticket)).headers["content-security-policy"].endswith("script-src 'self'")
        )
        assert "calculate" in (await paper.ask(ticket=ticket, solution="1")).text
        solution = next(n for n in count() if _zeros(f"{ticket}:{n}") >= WORK_BITS)
        assert "look into your mailbox" in (await paper.ask(ticket=ticket, solution=str(solution))).text
        paper.clock.now += timedelta(minutes=1)
        assert "look into your mailbox" in (await paper.ask("later@paper.example.org")).text


def _zeros(text: str) -> int:
    return 256 - int.from_bytes(hashlib.sha256(text.encode()).digest(), "big").bit_length()


@pytest.mark.browser
async def test_a_browser_solves_the_ticket(sqlite_url: str, scripted: Serve, chromium: Chromium) -> None:
    async with opened(sqlite_url, await scripted(), per_minute=1) as paper:
        await paper.ask("first@paper.example.org")
        url = str(paper.client.base_url)

        def sign_up(page: Page) -> str:
            page.goto(f"{url}/n/weekly")
            page.evaluate("document.forms[0].elements.made.value = 1")
            page.fill("#email", ANNA)
            page.press("#email", "Enter")
            page.wait_for_selector("form[data-bits]")
            with page.expect_navigation():
                page.click("button:enabled", timeout=60_000)
            return page.inner_text("h1")

        assert await asyncio.to_thread(chromium.look, sign_up) == "Please look into your mailbox"


STANDINGS = ("unknown", "pending", "confirmed", "left", "suppressed")


async def test_neither_answer_nor_time_tells_who_is_known(sqlite_url: str, scripted: Serve) -> None:
    async with opened(sqlite_url, await scripted()) as paper:
        db, now = paper.tools.db, paper.clock.now
        for standing in STANDINGS[2:]:
            people = [f"{standing}{n:03}@paper.example.org" for n in range(200)]
            await readers.add(db, "daily", [Entry(address=one, key=one) for one in people], now)
            if standing == "left":
                for one in people:
                    await readers.end(db, "daily", one, now)
            if standing == "suppressed":
                await suppressions.suppress(db, people, "complaint", now)
        for n in range(200):
            await paper.ask(f"pending{n:03}@paper.example.org")
        await paper.mails()
        paper.clock.now += timedelta(days=1)
        answers: dict[str, set[tuple[int, str]]] = {one: set() for one in STANDINGS}
        times: dict[str, list[float]] = {one: [] for one in STANDINGS}
        for n in range(200):
            for standing in STANDINGS[n % 5 :] + STANDINGS[: n % 5]:
                paper.clock.now += timedelta(seconds=6)
                started = time.perf_counter()
                answer = await paper.ask(f"{standing}{n:03}@paper.example.org")
                times[standing].append(time.perf_counter() - started)
                answers[standing].add((answer.status_code, answer.text))
        assert len(set.union(*answers.values())) == 1
        unknown = times["unknown"]
        for standing in STANDINGS[1:]:
            assert _separable(unknown, times[standing]) < 4, standing


def _separable(one: list[float], other: list[float]) -> float:
    """Return by how many standard deviations the rank sum of two samples is off (Mann and Whitney)."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    n, m = len(one), len(other)
    expected, deviation = n * (n + m + 1) / 2, math.sqrt(n * m * (n + m + 1) / 12)
    return abs(ranks - expected) / deviation
