"""The server in our process: it answers at once, keeps secrets out of its log, and ends when it is told to."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import UsageError
from digest.web.security import SecurityHeaders
from digest.web.serve import serve


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def broken(request: Request) -> Response:
    raise RuntimeError("out of order")


LOOPS = [("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})]
APP = Starlette(routes=[Route("/hello", hello), Route("/broken/{token}", broken)])


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
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}: .*Name another port"):
            async with serve(APP, "127.0.0.1", port):
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
