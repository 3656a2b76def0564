"""The lint: our own themes pass it, and each of its rules finds what it is for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.edition import templates_dir
from digest.edition.proof.lint import Finding, Level, lint
from digest.edition.proof.support import _table, lacking
from digest.edition.theme.themes import ours
from digest.model import Mail
from digest.model.placeholders import PLACEHOLDERS
from tests.edition import samples
from tests.edition.conftest import Compose

UNSUBSCRIBE = PLACEHOLDERS["unsubscribe_url"]
ADDRESS = samples.SITE.postal_address
WORDS = "word " * 100


def mail(
    html: str = "", *, text: str = "", subject: str = "A quiet subject", preheader: str = "x" * 60
) -> Mail:
    foot = f'<p>{WORDS}</p><a href="{UNSUBSCRIBE}">Unsubscribe</a> {ADDRESS}'
    return Mail(
        subject=subject, preheader=preheader, html=html + foot, text=f"{text} {UNSUBSCRIBE} {ADDRESS}"
    )


def rules(findings: tuple[Finding, ...], *levels: Level) -> set[str]:
    return {finding.rule for finding in findings if finding.level in (levels or tuple(Level))}


@pytest.mark.parametrize("theme", ours(templates_dir()))
def test_our_themes_are_sound(compose: Compose, theme: str) -> None:
    plan = samples.plan()
    assert [
        f for f in lint(compose(plan, theme=theme), samples.SITE, plan) if f.level is not Level.NOTE
    ] == []


def test_a_plain_mail_has_nothing_to_be_said_about_it() -> None:
    assert lint(mail(), samples.SITE) == ()


@pytest.mark.parametrize(
    ("made", "rule", "level"),
    [
        (mail("x" * 90_001), "size", Level.ERROR),
        (mail(f"<style>{'p{color:red}' * 800}</style>"), "style-size", Level.WARNING),
        (mail(subject=""), "subject", Level.ERROR),
        (mail(subject="word " * 20), "subject", Level.NOTE),
        (mail(subject="BREAKING NEWS TODAY"), "shouting", Level.WARNING),
        (mail(subject="Win!! Now"), "shouting", Level.WARNING),
        (mail(preheader=""), "preheader", Level.NOTE),
        (mail("<img src='https://e.org/a.png' width='10'>"), "alt", Level.ERROR),
        (mail("<img src='https://e.org/a.png' alt=''>"), "width", Level.WARNING),
        (mail("<img src='http://e.org/a.png' alt='' width='10'>"), "http-image", Level.NOTE),
        (mail("<a href='https://bit.ly/x'>a</a>", text="https://bit.ly/x"), "shortener", Level.WARNING),
        (
            mail("<a href='https://e.org/'>www.bank.example</a>", text="https://e.org/"),
            "disguise",
            Level.WARNING,
        ),
        (mail("<a href='https://e.org/'></a>", text="https://e.org/"), "empty-link", Level.WARNING),
        (mail("<a href='https://e.org/'>a</a>"), "text-part", Level.WARNING),
        (mail("<p style='font-size:11px'>legal</p>"), "small-print", Level.WARNING),
        (mail("<div style='display:grid'>x</div>"), "support", Level.NOTE),
        (mail("<div style='position:absolute'>x</div>"), "support", Level.WARNING),
        (mail("<video></video>"), "support", Level.WARNING),
        (mail("<p style='padding-top:9px'>x</p>"), "support", Level.NOTE),
        (mail("<p style='width:calc(1px + 2px)'>x</p>"), "support", Level.WARNING),
        (mail("<img src='https://e.org/a.webp?x=1' alt='' width='10'>"), "support", Level.NOTE),
    ],
)
def test_a_rule_finds_what_it_is_for(made: Mail, rule: str, level: Level) -> None:
    assert rules(lint(made, samples.SITE), level) == {rule}


def test_the_way_out_and_the_address_are_duties() -> None:
    made = mail()
    without = replace(made, html=made.html.replace(UNSUBSCRIBE, "#"), text=made.text.replace(ADDRESS, ""))
    assert rules(lint(without, samples.SITE), Level.ERROR) == {"unsubscribe", "address"}
    nowhere = samples.SITE.model_copy(update={"postal_address": ""})
    assert rules(lint(made, nowhere), Level.WARNING) == {"address"}


def test_a_mail_that_is_a_picture_is_found() -> None:
    html = f"<img src='https://e.org/a.png' alt='' width='600'><a href='{UNSUBSCRIBE}'>out</a> {ADDRESS}"
    made = replace(mail(), html=html)
    assert rules(lint(made, samples.SITE)) == {"picture-mail"}


def test_a_picture_without_credit_or_alt_is_found(compose: Compose) -> None:
    article = samples.article(1, "A headline", "", "", "https://p.example.org")
    assert article.image is not None
    plan = samples.plan_of(replace(article, image=replace(article.image, credit="", alt="")))
    assert rules(lint(compose(plan), samples.SITE, plan)) >= {"credit", "alt"}


def test_the_gravest_come_first() -> None:
    made = mail("<img src='http://e.org/a.png'>", subject="word " * 20)
    levels = [finding.level for finding in lint(made, samples.SITE)]
    assert levels == sorted(levels, key=list(Level).index)
    assert set(levels) == set(Level)


@pytest.mark.corpus
def test_the_support_table_agrees_with_its_source(corpora: Path) -> None:
    import json

    latest = {}
    for line in (corpora / "caniemail" / "support_latest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        latest[row["feature"]] = row["latest"]
    for name, programs in _table()["property"].items():
        support = latest.get(f"css-{name}")
        if support is None:
            continue
        assert ("outlook-windows" in programs) == support["outlook/windows"].startswith("n"), name
        phones = [support.get(f"gmail/{platform}", "u") for platform in ("desktop-webmail", "ios", "android")]
        assert ("gmail" in programs) == any(value.startswith("n") for value in phones), name


def test_styles_in_a_style_element_are_additions() -> None:
    assert lacking("<style>p{position:absolute}</style><p>x</p>") == {}
