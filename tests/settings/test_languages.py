"""Languages of the configuration: known tags in their usual spelling, and the nearest one for all others."""

from __future__ import annotations

import pytest

from digest.settings.languages import known_language, name_of
from tests.helpers.articles import feed, newsletter


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-gb", "en-GB"),
        ("pt_BR", "pt-BR"),
        ("zh-hant", "zh-Hant"),
        ("sr-Latn-ME", "sr-Latn-ME"),
        ("es-419", "es-419"),
        ("sv", "sv"),
        ("la", "la"),
        ("gsw", "gsw"),
    ],
)
def test_a_known_tag_is_taken_in_its_usual_spelling(value: str, tag: str) -> None:
    assert known_language(value) == tag
    assert newsletter(language=value).language == tag


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("german", "de"),
        ("German", "de"),
        ("deutsch", "de"),
        ("englisch", "en"),
        ("swedsh", "sv"),
        ("français", "fr"),
        ("deu", "de"),
        ("ger", "de"),
        ("jp", "ja"),
        ("cz", "cs"),
        ("dk", "da"),
    ],
)
def test_what_is_no_tag_is_told_with_the_one_that_was_meant(value: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"{value!r} is no language.*did you mean '{meant}'"):
        known_language(value)


@pytest.mark.parametrize("value", ["xx", "qq", "", "12", "en us"])
def test_what_nobody_can_guess_is_told_with_those_that_we_have_words_for(value: str) -> None:
    with pytest.raises(ValueError, match="our own words are in ar, de, en, es"):
        known_language(value)


def test_a_country_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="'XX' is neither script nor country"):
        known_language("en-XX")


def test_the_languages_that_a_section_takes_are_looked_at_too() -> None:
    with pytest.raises(ValueError, match="did you mean 'de'"):
        newsletter({"sources": [feed("a")], "languages": ["german"]})


def test_a_language_has_a_name() -> None:
    assert [name_of(tag) for tag in ("sv", "se", "pt-BR")] == ["Swedish", "Northern Sami", "Portuguese"]
