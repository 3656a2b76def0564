"""Plain texts: from anything a feed calls a title or a summary to what a reader reads."""

from __future__ import annotations

import html
import re
from collections.abc import Set
from html.entities import html5

import nh3

from digest.text.characters import KEPT_SPACES, one_line, readable, tears
from digest.text.meaning import as_said

MAX_BODY_CHARACTERS = 256_000  # characters of one article's HTML that are read
WITHOUT_TEXT = {
    "script", "style", "template", "textarea", "select", "iframe", "object", "svg", "math", "noembed", "audio", "video",
    "canvas", "rt", "rp",
}  # fmt: skip

_INLINE = (
    "a|abbr|b|big|cite|code|del|em|font|i|ins|kbd|mark|nobr|q|s|samp|small|span|strike|strong|sub|sup|tt|u"
    "|var"
)
_BLOCKS = (
    "address|article|aside|blockquote|body|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer"
    "|form|h[1-6]|header|hgroup|hr|html|legend|li|main|menu|nav|noscript|ol|p|pre|script|section|style|summary|svg|table"
    "|tbody|td|tfoot|th|thead|title|tr|ul|video"
)
_MARKUP = re.compile(
    rf"</(?:{_INLINE}|{_BLOCKS})\s*>|<(?:br|hr|img|wbr)\b[^<>]*>|<!\[CDATA\[|<!--", re.IGNORECASE
)
_BLOCK_TAG = re.compile(rf"<(?=/?(?:{_BLOCKS}|br|option|iframe)\b)", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_ENTITY = re.compile(r"&(?:amp;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

#: Words with a space between them, of characters that need no look: no markup, entity, control or joiner.
_CLEAN = re.compile(r"(?:[\w.,:;!?'()/@+-]+(?: [\w.,:;!?'()/@+-]+)*)?", re.ASCII)

_STACKING_TAG = re.compile(
    r"<(/?)(?!(?:p|li|br|hr|img|td|tr|th|dd|dt|option|input|wbr|meta|link)\b)[a-z][\w-]*", re.IGNORECASE
)
_MAX_DEPTH = 100  # levels; a parser's time grows with their square, and no mail program shows them


def clean_text(value: str, limit: int = 300) -> str:
    """Return a text of one line, at most `limit` characters: no markup, no entities however often escaped.

    Only balanced or void markup counts as markup: "The <blink> tag is back" keeps its tag.
    """
    if len(value) <= limit and _CLEAN.fullmatch(value):  # nearly all names, and many headlines
        return value
    text, before = value[: max(8192, 8 * limit)], ""
    while text != before:
        before = text
        if _MARKUP.search(text):
            text = plain_text(_CDATA.sub("", text))
        text = readable(_ENTITY.sub(_character, text))
    return truncate(one_line(text), limit)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    return html.unescape(f"&{name};") if name.startswith("#") else html5.get(f"{name};", f"&{name};")


_UNENDED = re.compile(r"&(?![a-zA-Z][a-zA-Z0-9]{0,31};)([a-zA-Z][a-zA-Z0-9]*)(=?)")


def with_ampersands(value: str) -> str:
    """Return HTML in which an `&` that only looks like the beginning of an entity is spelled out.

    A parser of HTML makes "©=2" of "?id=7&copy=2" in a text, though not in an attribute.
    """
    return _UNENDED.sub(_spelled_out, value) if "&" in value else value


def _spelled_out(match: re.Match[str]) -> str:
    return match[0] if match[1] in html5 and not match[2] else f"&amp;{match[0][1:]}"


def plain_text(value: str, *, without: Set[str] = frozenset()) -> str:
    """Return the text of an HTML fragment as a reader sees it, each block on a line; `without` names elements to skip."""
    value = with_ampersands(value[:MAX_BODY_CHARACTERS])
    if "<" in value:
        value = _BLOCK_TAG.sub("\n<", value)  # before that, or two blocks of a line would become one word
        value = _ANY_TAG.sub(" ", value) if too_deep(value) else as_said(value)
        value = nh3.clean(value, tags=set(), attributes={}, clean_content_tags=WITHOUT_TEXT | without)
    lines = (one_line(line) for line in readable(html.unescape(value)).split("\n"))
    return "\n".join(line for line in lines if line)


def too_deep(fragment: str) -> bool:
    """Say whether a fragment nests deeper than any real article does."""
    depth = 0
    for tag in _STACKING_TAG.finditer(fragment) if fragment.count("<") > _MAX_DEPTH else ():
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > _MAX_DEPTH:
            return True
    return False


def truncate(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters, cut between words, else graphemes, with an ellipsis."""
    if len(text) <= limit:
        return text
    if limit < 2:
        return "…"[:limit]
    cut = limit - 1
    gap = max(text.rfind(space, cut // 2, cut + 1) for space in (" ", "\n", *KEPT_SPACES))
    if gap > 0:
        return text[:gap].rstrip(" \n,;:–—-" + KEPT_SPACES) + "…"
    while cut > max(1, limit - 32) and tears(text[cut - 1], text[cut]):
        cut -= 1
    return text[:cut] + "…"


_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


def is_word_end(left: str, right: str) -> bool:
    """Say whether a cut between two texts falls between words; some scripts write them without spaces."""
    if not left or not right:
        return True
    if left[-1].isalnum() and right[0].isalnum():
        return bool(_WITHOUT_SPACES.match(right[0]) and _WITHOUT_SPACES.match(left[-1]))
    return not tears(left[-1], right[0])
