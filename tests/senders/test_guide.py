"""The guide's page on senders tells what the program does."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from digest import plugins
from digest.model import Sent
from digest.net.http import Http
from digest.settings import DkimSettings, SenderSettings
from tests.helpers.servers import Answer, Server
from tests.senders.contract import Basics, mail_to

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "guide" / "senders.md").read_text(encoding="utf-8")


def example(start: str, end: str = "\n\n") -> str:
    """Return the indented example that begins with a line."""
    body = PAGE.partition(start)[2].partition(end)[0]
    return "\n".join(line.removeprefix("    ") for line in body.split("\n"))


@pytest.mark.parametrize("kind", plugins.kinds("senders"))
def test_every_kind_has_its_section_and_an_example_that_works(kind: str) -> None:
    section = PAGE.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    assert f"<!-- options of {kind} -->\n|" in section
    lines = section.partition("    [[senders]]\n")[2].partition("\n\n")[0].split("\n")
    values = tomllib.loads("\n".join(line.removeprefix("    ") for line in lines))
    assert SenderSettings.model_validate(values).kind == kind


def test_the_first_example_and_those_of_the_keys_work() -> None:
    smtp = tomllib.loads(example("    [[senders]]\n")) | {"password": "x"}
    oauth = tomllib.loads(example("    [senders.oauth]\n"))
    assert SenderSettings.model_validate(smtp | {"oauth": oauth}).kind == "smtp"
    assert DkimSettings.model_validate(tomllib.loads(example("    [[dkim]]\n"))).selector == "d2026"


def test_keys_for_every_kind_are_all_named() -> None:
    missing = [
        name for name in SenderSettings.model_fields if name != "options" and f"| `{name}` |" not in PAGE
    ]
    assert not missing


@pytest.mark.parametrize("kind", plugins.kinds("senders"))
def test_every_kind_sits_the_exam(kind: str) -> None:
    files = [path.stem for path in Path(__file__).parent.glob(f"test_{kind}*.py")]
    exams = [getattr(import_module(f"tests.senders.{name}"), "TestExam", None) for name in files]
    assert any(exam and issubclass(exam, Basics) for exam in exams)


async def test_the_sender_of_your_own_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, http: Http, server: Server
) -> None:
    imports = (
        "from collections.abc import Sequence\nfrom digest.errors import HttpFailure, SenderBusy\n"
        "from digest.net.http import Http\nfrom digest.model import Deferred, Message, Outcome, Sent, Unknown\n"
        "from digest.senders import SenderOptions\n\n"
    )
    house = tmp_path / "house_of_a_sender"
    house.mkdir()
    (house / "carrier.py").write_text(imports + example("lines are enough:\n\n", "\n\n`tests/senders"))
    monkeypatch.syspath_prepend(tmp_path)
    kind = "house_of_a_sender.carrier"
    server.routes["/mail"] = Answer()
    settings = SenderSettings.model_validate({"kind": kind, "url": server.url("/mail")})
    module: ModuleType = plugins.load("senders", kind)
    sender = module.Sender(settings.options, http)
    message = mail_to("ada@example.org")
    assert await sender.send([message]) == [Sent()]
    assert server.requests[0].body == message.data
    assert server.url("/mail") in await sender.check()
    await sender.close()
