"""An article's own text, worked on only when a theme asks for it: most themes never do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.edition.telling.endings import without_ending
from digest.edition.telling.layout import BLOCKS, lay_out
from digest.edition.telling.pictures import settle_pictures
from digest.edition.telling.tables import settle_tables
from digest.edition.telling.words import letters, tells
from digest.text import clean_html, picture_key

_BESIDE_THE_TEXT = "h3,h4,figure,table"  # what an excerpt of a text usually leaves out
_RULED = frozenset(
    {"p", "li", "td", "th", "h3", "h4", "blockquote"}
)  # have a line height of their own in a theme


class Text:
    """The body of an article: `html` is safe to set, its pictures at most `width` CSS pixels wide.

    `title` is the article's headline and `picture` the address of the picture that a theme may show above the text.
    """

    def __init__(self, source: str, url: str, width: int, *, title: str = "", picture: str = "") -> None:
        self._source = source
        self._url = url
        self._width = width
        self._title = title
        self._picture = picture

    @cached_property
    def html(self) -> Markup:
        """The text, with all of its pictures."""
        return self._set(frozenset())

    @cached_property
    def html_below_picture(self) -> Markup:
        """The text without the article's picture, for themes that show that one above it."""
        return self._set(frozenset({picture_key(self._picture)})) if self._picture else self.html

    @cached_property
    def plain(self) -> str:
        """The text laid out in lines of 72 columns, with the address of each link behind it."""
        if not (body := self._parsed()):
            return ""
        without_ending(body, self._url, self._title)
        self._without_headline(body)
        settle_pictures(body, self._width, frozenset())
        return lay_out(body)

    def tells(self, excerpt: str) -> bool:
        """Say whether the text begins with what an excerpt says, or has it all."""
        whole, told = self._words
        return bool(whole) and (tells(told, excerpt) or tells(whole, excerpt))

    @cached_property
    def _words(self) -> tuple[str, str]:
        """The words of the text, and those without headings, captions and tables."""
        if not (body := self._parsed()):
            return "", ""
        whole = body.text(deep=True, separator=" ")
        for node in body.css(_BESIDE_THE_TEXT):
            node.decompose()
        return whole, body.text(deep=True, separator=" ")

    @cached_property
    def _clean(self) -> str:
        return clean_html(self._source, self._url) if self._source else ""

    def _parsed(self) -> LexborNode | None:
        """Return the text as a tree of its own, None if there is nothing in it."""
        return LexborHTMLParser(self._clean).body if self._clean else None

    def _set(self, without: frozenset[str]) -> Markup:
        if not (body := self._parsed()):
            return Markup("")
        without_ending(body, self._url, self._title)
        self._without_headline(body)
        settle_tables(body, self._url)
        settle_pictures(body, self._width, without)
        for image in body.css("img"):
            _mark_block_of(image)
        for caption in body.css("figcaption"):
            caption.attrs["class"] = "sans fine grey"
        return Markup("".join(_paragraphs(body)))  # noqa: S704  cleaned by clean_html, changed as a tree

    def _without_headline(self, body: LexborNode) -> None:
        """Take out what the headline says already: the same words as a heading, or the beginning it was made from."""
        if not (title := letters(self._title)):
            return
        first = next((node for node in body.iter() if _says(node)), None)
        while first is not None and first.tag == "div":
            first = next((node for node in first.iter() if _says(node)), None)
        if first is not None and first.tag in ("h3", "h4") and letters(first.text(deep=True)) == title:
            first.decompose()
        elif self._title.endswith("…") or letters(body.text(deep=True)) == title:
            _cut_beginning(body, title)


def _says(node: LexborNode) -> bool:
    return bool(letters(node.text(deep=True)))


def _cut_beginning(body: LexborNode, told: str) -> None:
    """Take the letters of `told` out of the beginning of a text, if it begins with them."""
    if not letters(body.text(deep=True, separator=" ")).startswith(told):
        return
    left = len(told)
    for node in list(body.traverse(include_text=True)):
        if not node.is_text_node or not left:
            continue
        text = node.text_content or ""
        count = len(letters(text))
        if count <= left:
            left -= count
            node.remove()
            continue
        at = next(n for n in range(1, len(text) + 1) if len(letters(text[:n])) == left)
        rest = text[at:].lstrip(" \t\n.,;:…")
        node.replace_with(f"…{rest}" if text[at : at + 1].isspace() or not rest else text)
        return


def _mark_block_of(image: LexborNode) -> None:
    """Mark the block around a picture: Word must not cut it to the height of a line."""
    at = image.parent
    while at is not None and at.tag not in _RULED:
        at = at.parent
    if at is not None:
        at.attrs["class"] = f"{at.attributes.get('class') or ''} photo".strip()


_BREAKS = re.compile(r"(?:\s|<br>)*<br>(?:\s|<br>)*<br>(?:\s|<br>)*")


def _paragraphs(node: LexborNode) -> Iterator[str]:
    """Yield the blocks of a text as HTML: text outside a block becomes a paragraph, nested blocks are yielded alone."""
    bare: list[str] = []
    for child in node.iter(include_text=True):
        if child.is_text_node or child.tag not in BLOCKS:
            bare.append(child.html or "")
            continue
        yield from _bare(bare)
        if child.tag == "div":
            yield from _paragraphs(child)
        elif child.tag != "p" or child.text(deep=True).strip() or child.css("img"):
            yield child.html or ""
    yield from _bare(bare)


def _bare(pieces: list[str]) -> Iterator[str]:
    text = "".join(pieces).strip()
    pieces.clear()
    for part in _BREAKS.split(text):
        if part.strip():
            yield f'<p class="photo">{part}</p>' if "<img" in part else f"<p>{part}</p>"
