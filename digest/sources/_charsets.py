"""Which legacy encoding a text is in whose author did not say, judged by the commonest letters of each language."""

from __future__ import annotations

import codecs

_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчй"
_JAPANESE = "のにはをたがでてとしれさあるいうかなくもっんスントルリイラクアー。、日本年大人"
_SIMPLIFIED = "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就要以生会自"
_TRADITIONAL = "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就要以生會自"
_KOREAN = "이다는의에을가고하로한지도사기은대리시어자인를해서정아보나수있"
_COMMON_LETTERS = {
    "cp1251": _CYRILLIC,
    "koi8_r": _CYRILLIC,
    "iso8859_5": _CYRILLIC,
    "cp1253": "αοιετσνρηυκπλμςόάίέή",
    "cp1255": "יוהלארתבשמןםנעדח",
    "cp1256": "اليمنوتربدسعفهك",
    "cp874": "านรอกเงมยลวดทส่้ัีิแ",
    "cp932": _JAPANESE,
    "euc_jp": _JAPANESE,
    "gb18030": _SIMPLIFIED,
    "big5": _TRADITIONAL,
    "cp949": _KOREAN,
}
_SAMPLE = 100_000  # bytes
_ENOUGH = 0.2  # of the letters; in the wrong encoding the common ones are no more common than others
_FEW = 24  # bytes that are not ASCII: too few to judge by
_WESTERN = 0.2  # above this share of non-ASCII letters a text is in no Latin script


def likely_codec(body: bytes) -> str:
    """Return the Python codec that makes most sense of a text that is not UTF-8; Windows-1252 where none does."""
    sample = body[:_SAMPLE]
    high = sum(byte > 0x7F for byte in sample)
    letters = sum(chr(byte).isalpha() for byte in _without_tags(sample) if byte < 0x80)
    if high < max(_FEW, _WESTERN * (high + letters)):
        return "cp1252"
    scores = {codec: _score(sample, codec, common) for codec, common in _COMMON_LETTERS.items()}
    best = max(scores, key=lambda codec: scores[codec])
    return best if scores[best] >= _ENOUGH else "cp1252"


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
    return sum(character in known for character in foreign) / max(1, len(foreign))
