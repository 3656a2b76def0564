"""Bounces in words alone: what servers wrote before there was a form for it, and many still do."""

from __future__ import annotations

import re
from email.message import Message

from digest.feedback.reading.addresses import address_in, addresses_in
from digest.feedback.reading.delivery_status import _REPLY, _STATUS
from digest.feedback.reading.report import Report
from digest.feedback.reading.structure import header
from digest.model import EventType
from digest.senders.judgement import theirs

_LINES_READ = 200  # of a mail's text
_LINES_ABOUT = 12  # that may follow a recipient's name

#: A mail of a mail server, by whom it is from or what it is called.
_FROM_A_SERVER = re.compile(
    r"mailer-?daemon|mail[ _-]?delivery|postmaster|mail administrator|mail router|delivery (?:system|subsystem)"
    r"|mdaemon|\bbounces?@|no-?reply@sns\.amazonaws|system administrator|mailsystem|majordomo|fml",
    re.IGNORECASE,
)
_FAILED_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|fail|report|problem|notification|has failed)|failure notice|returned mail"
    r"|return(?:ed)? to sender"
    r"|mail (?:delivery )?(?:failed|failure|error|system error)|(?:could|can) ?not be delivered|non[- ]?delivery"
    r"|not delivered"
    r"|delivery delayed|warning: (?:could not send|message)|mail could not|nondeliverable|failed mail|user unknown",
    re.IGNORECASE,
)
#: Where our own mail begins, after which nothing is the server's.
_RETURNED = re.compile(
    r"^(?:-{2,}.{0,40}(?:copy of|original|returned|unsent|below this line).{0,60}|message headers follow.{0,20}"
    r"|.{0,20}(?:original|returned) message (?:follows|below|is).{0,40}|return-path:.{0,200}|received: .{0,200}"
    r"|-{3,} ?(?:original|returned|unsent) (?:message|mail).{0,60})$",
    re.IGNORECASE,
)
_FAILED_LINE = re.compile(
    r"^\s*(?:<(?P<angle>[^<>\s]+@[^<>\s]+)>|(?P<bare>[^\s<>():;,]+@[^\s<>():;,]+))"
    r"\s*(?::|\.\.\.|$|on (?:mon|tue|wed|thu|fri|sat|sun),)"
    r"|(?:delivering your mail to|failed (?:to|recipient)|\brecipient(?: address)?|unable to deliver message to"
    r"|unknown user)\s*:?\s*"
    r"<?(?P<named>[^\s<>:;,]+@[^\s<>:;,]+)>?",
    re.IGNORECASE,
)
_IN_REPLY_TO_DATA = re.compile(r"in reply to (?:the )?(?:end of )?DATA|for TEXT command", re.IGNORECASE)
_IN_REPLY_TO_RCPT = re.compile(
    r"(?:in reply to|after|for|response to) (?:the )?RCPT|>>> RCPT to:[^\n]*\n\s*<<< 5|does not like recipient"
    r"|did not like our RCPT|recipient address rejected",
    re.IGNORECASE,
)
_OF_AN_ADDRESS = re.compile(
    r"(?<![\d.])5\.1\.\d{1,2}(?![\d.])|^553 (?!5\.7)|\bhave an? \S+ account", re.IGNORECASE
)
_GIVES_UP = re.compile(r"(?:Giving up on|I'm not going to try again).*$")
_NO_RECIPIENT_WAS_TAKEN = re.compile(r"valid rec|need rcpt|rcpt first|no recip|rcpt \(?rec", re.IGNORECASE)
_AN_ANSWER = re.compile(r"(?<![\w.@/-])[45][0-9]{2}[ :-]+(?=\S)")


def read(message: Message, text: str, ours: frozenset[str]) -> list[Report]:
    """Return what a mail of a server says in words; empty where it is no bounce.

    `ours` are addresses that the mail came to, which are never those that failed.
    """
    failed = list(addresses_in(header(message, "x-failed-recipients")))
    if not failed and not is_from_a_server(message):
        return []
    lines = _said(text)
    found = list(dict.fromkeys(failed or _named_in(lines, ours)))
    if found:
        return [_report(one, lines) for one in found]
    failed_by_name = bool(_FAILED_SUBJECT.search(header(message, "subject")))
    return [one for one in _guessed(lines, ours) if one.status or one.code or failed_by_name]


def is_from_a_server(message: Message) -> bool:
    """Tell whether a mail is a server's own, about another mail."""
    sender, subject = header(message, "from"), header(message, "subject")
    empty = header(message, "return-path").strip() == "<>"
    return (
        bool(_FAILED_SUBJECT.search(subject)) and (empty or bool(_FROM_A_SERVER.search(sender)) or not sender)
    ) or (bool(_FROM_A_SERVER.search(sender)) and (empty or bool(_FAILED_SUBJECT.search(subject))))


def _said(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines()[:_LINES_READ]:
        if lines and _RETURNED.match(line.strip()):
            break
        lines.append(line)
    return lines


def named(text: str, ours: frozenset[str]) -> list[str]:
    """Return the recipients that a text names as failed, each once."""
    return list(dict.fromkeys(_named_in(_said(text), ours)))


def _named_in(lines: list[str], ours: frozenset[str]) -> list[str]:
    found = []
    for line in lines:
        if match := _FAILED_LINE.search(line):
            sure = match["angle"] or match["named"]
            one = address_in(sure or match["bare"] or "")
            if one and (sure or one.lower() not in ours):
                found.append(one)
    return found


def _guessed(lines: list[str], ours: frozenset[str]) -> list[Report]:
    """Return a report about the first address that may be the one, or about none."""
    everywhere = (one for line in lines for one in addresses_in(line))
    likely = (one for one in everywhere if one.lower() not in ours and not _FROM_A_SERVER.search(one))
    return [_report(next(likely, ""), lines)]


def _report(recipient: str, lines: list[str]) -> Report:
    words = about(recipient, lines)
    status, reply = _STATUS.search(words), _REPLY.search(words)
    return Report(
        type=EventType.BOUNCED,
        recipient=recipient,
        status=status[1] if status else "",
        code=int(reply[1]) if reply else 0,
        text=words,
        about_address=not reply or is_about_address(words, _raw(recipient, lines), "\n".join(lines)),
    )


def about(recipient: str, lines: list[str]) -> str:
    """Return what a text says about a recipient: the lines from where it is named to where the next one is.

    Where a server's answer is quoted, only that: words around it are another program's.
    """
    words = _GIVES_UP.sub("", _raw(recipient, lines))
    if words.strip("<>:. ") == recipient:
        words = " ".join(" ".join(lines).split())
    answer = _AN_ANSWER.search(words)
    return words[answer.start() :] if answer else words


def _raw(recipient: str, lines: list[str]) -> str:
    begin = _beginning(recipient, lines)
    found = lines[begin : begin + 1]
    for line in lines[begin + 1 : begin + _LINES_ABOUT]:
        if (other := _FAILED_LINE.match(line)) and address_in(other[0]) != recipient:
            break
        found.append(line)
    return " ".join(" ".join(found).split())


def is_about_address(answer: str, words: str, text: str) -> bool:
    """Tell whether an answer is about the address it was given: by its code, or by what it answered.

    `words` are those around the answer, `text` is all that the report says, with the transcript of the talk.
    """
    if _OF_AN_ADDRESS.search(answer) or theirs.NO_SUCH_HOST.search(answer.lower()):
        return True
    if _IN_REPLY_TO_DATA.search(words):
        return False
    return bool(_IN_REPLY_TO_RCPT.search(words) or _IN_REPLY_TO_RCPT.search(text)) or _talk_ended_before_data(
        text
    )


def _beginning(recipient: str, lines: list[str]) -> int:
    """Return the line from which a text is about a recipient: where it stands for itself, or else at all."""
    named = [number for number, line in enumerate(lines) if recipient and recipient in line]
    alone = [number for number in named if _FAILED_LINE.search(lines[number])]
    return (alone or named or [0])[0]


def _talk_ended_before_data(text: str) -> bool:
    """Tell whether a transcript shows that no recipient was taken; DATA may have been sent ahead of the answers."""
    talk = [line.strip() for line in text.splitlines() if line.lstrip().startswith((">>>", "<<<"))]
    return bool(_NO_RECIPIENT_WAS_TAKEN.search(" ".join(talk)))
