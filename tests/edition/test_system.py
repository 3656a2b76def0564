"""Mails that are not editions, in every language."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from selectolax.lexbor import LexborHTMLParser

from digest.edition import templates_dir
from digest.edition.language import languages
from digest.edition.system import Occasion, set_system_mail
from digest.model import Mail
from digest.model.placeholders import PLACEHOLDERS
from tests.edition import samples
from tests.edition.conftest import personal
from tests.helpers.browser import Chromium

LINK = "https://saltmarsh.example.org/confirm/abc?x=1&y=2"


def mail(occasion: Occasion, language: str = "en", link: str = LINK) -> Mail:
    return set_system_mail(
        occasion,
        samples.newsletter(language=language),
        samples.SITE,
        link=link,
        templates=templates_dir(),
        now=samples.DUE,
    )


@pytest.mark.parametrize("occasion", Occasion)
@pytest.mark.parametrize("language", languages())
def test_it_says_which_newsletter_and_who_sends(occasion: Occasion, language: str) -> None:
    made = mail(occasion, language)
    assert "The Daily Tide" in made.subject
    for part in (LexborHTMLParser(made.html).text(), made.text):
        assert made.subject in part
        assert samples.SITE.postal_address in part
        assert PLACEHOLDERS["address"] in part
    assert "{" not in made.text


@pytest.mark.parametrize("occasion", [Occasion.CONFIRM, Occasion.GOODBYE, Occasion.PREFERENCES])
def test_its_button_leads_to_the_link(occasion: Occasion) -> None:
    made = mail(occasion)
    links = [node.attributes.get("href") for node in LexborHTMLParser(made.html).css("a")]
    assert LINK in links
    assert LINK in made.text.split()
    assert PLACEHOLDERS["unsubscribe_url"] not in made.html


def test_the_welcome_has_the_way_out_and_a_mail_without_a_link_no_button() -> None:
    assert PLACEHOLDERS["unsubscribe_url"] in mail(Occasion.WELCOME).html
    assert 'class="button"' not in mail(Occasion.GOODBYE, link="").html


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_it_fits_a_small_telephone(chromium: Chromium, language: str) -> None:
    html = personal(mail(Occasion.CONFIRM, language).html)

    def width(page: Page) -> int:
        page.set_content(html)
        return int(page.evaluate("document.documentElement.scrollWidth"))

    assert chromium.look(width, width=320) <= 320
