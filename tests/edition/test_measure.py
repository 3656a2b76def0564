"""Pictures looked at before they are mailed: from a server on this machine."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image as Pillow

from digest.edition.measure import FIRST_BYTES, Size, measured, size_of
from digest.http import Http
from digest.model import Article, Image, Plan
from tests.edition import samples
from tests.helpers.pictures import picture
from tests.helpers.servers import Answer, Server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http(user_agent="test", allow_private=True, host_pause=0)
    yield client
    await client.close()


def encoded(kind: str, width: int = 320, height: int = 200, **options: object) -> bytes:
    stream = io.BytesIO()
    Pillow.new("RGB", (width, height), "teal").save(stream, kind, **options)
    return stream.getvalue()


def plan_with(*urls: str) -> Plan:
    return samples.plan_of(
        *(Article(guid=url, url=url, title=f"Story {n}", image=Image(url=url)) for n, url in enumerate(urls))
    )


def images(plan: Plan) -> list[Image | None]:
    return [chosen.candidate.article.image for chosen in plan.chosen]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_the_first_bytes_tell_the_size(kind: str) -> None:
    assert size_of(encoded(kind)[:FIRST_BYTES]) == Size(320, 200)


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"quality": 95}, {"quality": 95, "exif": b"Exif\0\0" + b"x" * 50}]
)
def test_a_webp_need_not_be_complete(options: dict[str, object]) -> None:
    assert size_of(encoded("WEBP", 1_234, 801, **options)[:64]) == Size(1_234, 801)


def test_a_photograph_taken_sideways_is_as_high_as_it_is_shown() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    assert size_of(encoded("JPEG", exif=exif)) == Size(200, 320)


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + b"\0" * 99, b"GIF89a", b"RIFF\0\0\0\0WEBP"],
)
def test_what_is_no_picture_has_no_size(data: bytes) -> None:
    assert size_of(data) is None


def test_a_picture_that_claims_to_be_monstrous_has_no_size() -> None:
    data = bytearray(encoded("PNG"))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    assert size_of(bytes(data)) is None


async def test_sizes_are_measured_and_only_the_beginning_is_asked_for(server: Server, http: Http) -> None:
    server.routes["/a.png"] = Answer(body=picture(1, 640, 360), headers={"content-type": "image/png"})
    [image] = images(await measured(plan_with(server.url("/a.png")), http))
    assert image == Image(url=server.url("/a.png"), width=640, height=360)
    assert server.requests[0].headers["range"] == f"bytes=0-{FIRST_BYTES - 1}"


async def test_what_is_not_a_picture_is_left_out_and_told(server: Server, http: Http) -> None:
    server.routes["/pixel.gif"] = Answer(body=encoded("GIF", 1, 1), headers={"content-type": "image/gif"})
    server.routes["/page.jpg"] = Answer(body=b"<html>", headers={"content-type": "text/html; charset=utf-8"})
    server.routes["/drawing.svg"] = Answer(body=b"<svg/>", headers={"content-type": "image/svg+xml"})
    paths = ("/pixel.gif", "/page.jpg", "/drawing.svg", "/missing.png")
    plan = await measured(plan_with(*map(server.url, paths)), http)
    assert images(plan) == [None] * 4
    assert len(plan.problems) == 4
    assert "a counter, not a picture" in plan.problems[0]
    assert "404" in plan.problems[3]


async def test_what_nobody_can_say_stays_as_it_was(server: Server, http: Http) -> None:
    server.routes["/odd.png"] = Answer(body=b"\0" * 99, headers={"content-type": "image/png"})
    server.routes["/closed.png"] = Answer(status=503)
    plan = plan_with(server.url("/odd.png"), server.url("/closed.png"), "http://127.0.0.1:9/none.png")
    assert await measured(plan, http) == plan


async def test_a_slow_server_does_not_hold_the_edition_up(server: Server, http: Http) -> None:
    server.routes["/slow.png"] = Answer(body=picture(1), drip=0.05)
    plan = plan_with(server.url("/slow.png"))
    assert await measured(plan, http, seconds=0.2) == plan


async def test_a_plan_without_pictures_asks_nobody(http: Http) -> None:
    plan = samples.plan_of(Article(guid="1", url="https://e.org/1", title="A"))
    assert await measured(plan, http) is not None
