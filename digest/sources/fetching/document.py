"""Sources that are one document at one address; their kinds differ only in how they read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from digest.model import Fetched, Validators
from digest.net.http import Http, Response
from digest.sources.isolation.parser_process import apart


class DocumentSource:
    """A document at `url`; `accept` is the header that asks for its format, `parse` reads it in another process."""

    def __init__(self, url: str, *, accept: str, parse: Callable[..., Fetched]) -> None:
        self._url, self._accept, self._parse = url, accept, parse

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Visit the document, unless it says that nothing has changed; raises SourceError in words."""
        answer = await http.get(self._url, headers={"Accept": self._accept}, validators=validators)
        if answer.status == 304:
            return unchanged(answer, validators)
        fetched = await apart(self._parse, answer.body, url=answer.url, content_type=answer.content_type)
        waits = [seconds for seconds in (answer.fresh_for, fetched.fresh_for) if seconds]
        # What is missing may be there next time, even if the server calls the document unchanged.
        kept = Validators() if fetched.losses else answer.validators
        return replace(fetched, validators=kept, moved_to=answer.moved_to, fresh_for=max(waits, default=None))


def unchanged(answer: Response, validators: Validators) -> Fetched:
    """Return what "304 Not Modified" means: nothing new, and the validators of the request stay valid."""
    return Fetched(
        not_modified=True, validators=validators, moved_to=answer.moved_to, fresh_for=answer.fresh_for
    )
