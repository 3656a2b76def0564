"""Languages as a configuration names them: by a tag that is known (BCP 47, by CLDR through Babel)."""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import Annotated

from pydantic import AfterValidator

from digest.words import languages

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|\d{3}))?")
_EXAMPLES = 'write a language tag such as "en", "de-AT" or "zh-Hant"'


def known_language(value: str) -> str:
    """Return a tag in its usual spelling ("pt_br" is "pt-BR"); raises ValueError that names the nearest one."""
    if value == "en":  # the default: without a look at the tables
        return value
    if not _TAG.fullmatch(value):
        raise ValueError(f"{value!r} is no language: {_EXAMPLES}{_nearest(value)}")
    tag = _spelt(value)
    language, *rest = tag.split("-")
    from babel import Locale

    names = Locale("en")
    if language not in names.languages:
        raise ValueError(f"{value!r} is no language that is known: {_EXAMPLES}{_nearest(value)}")
    for part in rest:
        if part not in names.scripts and part not in names.territories:
            raise ValueError(
                f"{value!r} is no language that is known: {part!r} is neither script nor country"
            )
    return tag


def name_of(tag: str) -> str:
    """Return what a language is called in English: "Swedish"."""
    from babel import Locale

    language = tag.partition("-")[0]
    return str(Locale("en").languages.get(language, language))


def _spelt(value: str) -> str:
    language, *rest = value.replace("_", "-").split("-")
    return "-".join([language.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def _nearest(value: str) -> str:
    """Say which tag was meant: by the language's name, by its code of three letters, or by its country's of two."""
    from babel import Locale
    from babel.core import get_global

    wanted = value.casefold().replace("_", "-").partition("-")[0]
    english = {name.casefold(): tag for tag, name in Locale("en").languages.items()}
    tag = english.get(wanted) or get_global("language_aliases").get(wanted)
    if not tag and len(wanted) <= 3:
        tag = get_global("likely_subtags").get(f"und_{wanted.upper()}", "").partition("_")[0]
    elif not tag:
        own = _own_names()
        near = difflib.get_close_matches(wanted, [*own, *english], n=1)
        tag = own.get(near[0]) or english[near[0]] if near else ""
    if tag:
        return f"; did you mean {str(tag).replace('_', '-')!r}?"
    return f"; our own words are in {', '.join(languages())}"


@cache
def _own_names() -> dict[str, str]:
    """Return tags by what a language calls itself: "deutsch", "français". Loading them all takes a second."""
    from babel import Locale
    from babel.localedata import locale_identifiers

    tags = [tag for tag in locale_identifiers() if "_" not in tag]
    return {(Locale.parse(tag).get_display_name() or tag).casefold(): tag for tag in tags}


LanguageTag = Annotated[str, AfterValidator(known_language)]
