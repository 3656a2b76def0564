"""The readers' pages as answers: a template of templates/web in the words and colours of a newsletter."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from starlette.responses import HTMLResponse, Response

from digest.edition.colours import dark, light
from digest.readers.links import TEST_COPY
from digest.settings import Newsletter
from digest.tools import Tools
from digest.web.rendering.language import PageLanguage
from digest.web.rendering.pages import Pages


class PageRenderer:
    """Renders pages; those that are about no newsletter in particular look and speak like the first one."""

    def __init__(self, tools: Tools) -> None:
        self._settings = settings = tools.settings
        self._pages = Pages(tools.templates)
        self._newsletters = {newsletter.name: newsletter for newsletter in settings.newsletters}
        self._first = next(iter(settings.newsletters), None)

    def newsletter(self, name: str) -> Newsletter | None:
        """Return a newsletter that the configuration still has."""
        return self._newsletters.get(name)

    def archived(self, name: str) -> Newsletter | None:
        """Return a newsletter whose archive is public; None for any other, so that nothing tells that there is one."""
        newsletter = self.newsletter(name)
        return newsletter if newsletter and newsletter.archive == "public" else None

    def all_archived(self) -> list[Newsletter]:
        """Return every newsletter whose archive is public."""
        return [one for one in self._newsletters.values() if one.archive == "public"]

    def language(self, newsletter: Newsletter | None, own: str = "") -> PageLanguage:
        """Return the language of a page: the reader's `own`, else the newsletter's."""
        return PageLanguage(newsletter or self._first, own)

    def render(
        self, template: str, newsletter: Newsletter | None, /, *, own: str = "", **values: Any
    ) -> HTMLResponse:
        """Return a page about a newsletter, in the reader's `own` language where that is known."""
        language = self.language(newsletter, own)
        style = f"?newsletter={newsletter.name}" if newsletter and newsletter is not self._first else ""
        about = newsletter or self._first
        site = self._settings.site_of(about) if about else self._settings.site
        return self._pages.render(
            template, site=site, language=language, say=language.say, style=style, **values
        )

    def fragment(self, template: str, newsletter: Newsletter, /, **values: Any) -> str:
        """Return a piece of HTML about a newsletter."""
        language = self.language(newsletter)
        return self._pages.html(template, language=language, say=language.say, **values)

    def message(
        self, what: Literal["absent", "broken", "later", "test"], *, status: int, root: str = ".."
    ) -> HTMLResponse:
        """Return a page that only says something; `root` is the relative path from it to the top."""
        return self.render("message.html", None, what=what, status=status, root=root)

    def nobody(self, number: int | None) -> HTMLResponse:
        """Answer a link that belongs to no reader: a test copy's, or one that we did not make."""
        if number == TEST_COPY:
            return self.message("test", status=200)
        return self.message("broken", status=404)

    def stylesheet(self, newsletter: str = "") -> Response:
        """Return the stylesheet of the pages in a newsletter's colours, by default the first one's."""
        return self._pages.stylesheet("pages.css", before=self.colours(self.newsletter(newsletter)))

    def colours(self, newsletter: Newsletter | None) -> str:
        """Return a newsletter's colours as custom properties of CSS, by day and by night."""
        return _colours(newsletter or self._first)

    def script(self, name: str) -> Response:
        return self._pages.script(name)


def _colours(newsletter: Newsletter | None) -> str:
    accent = newsletter.accent if newsletter else Newsletter.model_fields["accent"].default
    by_day, by_night = (
        " ".join(f"--{name.replace('_', '-')}: {value};" for name, value in asdict(palette).items())
        for palette in (light(accent), dark(accent))
    )
    return (
        f":root {{ color-scheme: light dark; {by_day} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {by_night} }} }}\n"
    )
