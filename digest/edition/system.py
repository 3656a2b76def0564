"""Mails that are not editions: please confirm, welcome, goodbye, and the link to one's preferences."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from digest.edition.finish import finish
from digest.edition.plain import tidy
from digest.edition.prepare import prepare
from digest.edition.subject import SUBJECT_LENGTH, one_line
from digest.edition.theme.themes import system_theme
from digest.model import Mail, Plan
from digest.settings import Newsletter, Site


class Occasion(StrEnum):
    """Why a reader gets a mail that is not an edition."""

    CONFIRM = "confirm"
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    PREFERENCES = "preferences"
    ALREADY = "already"
    INVITATION = "invitation"


#: Whose button says what that of another occasion says.
_SAME_BUTTON = {Occasion.ALREADY: Occasion.PREFERENCES, Occasion.INVITATION: Occasion.CONFIRM}


def set_system_mail(
    occasion: Occasion, newsletter: Newsletter, site: Site, *, link: str, templates: Path, now: datetime
) -> Mail:
    """Return a mail to one reader, in the newsletter's language and colours; its button leads to `link` ("": none).

    Its marks: `address`, and in `welcome` also `unsubscribe_url`. Raises TemplateError.
    """
    nothing = Plan(newsletter=newsletter.name, slot="", due=now, sections=())
    seen = prepare(nothing, newsletter, site, now)
    say, title = seen.language.say, newsletter.title
    subject = one_line(say(f"{occasion}_subject", title=title), SUBJECT_LENGTH)
    text = say(f"{occasion}_text", title=title)
    headed = replace(seen, edition=replace(seen.edition, subject=subject, preheader=text))
    values = {
        "occasion": str(occasion),
        "text": text,
        "link": link,
        "button": say(f"{_SAME_BUTTON.get(occasion, occasion)}_button"),
        "note": say("confirm_ignore") if occasion in (Occasion.CONFIRM, Occasion.INVITATION) else "",
    }
    theme = system_theme(templates)
    return Mail(
        subject=subject,
        preheader=text,
        html=finish(theme.render("body.html", {**headed.variables(html=True), **values})),
        text=tidy(theme.render("body.txt", {**headed.variables(), **values})),
    )
