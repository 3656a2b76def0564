"""Pictures for tests, drawn on the spot: hills in a few colours, as PNG."""

from __future__ import annotations

import io
import math
from functools import cache

from PIL import Image, ImageDraw

_SKIES = ("#c4d6de", "#f0d6b2", "#cedcc4", "#dee2e8", "#f4e8d6")
_HILLS = ("#5c7478", "#b4785c", "#6e8c60", "#7888a0", "#c4a06e")


@cache
def picture(number: int, width: int = 600, height: int = 400) -> bytes:
    """Return the PNG of a landscape, always the same for the same number."""
    image = Image.new("RGB", (width, height), _SKIES[number % 5])
    draw = ImageDraw.Draw(image)
    radius, sun = height // 12, width * (3 + number % 5) // 10
    draw.ellipse((sun - radius, height // 5 - radius, sun + radius, height // 5 + radius), fill="#fff6dc")
    for ridge in range(3):
        base, swing = height * (0.5 + 0.17 * ridge), height * 0.08
        line = [
            (x, base + swing * math.sin(x / width * (4 + ridge) + number + ridge))
            for x in range(0, width + 8, 8)
        ]
        shade = tuple(int(int(_HILLS[number % 5][i : i + 2], 16) * (1 - 0.3 * ridge)) for i in (1, 3, 5))
        draw.polygon([(0, height), *line, (width, height)], fill=shade)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
