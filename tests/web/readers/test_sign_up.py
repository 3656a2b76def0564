"""Sign-up: asked for on a page, confirmed by the reader, and told to nobody else who is known here."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from digest.store.db.schema.people import minute_use, sign_up_request, system_mail
from digest.store.db.schema.tables import reader, subscription
from digest.store.people import limits, readers, sign_ups, suppressions
from digest.store.people.entries import AddResult, Entry
from digest.store.people.sign_ups import OPEN_FOR
from tests.web.readers.signing_up import ANNA, SITE, Paper, link, subject


async def signed_up(paper: Paper, address: str = ANNA, newsletter: str = "daily") -> None:
    await paper.ask(address, newsletter)
    [mail] = await paper.mails()
    await paper.confirm(mail)
    await paper.mails()


async def test_a_reader_signs_up_confirms_and_is_welcomed(paper: Paper) -> None:
    page = await paper.client.get("/n/daily")
    assert page.status_code == 200
    assert 'name="email"' in page.text
    answer = await paper.ask()
    assert (answer.status_code, "Please look into your mailbox" in answer.text) == (200, True)
    assert await paper.statuses() == {}, "nobody is looked up while the request is answered"
    [asked] = await paper.mails()
    assert (asked.recipient, subject(asked)) == (ANNA, "Please confirm: The Daily")
    assert await paper.statuses() == {f"{ANNA} daily": "pending"}
    for method in ("GET", "HEAD", "OPTIONS"):
        await paper.client.request(method, link(asked, "c"))
    assert await paper.statuses() == {f"{ANNA} daily": "pending"}, "only the button confirms"
    for _ in range(2):
        assert "You are subscribed" in (await paper.client.post(link(asked, "c"))).text
    assert await paper.statuses() == {f"{ANNA} daily": "confirmed"}
    [welcome] = await paper.mails()
    assert subject(welcome) == "Welcome to The Daily"
    [found] = [one async for one in readers.list_(paper.tools.db)]
    proof = found.consent
    assert {name: proof[name] for name in ("how", "form", "network", "confirmed_network", "language")} == {
        "how": "sign-up form",
        "form": "1",
        "network": "127.0.0.0/24",
        "confirmed_network": "127.0.0.0/24",
        "language": "en",
    }
    assert proof["asked"] == proof["confirmed"] == paper.clock.now.isoformat(timespec="seconds")


async def test_a_confirmed_one_who_asks_again_stays_so_and_gets_the_link_to_the_preferences(
    paper: Paper,
) -> None:
    await signed_up(paper)
    await paper.ask(ANNA.upper())
    [mail] = await paper.mails()
    assert subject(mail) == "You get The Daily already"
    assert (await paper.client.get(link(mail, "p"))).status_code == 200
    assert await paper.statuses() == {f"{ANNA} daily": "confirmed"}


async def test_one_confirmed_for_one_newsletter_is_asked_about_another(paper: Paper) -> None:
    await signed_up(paper)
    await paper.ask(newsletter="weekly")
    [mail] = await paper.mails()
    assert subject(mail) == "Please confirm: The Weekly"
    await paper.confirm(mail)
    assert await paper.statuses() == {f"{ANNA} daily": "confirmed", f"{ANNA} weekly": "confirmed"}
    assert await paper.count(reader) == [1]


async def test_one_who_waits_and_asks_again_is_asked_again(paper: Paper) -> None:
    await paper.ask()
    [first] = await paper.mails()
    await paper.ask()
    [second] = await paper.mails()
    assert subject(first) == subject(second)
    assert await paper.count(reader, subscription) == [1, 1]
    await paper.confirm(second)
    assert "You are subscribed" in (await paper.confirm(first)).text


async def test_enter_pressed_five_times_is_one_subscription_and_one_mail(paper: Paper) -> None:
    await asyncio.gather(*(paper.ask(spelt) for spelt in (ANNA, ANNA, ANNA.upper(), ANNA, f" {ANNA} ")))
    assert len(await paper.mails()) == 1
    assert await paper.count(reader, subscription, sign_up_request) == [1, 1, 0]


async def test_one_who_left_and_comes_back_is_asked_and_then_is_subscribed(paper: Paper) -> None:
    await signed_up(paper)
    await readers.end(paper.tools.db, "daily", ANNA, paper.clock.now)
    await paper.ask()
    [mail] = await paper.mails()
    assert await paper.statuses() == {f"{ANNA} daily": "unsubscribed"}, "left until the reader confirms"
    await paper.confirm(mail)
    assert await paper.statuses() == {f"{ANNA} daily": "confirmed"}


async def test_one_who_left_and_does_not_confirm_is_still_known_as_one_who_left(paper: Paper) -> None:
    await signed_up(paper)
    await readers.end(paper.tools.db, "daily", ANNA, paper.clock.now)
    await paper.ask()
    [mail] = await paper.mails()
    paper.clock.now += OPEN_FOR + timedelta(hours=1)
    assert (await paper.client.post(link(mail, "c"))).status_code == 410
    await sign_ups.purge(paper.tools.db, paper.clock.now)
    added = await readers.add(paper.tools.db, "daily", [Entry(address=ANNA, key=ANNA)], paper.clock.now)
    assert added == [AddResult.UNSUBSCRIBED]


async def test_a_suppressed_address_gets_nothing_and_the_page_says_what_it_says_to_all(paper: Paper) -> None:
    await suppressions.suppress(paper.tools.db, [ANNA], "complaint", paper.clock.now)
    answers = {(await paper.ask(address)).text for address in (ANNA, "new@paper.example.org")}
    assert len(answers) == 1
    assert [mail.recipient for mail in await paper.mails()] == ["new@paper.example.org"]
    assert await paper.statuses() == {"new@paper.example.org daily": "pending"}


async def test_a_forgotten_reader_may_sign_up_again_but_only_by_confirming(paper: Paper) -> None:
    await signed_up(paper)
    await suppressions.forget(paper.tools.db, ANNA, paper.clock.now)
    await paper.ask()
    [mail] = await paper.mails()
    await paper.confirm(mail)
    assert await paper.statuses() == {f"{ANNA} daily": "confirmed"}
    assert not await suppressions.release(paper.tools.db, ANNA)


async def test_forgetting_leaves_no_trace_of_an_open_sign_up(paper: Paper) -> None:
    await paper.ask()
    await suppressions.forget(paper.tools.db, ANNA, paper.clock.now)
    assert await paper.count(sign_up_request) == [0]


@pytest.mark.parametrize(
    "address", ["anna+news@paper.example.org", "o'hara@paper.example.org", "ole@bücher.example"]
)
async def test_every_character_of_an_address_survives(paper: Paper, address: str) -> None:
    await paper.ask(address)
    [mail] = await paper.mails()
    await paper.confirm(mail)
    wanted = address.replace("bücher", "xn--bcher-kva")
    assert (mail.recipient, await paper.statuses()) == (wanted, {f"{wanted} daily": "confirmed"})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@",
        "a@b",
        "anna@paper.example.org\r\nBcc: x@y.example",
        "a\0@b.example",
        "jörg@paper.example.org",
        "anna@mailinator.com",
    ],
)
async def test_what_cannot_be_mailed_to_is_said_at_once_and_nothing_is_kept(
    paper: Paper, address: str
) -> None:
    answer = await paper.ask(address)
    assert answer.status_code == 422
    assert 'aria-describedby="problem"' in answer.text
    assert await paper.count(sign_up_request) == [0]


async def test_two_mails_within_a_quarter_of_an_hour_three_a_day_five_a_month(paper: Paper) -> None:
    sent = []
    for wait in [timedelta(minutes=4)] * 5 + [timedelta(hours=25)] * 4:
        await paper.ask()
        sent.append(len(await paper.mails()))
        paper.clock.now += wait
    assert sent == [1, 1, 0, 0, 1, 0, 1, 1, 0]


async def test_what_is_not_confirmed_is_purged_and_its_number_never_given_to_another(paper: Paper) -> None:
    await paper.ask()
    [mail] = await paper.mails()
    for _ in range(2):
        paper.clock.now += OPEN_FOR + timedelta(hours=1)
        await sign_ups.purge(paper.tools.db, paper.clock.now)
        await limits.purge(paper.tools.db, paper.clock.now)
        assert await paper.statuses() == {}
        assert await paper.count(system_mail) == [0]
    await paper.ask("bert@paper.example.org")
    await paper.mails()
    assert (await paper.client.post(link(mail, "c"))).status_code == 410
    assert await paper.statuses() == {"bert@paper.example.org daily": "pending"}
    await sign_ups.purge(paper.tools.db, paper.clock.now)
    assert await paper.count(subscription, reader) == [1, 1]
    paper.clock.now += limits.LONGEST_SPAN + timedelta(minutes=2)
    await limits.purge(paper.tools.db, paper.clock.now)
    assert await paper.count(minute_use) == [0]


async def test_a_newsletter_by_invitation_or_closed_takes_no_sign_up(paper: Paper) -> None:
    for name, words in (("members", "by invitation only"), ("old", "is closed")):
        page = await paper.client.get(f"/n/{name}")
        assert (page.status_code, words in page.text, "<form" in page.text) == (200, True, False)
        assert (await paper.ask(newsletter=name)).status_code == 403
    assert (await paper.client.get("/n/nothing")).status_code == 404
    assert await paper.count(sign_up_request) == [0]


async def test_a_site_gets_its_readers_back_and_no_other_does(paper: Paper) -> None:
    answer = await paper.ask(return_to=f"{SITE}/thanks?from=form")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SITE}/thanks?from=form")
    for url in (
        "https://evil.example/",
        f"{SITE}.evil.example/",
        f"{SITE}@evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        f"{SITE}\\@evil.example",
        "https://[",
        "",
    ):
        answer = await paper.ask("bert@paper.example.org", return_to=url)
        assert answer.status_code == 200, url


async def test_a_script_signs_up_with_json_from_configured_origins(paper: Paper) -> None:
    body = {"email": ANNA}
    for origin, allowed in ((SITE, SITE), ("https://evil.example", None), ("null", None)):
        asked = await paper.client.options("/n/daily", headers={"Origin": origin})
        answer = await paper.client.post("/n/daily", json=body, headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert asked.headers.get("access-control-allow-origin") == allowed
        assert answer.json()["answer"] == "noted"
        assert answer.headers["vary"] == "Origin"
    assert (await paper.client.post("/n/daily", json={"email": "anna"})).json()["answer"] == "invalid"
    for odd in (b"[1]", b"{", b'{"email": 3}', b"\xff", b"[" * 50_000):
        answer = await paper.client.post(
            "/n/daily", content=odd, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422
    assert len(await paper.mails()) == 1
