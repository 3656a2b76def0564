"""Posts as a WordPress site's REST API answers them."""

from __future__ import annotations

import json
from typing import Any

MEDIA = {
    "media_type": "image",
    "source_url": "https://paper.example/up/ships.jpg",
    "alt_text": "Two ships &#8211; at dawn",
    "caption": {"rendered": "<p>Ships. Photo: Cleo Dahl</p>"},
    "media_details": {
        "width": 3000,
        "height": 2000,
        "image_meta": {"credit": ""},
        "sizes": {
            "large": {
                "source_url": "https://paper.example/up/ships-1024x683.jpg",
                "width": 1024,
                "height": "683",
            }
        },
    },
}


def post(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "date_gmt": "2026-03-01T12:00:00",
        "modified_gmt": "2026-03-01T13:00:00",
        "guid": {"rendered": f"https://paper.example/?p={number}"},
        "link": f"https://paper.example/harbour-{number}/",
        "status": "publish",
        "title": {"rendered": "Ships &#038; <em>cranes</em>"},
        "content": {
            "rendered": '<p onclick="x()">Text <a href="/more">more</a></p><script>x()</script>',
            "protected": False,
        },
        "excerpt": {
            "rendered": '<p>Ships return [&hellip;] <a class="more-link" href="/x">Go on <span>it</span></a></p>',
            "protected": False,
        },
        "_embedded": {
            "author": [
                {"name": "Ada Berg"},
                {"code": "rest_user_invalid_id", "message": "no"},
                {"name": "Ben Holm"},
            ],
            "wp:featuredmedia": [MEDIA],
            "wp:term": [
                [
                    {"taxonomy": "category", "slug": "uncategorized", "name": "Uncategorized"},
                    {"taxonomy": "category", "slug": "sea", "name": "Sea &amp; coast"},
                ],
                [{"taxonomy": "post_tag", "slug": "trade", "name": "Trade"}],
                [{"taxonomy": "format", "slug": "x", "name": "X"}],
            ],
        },
        **changes,
    }


def body(*posts: Any) -> bytes:
    return json.dumps(posts).encode()
