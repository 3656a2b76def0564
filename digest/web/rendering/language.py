"""What the readers' pages say, in the newsletter's language (`digest.words`; English where there is none)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from babel import dates, lists, units

from digest.edition.language import Language
from digest.settings import Newsletter

_DAYS_OF_A_WEEK = 7


class PageLanguage:
    """The words, dates and direction of a page about a newsletter."""

    def __init__(self, newsletter: Newsletter | None, own: str = "") -> None:
        code, zone = (newsletter.language, newsletter.timezone) if newsletter else ("en", "UTC")
        code = own or code
        self._language = Language(code, zone)
        self.code, self.direction, self.comma = (
            self._language.code,
            self._language.direction,
            self._language.comma,
        )

    def say(self, key: str, /, **values: object) -> str:
        """Return a fixed text of the pages."""
        return self._language.say_of("page", key, **values)

    @property
    def sign_up(self) -> str:
        """What the link to the sign-up page says, as in the mails."""
        return self._language.say("sign_up")

    def day(self, moment: datetime) -> str:
        """Return a day: "2 March 2026" in the language's own order."""
        return dates.format_date(self._language.local(moment), "long", self._language.locale)

    def rhythm(self, weekdays: Sequence[int], time: str) -> str:
        """Return on which days of the week (0 is Monday) something comes: "Monday–Friday, 07:00"."""
        names = dates.get_day_names("wide", locale=self._language.locale)
        days = [names[day] for day in weekdays]
        if len(days) == _DAYS_OF_A_WEEK:
            text = self.say("every_day")
        elif len(days) > 2 and weekdays[-1] - weekdays[0] == len(days) - 1:
            text = f"{days[0]}–{days[-1]}"
        else:
            text = lists.format_list(days, locale=self._language.locale)
        return self.comma.join([text, time] if time else [text])

    def local(self, moment: datetime) -> datetime:
        """Return a moment at the newsletter's place on earth."""
        return self._language.local(moment)

    def clock(self, moment: datetime) -> str:
        """Return the time of day."""
        return self._language.clock(self.local(moment))

    def weekday(self, moment: datetime) -> str:
        """Return a day with its name: "Monday, 2 March 2026"."""
        return self._language.date(moment)

    def month(self, month: str) -> str:
        """Return the name of a month that is given as "2026-03": "March 2026"."""
        return dates.format_skeleton("yMMMM", _first_day(month), locale=self._language.locale)

    def short_month(self, month: str) -> str:
        """Return the short name of a month that is given as "2026-03": "Mar"."""
        return dates.format_date(_first_day(month), "MMM", self._language.locale)

    def year(self, month: str) -> str:
        """Return the year of a month that is given as "2026-03"."""
        return dates.format_skeleton("y", _first_day(month), locale=self._language.locale)

    def day_and_time(self, moment: datetime) -> str:
        """Return a day with its name and the time, at the newsletter's place on earth."""
        return f"{self._language.date(moment)}, {self._language.clock(self._language.local(moment))}"

    def weeks(self, n: int) -> str:
        """Return a span of time: "2 weeks"."""
        return units.format_unit(n, "duration-week", "long", locale=self._language.locale)

    def hour(self, hour: int) -> str:
        """Return a full hour of the day: "7:00 AM"."""
        return dates.format_time(time(hour), "short", locale=self._language.locale).replace(
            "\u202f", "\u00a0"
        )

    @property
    def cldr(self) -> str:
        """The language as CLDR names it, which may be a wider one."""
        return str(self._language.locale).replace("_", "-")


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
