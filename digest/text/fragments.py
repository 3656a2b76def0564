"""HTML fragments: what a feed calls content, as something that cannot harm a page or a mail."""

from __future__ import annotations

import html
import re

import nh3

from digest.text.addresses import absolute_url
from digest.text.characters import readable
from digest.text.meaning import as_shown
from digest.text.plain import MAX_BODY_CHARACTERS, WITHOUT_TEXT, plain_text, too_deep, with_ampersands

_ALLOWED = {
    "a", "p", "br", "em", "strong", "b", "i", "ul", "ol", "li", "blockquote", "code", "pre", "h3", "h4",
    "img", "figure", "figcaption", "hr", "sub", "sup", "div", "del", "s",
    "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}

# Blocks that are not allowed become ones that are: dropping a tag alone would glue two paragraphs together.
_TO_DIV = re.compile(
    r"<(/?)(?:address|article|aside|center|dd|details|dialog|dt|fieldset|footer|header|hgroup|legend|main|nav|section|summary)(?![\w-])",
    re.IGNORECASE,
)
_HEADING = re.compile(r"<(/?)h([1256])(?![\w-])", re.IGNORECASE)

# What follows reads the sanitiser's own output, in which every attribute is quoted and every < escaped.
_IMAGE = re.compile(r'<img((?: [\w-]+="[^"]*")*)>')
_TINY = re.compile(r' (?:width|height)="\s*[0-2](?:px)?\s*"')
_EMPTY = re.compile(
    r"<(p|div|li|ul|ol|h3|h4|em|strong|b|i|a|figure|blockquote)(?: [^<>]*)?>(?:\s|&nbsp;|<br>)*</\1>"
)
_PRE = re.compile(r"<pre>\n+")  # a parser drops the first line end of a <pre>, each time


def clean_html(value: str, base_url: str = "") -> str:
    """Return an HTML fragment with nothing but text, links and pictures: every tag closed, URLs absolute.

    Scripts, styles, forms, embedded pages, pixels and `data:` pictures go; headings become h3 and h4.
    """
    fragment = _TO_DIV.sub(r"<\1div", readable(with_ampersands(value[:MAX_BODY_CHARACTERS])))
    if too_deep(fragment):  # not before: a parser closes a <td> by itself, and nests a <div>
        return _paragraphs(fragment)
    fragment = as_shown(fragment)
    fragment = _HEADING.sub(lambda match: f"<{match[1]}h{3 if match[2] in '12' else 4}", fragment)
    for _ in range(4):  # a sanitiser's output may parse differently from its input: until it does not
        cleaned = _sanitised(fragment, base_url)
        if cleaned == fragment:
            return cleaned
        fragment = cleaned
    return _paragraphs(fragment)


def _paragraphs(fragment: str) -> str:
    lines = plain_text(fragment).split("\n")
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def _sanitised(fragment: str, base_url: str) -> str:
    cleaned = nh3.clean(
        fragment,
        tags=_ALLOWED,
        clean_content_tags=WITHOUT_TEXT,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        url_relative=lambda url: _resolved(url, base_url),
        link_rel="noopener noreferrer",
    )
    cleaned = _IMAGE.sub(_worth_showing, _PRE.sub("<pre>", readable(cleaned)))
    before = ""
    while cleaned != before:
        before, cleaned = cleaned, _EMPTY.sub("", cleaned)
    return cleaned.strip()


def _resolved(url: str, base_url: str) -> str | None:
    """Return a relative address made absolute; one with a colon in its first segment is a disguised scheme."""
    return None if ":" in re.split("[/?#]", url, maxsplit=1)[0] else absolute_url(url, base_url) or None


def _worth_showing(image: re.Match[str]) -> str:
    return "" if ' src="http' not in image[1] or _TINY.search(image[1]) else image[0]
