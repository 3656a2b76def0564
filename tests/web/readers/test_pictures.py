"""Our copies of pictures, as mail programs ask for them."""

from __future__ import annotations

import pytest

from digest.store.content import pictures
from digest.store.content.pictures import Copy, Known
from tests.web.conftest import Service

KEY = "0123456789abcdef" * 2
COPY = Copy(key=KEY, media_type="image/jpeg", width=480, height=320, data=b"\xff\xd8\xff and so on")


async def test_a_copy_is_shown_for_ever(service: Service) -> None:
    await pictures.keep(service.tools.db, {"a": Known(copy=COPY)}, service.tools.clock())
    answer = await service.client.get(f"/i/{KEY}.jpg")
    assert answer.status_code == 200
    assert answer.content == COPY.data
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    head = await service.client.head(f"/i/{KEY}.jpg")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "name", [f"{KEY}.png", f"{KEY[::-1]}.jpg", KEY, f"{KEY}.jpg.exe", "..%2f..%2fetc%2fpasswd", "x" * 500]
)
async def test_there_is_nothing_else(service: Service, name: str) -> None:
    await pictures.keep(service.tools.db, {"a": Known(copy=COPY)}, service.tools.clock())
    answer = await service.client.get(f"/i/{name}")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers["cache-control"]


async def test_a_png_is_called_so(service: Service) -> None:
    copy = Copy(key=KEY, media_type="image/png", width=4, height=4, data=b"\x89PNG")
    await pictures.keep(service.tools.db, {"a": Known(copy=copy)}, service.tools.clock())
    answer = await service.client.get(f"/i/{KEY}.png")
    assert answer.headers["content-type"] == "image/png"
