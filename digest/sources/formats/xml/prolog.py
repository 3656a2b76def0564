"""What stands before a feed's first element: a document type, its entities, and the time and space that these may cost.

feedparser looks for them with patterns whose time grows with the square of what they are given, and what an entity stands
for is put in as often as a document names it: both are bounded before anything is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from feedparser.sanitizer import replace_doctype

from digest.errors import SourceError

_MAX_BYTES = 8_000  # bytes; a document type with all the entities of HTML has fewer
# Characters that the entities of one document stand for, all its uses taken together.
_MAX_EXPANDED_CHARACTERS = 1_000_000

_ROOT = re.compile(rb"<\w")
_SPACE = re.compile(rb"\s+")
# The loose parser ends a name before an underscore.
_USE = re.compile(rb"&(([A-Za-z0-9]*)\w*)")


def without_doctype(data: bytes) -> tuple[str | None, bytes, dict[str, str]]:
    """Return the version that a document type betrays, the document with harmless entities alone, and those entities.

    Raises SourceError if what stands before the first element, or what the entities stand for, is absurdly long.
    """
    if root := _ROOT.search(data):
        prolog = _SPACE.sub(lambda run: b"\n" if b"\n" in run[0] else b" ", data[: root.start()])
        if len(prolog) > _MAX_BYTES:
            raise SourceError("what stands before the feed's first element is absurdly long: it was not read")
        data = prolog + data[root.start() :]
    version, data, entities = replace_doctype(data)
    if entities and _expanded(data, entities) > _MAX_EXPANDED_CHARACTERS:
        raise SourceError("what the feed's own entities stand for is absurdly long: it was not read")
    return version, data, entities


def _expanded(data: bytes, entities: Mapping[str, str]) -> int:
    """Return how many characters the entities come to."""
    uses: Counter[bytes] = Counter()
    for use in _USE.finditer(data):
        uses.update({use[1], use[2]})
    return sum(uses[name.encode()] * len(text) for name, text in entities.items())
