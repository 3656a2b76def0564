"""Markup that means something, said in words and characters before the markup goes.

What a browser does not show goes; struck words, powers, quotations, readings, formulas and lazily loaded pictures become
what a reader of the page sees (WHATWG HTML, 4.5, 4.7 and 6.1).
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.text.characters import readable
from digest.text.shown_pictures import parents, settle_captions, settle_pictures

# Nearly every text has none of these, and is not parsed for them; a look for fixed words is the quickest.
_TELLING_TAG = re.compile(
    r"<(?:su[pb]|del|s|strike|q|ruby|math|audio|video|canvas|noscript|amp-img|picture)\b", re.IGNORECASE
)
_TELLING_WORDS = (
    *(
        "hidden",
        "display",
        "mso-hide",
        "screen-reader",
        "sr-only",
        "caption",
        "katex",
        "mathjax",
        "srcset",
        "emoji",
    ),
    *("smiley", "-src", "-original", "-lazy", "height:", "width:", "height :", "width :"),
)
_UNSEEN = (
    "audio,video,canvas,datalist,rt,rp,[hidden],.screen-reader-text,.sr-only,.visually-hidden,"
    ".katex-html,.MathJax_Preview"
)
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_STRUCK = "del,s,strike"
_RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_NUMERIC = re.compile(r"[\d+\-−=()ni]*\d[\d+\-−=()ni]*|[+−-]|n")
_NOTE = re.compile(r"\[?[\d*†‡§a-z]{1,3}\]?")


def as_shown(fragment: str) -> str:
    """Return an HTML fragment without what a browser does not show, its pictures and captions where it shows them."""
    return _changed(fragment, in_words=False)


def as_said(fragment: str) -> str:
    """Return an HTML fragment that keeps its meaning when its tags are dropped."""
    return _changed(fragment, in_words=True)


def _changed(fragment: str, *, in_words: bool) -> str:
    if not _tells(fragment):
        return fragment
    page = LexborHTMLParser(f"<body>{readable(fragment)}")  # otherwise what begins it may belong to a head
    body = page.body
    if body is None:
        return fragment
    settle_pictures(page, body)
    _leave_out(body, in_words)
    for node in body.css("math"):
        node.replace_with(_formula(node))
    for node in body.css("q"):
        _quote(node)
    settle_captions(page, body)
    if in_words:
        for node in body.css("sup"):
            node.replace_with(_raised(node))
        for node in body.css("sub"):
            node.replace_with(_numeric(node, _LOWERED))
    return body.inner_html or ""


def _leave_out(body: LexborNode, in_words: bool) -> None:
    for node in body.css(f"{_UNSEEN},{_STRUCK}" if in_words else _UNSEEN):
        node.decompose()
    for node in body.css("[style]"):
        if _UNSEEN_STYLE.search(node.attributes.get("style") or ""):
            node.decompose()


def _tells(fragment: str) -> bool:
    """Say whether there may be anything to change."""
    lowered = fragment.lower()
    return any(word in lowered for word in _TELLING_WORDS) or bool(_TELLING_TAG.search(fragment))


# --- words -----------------------------------------------------------------------------------------------------


def _words(node: LexborNode) -> str:
    return " ".join((node.text(deep=True) or "").split())


def _raised(node: LexborNode) -> str:
    """Return a superscript in characters of its own; not a footnote's mark, nor an ordinal's letters."""
    if node.css_first("a[href^='#']") and _NOTE.fullmatch(_words(node)):
        return ""
    return _numeric(node, _RAISED)


def _numeric(node: LexborNode, table: dict[int, int]) -> str:
    words = _words(node)
    if _NUMERIC.fullmatch(words):
        return words.translate(table)
    if words.isalpha() or not any(character.isdigit() for character in words):
        return words
    return f"^({words})" if table is _RAISED else f"_({words})"


def _quote(node: LexborNode) -> None:
    inner = any(parent.tag == "q" for parent in parents(node))
    node.insert_before("‘" if inner else "“")
    node.insert_after("’" if inner else "”")
    if not inner:
        for quoted in node.css("q"):
            if quoted != node:
                _quote(quoted)
    node.unwrap()


def _formula(math: LexborNode) -> str:
    if alternative := (math.attributes.get("alttext") or "").strip():
        return alternative
    return " ".join(_said(math).split())


def _said(node: LexborNode) -> str:
    """Return a formula in one line: "x² = a/b"."""
    children = [child for child in node.iter() if child.tag not in ("annotation", "annotation-xml")]
    parts = [_said(child) for child in children]
    match node.tag, parts:
        case ("mo", _):
            words = _words(node)
            return f" {words} " if words in ("=", "<", ">", "≤", "≥", "≠", "≈", "+", "→") else words
        case ("msup", [base, power]):
            return base + (power.translate(_RAISED) if _NUMERIC.fullmatch(power) else f"^({power})")
        case ("msub", [base, index]):
            return base + (index.translate(_LOWERED) if _NUMERIC.fullmatch(index) else f"_{index}")
        case ("mfrac", [over, under]):
            return f"{over}/{under}"
        case ("msqrt", _):
            return f"√({''.join(parts)})"
    return "".join(parts) if children else _words(node)
