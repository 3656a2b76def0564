"""The pictures of a plan, looked at on a server of this machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from digest.model import Image, Plan
from digest.net.http import Http
from digest.pictures import FRESH, settle
from digest.pictures.visits import BEGINNINGS, Wanted, visit
from digest.settings import ImageSettings
from digest.store.content import pictures as store
from digest.store.db.database import Database
from tests.helpers.illustrated import SITE, images, plan_of
from tests.helpers.servers import Answer, Server, redirect
from tests.pictures.conftest import here
from tests.pictures.drawing import bomb, encoded, opened, photograph

COPIES = ImageSettings(copies=True)


async def run(
    plan: Plan,
    http: Http,
    db: Database,
    now: datetime,
    settings: ImageSettings = ImageSettings(),  # noqa: B008 - a constant
    *,
    keep: bool = True,
) -> Plan:
    return await settle(plan, settings, http=http, db=db, site_url=SITE, now=now, keep=keep)


# --- measuring -------------------------------------------------------------------------------------------


async def test_sizes_become_true_and_all_else_stays(
    server: Server, http: Http, db: Database, now: datetime
) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph("JPEG", 1_600, 900))
    said = Image(url=server.url("/a.jpg"), alt="Hills", credit="Cleo Dahl", caption="C", width=10, height=10)
    plan = await run(plan_of(now, said), http, db, now)
    assert images(plan) == [replace(said, width=1_600, height=900)]
    assert plan.problems == ()
    [request] = server.requests
    assert request.headers["range"] == f"bytes=0-{BEGINNINGS[0] - 1}"
    assert "svg" not in request.headers["accept"]


async def test_a_picture_is_read_once_for_all_editions(
    server: Server, http: Http, db: Database, now: datetime
) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph())
    server.routes["/page"] = Answer(body="<html>")
    plan = plan_of(now, server.url("/a.jpg"), server.url("/page"), server.url("/a.jpg"))
    first = await run(plan, http, db, now)
    assert len(server.requests) == 2
    assert await run(plan, http, db, now + timedelta(days=1)) == first
    assert len(server.requests) == 2
    await run(plan, http, db, now + FRESH + timedelta(seconds=1))
    assert len(server.requests) == 4, "by then it may be another one"


async def test_a_preview_remembers_nothing(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph())
    plan = plan_of(now, server.url("/a.jpg"))
    for settings in (ImageSettings(), COPIES):
        seen = await run(plan, http, sqlite_db, now, settings, keep=False)
        assert images(seen) == [Image(url=server.url("/a.jpg"), width=320, height=200)]
    for width in (0, 480, 1_200):
        key = Wanted(url=server.url("/a.jpg"), copy_width=width).key
        assert await store.known(sqlite_db, [key], now) == {}


async def test_it_can_be_switched_off(server: Server, http: Http, sqlite_db: Database, now: datetime) -> None:
    plan = plan_of(now, server.url("/a.jpg"))
    seen = await run(plan, http, sqlite_db, now, ImageSettings(measure=False))
    assert [one.candidate for one in seen.chosen] == [one.candidate for one in plan.chosen]
    assert [one.pictured for one in seen.chosen] == [True]
    assert server.requests == []


async def test_it_is_said_which_pictures_could_be_seen(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph())
    server.routes["/busy.jpg"] = Answer(status=503)
    nobody = "http://127.0.0.1:9/a.jpg"
    plan = plan_of(now, *map(server.url, ("/a.jpg", "/gone.jpg", "/busy.jpg")), nobody)
    seen = await run(plan, http, sqlite_db, now)
    assert [one.pictured for one in seen.chosen] == [True, False, False, False]
    assert [image is not None for image in images(seen)] == [True, False, True, True]


async def test_what_only_counts_readers_goes_without_a_word(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/pixel"] = Answer(body=encoded("GIF", 1, 1))
    server.routes["/line"] = Answer(body=encoded("GIF", 600, 2))
    server.routes["/icon"] = Answer(body=encoded("PNG", 32, 32))
    plan = plan_of(now, *map(server.url, ("/pixel", "/line", "/icon")))
    for settings in (ImageSettings(), COPIES):
        seen = await run(plan, http, sqlite_db, now, settings)
        assert images(seen) == [None, None, None]
        assert seen.problems == ()


@pytest.mark.parametrize("settings", [ImageSettings(), COPIES])
async def test_what_cannot_be_mailed_is_left_out_and_told(
    server: Server, http: Http, sqlite_db: Database, now: datetime, settings: ImageSettings
) -> None:
    server.routes["/wall"] = Answer(body="<html>Subscribe", headers={"Content-Type": "image/jpeg"})
    server.routes["/drawing.svg"] = Answer(body="<svg/>", headers={"Content-Type": "image/svg+xml"})
    server.routes["/bomb.png"] = Answer(body=bomb())
    server.routes["/cut.jpg"] = Answer(body=photograph()[:40])
    server.routes["/gone.jpg"] = Answer(status=410)
    paths = ("/wall", "/drawing.svg", "/bomb.png", "/cut.jpg", "/gone.jpg", "/missing.jpg")
    plan = await run(plan_of(now, *map(server.url, paths)), http, sqlite_db, now, settings)
    assert images(plan) == [None] * 6
    assert [problem.partition(" is left out")[0] for problem in plan.problems] == [
        f"the picture of 'Story {n}'" for n in range(1, 7)
    ]
    for problem, words in zip(
        plan.problems, ("a page", "SVG", "claims", "broken", "410", "404"), strict=True
    ):
        assert words in problem


async def test_a_picture_that_is_gone_may_come_back(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    plan = plan_of(now, server.url("/a.jpg"))
    assert images(await run(plan, http, sqlite_db, now)) == [None]
    server.routes["/a.jpg"] = Answer(body=photograph())
    assert images(await run(plan, http, sqlite_db, now)) != [None]


async def test_what_cannot_be_reached_stays_as_it_is(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/busy.jpg"] = Answer(status=503)
    server.routes["/shy.jpg"] = Answer(status=403)
    server.routes["/round"] = redirect("/round")
    addresses = (server.url("/busy.jpg"), server.url("/shy.jpg"), server.url("/round"), "cid:embedded")
    plan = plan_of(now, *addresses, "http://closed.example:9/a.jpg")
    assert await run(plan, http, sqlite_db, now) == plan


async def test_what_lies_in_private_networks_is_neither_visited_nor_mailed(
    server: Server, sqlite_db: Database, now: datetime
) -> None:
    """Readers' programs would knock at their own machines."""
    guarded = Http(user_agent="test")
    plan = await run(plan_of(now, server.url("/a.jpg"), "http://127.0.0.1/a.jpg"), guarded, sqlite_db, now)
    await guarded.close()
    assert images(plan) == [None, None]
    assert len(plan.problems) == 2
    assert server.requests == []


async def test_nor_what_redirects_there(
    server: Server, sqlite_db: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "digest.net.http.visitor.Visitor._check", lambda *_: None
    )  # for the test server's odd port
    monkeypatch.setattr("digest.net.http.guard.is_public", lambda address: address == "127.0.0.1")
    guarded = Http(user_agent="test")
    server.routes["/a.jpg"] = redirect("http://127.0.0.2/admin.jpg")
    plan = await run(plan_of(now, server.url("/a.jpg")), guarded, sqlite_db, now)
    await guarded.close()
    assert images(plan) == [None]
    assert "private or reserved" in plan.problems[0]


# --- time and bytes --------------------------------------------------------------------------------------


async def test_a_slow_host_is_given_up_and_holds_nobody_else_up(server: Server, now: datetime) -> None:
    http = Http(user_agent="test", allow_private=True, resolve=here, timeout=0.3)
    server.routes["/slow.jpg"] = Answer(body=photograph(), drip=0.05)
    server.routes["/fast.jpg"] = Answer(body=photograph())
    slow = [f"http://slow.example:{server.port}/slow.jpg?{n}" for n in range(50)]
    fast = f"http://fast.example:{server.port}/fast.jpg"
    found = await visit([Wanted(url=url) for url in (*slow, fast)], http, seconds=30)
    await http.close()
    assert [wanted.url for wanted in found] == [fast]
    assert len(server.requests) == 2


async def test_the_time_for_all_is_bounded(server: Server, http: Http) -> None:
    server.routes["/fast.jpg"] = Answer(body=photograph())
    server.routes["/never.jpg"] = Answer(delay=3_600)
    fast, never = (Wanted(url=server.url(path)) for path in ("/fast.jpg", "/never.jpg"))
    found = await visit([fast, never], http, seconds=1)
    assert set(found) == {fast}


async def test_many_pictures_of_one_host_do_not_wait_for_its_pause(server: Server, http: Http) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph())
    wanted = [Wanted(url=f"http://cdn.example:{server.port}/a.jpg?{n}") for n in range(20)]
    assert len(await visit(wanted, http, seconds=50)) == 20, "a pause of a minute is not kept"
    assert server.busiest == 1


async def test_a_long_profile_before_the_size_is_read_past(server: Server, http: Http) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph("JPEG", 800, 600, icc_profile=bytes(200_000)))
    wanted = Wanted(url=server.url("/a.jpg"))
    found = await visit([wanted], http, seconds=30)
    assert (found[wanted].known.width, found[wanted].known.height) == (800, 600)
    assert len(server.requests) == 2


async def test_an_endless_picture_is_left_after_its_beginning(server: Server, http: Http) -> None:
    endless = photograph("JPEG", 800, 600) + bytes(3_000_000)
    server.routes["/a.jpg"] = Answer(body=endless, headers={"Content-Length": str(10**12)})
    wanted = Wanted(url=server.url("/a.jpg"))
    assert (await visit([wanted], http, seconds=30))[wanted].known.width == 800


# --- copies ----------------------------------------------------------------------------------------------


async def test_copies_are_kept_and_mailed(server: Server, http: Http, db: Database, now: datetime) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph("JPEG", 1_600, 900))
    server.routes["/b.png"] = Answer(body=encoded("PNG", 900, 600))
    lead = Image(url=server.url("/a.jpg"), alt="Hills", credit="Cleo Dahl")
    plan = plan_of(now, lead, server.url("/a.jpg"), server.url("/b.png"))
    seen = await run(plan, http, db, now, COPIES)
    sizes = []
    for image, end in zip(images(seen), ("jpg", "jpg", "png"), strict=True):
        assert image is not None
        base, _, name = image.url.rpartition("/")
        assert base == f"{SITE}/i"
        key, _, ending = name.partition(".")
        assert ending == end
        copy = await store.copy_of(db, key)
        assert copy is not None
        assert opened(copy.data).size == (copy.width, copy.height) == (image.width, image.height)
        sizes.append(image.width)
    assert sizes == [1_200, 480, 480]
    first = images(seen)[0]
    assert first is not None
    assert (first.alt, first.credit) == ("Hills", "Cleo Dahl")
    asked = len(server.requests)
    assert await run(plan, http, db, now, COPIES) == seen
    assert len(server.requests) == asked


async def test_a_copy_that_was_purged_is_made_again(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/a.jpg"] = Answer(body=photograph("JPEG", 1_600, 900))
    again = partial(run, plan_of(now, server.url("/a.jpg")), http, sqlite_db, now, COPIES)
    before = await again()
    assert await store.purge(sqlite_db, now + timedelta(seconds=1)) == 1
    assert await again() == before
    assert len(server.requests) == 2


async def test_what_is_too_large_to_copy_keeps_its_own_address(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    server.routes["/heavy.jpg"] = Answer(body=photograph("JPEG", 1_600, 900) + bytes(11_000_000))
    server.routes["/wide.png"] = Answer(body=bomb(6_000, 5_000))
    heavy, wide = server.url("/heavy.jpg"), server.url("/wide.png")
    plan = await run(plan_of(now, heavy, wide), http, sqlite_db, now, COPIES)
    assert images(plan) == [
        Image(url=heavy, width=1_600, height=900),
        Image(url=wide, width=6_000, height=5_000),
    ]


async def test_half_a_picture_is_not_copied_but_told(
    server: Server, http: Http, sqlite_db: Database, now: datetime
) -> None:
    whole = photograph("JPEG", 1_600, 900)
    server.routes["/a.jpg"] = Answer(body=whole[: len(whole) // 2])
    plan = await run(plan_of(now, server.url("/a.jpg")), http, sqlite_db, now, COPIES)
    assert images(plan) == [None]
    assert "broken" in plan.problems[0]
