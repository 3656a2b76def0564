"""Read a mail as a careful editor would before it goes out: what is wrong, what could be better, where.

Findings are values; a mail with an error must not go out, one with warnings should be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from selectolax.lexbor import LexborHTMLParser

from digest.edition.finish import MAX_BYTES, encoded_size
from digest.edition.proof.support import lacking, programs
from digest.edition.setting.shapes import placed
from digest.edition.subject import PREHEADER_LENGTH
from digest.model import Mail, Plan
from digest.model.placeholders import PLACEHOLDERS
from digest.settings import Site


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # the mail would fail its readers or its sender
    WARNING = "warning"  # worth a person's look
    NOTE = "note"  # degrades gracefully


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about a mail, for people: what it is, where, and the way out."""

    level: Level
    rule: str
    text: str


LONG_SUBJECT = 78  # characters; phones show half of it
SHORT_PREHEADER = 30
MAX_STYLE_CHARACTERS = 8_192  # characters of one style element
MIN_FONT_PX = 14  # CSS pixels
_SHORTENERS = re.compile(
    r"https?://(?:www\.)?(?:bit\.ly|t\.co|goo\.gl|tinyurl\.com|ow\.ly|is\.gd|buff\.ly)/", re.I
)
_FONT_SIZE = re.compile(r"font-size:\s*([\d.]+)px")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_ADDRESS_LIKE = re.compile(r"^(?:https?://|www\.)([^/\s]+)", re.I)


def lint(mail: Mail, site: Site, plan: Plan | None = None) -> tuple[Finding, ...]:
    """Return the findings about a mail, the gravest first; with its plan also about its articles' pictures."""
    tree = LexborHTMLParser(mail.html)
    findings = [
        *_size(mail, tree),
        *_lines(mail),
        *_duties(mail, site),
        *_pictures(tree),
        *_links(tree, mail),
        *_small_print(tree),
        *_support(mail),
        *(_articles(plan, mail) if plan else ()),
    ]
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: list(Level).index(finding.level)))


def _error(rule: str, text: str) -> Finding:
    return Finding(level=Level.ERROR, rule=rule, text=text)


def _warning(rule: str, text: str) -> Finding:
    return Finding(level=Level.WARNING, rule=rule, text=text)


def _note(rule: str, text: str) -> Finding:
    return Finding(level=Level.NOTE, rule=rule, text=text)


def _size(mail: Mail, tree: LexborHTMLParser) -> Iterator[Finding]:
    if (size := encoded_size(mail.html)) > MAX_BYTES:
        yield _error(
            "size", f"the HTML part has {size:,} bytes, Gmail cuts at some 102,000: shorten intro and foot"
        )
    if mail.web:
        yield _note(
            "size",
            "the last stories were shortened or left to the web: with all of them the mail is too large",
        )
    for style in tree.css("style"):
        if len(style.text()) > MAX_STYLE_CHARACTERS:
            yield _warning(
                "style-size",
                f"a style element has more than {MAX_STYLE_CHARACTERS:,} characters: Gmail drops it whole",
            )


def _lines(mail: Mail) -> Iterator[Finding]:
    subject, preheader = mail.subject, len(mail.preheader)
    if not subject.strip():
        yield _error("subject", "the subject is empty")
    if len(subject) > LONG_SUBJECT:
        yield _note(
            "subject", f"the subject has {len(subject)} characters; a list shows {LONG_SUBJECT}, a phone half"
        )
    letters = [character for character in subject if character.isupper() or character.islower()]
    if len(letters) > 8 and sum(character.isupper() for character in letters) > 0.7 * len(letters):
        yield _warning("shouting", "the subject is in capitals; filters and readers take that for spam")
    if "!!" in subject or "$$" in subject:
        yield _warning("shouting", "the subject shouts (!!, $$); filters and readers take that for spam")
    if not SHORT_PREHEADER <= preheader <= PREHEADER_LENGTH:
        best = f"{SHORT_PREHEADER} to {PREHEADER_LENGTH}"
        yield _note("preheader", f"the preheader has {preheader} characters; {best} fill the line in a list")


def _duties(mail: Mail, site: Site) -> Iterator[Finding]:
    for name, part in (("HTML", mail.html), ("text", mail.text)):
        if PLACEHOLDERS["unsubscribe_url"] not in part:
            yield _error(
                "unsubscribe",
                f"the {name} part has no unsubscribe link: use {{{{ reader.unsubscribe_url }}}}",
            )
    parts = (_flat(LexborHTMLParser(mail.html).text()), _flat(mail.text))
    if not site.postal_address:
        yield _warning(
            "address", "no postal address, which many countries' law wants: set site.postal_address"
        )
    elif not all(_flat(site.postal_address) in part for part in parts):
        yield _error(
            "address", "the postal address is not in both parts: put {{ site.postal_address }} into them"
        )


def _pictures(tree: LexborHTMLParser) -> Iterator[Finding]:
    images = tree.css("img")
    for image in images:
        attributes, source = image.attributes, image.attributes.get("src") or ""
        if attributes.get("alt") is None:
            yield _error("alt", f'the image {source} has no alt attribute; write alt="" if it only decorates')
        sizes = (attributes.get(side) or "" for side in ("width", "height"))
        if not any(size.rstrip("%").isdecimal() for size in sizes):
            yield _warning("width", f"the image {source} has no width; Outlook shows it at its full size")
    if plain := sum((image.attributes.get("src") or "").startswith("http://") for image in images):
        yield _note("http-image", f"{plain} image(s) are not on https; some programs do not show them")
    words = _count_words(tree.body.text()) if tree.body else 0
    if images and words < 30 * min(len(images), 3):
        yield _warning(
            "picture-mail", f"{len(images)} picture(s), {words} words: filters take such a mail for spam"
        )


def _count_words(text: str) -> int:
    """Return how many words a text has; scripts without spaces between them write one with some two characters."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced // 2


def _links(tree: LexborHTMLParser, mail: Mail) -> Iterator[Finding]:
    for link in tree.css("a[href]"):
        target, text = link.attributes.get("href") or "", link.text().strip()
        if _SHORTENERS.match(target):
            yield _warning(
                "shortener", f"{target} is a shortened address, which filters distrust: link to the page"
            )
        if (shown := _ADDRESS_LIKE.match(text)) and shown[1].lower() not in target.lower():
            yield _warning(
                "disguise", f"a link shows {text} but leads to {target}; filters take that for phishing"
            )
        if not text and not link.css("img") and link.attributes.get("aria-hidden") != "true":
            yield _warning("empty-link", f"the link to {target} has no text")
        if target.startswith("http") and target not in mail.text:
            yield _warning("text-part", f"the text part lacks the link {target}")


def _small_print(tree: LexborHTMLParser) -> Iterator[Finding]:
    for node in tree.css("[style]"):
        size = _FONT_SIZE.search(node.attributes.get("style") or "")
        if size and 2 < float(size[1]) < MIN_FONT_PX and node.text().strip():
            yield _warning(
                "small-print", f"{size[1]} px is hard to read on a phone: {_flat(node.text())[:60]}"
            )


def _support(mail: Mail) -> Iterator[Finding]:
    for names, features in lacking(mail.html).items():
        level = Level.WARNING if len(names) > 2 or "gmail" in names else Level.NOTE
        yield Finding(
            level=level, rule="support", text=f"not understood by {programs(names)}: {', '.join(features)}"
        )


def _articles(plan: Plan, mail: Mail) -> Iterator[Finding]:
    text, articles = _flat(mail.text), [chosen.candidate.article for chosen in plan.chosen]
    for article in articles:
        if _flat(article.title) not in text:
            yield _warning("text-part", f"the text part lacks the headline {article.title!r}")
    shown = [
        (article.title, article.image)
        for article in articles
        if article.image and article.image.url in mail.html
    ]
    unfit = [one.title for one in articles if one.image and not placed(one.image, one.title)]
    if shown and unfit:
        yield _note(
            "shape",
            f"{len(unfit)} picture(s) are not shown, too high, wide or small for their place"
            f" (copies = true under [images] crops them): {_some(unfit)}",
        )
    if titles := [title for title, image in shown if not image.credit]:
        yield _warning(
            "credit",
            f"{len(titles)} picture(s) without a credit at the source, who took them? {_some(titles)}",
        )
    if titles := [title for title, image in shown if not image.alt]:
        yield _note("alt", f"{len(titles)} picture(s) without an alt text at the source: {_some(titles)}")


def _some(titles: list[str]) -> str:
    """Name the first few."""
    return ", ".join(repr(title[:60]) for title in titles[:3]) + (" ..." if len(titles) > 3 else "")


def _flat(text: str) -> str:
    return " ".join(text.split())
