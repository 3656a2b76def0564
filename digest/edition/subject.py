"""Subject and preheader: one line each, cut at whole words, nothing in them that a header could trip over."""

from __future__ import annotations

import unicodedata

from digest.edition.plain import SPACES
from digest.edition.view import View
from digest.text import truncate

SUBJECT_LENGTH = 150  # characters; more than any list shows, and enough for a headline in any language
PREHEADER_LENGTH = 140
_SHORT_CHARACTERS = 60  # characters: less leaves room in a list, where the mail's first words would follow
_INVISIBLE = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")  # they shape letters and emoji


def one_line(text: str, limit: int) -> str:
    """Return `text` on one line of at most `limit` characters: no controls, no invisible or direction-turning ones."""
    kept = "".join(
        " " if unicodedata.category(c) in _INVISIBLE else c for c in text if c in _JOINERS or not _turns(c)
    )
    return truncate(SPACES.sub(" ", kept).strip(), limit)


def _turns(character: str) -> bool:
    of_a_flag = "\U000e0020" <= character <= "\U000e007f"
    return unicodedata.category(character) == "Cf" and not of_a_flag


def preheader(view: View) -> str:
    """Return what an inbox shows behind the subject: the next headlines, after the lead's dek where they are short."""
    following = [story.title for story in view.stories[1:4]]
    if len(" · ".join(following)) < _SHORT_CHARACTERS and view.lead:
        following.insert(0, view.lead.dek)
    text = " · ".join(filter(None, following)) or view.edition.tagline
    return one_line(text, PREHEADER_LENGTH)
