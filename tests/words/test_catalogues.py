"""The catalogues of fixed words: complete, with the same values in them, every plural form where it belongs."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from babel import Locale
from babel.messages import Catalog
from babel.messages.catalog import Message

from digest.words import FOLDER, Words, languages, read, words
from digest.words.__main__ import PLACES, update, used

ROOT = Path(__file__).parents[2]
CODES = languages()
SOURCE = read(FOLDER / "messages.pot")
ENGLISH = {str(one.context): one for one in SOURCE if one.id}


def catalogue(code: str) -> Words:
    found = words(code)
    assert found is not None
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_there_are_thirteen_languages() -> None:
    assert set(CODES) >= {"en", "de", "fr", "es", "it", "pt", "nl", "pl", "uk", "ar", "he", "ja", "zh"}
    assert words("tlh") is None


@pytest.mark.parametrize("code", CODES)
def test_every_text_is_there_in_every_language(code: str) -> None:
    own = catalogue(code)
    assert own.texts.keys() == ENGLISH.keys(), "run `make words` and translate what it names"
    assert [key for key, texts in own.texts.items() if any(text != text.strip() for text in texts)] == []


@pytest.mark.parametrize("code", CODES)
def test_a_translation_has_the_values_of_its_text(code: str) -> None:
    for key, texts in catalogue(code).texts.items():
        english = ENGLISH[key].id
        if isinstance(english, str):
            assert fields(texts[0]) == fields(english), key
        else:  # "one story" may say its number in words; the last form stands for all numbers
            wanted = fields(english[1])
            assert all(wanted - {"n"} <= fields(text) <= wanted for text in texts), key
            assert fields(texts[-1]) == wanted, key


@pytest.mark.parametrize("code", CODES)
def test_plural_forms_are_those_of_the_language(code: str) -> None:
    own, rule = catalogue(code), Locale.parse(code).plural_form
    forms: dict[str, set[int]] = {}
    for n in range(1_500):
        forms.setdefault(rule(n), set()).add(own.form(n))
    assert all(len(numbers) == 1 for numbers in forms.values())
    assert len(set.union(*forms.values())) == len(forms)
    several = [texts for key, texts in own.texts.items() if not isinstance(ENGLISH[key].id, str)]
    assert several
    assert {len(texts) for texts in several} == {len(forms)}


def test_every_text_is_asked_for_and_every_question_has_a_text() -> None:
    made_of_parts = {"confirm", "welcome", "goodbye", "preferences", "broken", "test", "later", "absent"}
    made_of_parts |= {"undone", "paused", "why"}
    made_of_parts |= {"already", "invitation"}
    asked_for = used(ROOT)
    unused = {key for key in ENGLISH if key not in asked_for}
    assert {key for key in unused if key.partition(".")[2].rpartition("_")[0] not in made_of_parts} == set()
    for group, folders in PLACES.items():
        for file in (ROOT / folders[0]).rglob("*.[ht]*"):
            for name in re.findall(r"""\bsay\(["']([a-z_]+)["']""", file.read_text("utf-8")):
                assert f"{group}.{name}" in ENGLISH, file


def test_an_update_keeps_what_is_translated_and_marks_what_has_changed() -> None:
    source, old = Catalog(fuzzy=False), Catalog(locale="he", fuzzy=False)
    old.mime_headers = [("Plural-Forms", "nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);")]
    for key, text in (("a", "Stays"), ("b", "Is put in other words"), ("c", "Is new")):
        source.add(text, context=key)
    source.add(("{n} boat", "{n} boats"), context="d")
    for key, text, translated in (("a", "Stays", "נשאר"), ("b", "Was", "היה"), ("x", "Goes", "הולך")):
        old.add(text, translated, context=key)
    old.add(("{n} boat", "{n} boats"), ("סירה", "שתי סירות", "{n} סירות"), context="d")
    new: dict[object, Message] = {one.context: one for one in update(source, old) if one.id}
    assert list(new) == ["a", "b", "c", "d"]
    assert (new["a"].string, new["a"].fuzzy) == ("נשאר", False)
    assert (new["b"].string, new["b"].fuzzy) == ("היה", True)
    assert new["c"].string == ""
    assert new["d"].string == ("סירה", "שתי סירות", "{n} סירות")


def test_bringing_complete_catalogues_up_to_date_changes_nothing() -> None:
    for file in (ROOT / "digest" / "words").glob("*.po"):
        old, new = read(FOLDER / file.name), update(SOURCE, read(FOLDER / file.name))
        assert [(one.context, one.string) for one in old if one.id] == [
            (one.context, one.string) for one in new if one.id
        ]
