"""The fixed words of mails and readers' pages: gettext catalogues, one a language (docs/guide/themes.md, Languages).

`messages.pot` has every text in English under a key (its context: "mail.unsubscribe"); `CODE.po` beside it translates.
They are read as they are, some 2 ms each and once: there is nothing to compile and to forget.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from babel.messages import Catalog
from babel.messages.pofile import read_po

FOLDER = files("digest.words")
SOURCE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language by key: one text, or one for each plural form; `form` picks that of a number."""

    texts: Mapping[str, tuple[str, ...]]
    form: Callable[[int], int]

    def __contains__(self, key: str) -> bool:
        return key in self.texts

    def text(self, key: str, n: int | None = None) -> str:
        """Return the text of a key, with a number in its plural form; raises KeyError."""
        texts = self.texts[key]
        return texts[self.form(n) if n is not None and len(texts) > 1 else 0]


def languages() -> list[str]:
    """Return the codes that there are words for."""
    names = (file.name for file in FOLDER.iterdir())
    return sorted([SOURCE, *(name.removesuffix(".po") for name in names if name.endswith(".po"))])


@cache
def words(code: str) -> Words | None:
    """Return the words of a language, None where there are none; what is not translated is missing in them."""
    if code not in languages():
        return None
    catalogue = read(FOLDER / ("messages.pot" if code == SOURCE else f"{code}.po"))
    texts = {
        str(one.context): _texts(one.id if code == SOURCE else one.string)
        for one in catalogue
        if one.id and not one.fuzzy
    }
    return Words({key: each for key, each in texts.items() if all(each)}, gettext.c2py(catalogue.plural_expr))


def read(file: Traversable) -> Catalog:
    """Return a catalogue as Babel reads it."""
    with file.open("rb") as stream:
        return read_po(stream, abort_invalid=True)


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
