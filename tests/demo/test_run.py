"""The demo from end to end: feeds over HTTP, mails over SMTP, everybody exactly once."""

from __future__ import annotations

import asyncio
import email
import io
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser

from digest.demo import run_demo
from digest.demo.setup import READERS, known_ports
from digest.errors import UsageError
from digest.settings import loading

MORNING = datetime(2026, 3, 2, 6, 20, tzinfo=UTC)


async def run(folder: Path, *, now: datetime = MORNING, pictures: bool = False) -> str:
    """Run the demo and return what it told."""
    told = io.StringIO()
    console = Console(file=told, width=200, highlight=False)
    code = await run_demo(folder, console=console, clock=lambda: now, pictures=pictures)
    assert code == 0, told.getvalue()
    return told.getvalue()


def mails(folder: Path) -> list[EmailMessage]:
    paths = sorted((folder / "mails").glob("*.eml"))
    return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


def headlines(folder: Path) -> Counter[str]:
    """How many mails have each headline."""
    found: Counter[str] = Counter()
    for message in mails(folder):
        tree = LexborHTMLParser(html_of(message))
        found.update({node.text(strip=True) for node in tree.css("h2.lead, h3")})
    return found


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


async def test_everybody_gets_the_edition_once_however_often_it_runs(tmp_path: Path) -> None:
    told = await run(tmp_path)
    arrived = mails(tmp_path)
    assert Counter(message["To"].addresses[0].addr_spec for message in arrived) == {
        reader.address: 1 for reader in READERS
    }
    assert "14 articles" in told
    assert "failed: that is a web page, not a feed" in told
    assert "17 of 36 articles" in told
    assert "the same story as" in told
    assert "older than 36h" in told
    assert "25 readers, 25 sent" in told
    assert "25 mails arrived, none twice" in told
    assert all(line == line.rstrip() for line in told.splitlines())

    again = await run(tmp_path)
    assert "was sent already" in again
    assert "Nothing was sent again" in again
    assert len(mails(tmp_path)) == 25


async def test_the_mail_is_whole(tmp_path: Path) -> None:
    await run(tmp_path)
    message = mails(tmp_path)[0]
    assert message["Subject"].startswith("North Quay will close")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html, plain = html_of(message), message.get_body(("plain",))
    assert plain is not None
    for words in ("The Brackhaven Lantern", "Wren Halloran", "CC BY 4.0", "3 Ropewalk", "2,140 neighbours"):
        assert words in html, words
    assert html.count("/pictures/") >= 16
    assert "Otters are back on the Arle" in plain.get_content()


async def test_it_leaves_a_page_that_needs_no_network(tmp_path: Path) -> None:
    await run(tmp_path)
    page = (tmp_path / "mail.html").read_text()
    assert 'src="pictures/quay.jpg"' in page
    assert "/pictures/quay.jpg" not in page.replace('"pictures/', '"')
    assert (tmp_path / "pictures" / "quay.jpg").is_file()
    assert "North Quay" in (tmp_path / "mail.txt").read_text()


async def test_its_configuration_is_a_real_one(tmp_path: Path) -> None:
    await run(tmp_path)
    settings = loading.load(tmp_path / "config.toml", {})
    [newsletter] = settings.newsletters
    assert [source.key for source in newsletter.sources] == ["news", "life", "notebook", "sport"]
    assert newsletter.schedule == "0 6 * * *"


async def test_the_next_day_brings_nothing_twice(tmp_path: Path) -> None:
    await run(tmp_path)
    first = headlines(tmp_path)
    await run(tmp_path, now=MORNING + timedelta(days=1))
    both = headlines(tmp_path)
    assert len(mails(tmp_path)) == 50
    assert len(both) > len(first) == 17, "what did not fit runs now"
    assert set(both.values()) == {25}


async def test_busy_ports_give_way_and_nobody_is_mailed_twice(tmp_path: Path) -> None:
    await run(tmp_path)
    before = known_ports(tmp_path / "config.toml")
    text = (tmp_path / "config.toml").read_text()
    with (
        socket.create_server(("127.0.0.1", before.newsroom)),
        socket.create_server(("127.0.0.1", before.smtp)),
    ):
        assert "was sent already" in await run(tmp_path)
    after = known_ports(tmp_path / "config.toml")
    assert after.newsroom != before.newsroom
    assert after.smtp != before.smtp
    assert after.web == before.web
    expected = text
    for end in '/"':
        expected = expected.replace(f":{before.newsroom}{end}", f":{after.newsroom}{end}")
    assert (tmp_path / "config.toml").read_text() == expected.replace(
        f"port = {before.smtp}\n", f"port = {after.smtp}\n"
    )


async def test_a_folder_with_somebodys_own_configuration_is_left_alone(tmp_path: Path) -> None:
    own = "[site]\nname = 'mine'\n"
    (tmp_path / "config.toml").write_text(own)
    with pytest.raises(UsageError, match="not a configuration of the demo"):
        await run(tmp_path)
    assert (tmp_path / "config.toml").read_text() == own


@asynccontextmanager
async def staying(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A demo that stays, until the context ends."""
    stay, told = asyncio.Event(), io.StringIO()
    console = Console(file=told, width=200, highlight=False)
    task = asyncio.create_task(run_demo(folder, console=console, stay=stay, pictures=False))
    try:
        async with asyncio.timeout(60):
            while "The inbox: " not in told.getvalue():
                assert not task.done(), told.getvalue()
                await asyncio.sleep(0.01)
        inbox = told.getvalue().partition("The inbox: ")[2].split()[0]
        async with httpx.AsyncClient(base_url=inbox, trust_env=False) as client:
            yield client
    finally:
        stay.set()
        assert await task == 0


async def test_every_link_of_a_mail_leads_somewhere_while_it_stays(tmp_path: Path) -> None:
    async with staying(tmp_path) as inbox:
        assert (await inbox.get("/")).text.count("<li>") == 27  # and two to the reader who signed up
        message = mails(tmp_path)[0]
        links = set(_links(html_of(message)))
        assert len(links) > 20
        answers = {link: (await inbox.get(link)).status_code for link in links if link.startswith("http://")}
        assert set(answers.values()) == {200}, answers
        leave = str(message["List-Unsubscribe"]).strip("<>").partition(">")[0]
        assert "You are unsubscribed" in (await inbox.post(leave)).text


async def test_a_reader_signs_up_while_it_stays_and_so_does_whoever_uses_the_form(tmp_path: Path) -> None:
    async with staying(tmp_path) as inbox:
        found = await inbox.get("/", params={"q": "wanda"})
        assert "Welcome to" in found.text
        assert "Please confirm" in found.text
        settings = loading.load(tmp_path / "config.toml", {})
        front = (await inbox.get(settings.site.signup_url)).text
        form = LexborHTMLParser(front).css_first("form")
        assert form is not None
        fields = {str(node.attributes["name"]): node.attributes.get("value") for node in form.css("input")}
        action = str(form.attributes["action"])
        answer = await inbox.post(
            action, data={**fields, "email": "xenia@example.org"}, follow_redirects=True
        )
        assert "Thank you" in answer.text
        async with asyncio.timeout(30):
            while "Please confirm" not in (await inbox.get("/", params={"q": "xenia"})).text:
                await asyncio.sleep(0.05)


def _links(html: str) -> list[str]:
    return [part.partition('"')[0].replace("&amp;", "&") for part in html.split('href="')[1:]]


@pytest.mark.browser
async def test_pictures_of_the_mail_are_taken_where_there_is_a_browser(
    tmp_path: Path, chromium: object
) -> None:
    from PIL import Image

    told = await run(tmp_path, pictures=True)
    assert "phone.png, phone-dark.png, desktop.png" in told
    folder = tmp_path / "screens"
    with Image.open(folder / "desktop.png") as desktop, Image.open(folder / "phone.png") as phone:
        assert 1500 < desktop.height < phone.height
        assert len(desktop.getcolors(1 << 24) or ()) > 500  # its pictures are in it
