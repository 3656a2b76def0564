"""The server in our process: it answers at once, keeps secrets out of its log, and ends when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import UsageError
from digest.web.server import connection
from digest.web.server.security import SecurityHeaders
from digest.web.server.serve import serve


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def slow(request: Request) -> Response:
    await asyncio.sleep(0.5)
    return PlainTextResponse("slow")


async def broken(request: Request) -> Response:
    raise RuntimeError("out of order")


LOOPS = [("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})]
APP = Starlette(routes=[Route("/hello", hello), Route("/slow", slow), Route("/broken/{token}", broken)])


async def test_it_answers_from_the_first_moment_on() -> None:
    async with serve(APP, "127.0.0.1", 0) as port, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/hello")
    assert (answer.status_code, answer.text) == (200, "hello")
    assert "server" not in answer.headers


async def test_signals_stay_with_the_program() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    async with serve(APP, "127.0.0.1", 0):
        await asyncio.sleep(0.02)
        assert {number: signal.getsignal(number) for number in before} == before


async def test_an_error_is_answered_and_its_path_stays_out_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with serve(APP, "127.0.0.1", 0) as port, httpx.AsyncClient(trust_env=False) as client:
        logging.getLogger("httpx").setLevel(logging.WARNING)
        answer = await client.get(f"http://127.0.0.1:{port}/broken/s3cret")
    assert answer.status_code == 500
    assert "out of order" not in answer.text
    assert "out of order" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("anyio_backend", LOOPS, ids=["asyncio", "uvloop"])
async def test_it_ends_although_a_client_hangs_on() -> None:
    async with asyncio.timeout(60):
        async with serve(APP, "127.0.0.1", 0) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in await reader.readline()
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_that_cannot_be_had_is_said_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}: .*in use. Name another."):
            async with serve(APP, "127.0.0.1", port, way_out="Name another."):
                pass


async def test_every_answer_carries_the_security_headers() -> None:
    app = Starlette(routes=[Route("/hello", hello)])
    app.add_middleware(SecurityHeaders)
    async with serve(app, "127.0.0.1", 0) as port, httpx.AsyncClient(trust_env=False) as client:
        for path in ("/hello", "/nothing-here"):
            headers = (await client.get(f"http://127.0.0.1:{port}{path}")).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "no-store"
            assert "noindex" in headers["x-robots-tag"]


# --- clients that keep us waiting ----------------------------------------------------------------------------


async def ask(port: int, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    return reader, writer


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the other side ends the connection, however it does."""
    with contextlib.suppress(ConnectionError):
        return await reader.read()
    return b""


HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("anyio_backend", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("before", [b"", HELLO], ids=["at once", "after a whole request"])
async def test_half_a_request_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT_SECONDS", 0.2)
    async with asyncio.timeout(60), serve(APP, "127.0.0.1", 0) as port:
        reader, writer = await ask(port, before)
        if before:
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        ended = asyncio.create_task(rest_of(reader))
        writer.write(b"GET /hello HTTP/1.1\r\nX: ")
        while not ended.done():  # each byte may come in time, the whole does not
            writer.write(b"x")
            await asyncio.sleep(0.02)
        assert await ended == b""
        writer.close()


async def test_an_answer_may_take_longer_than_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT_SECONDS", 0.1)
    async with asyncio.timeout(60), serve(APP, "127.0.0.1", 0) as port:
        reader, writer = await ask(port, HELLO.replace(b"hello", b"slow"))
        assert (await reader.readuntil(b"\r\n\r\nslow")).startswith(b"HTTP/1.1 200")
        writer.close()


@pytest.mark.parametrize("anyio_backend", LOOPS, ids=["asyncio", "uvloop"])
async def test_whoever_keeps_us_waiting_longest_makes_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT_SECONDS", 3600.0)
    monkeypatch.setattr(connection, "room", lambda: 3)
    async with asyncio.timeout(60), serve(APP, "127.0.0.1", 0) as port:
        idle = [await ask(port, b"GET /hello HT") for _ in range(8)]
        for reader, _ in idle[:5]:
            assert await rest_of(reader) == b""
        reader, writer = await ask(port, HELLO)
        await reader.readuntil(b"hello")
        assert await rest_of(idle[5][0]) == b""
        assert not any(reader.at_eof() for reader, _ in idle[6:])
        writer.close()
        for _, other in idle:
            other.close()


def test_connections_leave_descriptors_for_everything_else() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        assert connection.room() == 128
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        ((), "203.0.113.9", "127.0.0.1"),
        (("10.0.0.0/8",), "203.0.113.9", "127.0.0.1"),
        (("127.0.0.1",), "203.0.113.9", "203.0.113.9"),
        (("127.0.0.1",), "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.0/8", "10.0.0.0/8"), "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        (("127.0.0.1",), "2001:db8::7", "2001:db8::7"),
    ],
)
async def test_only_a_trusted_proxy_says_who_asks(
    proxies: tuple[str, ...], forwarded: str, client: str
) -> None:
    async def who(request: Request) -> Response:
        assert request.client
        return PlainTextResponse(request.client.host)

    app = Starlette(routes=[Route("/", who)])
    async with serve(app, "127.0.0.1", 0, proxies=proxies) as port:
        async with httpx.AsyncClient(trust_env=False) as asking:
            headers = {"X-Forwarded-For": forwarded}
            answer = await asking.get(f"http://127.0.0.1:{port}/", headers=headers)
    assert answer.text == client
