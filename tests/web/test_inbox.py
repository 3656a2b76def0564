"""The inbox's pages over real HTTP and in a real browser: everything is shown, nothing in a mail acts."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from digest.web.inbox import PER_PAGE, VIEWS, Inbox, run_inbox
from tests.helpers.browser import Chromium

HOSTILE = """<!doctype html><html><head><title>x</title></head><body>
<h1 id="headline">The tide</h1><script>document.getElementById("headline").textContent = "script ran"</script>
<img src="cid:logo@example.org" alt="logo"><img src="nowhere:" onerror="document.title='ran'">
<a href="https://example.org/story">story</a><form action="https://example.org/"><button>Go</button></form>
</body></html>"""


def mail(number: int = 1, *, html: str = HOSTILE) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = f"Tide & time {number} <b>"
    message["From"] = "The Post <post@example.org>"
    message["To"] = f"reader{number}@example.org"
    message["Message-ID"] = f"<{number}@example.org>"
    message.set_content("In plain words <script>")
    message.add_alternative(html, subtype="html")
    page = message.get_body(("html",))
    assert page is not None
    page.add_related(b"\x89PNG\r\n", "image", "png", cid="<logo@example.org>")
    message.add_attachment(b"<script>1</script>", "text", "html", filename='a"b.html')
    return message


async def send(inbox: Inbox, *mails: EmailMessage) -> None:
    def hand_in() -> None:
        with smtplib.SMTP(inbox.smtp_host, inbox.smtp_port, timeout=10) as client:
            for message in mails:
                client.send_message(message)

    await asyncio.to_thread(hand_in)


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    async with run_inbox(tmp_path / "mails") as running:
        yield running


@pytest.fixture
async def client(inbox: Inbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=inbox.http_url, trust_env=False) as client:
        yield client


async def test_an_empty_inbox_says_how_to_fill_it(inbox: Inbox, client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    assert "Nothing has come yet" in page
    assert f"port = {inbox.smtp_port}" in page


async def test_the_list_shows_what_came_newest_first(inbox: Inbox, client: httpx.AsyncClient) -> None:
    await send(inbox, mail(1), mail(2))
    page = (await client.get("/")).text
    assert page.index("reader2@example.org") < page.index("reader1@example.org")
    assert "Tide &amp; time 1 &lt;b&gt;" in page
    assert "2 kB" in page


async def test_the_list_is_searched_and_paged(inbox: Inbox, client: httpx.AsyncClient) -> None:
    await send(inbox, *(mail(number) for number in range(1, PER_PAGE + 6)))
    first, second = (await client.get("/")).text, (await client.get("/?page=2")).text
    assert first.count("<li>") == PER_PAGE
    assert second.count("<li>") == 5
    found = (await client.get("/", params={"q": "READER55"})).text
    assert found.count("<li>") == 1
    assert 'value="READER55"' in found
    for odd in ("0", "-1", "99999", "x", "9" * 30, "²"):
        assert (await client.get("/", params={"page": odd})).status_code == 200


async def test_a_second_copy_is_seen(inbox: Inbox, client: httpx.AsyncClient) -> None:
    await send(inbox, mail(1), mail(2), mail(1))
    assert (await client.get("/")).text.count("copy 2 of 2") == 1
    assert "Copy 2 of 2" in (await client.get("/mails/3")).text
    assert (await client.get("/", params={"q": "1@example.org tide"})).text.count("<li>") == 2


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("html", 'src="/mails/1/letter"'),
        ("text", "In plain words &lt;script&gt;"),
        ("source", "Content-Type: multipart/"),
        ("headers", "The Post &lt;post@example.org&gt;"),
        ("parts", "a&#34;b.html"),
        ("nonsense", "Tide &amp; time"),
    ],
)
async def test_each_view_of_a_mail(inbox: Inbox, client: httpx.AsyncClient, view: str, expected: str) -> None:
    await send(inbox, mail())
    answer = await client.get("/mails/1", params={"view": view})
    assert answer.status_code == 200
    assert expected in answer.text


async def test_a_mails_own_document_may_do_nothing(inbox: Inbox, client: httpx.AsyncClient) -> None:
    await send(inbox, mail())
    answer = await client.get("/mails/1/letter")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert '<head><base target="_blank">' in answer.text
    assert "/mails/1/parts/0" in answer.text  # the picture that the mail brought itself


async def test_parts_and_files_are_downloads(inbox: Inbox, client: httpx.AsyncClient) -> None:
    await send(inbox, mail())
    picture, page = await client.get("/mails/1/parts/0"), await client.get("/mails/1/parts/1")
    assert (picture.headers["content-type"], picture.content) == ("image/png", b"\x89PNG\r\n")
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith("attachment;")
    file = await client.get("/mails/1/mail.eml")
    assert file.content == await inbox.mailbox.read(1)


async def test_a_search_that_finds_nothing_says_so(inbox: Inbox, client: httpx.AsyncClient) -> None:
    await send(inbox, mail())
    assert "Nothing that came has “zebra”" in (await client.get("/?q=zebra")).text


@pytest.mark.parametrize(
    "path", ["/mails/99", "/mails/99/letter", "/mails/1/parts/99", "/nothing", "/mails/x"]
)
async def test_what_is_not_there_is_404(inbox: Inbox, client: httpx.AsyncClient, path: str) -> None:
    await send(inbox, mail())
    assert (await client.get(path)).status_code == 404


async def test_a_mail_whose_file_has_gone_is_404(
    inbox: Inbox, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await send(inbox, mail())
    for path in (tmp_path / "mails").glob("*.eml"):
        path.unlink()
    assert (await client.get("/mails/1")).status_code == 404


@pytest.mark.browser
async def test_nothing_in_a_mail_acts_in_a_browser(inbox: Inbox, chromium: Chromium) -> None:
    await send(inbox, mail())

    def work(page: Page) -> tuple[str, str]:
        page.goto(f"{inbox.http_url}mails/1")
        frame = page.frame_locator("iframe")
        shown = frame.locator("#headline").inner_text()
        page.goto(f"{inbox.http_url}mails/1/letter")  # opened by itself it is as harmless
        return shown, page.locator("#headline").inner_text()

    assert await asyncio.to_thread(chromium.look, work) == ("The tide", "The tide")
    assert chromium.refused == []


@pytest.mark.browser
async def test_the_width_is_switched_without_a_script(inbox: Inbox, chromium: Chromium) -> None:
    await send(inbox, mail())

    def work(page: Page) -> tuple[float, float]:
        page.goto(f"{inbox.http_url}mails/1")
        wide = page.locator("iframe").evaluate("frame => frame.clientWidth")
        page.click("label[for=phone]")
        return wide, page.locator("iframe").evaluate("frame => frame.clientWidth")

    wide, narrow = await asyncio.to_thread(chromium.look, work, width=1100)
    assert wide > 700
    assert narrow == 375


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_pages_are_accessible(inbox: Inbox, chromium: Chromium, dark: bool) -> None:
    await send(inbox, mail(1), mail(2), mail(1))
    axe = (files("axe_core_python") / "axe.min.js").read_text("utf-8")

    def work(page: Page) -> list[str]:
        found = []
        for path in ("", "?q=none", "mails/3", *(f"mails/3?view={view}" for view in VIEWS[1:])):
            page.goto(inbox.http_url + path)
            page.evaluate(axe)
            for problem in page.evaluate("() => axe.run({iframes: false})")["violations"]:
                found += [f"{path}: {problem['id']} {node['html'][:80]}" for node in problem["nodes"]]
            if page.evaluate("document.documentElement.scrollWidth") > 320:
                found.append(f"{path}: wider than a phone")
        return found

    assert await asyncio.to_thread(chromium.look, work, width=320, dark=dark) == []


async def test_a_foreign_name_for_this_machine_is_refused(inbox: Inbox, client: httpx.AsyncClient) -> None:
    """A site that rebinds its own name to 127.0.0.1 must not read the mails."""
    assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 400
    assert (await client.get("/", headers={"Host": "localhost:1"})).status_code == 200
