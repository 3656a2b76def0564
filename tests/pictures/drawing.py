"""Pictures of every kind for these tests, good and bad."""

from __future__ import annotations

import io
import random
import struct
import zlib
from functools import cache
from typing import Any

from PIL import Image as Pillow


def encoded(kind: str, width: int = 320, height: int = 200, *, mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture in one colour."""
    stream = io.BytesIO()
    Pillow.new(mode, (width, height), "teal" if mode == "RGB" else 0).save(stream, kind, **options)
    return stream.getvalue()


def photograph(kind: str = "JPEG", width: int = 320, height: int = 200, **options: Any) -> bytes:
    """Return a picture in thousands of colours."""
    noise = Pillow.frombytes("RGB", (40, 25), random.Random(7).randbytes(3_000))
    stream = io.BytesIO()
    noise.resize((width, height), Pillow.Resampling.BICUBIC).save(stream, kind, **options)
    return stream.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@cache
def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """Return a PNG of some kilobytes that is true to its claim: one bit a pixel, all of them zero."""
    packer, row = zlib.compressobj(9), bytes(1 + (width + 7) // 8)
    rows = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def opened(data: bytes) -> Pillow.Image:
    image = Pillow.open(io.BytesIO(data))
    image.load()
    return image
