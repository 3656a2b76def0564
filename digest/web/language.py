"""What the readers' pages say, in the newsletter's language (catalogues in `words/`; English where there is none)."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files

from babel import dates

from digest.edition.language import Language
from digest.settings import Newsletter

_FOLDER = files("digest.web") / "words"


class PageLanguage:
    """The words, dates and direction of a page about a newsletter."""

    def __init__(self, newsletter: Newsletter | None) -> None:
        code, self._zone = (newsletter.language, newsletter.timezone) if newsletter else ("en", "UTC")
        self._language = Language(code, self._zone)
        self._words = _words("en") | _words(self._language.locale.language)
        self.code, self.direction = self._language.code, self._language.direction

    def say(self, key: str, /, **values: object) -> str:
        """Return a fixed text of the pages."""
        return self._words[key].format(**values)

    @property
    def sign_up(self) -> str:
        """What the link to the sign-up page says, as in the mails."""
        return self._language.say("sign_up")

    def day(self, moment: datetime) -> str:
        """Return a day: "2 March 2026" in the language's own order."""
        return dates.format_date(self._language.local(moment), "long", self._language.locale)

    def day_and_time(self, moment: datetime) -> str:
        """Return a day with its name and the time, at the newsletter's place on earth."""
        day = self._language.date(moment)
        local = self._language.local(moment)
        return (
            f"{day}, {dates.format_time(local, 'short', tzinfo=local.tzinfo, locale=self._language.locale)}"
        )


@cache
def _words(code: str) -> dict[str, str]:
    file = _FOLDER / f"{code}.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
