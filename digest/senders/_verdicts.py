"""What a sender makes of a judgement: the outcome of one mail, or an error that says who must act.

SMTP and the APIs share it, so that the same words lead to the same end whichever way they came.
"""

from __future__ import annotations

from digest.errors import SenderBroken, SenderBusy, SenderDenied, SenderUnfit
from digest.model import Deferred, Message, Refused, Unsent
from digest.senders import SendResult
from digest.senders.judgement import About, Cause, Judgement, Phase

_SAME_SIZE = 1024  # bytes by which the copies of one edition may differ: a name, an address, a link
_TOLD_TWICE = 2  # one objection without a reason may be about the reader, a second one is about the mail
_TOLD_THRICE = 3  # objections in a row, after which what was taken before proves nothing

_MEND = {
    Cause.LOGIN: "check `username` and `password`",
    Cause.ACCOUNT: "ask the provider, then send again",
    Cause.IDENTITY: "check the newsletter's `from`, and that the provider lets this account use it "
    "(for a HELO, the sender's `helo`)",
}


class Record:
    """What a sender took last: if the same mail was fine for others, an objection to it is about its reader."""

    __slots__ = ("_objections", "_since", "taken")

    def __init__(self) -> None:
        self.taken: Message | None = None  # set by the sender, for every mail
        self._since: Message | None = None
        self._objections = 0

    def object(self) -> int:
        """Count an objection; return how many there were since a mail was taken."""
        if self._since is not self.taken:
            self._since, self._objections = self.taken, 0
        self._objections += 1
        return self._objections

    def has_taken_like(self, message: Message) -> bool:
        """Whether the last mail that was taken was of the same edition, and as large."""
        taken = self.taken
        return (
            taken is not None
            and taken.key.rpartition("/")[0] == message.key.rpartition("/")[0]
            and message.size <= taken.size + _SAME_SIZE
        )


def verdict(
    judgement: Judgement, phase: Phase, said: str, *, code: int, where: str, message: Message, record: Record
) -> SendResult:
    """Return what becomes of a message; `said` is the answer in the other side's own words."""
    if judgement.about is About.US and judgement.cause in _WAITING:
        return _wait(judgement, said, where)
    before_readers = phase is Phase.MAIL
    objections = record.object()
    only_this_reader = not before_readers and objections < _TOLD_THRICE and record.has_taken_like(message)
    if not judgement.lasts:
        ours = judgement.about is About.US and judgement.cause is not Cause.POLICY
        if before_readers or (ours and not only_this_reader):
            words = f"{where} does not take mail now: {said}"
            return SenderBusy(words, retry_after=judgement.wait, reply=said, code=code)
        return Deferred(said, code, judgement.wait)
    not_this = unfit(judgement.cause, said, where, message, code=code)
    match judgement.cause:
        case Cause.TOO_LARGE | Cause.CONTENT:
            return Refused(said, code) if only_this_reader else not_this
        case Cause.LOGIN | Cause.ACCOUNT:
            return _broken(judgement.cause, said, where, code)
        case Cause.IDENTITY if not only_this_reader:
            return _broken(judgement.cause, said, where, code)
        case Cause.IDENTITY | Cause.POLICY if not before_readers:
            return SenderDenied(f"{where} refuses mail from us: {said}", reply=said, code=code)
        case Cause.UNCLEAR if phase is Phase.API and not only_this_reader:
            return Unsent(said) if objections < _TOLD_TWICE else not_this
        case _ if before_readers:
            return _broken(judgement.cause, said, where, code)
        case _:
            return Refused(said, code, hard=judgement.hard)


_WAITING = {Cause.QUOTA, Cause.THROTTLE, Cause.BUSY, Cause.NEW_CONNECTION}


def _wait(judgement: Judgement, said: str, where: str) -> SendResult:
    if judgement.cause is Cause.NEW_CONNECTION:
        return Unsent(f"{where} wants a new connection: {said}")
    what = "does not take mail now" if judgement.cause is Cause.BUSY else "asks us to wait"
    return SenderBusy(f"{where} {what}: {said}", retry_after=judgement.wait)


def _broken(cause: Cause, said: str, where: str, code: int) -> SenderBroken:
    advice = f"; {_MEND[cause]}" if cause in _MEND else ""
    return SenderBroken(f"{where} does not let us send: {said}{advice}", reply=said, code=code)


def unfit(cause: Cause, said: str, where: str, message: Message, *, code: int = 0) -> SenderUnfit:
    """Say that a sender does not take a mail, whichever reader it is for."""
    if cause is Cause.TOO_LARGE:
        words = f"the mail has {message.size:,} bytes, too many for {where}: {said}; fewer articles, or another sender"
    else:
        words = f"{where} does not take this mail: {said}; mend what it names, or use another sender"
    return SenderUnfit(words, reply=said, code=code)
