"""The examples for nginx and Caddy, run by the real programs: readers come through, what is for operators does not."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.web import serve
from tests.cli.conftest import Digest, Newsroom, digest, newsroom  # noqa: F401  # fixtures
from tests.e2e.conftest import Process, start, until  # noqa: F401  # a fixture
from tests.helpers.reverse_proxies import proxy

PROXIES = ("nginx", "caddy")
HIDDEN = (
    *("/healthz", "/readyz", "/metrics", "/", "/u"),
    *("//metrics", "/e/../metrics", "/e/..%2fmetrics", "/metrics/", "/METRICS"),
)


@pytest.mark.parametrize("name", PROXIES)
def test_readers_come_through_and_operators_pages_do_not(
    name: str,
    start: Callable[..., Process],  # noqa: F811
    newsroom: Newsroom,  # noqa: F811
    digest: Digest,  # noqa: F811
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    newsroom.edit("[fetch]", f"[web]\nport = {port}\n\n[fetch]")
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    edition = digest("send", "daily", "--json").json["edition"]
    raw = newsroom.mails[0].read_bytes().decode()
    link = re.search(r"^List-Unsubscribe: <https://post\.example\.org(/u/[^>]+)>", raw, re.MULTILINE)
    assert link
    service = start("run")
    until(lambda: "pages on" in service.said, service)
    with proxy(name, tmp_path, port) as base, httpx.Client(base_url=base, trust_env=False) as client:
        page = client.get(link[1])
        assert (page.status_code, "<form" in page.text) == (200, True)
        assert client.get(f"/e/{edition}").status_code == 200
        assert client.get("/assets/pages.css").headers["Content-Type"].startswith("text/css")
        assert client.get("/robots.txt").text.startswith("User-agent")
        assert client.get("/sitemap.xml").status_code == 200
        for path in HIDDEN:
            answer = client.get(path)
            assert answer.status_code in (400, 404), path
            assert "digest_" not in answer.text
        assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).json()["status"] == "ready"
        left = client.post(link[1], data={"List-Unsubscribe": "One-Click"})
        assert left.status_code == 200, "a redirect or a challenge would lose the provider's request"
        assert client.post(link[1], content=b"x" * 70_000).status_code == 413
    [reader] = digest("subscribers", "list", "--json").json
    assert reader["status"] == "unsubscribed"
    access = tmp_path / "access.log"
    assert not access.exists() or link[1] not in access.read_text(), "a log of tokens"


@pytest.mark.parametrize("name", PROXIES)
async def test_the_client_is_whom_the_proxy_saw(name: str, tmp_path: Path) -> None:
    async def who(request: Request) -> Response:
        assert request.client
        return PlainTextResponse(request.client.host)

    app = Starlette(routes=[Route("/u/{token}", who)])
    claimed = {"X-Forwarded-For": "203.0.113.9, 127.0.0.1", "Forwarded": "for=203.0.113.9"}
    async with serve(app, "127.0.0.1", 0, proxies=("127.0.0.1",)) as port:
        with proxy(name, tmp_path, port) as base:
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.get(f"{base}/u/x", headers=claimed)
    assert answer.text == "127.0.0.1"
