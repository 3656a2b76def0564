"""Requests as they come over the wire: one that can be read in two ways gets one answer and no second chance."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from digest.web.server.methods import page
from digest.web.server.serve import serve

SECOND = b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n"
asked: list[str] = []


async def answer(request: Request) -> Response:
    asked.append(request.url.path)
    with suppress(ClientDisconnect):
        await request.body()
    return PlainTextResponse("well")


APP = Starlette(routes=[page("/first", get=answer, post=answer), page("/second", get=answer)])


async def talk(data: bytes) -> tuple[list[str], bool]:
    """Send bytes; returns the status of each answer, and whether the connection was closed within two seconds."""
    asked.clear()
    async with serve(APP, "127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        heard, closed = b"", False
        try:
            async with asyncio.timeout(2):
                while part := await reader.read(65536):
                    heard += part
                closed = True
        except TimeoutError:
            pass
        except ConnectionError:
            closed = True
        writer.close()
    return re.findall(r"HTTP/1\.1 (\d{3})", heard.decode()), closed


def post(*headers: str, body: str = "0\r\n\r\n", version: str = "1.1") -> bytes:
    return "\r\n".join([f"POST /first HTTP/{version}", "Host: x", *headers, "", body]).encode() + SECOND


@pytest.mark.parametrize(
    "request_",
    [
        post("Content-Length: 5", "Transfer-Encoding: chunked"),
        post("Transfer-Encoding: chunked", "Content-Length: 0"),
        post("transfer-encoding: Chunked", "content-length: 5"),
        post("Content-Length: 5", "Content-Length: 6", body="hello"),
        post("Content-Length: 5, 6", body="hello"),
        post("Content-Length: +5", body="hello"),
        post("Content-Length: 0x5", body="hello"),
        post("Content-Length: -1", body=""),
        post("Content-Length : 5", body="hello"),
        post("Transfer-Encoding: chunked", body="zz\r\nhello\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked", body="2\r\nhello\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked", body="-5\r\nhello\r\n0\r\n\r\n"),
        post("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        post("Transfer-Encoding: gzip, chunked"),
        post("Transfer-Encoding: xchunked"),
        post("Transfer-Encoding: chunked", version="1.0"),
        b"POST /first HTTP/1.1\r\nHost: x\r\nX: 1\r\n folded\x00\r\n\r\n" + SECOND,
        b"GET /first HTTP/1.1\r\n\r\n" + SECOND,
        b"GET /first HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + SECOND,
    ],
    ids=lambda data: data[20:70].decode("latin-1"),
)
async def test_what_can_be_read_in_two_ways_is_refused_and_the_connection_ends(
    request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    statuses, closed = await talk(request_)
    assert (len(statuses), statuses[0][0], closed) == (1, "4", True)
    assert "/second" not in asked
    assert not caplog.records


@pytest.mark.parametrize(
    "request_",
    [
        post("Content-Length: 5", body="hello"),
        post("Content-Length: 5", "Content-Length: 5", body="hello"),
        post("Transfer-Encoding: chunked", body="5\r\nhello\r\n0\r\n\r\n"),
    ],
)
async def test_two_requests_on_one_connection_get_two_answers(request_: bytes) -> None:
    assert await talk(request_) == (["200", "200"], False)


@pytest.mark.parametrize(
    ("method", "status"), [("OPTIONS", "204"), ("PUT", "405"), ("DELETE", "405"), ("BREW", "405")]
)
@pytest.mark.parametrize(("path", "allow"), [("/first", "GET, HEAD, POST"), ("/second", "GET, HEAD")])
async def test_a_page_tells_which_methods_it_takes(method: str, status: str, path: str, allow: str) -> None:
    async with serve(APP, "127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head = (await reader.read()).decode().lower().split("\r\n\r\n")[0]
        writer.close()
    assert head.startswith(f"http/1.1 {status}")
    assert f"\r\nallow: {allow.lower()}" in head
