"""Set the mail: a plan and a theme become subject, preheader, HTML and text, once for all readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from digest.edition import subject as lines
from digest.edition.document import article_fields, plan_document
from digest.edition.finish import MAX_BYTES, encoded_size, finish
from digest.edition.fit import fit
from digest.edition.plain import tidy
from digest.edition.prepare import prepare
from digest.edition.proof.specimen import shows_listed, shows_pictures, shows_texts, specimen
from digest.edition.theme.sandbox import Theme
from digest.edition.theme.themes import find_theme, templates_dir
from digest.edition.view import View
from digest.edition.web import feed_copy, lead_picture, web_copy
from digest.model import Mail, Plan
from digest.settings import Newsletter, Site

__all__ = [
    "article_fields",
    "feed_copy",
    "lead_picture",
    "plan_document",
    "set_edition",
    "shows_listed",
    "shows_pictures",
    "shows_texts",
    "specimen",
    "templates_dir",
    "web_copy",
]


def set_edition(plan: Plan, newsletter: Newsletter, site: Site, *, templates: Path, now: datetime) -> Mail:
    """Return the mail of an edition, with placeholders for each reader's own values (see `digest.model.placeholders`).

    The HTML part is at most 90,000 bytes as encoded; the text part has every story. Raises TemplateError.
    """
    theme = find_theme(newsletter.theme, templates)
    seen = prepare(plan, newsletter, site, now)
    seen = _with_lines(seen, theme, newsletter)
    full = finish(theme.render("body.html", seen.variables(html=True)))
    html = full if encoded_size(full) <= MAX_BYTES else _fitted(seen, theme)
    return Mail(
        subject=seen.edition.subject,
        preheader=seen.edition.preheader,
        html=html,
        text=tidy(theme.render("body.txt", seen.variables())),
        web=full if html != full else "",
    )


def _with_lines(seen: View, theme: Theme, newsletter: Newsletter) -> View:
    """Return the view with its subject and preheader, which templates may use too."""
    values = seen.variables()
    if newsletter.subject:
        subject = theme.render_line(newsletter.subject, f'subject of newsletter "{newsletter.name}"', values)
    else:
        subject = theme.render("subject.txt", values)
    subject = lines.one_line(subject, lines.SUBJECT_LENGTH) or newsletter.title
    return replace(seen, edition=replace(seen.edition, subject=subject, preheader=lines.preheader(seen)))


def _fitted(seen: View, theme: Theme) -> str:
    return fit(
        seen,
        lambda shorter: finish(theme.render("body.html", shorter.variables(html=True))),
        encoded_size,
        MAX_BYTES,
    )
