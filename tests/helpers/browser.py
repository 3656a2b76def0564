"""A Chromium for tests: real rendering and real scripts, one process for the whole session.

Playwright's blocking API keeps an event loop of its own, so it lives in a thread: pass `look` a function of a page.
In an async test whose server runs in the same loop: `await asyncio.to_thread(chromium.look, work)`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, sync_playwright

T = TypeVar("T")

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


def find_chromium() -> str | None:
    """Return the path of a Chromium, if there is one."""
    names = (os.environ.get("CHROMIUM"), "chromium", "/usr/bin/chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@dataclass
class Chromium:
    """A running browser; whatever a page asks for beyond this machine is refused and remembered in `refused`."""

    path: str
    refused: list[str] = field(default_factory=list)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "chromium"))
    _playwright: Playwright | None = None
    _browser: Browser | None = None

    def look(
        self,
        work: Callable[[Page], T],
        *,
        width: int = 700,
        height: int = 900,
        dark: bool = False,
        images: bool = True,
        before: Callable[[Page], object] | None = None,
    ) -> T:
        """Return what `work` makes of a fresh page; `before` may add to it first (scripts, listeners)."""
        return self._thread.submit(self._look, work, width, height, dark, images, before).result(timeout=100)

    def close(self) -> None:
        self._thread.submit(self._stop).result(timeout=30)
        self._thread.shutdown()

    def _look(
        self,
        work: Callable[[Page], T],
        width: int,
        height: int,
        dark: bool,
        images: bool,
        before: Callable[[Page], object] | None,
    ) -> T:
        context = self._started().new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            service_workers="block",
        )
        try:
            self.refused.clear()
            context.route("**/*", lambda route: self._guard(route, images))
            page = context.new_page()
            if before:
                before(page)
            return work(page)
        finally:
            context.close()

    def _guard(self, route: Route, images: bool) -> None:
        request = route.request
        here = request.url.startswith((*LOOPBACK, "data:", "about:", "blob:"))
        if not here:
            self.refused.append(f"{request.resource_type} {request.url}")
        if here and (images or request.resource_type != "image"):
            route.continue_()
        else:
            route.abort()

    def _started(self) -> Browser:
        if self._browser is None:
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(executable_path=self.path, args=ARGUMENTS)
        return self._browser

    def _stop(self) -> None:
        if self._browser:
            self._browser.close()
        if self._playwright:
            self._playwright.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A Chromium, or a skip that says how to get one; where the tests could have installed it, its absence fails."""
    if (path := find_chromium()) is None:
        missing = "no Chromium found: apt install chromium, or name one in $CHROMIUM"
        could_install = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")
        if os.environ.get("CI") == "true" and could_install:
            pytest.fail(missing)
        pytest.skip(missing)
    browser = Chromium(path)
    yield browser
    browser.close()
