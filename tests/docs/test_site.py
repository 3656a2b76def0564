"""The documentation as a site: it builds, every link leads somewhere, and a browser asks nobody else for anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from docs.make import links, site
from tests.helpers.browser import Chromium

pytest.importorskip("zensical", reason="the site generator is not installed: pip install --group docs")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documentation")
    assert site.build(folder / "site", folder / "copies") == []
    return folder / "site"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(built: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(built)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_every_page_fits_a_phone_and_loads_nothing_from_elsewhere(
    built: Path, address: str, chromium: Chromium
) -> None:
    pages = sorted(page.relative_to(built).as_posix() for page in built.rglob("*.html"))

    def too_wide(page: Page) -> list[str]:
        wide = []
        for name in pages:
            page.goto(f"{address}/{name}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(name)
        page.keyboard.press("/")  # the search, which loads its index
        page.wait_for_timeout(300)
        return wide

    assert chromium.look(too_wide, width=375, dark=True) == []
    assert chromium.refused == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="gone.html">x</a>', "gone.html leads nowhere"),
        ('<a href="other.html#gone">x</a>', "other.html#gone leads nowhere"),
        ('<a href="folder/">x</a>', "folder/ leads nowhere"),
        ('<img src="gone.png">', "gone.png leads nowhere"),
        (
            '<script src="https://cdn.example.org/x.js"></script>',
            "loads https://cdn.example.org/x.js from elsewhere",
        ),
        (
            '<link rel="stylesheet" href="//cdn.example.org/x.css">',
            "loads //cdn.example.org/x.css from elsewhere",
        ),
    ],
)
def test_a_link_that_leads_nowhere_is_told(tmp_path: Path, body: str, problem: str) -> None:
    (tmp_path / "page.html").write_text(body, encoding="utf-8")
    (tmp_path / "other.html").write_text('<h1 id="here">x</h1>', encoding="utf-8")
    (tmp_path / "folder").mkdir()
    assert links.broken(tmp_path) == [f"page.html: {problem}"]


def test_links_that_lead_somewhere_pass(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<a id="here" href="#here">x</a><a href="sub/">x</a><a href="https://example.org/">x</a>'
        '<link rel="canonical" href="https://docs.example.org/page.html">',
        encoding="utf-8",
    )
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text('<a href="../page.html#here">x</a>', encoding="utf-8")
    assert links.broken(tmp_path) == []
