"""What a source says of a story in short, without what its software adds to every one.

Such lines are told by what they link and where they stand, which is the same in every language: the story and the site
that it "appeared on", a button alone in its line, an address or a number behind a label.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.text import clean_text, plain_text, truncate, url_key
from digest.text.characters import readable

_MAX_DEK_CHARACTERS = 500  # characters
_NOT_PART_OF_DEK = frozenset({"figure", "figcaption", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
# An address in the words is no link in a teaser, and four lines of noise on a phone.
_BARE_ADDRESS = re.compile(r"(?<![\w@])(?:https?://|www\.)[!-~]+")
_CLOSING = re.compile(r"[.!?)\]]*$")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")
_MAX_TRAILER_CHARACTERS = 80  # characters beside the links of a line that leads back to story and site
_MAX_BUTTON_CHARACTERS = 25  # "Comments", "[link] [comments]"
_MAX_MORE_CHARACTERS = 60  # of a link to the story itself

# An anchor in the plain text: its number, its words, its end. Texts do not contain these characters.
_BEGIN, _NUMBERED, _END = "\ue010", "\ue011", "\ue012"
_DELIMITERS = re.compile("[\ue010-\ue012]")
_ANCHOR = re.compile(
    r"<a\b[^<>]*?\bhref\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s<>]+))[^<>]*>", re.IGNORECASE
)
_CLOSED = re.compile(r"</a\s*>", re.IGNORECASE)
_LINK = re.compile(f"{_BEGIN}(\\d+){_NUMBERED}([^{_END}]*){_END}?")
_ITEM = re.compile(r"(<li\b[^<>]*>)", re.IGNORECASE)

_LABELLED = re.compile(r"\W*[^\W\d_][^:.!?]{0,30}[:：]\s*(?:https?://\S+|[\d.,\s]+)")
_COUNTS = re.compile(r"(?:\d[\d.,]*\s+[^\W\d_]+\W*){1,4}")
_SENTENCE_ENDS = re.compile(r"[.!?…。！？»”\"')\]]\s*$")
_LEADING = re.compile(r"[\s(\[→–—-]+$")  # what stands before a link to more
_CUT = re.compile(r"\s*[\[(](?:…|\.\.\.)[\])]\s*$")
_IN_ENGLISH = re.compile(
    r"\s*(?:The post .{1,300}? (?:first )?appeared (?:first )?on .{1,200}?\.?"
    r"|(?:Continue reading|Read more|Read the rest|Weiterlesen|Lire la suite)\b.{0,200}?)\s*$"
)


@dataclass(frozen=True, slots=True)
class Told:
    """Of which story a text tells, and on which site."""

    title: str = ""
    url: str = ""
    site_title: str = ""
    site_url: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a text: its words, those beside its links, and the links with their words."""

    text: str
    beside: str
    links: tuple[tuple[str, str], ...]


_NOTHING = Told()


def summary_of(fragment: str, told: Told = _NOTHING) -> str:
    """Return what an HTML text says in short: its first paragraphs, without captions and what the software adds."""
    fragment = _ITEM.sub(r"\1• ", readable(fragment))
    hrefs: list[str] = []
    marked = _marked(fragment, hrefs) if "<a" in fragment or "<A" in fragment else fragment
    lines = [_line(line, hrefs) for line in _lines(marked)]
    kept = [_without_more(line, told) for line in _own(lines, told)]
    text = ""
    for line in kept:
        text = f"{text} {line}".strip()
        if len(text) >= _MAX_DEK_CHARACTERS:
            break
    text, before = _without_addresses(clean_text(text, 2 * _MAX_DEK_CHARACTERS)), ""
    while text != before:  # one trailer may follow another
        before, text = text, _CUT.sub("…", _IN_ENGLISH.sub("", text))
    return truncate(text.removeprefix("• ") if text.count("•") == 1 else text, _MAX_DEK_CHARACTERS)


def _without_addresses(text: str) -> str:
    """Return a text without the addresses in it; what closes a sentence or a bracket behind one stays."""
    if not _BARE_ADDRESS.search(text):
        return text

    def closing(address: re.Match[str]) -> str:
        before = address.string[: address.start()].rstrip()[-1:]
        found = _CLOSING.search(address[0])
        return found[0] if found and (before.isalnum() or before in "([") else ""

    cut = _EMPTY_BRACKETS.sub("", _BARE_ADDRESS.sub(closing, text))
    return re.sub(r"\s+(?=[.!?)\]])", "", " ".join(cut.split()))


def _lines(fragment: str) -> list[str]:
    return (plain_text(fragment, without=_NOT_PART_OF_DEK) or plain_text(fragment)).split("\n")


def _marked(fragment: str, hrefs: list[str]) -> str:
    def begun(match: re.Match[str]) -> str:
        hrefs.append(html.unescape(next(filter(None, match.groups()), "")))
        return f"{match[0]}{_BEGIN}{len(hrefs) - 1}{_NUMBERED}"

    return _CLOSED.sub(f"{_END}</a>", _ANCHOR.sub(begun, _DELIMITERS.sub("", fragment)))


def _line(text: str, hrefs: Sequence[str]) -> _Line:
    links = tuple((hrefs[int(number)], words.strip()) for number, words in _LINK.findall(text))
    beside = _DELIMITERS.sub("", _LINK.sub(" ", text))
    return _Line(_DELIMITERS.sub("", _LINK.sub(r"\2", text)).strip(), " ".join(beside.split()), links)


def _own(lines: list[_Line], told: Told) -> list[_Line]:
    """Return the lines without the last ones that are the software's."""
    kept = [line for line in lines if line.text]
    labelled = len(kept) - sum(1 for line in kept if _LABELLED.fullmatch(line.text))
    if kept and not labelled:
        return []
    dropped = False
    while kept and _is_trailer(kept[-1], told, after=not dropped, alone=len(kept) == 1):
        kept.pop()
        dropped = True
    return kept


def _is_trailer(line: _Line, told: Told, *, after: bool, alone: bool) -> bool:
    """Say whether a line is the software's; `after` if nothing was dropped behind it."""
    if alone and not told.title:  # all that there is to call it by
        return False
    if _leads_back(line, told) or _repeats(line.text, told):
        return True
    if line.links and not re.search(r"\w", line.beside):
        to_story = not alone and bool(told.url) and all(_is_story(href, told) for href, _ in line.links)
        return len(line.text) <= (_MAX_MORE_CHARACTERS if to_story else _MAX_BUTTON_CHARACTERS)
    if after:
        return False
    credit = len(line.links) == 1 and len(line.beside.split()) <= 3 and not _SENTENCE_ENDS.search(line.text)
    return credit or bool(_COUNTS.fullmatch(line.text) or _LABELLED.fullmatch(line.text))


def _leads_back(line: _Line, told: Told) -> bool:
    """Say whether all that a line links are the story and its site."""
    if not line.links or not told.url or len(line.beside) > _MAX_TRAILER_CHARACTERS:
        return False
    story = url_key(told.url)
    sites = {url_key(told.site_url), story.partition("/")[0]} - {""}
    keys = {url_key(href) for href, _ in line.links}
    return (
        keys <= {story, *sites} and not keys.isdisjoint(sites) and (story in keys or told.title in line.text)
    )


def _repeats(text: str, told: Told) -> bool:
    """Say whether a line says hardly more than the story's title and the site's."""
    said, title, site = text.casefold(), told.title.casefold(), told.site_title.casefold()
    if not title or not site or title not in said or site not in said.replace(title, "", 1):
        return False
    return len(said) - len(title) - len(site) <= _MAX_TRAILER_CHARACTERS and not said.startswith(title)


def _without_more(line: _Line, told: Told) -> str:
    """Return a line's words without a link to the story itself behind its last sentence."""
    if not line.links or not told.url:
        return line.text
    href, words = line.links[-1]
    before, found, behind = line.text.rpartition(words) if words else ("", "", "")
    if not found or len(words) > _MAX_MORE_CHARACTERS or re.search(r"\w", behind) or not before.strip():
        return line.text
    before = _LEADING.sub("", before)
    ends = _SENTENCE_ENDS.search(before)
    return before if ends and _is_story(href, told) else line.text


def _is_story(href: str, told: Told) -> bool:
    return url_key(href) == url_key(told.url)
