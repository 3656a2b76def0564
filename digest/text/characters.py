"""Characters that do harm or cannot be seen: what is removed from every text before anything else."""

from __future__ import annotations

import re

# Controls, bidi overrides (they reorder the text around them), invisible fillers, noncharacters, the sign of a
# character that was lost on the way here, and the private-use pair that marks a reader's own value in a set mail.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ue000\ue001\ufeff\uffa0\ufff0-\ufffb\ufffd-\uffff\U000e0000\U000e0001]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")  # JSON may hold half a pair, which no encoding can write
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_REGION_FLAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0002-\U000e007f]")

# Raw C1 characters are Windows-1252 typography that lost its encoding on the way.
_WINDOWS_1252 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0) if code != 0x85}

# A joiner means something between two letters of a joining script and between two emoji, and at the end of a
# word after a virama; elsewhere it only makes two equal-looking texts differ.
_JOINING = (
    "\u0600-\u0dff\u0e00-\u109f\u1780-\u18af\u1b00-\u1bff\ua840-\ua8ff\ufb50-\ufdff\ufe0f\ufe70-\ufefc"
    "\u2190-\u2bff\u3030\u303d\U0001f000-\U0001faff\U00010a00-\U00011fff"
)
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
_STRAY_JOINERS = re.compile(
    f"(?<![{_JOINING}])[\u200c\u200d]"
    f"|(?<![{_VIRAMAS}])[\u200c\u200d](?![{_JOINING}])"
    "|[\u200c\u200d](?=[\u200c\u200d])"
)

# One look for all of the above: nearly every text has none of them.
_ANY_OF_THESE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ue000\ue001\ufeff\uffa0\ufff0-\ufffb\ufffd-\uffff\U000e0000-\U000e007f]"
)

# The same look for ASCII, in half the time.
_ASCII_OF_THESE = bytes(code for code in range(0x80) if _ANY_OF_THESE.match(chr(code)))

_SPACES = re.compile(r"\s+")
KEPT_SPACES = "\u00a0\u202f\u3000"  # French punctuation and East Asian headlines need theirs


def readable(text: str) -> str:
    r"""Return `text` without characters that hide, reorder others or break headers; lines end in \n."""
    if text.isascii():
        if len(text.encode("ascii").translate(None, _ASCII_OF_THESE)) == len(text):
            return text
    elif not _ANY_OF_THESE.search(text):
        return text
    text = _SURROGATES.sub("", text).translate(_WINDOWS_1252)
    text = _UNWANTED.sub("", _BREAKS.sub("\n", text))
    text = _REGION_FLAGS.sub(lambda match: match[1] or "", text)
    return _STRAY_JOINERS.sub("", text)


def one_line(text: str) -> str:
    """Return `text` with every run of white space as one space; a lone typographic space stays what it is."""
    return _SPACES.sub(lambda run: run[0] if run[0] in KEPT_SPACES else " ", text).strip()


# --- graphemes -------------------------------------------------------------------------------------------

_EXTENDING = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u0900-\u0903\u093a-\u094f"
    "\u0981-\u0983\u09bc-\u09d7\u0a3c-\u0a4d\u0abc-\u0acd\u0b3c-\u0b57\u0bbe-\u0bd7\u0c3e-\u0c56\u0cbc-\u0cd6"
    "\u0d3b-\u0d57\u0dca-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u102b-\u103e\u1160-\u11ff"
    "\u17b6-\u17d3\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f"
    "\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")


def tears(left: str, right: str) -> bool:
    """Say whether a cut between two characters could tear a grapheme apart (after UAX 29, leaning to yes)."""
    if _EXTENDING.match(right) or left == "\u200d":
        return True
    return bool(_REGIONAL.match(left) and _REGIONAL.match(right))
