"""An edition in the browser: the same for everybody, nothing personal, nothing that acts."""

from __future__ import annotations

import pytest

from digest.model import EditionStatus, Mail, Plan
from digest.model.placeholders import PLACEHOLDERS
from digest.store.editions import editions, lifecycle, remakes
from tests.web.conftest import Service, add_edition

HTML = (
    f'<!doctype html><html lang="en"><head><title>x</title></head><body><h1>The tide</h1><script>alert(1)</script>'
    f'<a href="{PLACEHOLDERS["unsubscribe_url"]}">leave</a><a href="{PLACEHOLDERS["browser_url"]}">here</a>'
    f"<p>{PLACEHOLDERS['address']}</p></body></html>"
)


async def test_an_edition_is_shown_without_anything_personal(service: Service) -> None:
    name = await add_edition(service.tools, "2026-03-02T07:00", HTML)
    answer = await service.client.get(f"/e/{name}")
    assert answer.status_code == 200
    assert "<h1>The tide</h1>" in answer.text
    assert f'href="https://news.example.org/e/{name}"' in answer.text
    assert "/u/" not in answer.text
    assert not set(answer.text) & set("\ue000\ue001")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy


@pytest.mark.parametrize("name", ["daily-2026-03-03T0700", "1", "x" * 500, "..%2f..%2fetc"])
async def test_there_is_no_other_edition(service: Service, name: str) -> None:
    await add_edition(service.tools, "2026-03-02T07:00", HTML)
    assert (await service.client.get(f"/e/{name}")).status_code == 404


async def test_skipped_and_cancelled_ones_are_not_there(service: Service) -> None:
    db, now = service.tools.db, service.tools.clock()
    name = await add_edition(service.tools, "2026-03-02T07:00", HTML)
    plan = Plan(newsletter="daily", slot="2026-03-01T07:00", due=now, sections=())
    await editions.skip(db, plan, EditionStatus.SKIPPED_EMPTY, "nothing new", now)
    await lifecycle.set_status(db, name, "cancel", now)
    for gone in (name, "daily-2026-03-01T0700"):
        assert (await service.client.get(f"/e/{gone}")).status_code == 404


async def test_one_that_was_remade_leads_to_the_new_one(service: Service) -> None:
    db, now = service.tools.db, service.tools.clock()
    old = await editions.by_name(db, await add_edition(service.tools, "2026-03-02T07:00", HTML))
    plan = Plan(newsletter="daily", slot=old.slot, due=now, sections=())
    mail = Mail(subject="", preheader="", html=HTML.replace("The tide", "The ebb"), text="")
    new = await remakes.take_place(db, old, plan, mail, now)
    answer = await service.client.get(f"/e/{old.name}", follow_redirects=True)
    assert answer.url.path == f"/e/{new.name}"
    assert "<h1>The ebb</h1>" in answer.text
