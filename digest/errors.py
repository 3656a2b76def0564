"""Every error that this program raises on purpose; the type says who must act.

DigestError                 shown to a person as it is: what happened, where, what to do
├── UsageError              the command or the configuration is wrong (exit 2)
│   └── ConfigError         the configuration; carries one line per problem
├── SourceError             one source could not be read; never stops an edition
│   ├── SourceBlocked       an address this program does not visit
│   ├── SourceUnreachable   the server gave no answer: unknown name, no connection, too slow
│   └── SourceGone          the server says that it is gone for good (410)
├── HttpFailure             no answer from an API; `sent` says whether it may have got the request
├── TemplateError           a template is broken; names its file and line, nothing is sent
├── StoreError              the database cannot be used: locked, full, read-only, older or newer than the program
│   └── StoreGone           its file was moved, replaced or removed while it was open
└── SenderError             a whole call to a sender failed
    ├── SenderBusy          wait and try again
    ├── SenderUnfit         this sender does not take this mail, whoever it is for; another one may
    └── SenderBroken        a person must fix key, domain or account
"""

from __future__ import annotations

from collections.abc import Sequence


class DigestError(Exception):
    """An error for people: its text says what happened, where, and what to do. Never a secret in it."""


class UsageError(DigestError):
    """What was asked for cannot be done as it was asked."""


class ConfigError(UsageError):
    """The configuration is wrong; `problems` has one line for each thing to mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        head = (
            "The configuration has a problem"
            if len(self.problems) == 1
            else (f"The configuration has {len(self.problems)} problems")
        )
        super().__init__("\n".join([f"{head}:", *(f"  {problem}" for problem in self.problems)]))


class SourceError(DigestError):
    """One source could not be read."""

    def __init__(self, text: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.status = status  # HTTP status, where there was one
        self.retry_after = retry_after  # seconds the server asks us to wait


class SourceBlocked(SourceError):
    """The address is one that this program does not visit (private, loopback, odd port or scheme)."""


class SourceUnreachable(SourceError):
    """The server gave no answer: its name is unknown, it takes no connection, or it took too long."""


class SourceGone(SourceError):
    """The server says that the source is gone for good."""


class IntakeError(DigestError):
    """A place where mails that came back wait cannot be read."""


class HttpFailure(DigestError):
    """An API gave no answer; with `sent` the request may have reached it all the same."""

    def __init__(self, text: str, *, sent: bool) -> None:
        super().__init__(text)
        self.sent = sent


class TemplateError(DigestError):
    """A template is broken: file, line, and what is wrong with it."""


class StoreError(DigestError):
    """The database cannot be used as it is."""


class StoreGone(StoreError):
    """The database's file is not at its place any more; what is open there is not what was opened."""


class SenderError(DigestError):
    """A whole call to a sender failed, no message of it was taken unless the outcome says so.

    Where it is the answer to one mail, `reply` is what the other side said, with its `code`.
    """

    def __init__(self, text: str, *, reply: str = "", code: int = 0) -> None:
        super().__init__(text)
        self.reply = reply
        self.code = code


class SenderBusy(SenderError):
    """The other side asks us to wait; nothing of the call was taken."""

    def __init__(
        self, text: str, *, retry_after: float | None = None, reply: str = "", code: int = 0
    ) -> None:
        super().__init__(text, reply=reply, code=code)
        self.retry_after = retry_after  # seconds


class SenderUnfit(SenderError):
    """This sender does not take the mail as it is (its size, a field of it), whoever it is for; another one may."""


class SenderBroken(SenderError):
    """A person must act before anything can be sent: key, domain, account, certificate."""


class SenderDenied(SenderBroken):
    """One message was refused for what we are, not for whom it was to: most likely the next one will be as well."""
