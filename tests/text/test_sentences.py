"""Texts are shortened where a sentence ends."""

from __future__ import annotations

import pytest

from digest.text import sentences


@pytest.mark.parametrize(
    ("text", "limit", "left"),
    [
        ("Short enough.", 40, "Short enough."),
        ("One boat came home. Another one is still out there.", 30, "One boat came home."),
        ("Is it over? Nobody in the harbour office knows.", 20, "Is it over?"),
        ("It rained in St. Ives and then it rained on and on.", 30, "It rained in St. Ives and…"),
        ("The U.S. senators vote tonight on the budget, late.", 30, "The U.S. senators vote…"),
        ("“We go.” said she, and they went to the far pier.", 30, "“We go.” said she, and they…"),
        (
            "港の事務所は帳簿を公開した。小さな船は三倍の料金を払っている。",
            20,
            "港の事務所は帳簿を公開した。",
        ),
        (
            "No. But this sentence is rather a long one, it seems.",
            40,
            "No. But this sentence is rather a long…",
        ),
    ],
)
def test_a_text_ends_with_a_sentence_where_one_ends_in_time(text: str, limit: int, left: str) -> None:
    assert sentences(text, limit) == left
    assert sentences(left, limit) == left
