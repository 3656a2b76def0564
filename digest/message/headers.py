"""Write header fields: encoded words where a text needs them, never a way to smuggle a line in.

RFC 5322 (syntax, folding), RFC 2047 (encoded words), RFC 6532 (an address that is not ASCII stays as it is).
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

LINE = 76  # columns of a line that holds an encoded word, RFC 2047, 2; we fold every other line there as well
WORD = 75  # columns of one encoded word
_OVERHEAD = len("=?utf-8?q??=")

_PLAIN_TEXT = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60}(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60})*")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q = {byte: chr(byte) if byte in _Q_SAFE else f"={byte:02X}" for byte in range(256)} | {0x20: "_"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_RAW = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_ADDRESS = re.compile(r"[^\x00-\x20\x7f-\x9f<>(),:;\\\"\[\]\s]{1,254}")


def text_field(name: str, value: str) -> bytes:
    """Write a field that holds free text, such as Subject: any script, blanks collapsed, controls dropped."""
    clean = _clean(value)
    words = clean.split(" ") if _is_plain(clean, _PLAIN_TEXT) else _encoded_words(clean, len(name) + 2)
    return _fold(f"{name}:", words)


def mailbox_field(name: str, display: str, address: str) -> bytes:
    """Write a field that holds one mailbox; raises ValueError if the address cannot be written there."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} cannot stand in a {name} header")
    line = f"{name}: {display} <{address}>\r\n" if display else f"{name}: {address}\r\n"
    if len(line) <= LINE + 2 and (not display or _is_plain(display, _PLAIN_PHRASE)):
        return line.encode()  # nearly always
    return _fold(f"{name}:", [*_phrase(display, len(name) + 2), f"<{address}>"] if display else [address])


def list_id_field(display: str, identifier: str) -> bytes:
    """Write List-Id (RFC 2919): what people call the list, and its name for machines, which never changes."""
    return _fold("List-Id:", [*_phrase(display, len("List-Id: ")), f"<{identifier[:253]}>"])


def raw_field(name: str, *values: str) -> bytes:
    """Write a field whose text must stay exactly as it is; values after the first go on lines of their own.

    Raises ValueError for anything but printable ASCII: a mail program that meets an encoded List-Unsubscribe
    shows no button.
    """
    for value in values:
        if len(value) > 900 or not _RAW.fullmatch(value):
            raise ValueError(f"{value[:100]!r} cannot stand in a {name} header")
    return f"{name}: {f'{chr(13)}{chr(10)} '.join(values)}\r\n".encode("ascii")


def date_field(moment: datetime) -> bytes:
    """Write Date (RFC 5322, 3.3) with its zone."""
    return raw_field("Date", format_datetime(moment))


def _clean(value: str) -> str:
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()
    words = _CONTROL.sub(" ", value).encode("utf-8", "replace").decode().split(" ")
    return " ".join(word for word in words if word)  # a no-break space is a typographer's, and stays


def _is_plain(value: str, pattern: re.Pattern[str]) -> bool:
    return "=?" not in value and pattern.fullmatch(value) is not None


def _phrase(display: str, column: int) -> list[str]:
    """Write a display name: as it is, quoted, or in encoded words."""
    clean = _clean(display)
    if _is_plain(clean, _PLAIN_PHRASE):
        return clean.split(" ")
    if _is_plain(clean, _PLAIN_TEXT) and len(clean) <= LINE - column:
        escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
        return [f'"{escaped}"']
    return _encoded_words(clean, column)


def _fold(start: str, words: list[str]) -> bytes:
    lines = [start]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > LINE and lines[-1] != start:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join([*lines, ""]).encode()


def _encoded_words(text: str, column: int) -> list[str]:
    """Split `text` into encoded words, none of which cuts through what a reader sees as one character."""
    quoted = sum(len(_Q[byte]) for byte in text.encode()) <= 4 * len(text.encode()) / 3
    pieces = [""]
    for cluster in clusters(text):
        room = min(WORD, LINE - (column if len(pieces) == 1 else 1)) - _OVERHEAD
        for unit in [cluster] if _width(cluster, quoted) <= WORD - _OVERHEAD else list(cluster):
            if _width(pieces[-1] + unit, quoted) > room:
                pieces.append("")
                room = WORD - _OVERHEAD
            pieces[-1] += unit
    return [_encoded_word(piece, quoted) for piece in pieces if piece]


def _width(text: str, quoted: bool) -> int:
    data = text.encode()
    return sum(len(_Q[byte]) for byte in data) if quoted else -(-len(data) // 3) * 4


def _encoded_word(text: str, quoted: bool) -> str:
    data = text.encode()
    if quoted:
        return f"=?utf-8?q?{''.join(_Q[byte] for byte in data)}?="
    return f"=?utf-8?b?{base64.b64encode(data).decode()}?="


def clusters(text: str) -> Iterator[str]:
    """Split into what readers see as one character each, as near to UAX 29 as headlines need."""
    cluster = ""
    for char in text:
        if cluster and _continues(cluster, char):
            cluster += char
        else:
            if cluster:
                yield cluster
            cluster = char
    if cluster:
        yield cluster


def _continues(cluster: str, char: str) -> bool:
    if unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf") or cluster[-1] == "\u200d":
        return True
    if (
        "\U0001f3fb" <= char <= "\U0001f3ff" or "\u1160" <= char <= "\u11ff"
    ):  # skin tones, Hangul vowels and finals
        return True
    if "\U0001f1e6" <= char <= "\U0001f1ff":  # two regional indicators make a flag
        return len(cluster) == 1 and "\U0001f1e6" <= cluster <= "\U0001f1ff"
    return unicodedata.combining(cluster[-1]) == 9  # a virama joins two consonants
