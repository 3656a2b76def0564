"""What an HTTP API's refusal means, once for all providers: its status first, then its own words and fields.

400, 413 and 422 object to what was sent: to one mail, its reader, or something that all mails share. 429, and a quota
or a throttle in any words, ask us to wait. Other 4xx are about key, account or domain. From 500 on the outcome is
unknown.
"""

from __future__ import annotations

from digest.errors import SenderBroken, SenderBusy, SenderDenied, SenderError
from digest.model import Deferred, Message, Outcome, Unsent
from digest.net.http import Response
from digest.senders import SendResult
from digest.senders._api import retry_after
from digest.senders._verdicts import Record, verdict
from digest.senders.judgement import Cause, Judgement, Phase, judge

_OBJECTS = frozenset({400, 413, 422})
_WAITING = frozenset({Cause.QUOTA, Cause.THROTTLE, Cause.BUSY})
_ACCOUNT = frozenset({Cause.ACCOUNT, Cause.LOGIN})


def about_the_call(
    response: Response, text: str, said: str, where: str, *, busy: frozenset[int] = frozenset({429})
) -> SenderError | None:
    """Judge a 4xx (or a status of `busy`) as an answer to the whole call; None if it objects to what was sent.

    `text` is what the provider says, its error's name included; `said` the same as people should read it.
    """
    judgement = judge(Phase.API, response.status, text)
    if response.status in busy or judgement.cause in _WAITING:
        return SenderBusy(f"{where} asks us to wait: {said}", retry_after=_wait(response, judgement))
    if response.status in _OBJECTS and judgement.cause not in _ACCOUNT:
        return None
    return SenderBroken(f"{where} does not let us send: {said}")


def _wait(response: Response, judgement: Judgement) -> float | None:
    """Return the seconds to wait; a used-up quota is not renewed sooner because requests may come again."""
    asked = retry_after(response)
    if judgement.cause is Cause.QUOTA:
        return max(asked or 0.0, judgement.wait or 0.0)
    return asked if asked is not None else judgement.wait


def about_a_mail(
    status: int, text: str, said: str, where: str, *, message: Message, record: Record
) -> SendResult:
    """Judge an objection to one mail: it is about the reader only if it names him, or others got the same mail."""
    judgement = judge(Phase.API, status, text, sender=message.sender, recipient=message.recipient)
    return verdict(judgement, Phase.API, said, code=status, where=where, message=message, record=record)


def raised(outcome: SendResult) -> Outcome:
    """Return the outcome of a call with one mail; raises what concerns the sender."""
    if isinstance(outcome, SenderError):
        raise outcome
    return outcome


def settled(outcome: SendResult) -> Outcome:
    """Return the outcome of one mail of a batch of which others were taken."""
    if isinstance(outcome, SenderDenied):
        return Deferred(outcome.reply, outcome.code)
    return Unsent(str(outcome)) if isinstance(outcome, SenderError) else outcome
