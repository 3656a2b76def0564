"""Guess the legacy encoding of a text that does not name it, by the commonest letters of each language."""

from __future__ import annotations

import codecs
import re
from unicodedata import category

_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчй"
_JAPANESE = "のにはをたがでてとしれさあるいうかなくもっんスントルリイラクアー。、日本年大人"
_SIMPLIFIED = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就要以生会自"
_TRADITIONAL = "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就要以生會自"
_KOREAN = "이다는의에을가고하로한지도사기은대리시어자인를해서정아보나수있"
_COMMON_LETTERS = {
    "cp1251": _CYRILLIC,
    "koi8_u": _CYRILLIC + "іїє",
    "iso8859_5": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp1253": "αοιετσνρηυκπλμςόάίέή",
    "cp1255": "יוהלארתבשמןםנעדח",
    "cp1256": "اليمنوتربدسعفهك",
    "iso8859_6": "اليمنوتربدسعفهك",
    "cp874": "านรอกเงมยลวดทส่้ัีิแ",
    "cp932": _JAPANESE,
    "euc_jp": _JAPANESE,
    "gb18030": _SIMPLIFIED,
    "big5": _TRADITIONAL,
    "cp949": _KOREAN,
}
#: Rare in texts, common in texts that were decoded wrongly: box drawings, controls, capitals inside a word.
_ODD = {"So", "Sm", "Sk", "Cc", "Co", "Cn"}
_BACK_AND_FORTH = re.compile("[а-яё][А-ЯЁ]|[α-ω][Α-Ω]")
#: Which encoding a Latin script was written in before UTF-8, by language (WHATWG HTML, 13.2.3.2, step 9).
_BY_LANGUAGE = dict.fromkeys(("cs", "hu", "pl", "sk", "sl", "hr", "ro", "bs", "sq"), "cp1250") | {
    "tr": "cp1254", "az": "cp1254", "lt": "cp1257", "lv": "cp1257", "et": "cp1257", "vi": "cp1258",
}  # fmt: skip
_LANGUAGE = re.compile(
    rb"""<(?:dc:)?language>\s*([a-z]{2})|(?:xml:)?lang\s*=\s*["']([a-z]{2})""", re.IGNORECASE
)
_SAMPLE_BYTES = 100_000  # bytes
_MIN_COMMON_SHARE = (
    0.2  # of the letters; in the wrong encoding the common ones are no more common than others
)
_MIN_NON_ASCII_BYTES = 24  # bytes that are not ASCII: too few to judge by
_MAX_WESTERN_SHARE = 0.2  # above this share of non-ASCII letters a text is in no Latin script


def likely_codec(body: bytes) -> str:
    """Return the Python codec that makes most sense of a text that is not UTF-8; Windows-1252 where none stands out."""
    sample = body[:_SAMPLE_BYTES]
    high = sum(byte > 0x7F for byte in sample)
    letters = sum(chr(byte).isalpha() for byte in _without_tags(sample) if byte < 0x80)
    if high < max(_MIN_NON_ASCII_BYTES, _MAX_WESTERN_SHARE * (high + letters)):
        return _latin(sample)
    scores = {codec: _score(sample, codec, common) for codec, common in _COMMON_LETTERS.items()}
    best = max(scores, key=lambda codec: scores[codec])
    return best if scores[best] >= _MIN_COMMON_SHARE else _latin(sample)


def _latin(sample: bytes) -> str:
    said = _LANGUAGE.search(sample)
    return _BY_LANGUAGE.get((said[1] or said[2]).decode().lower(), "cp1252") if said else "cp1252"


def _without_tags(sample: bytes) -> bytes:
    return b"".join(part.rpartition(b">")[2] for part in sample.split(b"<"))


def _score(sample: bytes, codec: str, common: str) -> float:
    """Return the share of common letters among all that are not ASCII; 0.0 if the bytes are not of this encoding."""
    try:
        text = codecs.getincrementaldecoder(codec)("strict").decode(sample)
    except UnicodeDecodeError:
        return 0.0
    foreign = [character for character in text if character > "\x7f"]
    known = frozenset(common)
    odd = sum(category(character) in _ODD for character in foreign) + len(_BACK_AND_FORTH.findall(text))
    return (sum(character in known for character in foreign) - 2 * odd) / max(1, len(foreign))
