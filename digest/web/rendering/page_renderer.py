"""The readers' pages as answers: a template of templates/web in the words and colours of a newsletter."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from starlette.responses import HTMLResponse, Response

from digest.edition.colours import dark, light
from digest.readers.links import TEST_COPY
from digest.settings import Newsletter, Settings
from digest.tools import Tools
from digest.web.rendering.language import PageLanguage
from digest.web.rendering.pages import Pages


class PageRenderer:
    """Renders pages; those that are about no newsletter in particular look and speak like the first one."""

    def __init__(self, tools: Tools) -> None:
        settings = tools.settings
        self._pages = Pages(tools.templates, site=settings.site)
        self._newsletters = {newsletter.name: newsletter for newsletter in settings.newsletters}
        self._first = next(iter(settings.newsletters), None)
        self._colours = _colours(settings)

    def newsletter(self, name: str) -> Newsletter | None:
        """Return a newsletter that the configuration still has."""
        return self._newsletters.get(name)

    def language(self, newsletter: Newsletter | None, own: str = "") -> PageLanguage:
        """Return the language of a page: the reader's `own`, else the newsletter's."""
        return PageLanguage(newsletter or self._first, own)

    def render(
        self, template: str, newsletter: Newsletter | None, *, own: str = "", status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Return a page about a newsletter, in the reader's `own` language where that is known."""
        language = self.language(newsletter, own)
        return self._pages.render(template, status=status, language=language, say=language.say, **values)

    def message(self, what: Literal["absent", "broken", "later", "test"], *, status: int) -> HTMLResponse:
        """Return a page that only says something."""
        return self.render("message.html", None, what=what, status=status)

    def nobody(self, number: int | None) -> HTMLResponse:
        """Answer a link that belongs to no reader: a test copy's, or one that we did not make."""
        if number == TEST_COPY:
            return self.message("test", status=200)
        return self.message("broken", status=404)

    def stylesheet(self) -> Response:
        return self._pages.stylesheet("pages.css", before=self._colours)


def _colours(settings: Settings) -> str:
    """Return the first newsletter's colours as custom properties of CSS, by day and by night."""
    ours = Newsletter.model_fields["accent"].default
    accent = settings.newsletters[0].accent if settings.newsletters else ours
    by_day, by_night = (
        " ".join(f"--{name.replace('_', '-')}: {value};" for name, value in asdict(palette).items())
        for palette in (light(accent), dark(accent))
    )
    return (
        f":root {{ color-scheme: light dark; {by_day} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {by_night} }} }}\n"
    )
