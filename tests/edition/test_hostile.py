"""What strangers put into a feed: it is shown as text, it never runs, and nothing is fetched for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from digest.edition import templates_dir
from digest.edition.theme.themes import ours
from digest.model import Article, Image
from tests.edition import samples
from tests.edition.conftest import Compose, personal
from tests.helpers.browser import Chromium

THEMES = ours(templates_dir())

PAYLOADS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)' autofocus onfocus='alert(1)' x='",
    "javascript:alert(1)",
    "JaVa\tScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x.js",
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script>",
    "<![endif]--><script>alert(1)</script>",
    '<a href="javascript:alert(1)">x</a>',
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<form action='https://evil.example'><input autofocus onfocus=alert(1)></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<style>@import 'https://evil.example/x.css';</style>",
    '<math><mtext></p><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(1)&gt;">',
    "{{ 7 * 7 }}{% raw %}",
    "${alert(1)}",
    "\ue000a\ue001",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<img src=x:x onerror\x0b=alert(1)>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    '<template><script>alert(1)</script></template><noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "\u202ereversed\u202c \x00\x07 \r\nBcc: everybody@example.org",
    "𝕵𝖆𝖛𝖆&#115;cript&colon;alert(1)",
]

PAGE = "http://127.0.0.1:9/mail"  # answered by the browser's own route
HOOKS = """window.ran = [];
for (const name of ['alert', 'prompt', 'confirm', 'print', 'open', 'fetch', 'postMessage'])
  window[name] = (...args) => { window.ran.push(name + ' ' + String(args[0])) };
window.XMLHttpRequest = function () { window.ran.push('XMLHttpRequest') };
navigator.sendBeacon = () => { window.ran.push('sendBeacon') };"""

ACTIVE = """() => {
  const found = [...window.ran];
  for (const node of document.querySelectorAll('*')) {
    if (/^(script|iframe|object|embed|form|input|base|link|svg|math)$/i.test(node.localName)) found.push(node.outerHTML);
    for (const {name, value} of node.attributes) {
      if (/^on/i.test(name)) found.push(name + '=' + value);
      if (/^(href|src|action)$/.test(name) && !/^(https?:\\/\\/|mailto:)/i.test(value)) found.push(name + '=' + value);
    }
    node.dispatchEvent(new MouseEvent('mouseover', {bubbles: false}));
    if (node.focus) node.focus();
  }
  return found.concat(window.ran);
}"""


def articles(payloads: Sequence[str]) -> Iterator[Article]:
    """Put each payload into every field of a story, as a source that cleans nothing would."""
    for number, text in enumerate(payloads):
        yield Article(
            guid=text,
            url=text if number % 2 else f"https://example.org/{number}?q={text}",
            title=text,
            dek=text,
            byline=text,
            section=text,
            tags=(text,),
            language=text,
            licence=text,
            body=text,
            image=Image(url=text, alt=text, credit=text, caption=text, width=600, height=400),
        )


def open_it(chromium: Chromium, html: str) -> list[str]:
    """Return what a mail did in the browser that no mail may do."""

    def work(page: Page) -> list[str]:
        page.route(PAGE, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        page.goto(PAGE, wait_until="load")
        page.wait_for_timeout(20)
        return [str(found) for found in page.evaluate(ACTIVE)]

    def before(page: Page) -> None:
        page.add_init_script(HOOKS)
        page.on("dialog", lambda dialog: dialog.dismiss())

    found = chromium.look(work, before=before)
    return found + [asked for asked in chromium.refused if not asked.startswith("image http")]


def mail_of(compose: Compose, payloads: Sequence[str], theme: str) -> str:
    plan = samples.plan_of(*articles(payloads), source=payloads[0])
    mail = compose(plan, theme=theme)
    return personal(mail.web or mail.html)


@pytest.mark.browser
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("first", range(0, len(PAYLOADS), 6))
def test_nothing_runs(chromium: Chromium, compose: Compose, theme: str, first: int) -> None:
    turned = list(islice(cycle(PAYLOADS), first, first + len(PAYLOADS)))  # another one leads
    assert open_it(chromium, mail_of(compose, turned, theme)) == []


@pytest.mark.browser
@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<img src="https://evil.example/x">' * 2 + "<form>",
    ],
)
def test_the_browser_would_notice(chromium: Chromium, html: str) -> None:
    assert open_it(chromium, html)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_headline_makes_a_clean_subject(compose: Compose, payload: str) -> None:
    mail = compose(samples.plan_of(*articles([payload])))
    assert "\n" not in mail.subject + mail.preheader
    assert "\r" not in mail.subject + mail.preheader
    assert mail.subject


def lists(folder: Path) -> dict[str, list[str]]:
    """Return the collections of payloads by name."""
    html5 = json.loads((folder / "html5lib-sanitizer-tests1.json").read_text("utf-8"))
    blue = [
        json.loads(line)
        for line in (folder / "bluemonday.jsonl").read_text("utf-8").splitlines()
        if line.strip()
    ]
    return {
        "payloadbox": (folder / "payloadbox-1500.txt").read_text("utf-8", "replace").splitlines(),
        "html5lib": [text for case in html5 for text in texts(case)],
        "bluemonday": [text for case in blue for text in texts(case)],
    }


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


@pytest.mark.browser
@pytest.mark.corpus
@pytest.mark.parametrize("name", ["payloadbox", "html5lib", "bluemonday"])
def test_nothing_of_the_known_lists_runs(
    chromium: Chromium, compose: Compose, corpora: Path, name: str
) -> None:
    payloads = [text for text in lists(corpora / "html" / "xss")[name] if text.strip()]
    assert len(payloads) > 30
    for start, theme in zip(range(0, len(payloads), 150), cycle(THEMES)):
        assert open_it(chromium, mail_of(compose, payloads[start : start + 150], theme)) == []
