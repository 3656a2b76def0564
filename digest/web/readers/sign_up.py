"""The sign-up page of a newsletter, for browsers, forms on other sites, and scripts.

Nothing in an answer tells whether an address is known: it is noted, and what is to be done about it is decided later.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from digest.readers.second_look import MADE_AT, TRAP, WORK_BITS
from digest.schedule.slots import next_slots
from digest.settings import Newsletter
from digest.store.editions import editions
from digest.tools import Tools
from digest.usecases.readers.sign_up import Answer, Answered, sign_up
from digest.web.readers.form_body import is_json, read_fields
from digest.web.rendering.language import PageLanguage
from digest.web.rendering.page_renderer import PageRenderer
from digest.web.server.methods import page
from digest.web.server.security import PAGE_POLICY

#: Status codes, the same for pages and JSON.
_STATUS = {
    Answer.LATER: 429,
    Answer.INVALID: 422,
    Answer.UNDELIVERABLE: 422,
    Answer.DISPOSABLE: 422,
    Answer.CLOSED: 403,
}

_RETRY_AFTER_SECONDS = 3600

#: Pages are the same for all readers; caches may keep them so long.
_CACHED = {"Cache-Control": "public, max-age=60"}

_SLOTS_LOOKED_AT = 60  # two weeks of up to four a day


class SignUpPages:
    """The pages at /n/NEWSLETTER."""

    def __init__(self, tools: Tools, renderer: PageRenderer) -> None:
        self._tools = tools
        self._renderer = renderer
        self._origins = frozenset(tools.settings.signup.origins)

    def routes(self) -> list[Route]:
        return [
            page("/n/{newsletter}", get=self.show, post=self.take, options=self.allow),
            page("/assets/sign-up.js", get=self.script),
        ]

    async def script(self, request: Request) -> Response:
        """Serve what solves tickets while many sign-ups come in; nothing else here needs a script."""
        return self._renderer.script("sign-up.js")

    async def show(self, request: Request) -> Response:
        """Show what the newsletter is, and the form."""
        if (newsletter := self._newsletter(request)) is None:
            return self._renderer.message("absent", status=404)
        answer = await self._form(newsletter)
        answer.headers.update(_CACHED)
        return answer

    async def take(self, request: Request) -> Response:
        """Take a sign-up."""
        if (newsletter := self._newsletter(request)) is None:
            return self._renderer.message("absent", status=404)
        form = await read_fields(request)
        client = request.client.host if request.client else ""
        answered = await sign_up(self._tools, newsletter, form, client=client)
        if is_json(request):
            answer: Response = self._json(newsletter, answered)
        elif answered.answer is Answer.NOTED and (there := self._return_to(form.get("return_to", ""))):
            answer = RedirectResponse(there, status_code=303)
        else:
            answer = await self._page(newsletter, answered, form.get("return_to", ""))
        if answered.answer is Answer.LATER:
            answer.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
        return self._shared(request, answer)

    async def allow(self, request: Request) -> Response:
        """Tell a browser whether a script on another site may ask (CORS)."""
        answer = self._shared(request, Response(status_code=204))
        if "access-control-allow-origin" in answer.headers:
            answer.headers["Access-Control-Allow-Methods"] = "POST"
            answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
            answer.headers["Access-Control-Max-Age"] = "600"
        return answer

    def _newsletter(self, request: Request) -> Newsletter | None:
        return self._renderer.newsletter(request.path_params["newsletter"])

    def _shared(self, request: Request, answer: Response) -> Response:
        origin = request.headers.get("origin", "")
        if origin in self._origins:
            answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Vary"] = "Origin"
        return answer

    def _return_to(self, url: str) -> str:
        """Return where a site wants its readers back, if that is on one of the configured origins."""
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            return ""
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        return url if f"{parts.scheme}://{parts.netloc}" in self._origins else ""

    def _json(self, newsletter: Newsletter, answered: Answered) -> JSONResponse:
        say = self._renderer.language(newsletter).say
        message = _message(say, newsletter, answered)
        return JSONResponse(
            {**answered.as_json(), "message": message}, status_code=_STATUS.get(answered.answer, 200)
        )

    async def _page(self, newsletter: Newsletter, answered: Answered, return_to: str) -> Response:
        if answered.answer in (Answer.CLICK, Answer.WORK):
            return self._ask_again(newsletter, answered, return_to)
        if answered.answer is Answer.NOTED:
            return self._renderer.render(
                "sign-up-sent.html", newsletter, title=newsletter.title, path=newsletter.name
            )
        if answered.answer is Answer.LATER:
            return self._renderer.render("message.html", newsletter, what="later", status=429)
        say = self._renderer.language(newsletter).say
        problem = _message(say, newsletter, answered) if answered.answer is not Answer.CLOSED else ""
        return await self._form(
            newsletter,
            status=_STATUS[answered.answer],
            typed=answered.address,
            problem=problem,
            return_to=return_to if self._return_to(return_to) else "",
        )

    def _ask_again(self, newsletter: Newsletter, answered: Answered, return_to: str) -> Response:
        work = answered.answer is Answer.WORK
        answer = self._renderer.render(
            "sign-up-sure.html",
            newsletter,
            title=newsletter.title,
            path=newsletter.name,
            tickets=answered.tickets,
            meant=next((one for one in answered.tickets if one != answered.address), ""),
            address=answered.address,
            return_to=return_to if self._return_to(return_to) else "",
            bits=WORK_BITS if work else 0,
        )
        if work:
            answer.headers["Content-Security-Policy"] = f"{PAGE_POLICY}; script-src 'self'"
        return answer

    async def _form(
        self,
        newsletter: Newsletter,
        *,
        status: int = 200,
        typed: str = "",
        problem: str = "",
        return_to: str = "",
    ) -> Response:
        now = self._tools.clock()
        is_public = newsletter.archive == "public"
        latest = await editions.latest(self._tools.db, newsletter.name) if is_public else None
        language = self._renderer.language(newsletter)
        coming = next_slots(newsletter.schedule, newsletter.timezone, now, 1)
        return self._renderer.render(
            "sign-up.html",
            newsletter,
            status=status,
            title=newsletter.title,
            path=newsletter.name,
            tagline=newsletter.tagline,
            mode=self._tools.settings.signup_of(newsletter),
            rhythm=_rhythm(newsletter, language, now),
            next=language.day_and_time(coming[0].due) if coming else "",
            latest=latest,
            subject=latest.mail.subject if latest and latest.mail else "",
            latest_day=language.day(latest.due) if latest else "",
            typed=typed,
            problem=problem,
            return_to=return_to,
            trap=TRAP,
            made_at=MADE_AT,
            made=int(now.timestamp()),
        )


_KEYS = {
    Answer.NOTED: "sent_text",
    Answer.CLICK: "sure_text",
    Answer.WORK: "sure_text",
    Answer.LATER: "later_title",
    Answer.INVALID: "address_wrong",
    Answer.UNDELIVERABLE: "address_letters",
    Answer.DISPOSABLE: "address_disposable",
    Answer.CLOSED: "closed_text",
}


def _message(say: Any, newsletter: Newsletter, answered: Answered) -> str:
    return str(say(_KEYS[answered.answer], title=newsletter.title, example="anna@example.org"))


def _rhythm(newsletter: Newsletter, language: PageLanguage, now: datetime) -> str:
    """Return on which days and when editions come, "" where that is not the same every week."""
    slots = next_slots(newsletter.schedule, newsletter.timezone, now, _SLOTS_LOOKED_AT)
    local = [language.local(slot.due) for slot in slots]
    first, second = (_week(local, number) for number in range(2))
    if not first or [one.weekday() for one in first] != [one.weekday() for one in second]:
        return ""
    times = {language.clock(one) for one in first}
    return language.rhythm(sorted({one.weekday() for one in first}), times.pop() if len(times) == 1 else "")


def _week(moments: Sequence[datetime], number: int) -> list[datetime]:
    """Return those of one week, counted from the day of the first."""
    return [one for one in moments if (one.date() - moments[0].date()).days // 7 == number]
