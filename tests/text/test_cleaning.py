"""Cleaning: what a header, a page and a mail may hold, and when two addresses are one page."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.placeholders import PLACEHOLDERS
from digest.text import absolute_url, clean_html, clean_text, is_word_end, plain_text, truncate, url_key

# --- plain texts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Prices  rise\r\n\tagain ", "Prices rise again"),
        ("AT&amp;T &#8211; &quot;yes&quot;", 'AT&T – "yes"'),
        ("Fish &amp;amp;amp; chips &amp;#8217;n&amp;rsquo; peas", "Fish & chips ’n’ peas"),
        ("Q&A: R&D at H&M; or 1 &lt; 2", "Q&A: R&D at H&M; or 1 < 2"),
        ("<b>Bold</b> and<br>broken <i>words</i>", "Bold and broken words"),
        ("&lt;b&gt;Bold&lt;/b&gt; news", "Bold news"),
        ("The <blink> tag is back", "The <blink> tag is back"),
        ("<![CDATA[Storm warning]]>", "Storm warning"),
        ("It\x92s caf\xe9 \x96 cheap", "It’s café – cheap"),
        ("one\u2028two\u0085three\x0bfour", "one two three four"),
        ("a\x00b\x1bc\ufeffd\u200be", "abcde"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("half \ud83d of a pair", "half of a pair"),
        ("a caf\ufffd by the sea", "a caf by the sea"),
        ("Qui\u00a0? 「東京\u3000大阪」", "Qui\u00a0? 「東京\u3000大阪」"),
        ("a \u00a0 b", "a b"),
    ],
)
def test_a_text_reads_as_people_mean_it(given: str, expected: str) -> None:
    assert clean_text(given) == expected


@pytest.mark.parametrize(
    "text",
    [
        "👩‍💻 writes, 🏳️‍🌈 flies, ❤️‍🔥 burns",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f wins",
        "می‌خواهم بدانم",
        "क्‍ष and ശ്രീ‍",
    ],
)
def test_joiners_and_tags_that_mean_something_stay(text: str) -> None:
    assert clean_text(text) == text.removesuffix("\u200d")


def test_no_character_that_hides_or_reorders_gets_through() -> None:
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for code in (*range(0x3100), *range(0xD800, 0xE002), *range(0xF900, 0x10000), *range(0xE0000, 0xE0080)):
        for left in clean_text(f"a{chr(code)}b"):
            assert unicodedata.category(left) not in ("Cc", "Cs", "Zl", "Zp"), hex(code)
            assert left not in "\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufff9", hex(code)
            assert unicodedata.bidirectional(left) not in directions, hex(code)


def test_joiners_that_only_disguise_a_word_go() -> None:
    assert clean_text("pay\u200dpal vi\u200cagra\u200d") == "paypal viagra"


@pytest.mark.parametrize("mark", PLACEHOLDERS.values())
def test_no_text_can_forge_the_mark_of_a_reader(mark: str) -> None:
    escaped = "".join(f"&#x{ord(character):x};" for character in mark)
    for forged in (mark, escaped, escaped.replace("&", "&amp;")):
        assert "\ue000" not in clean_text(f"x {forged}") + plain_text(forged) + clean_html(f"<p>{forged}</p>")
        assert "\ue000" not in clean_html(f'<a href="https://e.org/{forged}" title="{forged}">x</a>')


@given(st.text(st.sampled_from('a&;<>/b #x3amplt\u200d\ue000👩می\u202e\n\u00a0…"'), max_size=60))
def test_cleaning_a_text_twice_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\n" not in once


@given(st.text(max_size=400), st.integers(0, 60))
def test_a_truncated_text_fits(text: str, limit: int) -> None:
    assert len(truncate(text, limit)) <= limit or limit == 0


def test_a_text_is_cut_between_words_and_graphemes() -> None:
    assert truncate("Parliament votes, at last, on the budget", 20) == "Parliament votes…"
    assert truncate("東京都知事選挙の結果", 6) == "東京都知事…"
    assert truncate("x" * 8 + "e\u0301" * 9, 10) == "x" * 8 + "…"
    assert truncate("🇩🇪🇫🇷🇮🇹🇪🇸" * 3, 10).rstrip("…") in "🇩🇪🇫🇷🇮🇹🇪🇸" * 3


def test_a_title_of_ten_megabytes_takes_no_time() -> None:
    started = time.perf_counter()
    assert len(clean_text("<" * 10_000_000)) == 300
    assert len(clean_text("word &amp; " * 1_000_000)) <= 300
    assert time.perf_counter() - started < 1


def test_plain_text_keeps_the_blocks_apart() -> None:
    html = "<style>p{}</style><h2>Head</h2><p>One<br>two</p><ul><li>a<li>b</ul><script>x()</script>&nbsp;"
    assert plain_text(html) == "Head\nOne\ntwo\na\nb"


# --- HTML ------------------------------------------------------------------------------------------------


def test_html_keeps_what_an_article_needs() -> None:
    html = (
        '<h2>Head</h2><p>Text <em>with</em> <a href="/a?x=1&y=2">links</a></p>'
        '<figure><img src="b.jpg" alt="A > b" width="600"><figcaption>By me</figcaption></figure>'
    )
    assert clean_html(html, "https://e.org/news/") == (
        '<h3>Head</h3><p>Text <em>with</em> <a href="https://e.org/a?x=1&amp;y=2" rel="noopener noreferrer">links</a></p>'
        '<figure><img src="https://e.org/news/b.jpg" alt="A &gt; b" width="600"><figcaption>By me</figcaption></figure>'
    )


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<style>p{color:red}</style>",
        "<iframe src=https://e.org></iframe>",
        "<svg onload=alert(1)><circle/></svg>",
        '<img src="data:image/png;base64,AAAA">',
        '<img src="https://e.org/pixel.gif" width="1" height="1">',
        "<img alt=nothing>",
        "<p> &nbsp; <br></p><div><div></div></div>",
        "<!-- hidden -->",
        "<object data=x><embed src=y></object>",
    ],
)
def test_html_loses_what_does_harm_or_shows_nothing(html: str) -> None:
    assert clean_html(html, "https://e.org/") == ""


def test_blocks_that_go_do_not_glue_their_texts_together() -> None:
    assert (
        plain_text(clean_html("<table><tr><td>one<td>two</table><section>three</section>"))
        == "one\ntwo\nthree"
    )


@pytest.mark.stress
def test_what_nests_without_end_becomes_paragraphs() -> None:
    started = time.perf_counter()
    assert clean_html("<blockquote>" * 20_000 + "deep") == "<p>deep</p>"
    assert clean_html("<table><tr><td>" * 10_000 + "deep") == "<p>deep</p>"
    assert clean_html("<td>" * 10_000 + "deep") == "deep"
    assert plain_text("<b>" * 80_000 + "deep") == "deep"
    assert time.perf_counter() - started < 1


_FORBIDDEN = re.compile(
    r"<[^>]*\son\w+\s*=|<(?:script|style|form|meta|base|iframe|svg|object|input)|<[^>]*(?:javascript|vbscript):",
    re.IGNORECASE,
)


def _hostile(corpora: Path) -> list[str]:
    texts: list[str] = []
    for path in sorted((corpora / "html").rglob("*.jsonl")):
        for line in path.read_text("utf-8", "replace").splitlines():
            row = json.loads(line)
            texts += [value for value in row.values() if isinstance(value, str) and "<" in value]
    return texts


@pytest.mark.corpus
def test_no_known_attack_survives(corpora: Path) -> None:
    texts = _hostile(corpora)
    assert len(texts) > 100
    for text in texts:
        cleaned = clean_html(text, "https://e.org/")
        assert not _FORBIDDEN.search(cleaned), text
        assert clean_html(cleaned, "https://e.org/") == cleaned, text


# --- addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("/a b?x=1&amp;y=2#z", "https://e.org/news/", "https://e.org/a%20b?x=1&y=2#z"),
        ("//cdn.e.org/x.jpg", "", "https://cdn.e.org/x.jpg"),
        ("//cdn.e.org/x.jpg", "http://e.org/", "http://cdn.e.org/x.jpg"),
        (" https://e.org/\n path ", "", "https://e.org/%20path"),
        ("https://e.org/ä?q=ö", "", "https://e.org/ä?q=ö"),
        ("javascript:alert(1)", "https://e.org/", ""),
        ("mailto:me@e.org", "https://e.org/", ""),
        ("tag:e.org,2024:1", "https://e.org/", ""),
        ("http://[::1", "", ""),
        ("http://e.org:99999/", "", ""),
        ("https:///path", "", ""),
        ("https://a b/", "", ""),
        ("", "https://e.org/", ""),
        ("relative", "", ""),
    ],
)
def test_an_address_is_absolute_or_nothing(url: str, base: str, expected: str) -> None:
    assert absolute_url(url, base) == expected
    assert absolute_url(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/story",
        "http://www.Example.org:80/story/#comments",
        "https://example.org/story?utm_source=rss&utm_medium=feed",
        "https://example.org/story/index.html?fbclid=x&mc_cid=y&gclid=z",
        "https://example.org/%73tory?source=rss----abc---4",
        "https://example.org/story?ref=newsletter_1&at_campaign=64",
    ],
)
def test_addresses_of_one_page_have_one_key(url: str) -> None:
    assert url_key(url) == "example.org/story"


def test_keys_know_other_spellings_of_hosts_queries_and_escapes() -> None:
    assert url_key("https://bücher.example/a?b=1&a=2") == url_key("http://xn--bcher-kva.example/a/?a=2&b=1")
    assert url_key("https://e.org/%c3%a4%7Eb") == url_key("https://e.org/ä~b")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://e.org/?p=12", "https://e.org/?p=13"),
        ("https://e.org/watch?v=a", "https://e.org/watch?v=b"),
        ("https://e.org/?source=london", "https://e.org/?source=paris"),
        ("https://e.org/?id=1", "https://e.org/?id=2"),
        ("https://e.org/#!/story/1", "https://e.org/#!/story/2"),
        ("https://e.org:8080/", "https://e.org/"),
        ("https://e.org/a", "https://e.org/A"),
    ],
)
def test_other_pages_have_other_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


def test_what_is_no_web_address_is_its_own_key() -> None:
    assert url_key(" urn:uuid:1 ") == "urn:uuid:1"
    assert url_key("http://[") == "http://["


# --- markup that means something ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("10<sup>6</sup> and 10<sup>&minus;3</sup>", "10⁶ and 10⁻³"),
        ("H<sub>2</sub>O, CO<sub>2</sub>", "H₂O, CO₂"),
        ("2<sup>10<b>0</b></sup> m<sup>2</sup>, 1<sup>st</sup>, n<sup>o</sup> 5", "2¹⁰⁰ m², 1st, no 5"),
        ("x<sup>2a</sup>", "x^(2a)"),
        ("A claim<sup><a href='#fn1'>1</a></sup>.", "A claim."),
        ("Costs <del>10</del> <ins>20</ins> euros, on <s>Monday</s> Tuesday", "Costs 20 euros, on Tuesday"),
        ("He said <q>she said <q>no</q></q>", "He said “she said ‘no’”"),
        ("<ruby>台風<rp>(</rp><rt>たいふう</rt><rp>)</rp></ruby>が来る", "台風が来る"),
        ("<noscript>Turn it on</noscript><p>Text</p><video><p>Old browser</p></video>", "Text"),
        ("<p hidden>a</p><p style='color:red; DISPLAY : none'>b</p><span class='sr-only'>c</span>d", "d"),
        (
            "<math><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mfrac><mi>a</mi><mi>b</mi></mfrac></math>",
            "x² = a/b",
        ),
        ("<math alttext='x = 2'><mi>x</mi></math>", "x = 2"),
        ("Hurray <img class='emoji' alt='🎉' src='e.png'>", "Hurray 🎉"),
        ("Hurray <img style='height: 1em; max-height: 1em' alt='🎉' src='e.png'>", "Hurray 🎉"),
        ("<details><summary>More</summary>Hidden text</details>", "More / Hidden text"),
        (
            "<p>See ?id=7&copy=2&section=3 &copy; AT&T &amp; R&D</p>",
            "See ?id=7&copy=2&section=3 © AT&T & R&D",
        ),
        ("See ?a=1&lang=en", "See ?a=1&lang=en"),
    ],
)
def test_plain_text_says_what_the_markup_meant(given: str, said: str) -> None:
    assert plain_text(given).replace("\n", " / ") == said


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("<img src='grey.png' data-src='a.jpg'>", "a.jpg"),
        ("<img src='data:image/gif;base64,AA' data-lazy-src='a.jpg'>", "a.jpg"),
        ("<img data-original='a.jpg'>", "a.jpg"),
        ("<img srcset='s.jpg 300w, a.jpg 1200w, x.jpg 4000w'>", "a.jpg"),
        ("<img src='grey.gif' data-srcset='s.jpg 1x, a.jpg 2x'>", "a.jpg"),
        ("<picture><source srcset='a.jpg 900w'><img alt='x'></picture>", "a.jpg"),
        ("<img src='data:,'><noscript><img src='a.jpg'></noscript>", "a.jpg"),
        ("<amp-img src='a.jpg' width='900'></amp-img>", "a.jpg"),
        ("<img src='a.jpg' srcset='b.jpg 900w'>", "a.jpg"),
    ],
)
def test_a_picture_is_the_one_that_a_browser_would_show(given: str, url: str) -> None:
    cleaned = clean_html(f"<p>{given}</p>", "https://e.org/")
    assert cleaned.count("<img") == 1
    assert f'src="https://e.org/{url}"' in cleaned
    assert clean_html(cleaned, "https://e.org/") == cleaned


def test_struck_words_stay_struck_and_captions_stay_with_their_picture() -> None:
    assert clean_html("<p><del>10</del> <s>11</s> 12</p>") == "<p><del>10</del> <s>11</s> 12</p>"
    caption = (
        "<div class='wp-caption'><img src='https://e.org/i.jpg'><p class='wp-caption-text'>A ship</p></div>"
    )
    assert clean_html(caption) == (
        '<figure><img src="https://e.org/i.jpg"><figcaption>A ship</figcaption></figure>'
    )


@pytest.mark.parametrize("right", ["fall of rain", "ing", "\u0301 after"])
def test_no_cut_falls_into_a_word_or_a_grapheme(right: str) -> None:
    assert not is_word_end("rain", right)
    assert is_word_end("rain", f" {right}")
    assert is_word_end("雨が", "降る")
