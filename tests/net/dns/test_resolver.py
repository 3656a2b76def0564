"""Questions to a name server on loopback: what is a yes, a no, and no answer at all."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from dns import asyncresolver

from digest.net.dns import Names, Unanswered, lookup
from digest.net.dns import resolver as ours
from tests.helpers.name_server import NameServer, serve_names


async def test_the_machines_resolver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    server = NameServer({("news.example.", "TXT"): ['"v=spf1 " "-all"']})
    async with serve_names(server) as nearby:
        monkeypatch.setattr(asyncresolver, "default_resolver", nearby)
        assert await lookup("news.example", "TXT") == ["v=spf1 -all"]
        assert await lookup("nowhere.example", "TXT") == []


async def test_a_record_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_names(NameServer({("evil.example.", "TXT"): ['"v=spf1 \\027[2J\\007 -all"']})) as nearby:
        monkeypatch.setattr(asyncresolver, "default_resolver", nearby)
        assert await lookup("evil.example", "TXT") == ["v=spf1 ?[2J? -all"]


async def test_a_question_is_asked_once_however_many_want_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    server = NameServer({("news.example.", "A"): ["192.0.2.1"]})
    async with serve_names(server) as nearby:
        monkeypatch.setattr(asyncresolver, "default_resolver", nearby)
        names = Names()
        answers = await asyncio.gather(*(names(name, "A") for name in ("news.example", "News.Example.") * 3))
        await names.close()
    assert answers == [["192.0.2.1"]] * 6
    assert server.asked == ["news.example."]


async def test_a_name_that_cannot_be_told_is_not_a_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    server = NameServer({})
    server.broken.add("news.example.")
    async with serve_names(server) as nearby:
        monkeypatch.setattr(asyncresolver, "default_resolver", nearby)
        names = Names()
        await names.listen()
        assert not names.silent
        with pytest.raises(Unanswered) as caught:
            await names("news.example", "TXT")
        assert not caught.value.silent
        await names.close()


async def test_a_silent_server_is_asked_once_and_never_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "QUESTION_SECONDS", 0.2)
    server = NameServer({}, mute=True)
    async with serve_names(server) as nearby:
        monkeypatch.setattr(asyncresolver, "default_resolver", nearby)
        names = Names()
        await names.listen()
        assert names.silent
        for name in ("news.example", "other.example"):
            with pytest.raises(Unanswered) as caught:
                await names(name, "TXT")
            assert caught.value.silent
        await names.close()
    assert set(server.asked) == {"."}


def test_who_asks_nothing_does_not_load_the_resolver() -> None:
    program = "import sys, digest.cli.begin.check, digest.usecases.checkup; print('dns' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout == "False\n"
