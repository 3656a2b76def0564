"""A source of one's own: the notices of a town hall, as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import Field

from digest.plugin_api import (
    Article,
    Fetched,
    Http,
    Image,
    SourceError,
    SourceInfo,
    SourceOptions,
    Validators,
    absolute_url,
    clean_html,
    clean_text,
)


class Options(SourceOptions):
    url: str = Field(description="The address of the list.")

    @property
    def location(self) -> str:
        return self.url


class Source:
    def __init__(self, options: Options) -> None:
        self._options = options

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        response = await http.get(self._options.url, validators=validators)
        if response.status == 304:
            return Fetched(not_modified=True, validators=validators)
        try:
            notices = json.loads(response.body)
        except ValueError:
            raise SourceError("that is not a list of notices") from None
        articles = tuple(self._article(notice, response.url) for notice in notices)
        return Fetched(info=SourceInfo(title="Town hall"), articles=articles)

    def _article(self, notice: dict[str, Any], base: str) -> Article:
        return Article(
            guid=str(notice["id"]),
            url=absolute_url(notice["link"], base),
            title=clean_text(notice["heading"]),
            body=clean_html(notice.get("text", ""), base),
            image=Image(url=absolute_url(notice["photo"], base)) if "photo" in notice else None,
            published=datetime.fromisoformat(notice["date"]),
        )
