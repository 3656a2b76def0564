"""Bytes of a page or an XML document as text, and a page as a tree: bounded, and never raising.

The order of belief: byte order mark, UTF-8 if the bytes are that, what the server says, what the document says of
itself (WHATWG Encoding, RFC 7303), else what its letters look like.
"""

from __future__ import annotations

import codecs
import re

from selectolax.lexbor import LexborHTMLParser

from digest.sources.formats.charsets import likely_codec

MAX_PAGE_CHARACTERS = 2_000_000  # of a page; what it says of itself stands long before that
_ESCAPES_WITHIN_BYTES = 100_000  # bytes
MAX_NESTING = (
    2_000  # open elements; browsers stop at 512, and the parser's time grows with the square of them
)

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_PROLOG = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
#: Labels that the web uses for a wider encoding than their own (WHATWG Encoding, 4.2).
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip

#: Labels of the web that Python does not know.
_ALIASES = {
    "windows-31j": "cp932", "windows-874": "cp874", "dos-874": "cp874", "x-sjis": "cp932", "cn-big5": "big5hkscs",
    "x-x-big5": "big5hkscs", "x-mac-roman": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "x-mac-ukrainian":
    "mac_cyrillic", "iso-8859-8-i": "iso8859_8", "iso-8859-8-e": "iso8859_8", "unicode-1-1-utf-8": "utf-8",
    "windows-936": "gb18030", "windows-949": "cp949", "windows-950": "big5hkscs", "utf8mb4": "utf-8",
}  # fmt: skip

_ENCODINGS = re.compile(
    "utf-8|iso|cp[0-9]|koi|mac|gb|hz|big5|euc|shift|johab|kz|ptcp"
)  # no other codec of Python's

#: Tags that nest; not those of elements without an end, or whose end may be left out, however many they are.
_NESTING_TAG = re.compile(
    r"<(/?)(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|dt|dd|tr|td|th|thead|tbody|tfoot"
    r"|option|optgroup|colgroup|rp|rt|html|head|body|path|circle|rect|line|polyline|polygon|ellipse|use|stop)\b)[a-z]",
    re.IGNORECASE,
)


def decode_html(body: bytes, content_type: str = "") -> str:
    """Return a page as text."""
    return _decode(body, content_type, _META_CHARSET.search(body[:4096]) or _PROLOG.match(body[:1024]))


def decode_xml(body: bytes, content_type: str = "") -> str:
    """Return an XML document as text, without white space before its first character."""
    return _decode(body, content_type, _PROLOG.match(body[:1024])).lstrip("\ufeff \t\r\n\0")


def _decode(body: bytes, content_type: str, declared: re.Match[bytes] | None) -> str:
    if codec := _marked(body):
        return body.decode(codec, "replace").lstrip("\ufeff")
    if _is_nearly(text := body.decode("utf-8", "replace")) and not body.isascii():
        return text  # no text in another encoding is valid UTF-8 by chance
    said = _CHARSET.search(content_type)
    names = [
        _codec(said[1] if said else ""),
        _codec(declared[1].decode("ascii", "ignore") if declared else ""),
    ]
    if names[0] == "cp1252" and names[1]:
        names.reverse()  # a server's default, which knows nothing of this document
    for name in [*filter(None, names), "utf-8"]:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    for name in filter(None, names):
        if _is_nearly(text := body.decode(name, "replace")):
            return text
    return body.decode(likely_codec(body), "replace")


def _marked(body: bytes) -> str:
    """Return the codec that the first bytes show, or the escapes of ISO-2022-JP; "" if they show none."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return name
    if body[:4] in (b"\0\0\0<", b"<\0\0\0"):
        return "utf-32-le" if body.startswith(b"<") else "utf-32-be"
    if body[:4].count(0) >= 2 or body[:2] in (b"<\0", b"\0<"):
        return "utf-16-le" if body[1:2] == b"\0" else "utf-16-be"
    return "iso2022_jp" if b"\x1b$" in body[:_ESCAPES_WITHIN_BYTES] else ""


def _is_nearly(text: str) -> bool:
    """Say whether a text has hardly any broken character: a few do not make it one of another encoding."""
    broken = text.count("\ufffd")
    return not broken or broken * 20 < sum(not character.isascii() for character in text)


def _codec(label: str) -> str:
    label = label.strip().lower()
    try:
        name = codecs.lookup(_ALIASES.get(label) or label.removeprefix("x-")).name
    except (LookupError, ValueError):
        return ""
    # A text in UTF-16 or -32 could not have said so in ASCII: whoever wrote that meant UTF-8 (WHATWG HTML, 13.2.3.2).
    name = "utf-8" if name.startswith(("utf-16", "utf-32")) else _WIDER.get(name, name)
    return name if _ENCODINGS.match(name) else ""


def tree(html: str) -> LexborHTMLParser:
    """Return a page's tree; of a page that is absurdly long or deep, the part that is not."""
    html = html[:MAX_PAGE_CHARACTERS]
    depth = 0
    for tag in _NESTING_TAG.finditer(html):
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        if depth > MAX_NESTING:
            html = html[: tag.start()]
            break
    return LexborHTMLParser(html)
