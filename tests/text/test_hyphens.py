"""Soft hyphens: where a language parts its long words, and nowhere else."""

from __future__ import annotations

import pyphen
import pytest

from digest.text import hyphenated
from digest.text.hyphens import parts

SHY = "\u00ad"


@pytest.mark.parametrize(
    ("language", "word", "parted"),
    [
        ("de", "Hafenmeisterverordnung", "Hafen-meis-ter-ver-ord-nung"),
        ("de-CH", "Krankenversicherung", "Kran-ken-ver-si-che-rung"),
        ("nl", "gemeenteraadsverkiezingen", "gemeen-te-raads-ver-kie-zin-gen"),
        ("en", "misunderstandings", "mis-un-der-stand-ings"),
        ("fr", "approvisionnement", "appro-vi-sion-ne-ment"),
        ("pl", "odpowiedzialności", "odpo-wie-dzial-no-ści"),
        ("uk", "підприємництво", "під-при-єм-ниц-тво"),
        ("uk", "найвідповідальніший", "най-від-по-ві-даль-ні-ший"),
        ("fi", "oikeusministeriössä", "oikeusministeriössä"),  # no patterns: left to the mail program
    ],
)
def test_words_are_parted_as_their_language_does(language: str, word: str, parted: str) -> None:
    assert "-".join(parts(word, language)) == parted
    assert "".join(parts(word, language)) == word


WORDS = {
    "de": "Straßenbahnhaltestelle Oberbürgermeisterin Wahlbeteiligung Unterhaltungselektronik Außenministerium",
    "nl": "arbeidsongeschiktheid verzekeringsmaatschappij waterschapsbelasting",
    "en": "internationalisation telecommunications unconstitutionally",
    "es": "internacionalización desafortunadamente constitucional",
    "it": "amministrazione precipitevolissimevolmente responsabilità",
    "fr": "anticonstitutionnellement gouvernementale",
    "pl": "niebezpieczeństwo przedsiębiorczość",
}
NAMES = {"de": "de_DE", "nl": "nl_NL", "en": "en_US", "it": "it_IT", "pl": "pl_PL"}


@pytest.mark.parametrize("language", WORDS)
def test_they_are_parted_as_another_reader_of_the_patterns_does(language: str) -> None:
    other = pyphen.Pyphen(lang=NAMES.get(language, language), left=3, right=3)
    for word in WORDS[language].split():
        assert "-".join(parts(word.lower(), language)) == other.inserted(word.lower())


def test_only_long_words_have_soft_hyphens_and_addresses_never() -> None:
    text = "Der Gerichtshof tagt: https://e.org/Bundesverfassungsgericht, x@Bundesverfassungsgericht.example"
    assert hyphenated(text, "de") == text
    assert (
        hyphenated("Das Bundesverfassungsgericht", "de").replace(SHY, "|")
        == "Das Bun|des|ver|fas|sungs|ge|richt"
    )
    assert hyphenated("Das Bundesverfassungsgericht", "ja") == "Das Bundesverfassungsgericht"
    assert hyphenated("Das Bundesverfassungsgericht", "") == "Das Bundesverfassungsgericht"


def test_twice_is_as_good_as_once() -> None:
    once = hyphenated("Das Bundesverfassungsgericht kippt die Vorratsdatenspeicherung", "de")
    assert hyphenated(once, "de") == once
