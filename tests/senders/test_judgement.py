"""What an answer says: about whom, whether it lasts, how long to wait. Words of many servers, whatever their codes."""

from __future__ import annotations

import random
import re
import time

import pytest

from digest.senders.judgement import About, Cause, Phase, judge, ours, theirs

SENDER, READER = "weekly@paper.example.net", "ann@home.example.com"
BOTH = (Phase.RCPT, Phase.DATA)
U, MB, MAIL = About.US, About.MAILBOX, About.MAIL


def cause(reply: str, phase: Phase = Phase.DATA) -> Cause:
    return judge(phase, int(reply[:3]), reply[4:], sender=SENDER, recipient=READER).cause


#: reply, about whom, why
ROWS: list[tuple[str, About, Cause]] = [
    # limits and quotas, behind any code
    ("550 5.4.5 Daily sending quota of this user exceeded", U, Cause.QUOTA),
    ("550 5.1.90 You have reached today's limit for message recipients", U, Cause.QUOTA),
    ("550 5.7.1 Daily relay limit exceeded for this customer", U, Cause.QUOTA),
    ("552 5.2.2 Submission quota exceeded", U, Cause.QUOTA),
    ("554 Domain paper.example.net has exceeded the max defers and failures per hour (5/5)", U, Cause.QUOTA),
    ("550 This IP has sent too many messages this hour", U, Cause.QUOTA),
    ("450 4.7.1 The maximum number of recipients per day has been reached", U, Cause.QUOTA),
    ("451 Account limit: 300 emails/hour", U, Cause.QUOTA),
    ("451 Maximum credits exceeded", U, Cause.QUOTA),
    ("554 5.7.1 trial accounts: limit of 50 recipients per 24 hours", U, Cause.QUOTA),
    ("454 Throttling failure: Daily message quota exceeded.", U, Cause.QUOTA),
    # too fast
    ("454 Throttling failure: Maximum sending rate exceeded.", U, Cause.THROTTLE),
    ("450 4.7.1 Error: too much mail from 192.0.2.9", U, Cause.THROTTLE),
    ("550 Connection frequency limited", U, Cause.THROTTLE),
    ("451 4.7.0 slow down please", U, Cause.THROTTLE),
    ("450 Too many messages, retry in 20 seconds", U, Cause.THROTTLE),
    # the server, the connection
    ("421 4.3.2 closing", U, Cause.BUSY),
    ("452 4.3.1 Insufficient system storage", U, Cause.BUSY),
    ("432 4.3.2 Concurrent connections limit exceeded", U, Cause.BUSY),
    ("452 4.5.3 Too many recipients", U, Cause.NEW_CONNECTION),
    ("451 Max messages per connection reached", U, Cause.NEW_CONNECTION),
    # account and login
    ("554 Sending suspended for this account", U, Cause.ACCOUNT),
    ('550 Outgoing mail from "weekly@paper.example.net" has been suspended.', U, Cause.ACCOUNT),
    ("550 Your account is under review", U, Cause.ACCOUNT),
    ("550 5.1.8 Access denied, bad outbound sender", U, Cause.ACCOUNT),
    ("530 5.7.0 Must issue STARTTLS first", U, Cause.LOGIN),
    ("535 5.7.8 no", U, Cause.LOGIN),
    # sender and HELO
    ("554 5.2.252 SendAsDenied; x not allowed", U, Cause.IDENTITY),
    ("550 The from address is no verified sender identity: not verified", U, Cause.IDENTITY),
    ("554 Message rejected: Email address is not verified.", U, Cause.IDENTITY),
    ("501 5.1.7 Bad sender address syntax", U, Cause.IDENTITY),
    (f"550 <{SENDER}>: Sender address rejected: Domain not found", U, Cause.IDENTITY),
    (f"550 Verification failed for <{SENDER}> No Such User Here Sender verify failed", U, Cause.IDENTITY),
    (f"550 5.1.1 <{SENDER}>: no such user", U, Cause.IDENTITY),
    ("553 5.7.1 Sender address rejected: not owned by user paper", U, Cause.IDENTITY),
    ("550 5.7.60 Client does not have permissions to send as this sender", U, Cause.IDENTITY),
    ("504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname", U, Cause.IDENTITY),
    ("550 Access denied - Invalid HELO name", U, Cause.IDENTITY),
    ("450 4.1.8 <weekly@paper.example.net>: Sender address rejected: Domain not found", U, Cause.IDENTITY),
    # lists, reputation, policy
    ("550 5.2.1 mailbox unavailable, 192.0.2.9 is black listed", U, Cause.POLICY),
    ("550 5.1.1 rejected: your server is black-listed", U, Cause.POLICY),
    ("554 5.5.0 found on a DNSBL", U, Cause.POLICY),
    ("550 Listed by a blocklist of ours", U, Cause.POLICY),
    ("550 5.3.0 RBL match for 192.0.2.9", U, Cause.POLICY),
    ("554 192.0.2.9 listed in zen.spamhaus.org", U, Cause.POLICY),
    ("550 https://www.spamhaus.org/query/ip/192.0.2.9", U, Cause.POLICY),
    ("550 5.5.4 bad reputation", U, Cause.POLICY),
    ("550 Administrative prohibition", U, Cause.POLICY),
    ("550 #5.7.1 you may not submit mail here", U, Cause.POLICY),
    ("553 go away (5.7.1)", U, Cause.POLICY),
    ("550 5.7.26 unauthenticated: neither SPF nor DKIM", U, Cause.POLICY),
    ("554 5.7.1 Relay access denied", U, Cause.POLICY),
    ("554 5.6.0 scored as spam", U, Cause.POLICY),
    # the mail
    ("552 5.3.4 Message size exceeds fixed maximum", MAIL, Cause.TOO_LARGE),
    ("550 5.2.3 Your message exceeded the size limit", MAIL, Cause.TOO_LARGE),
    ("554 Message too large", MAIL, Cause.TOO_LARGE),
    ("554 5.6.0 Message contains an invalid header", MAIL, Cause.CONTENT),
    ("550 duplicate header: From", MAIL, Cause.CONTENT),
    # full
    ("552 5.1.1 recipient over quota", MB, Cause.MAILBOX_FULL),
    ("550 5.7.1 the user's mailbox is full", MB, Cause.MAILBOX_FULL),
    ("452 4.2.2 over quota", MB, Cause.MAILBOX_FULL),
    ("552 exceeded storage allocation", MB, Cause.MAILBOX_FULL),
    # nobody there
    ("550 5.1.1 no such user here", MB, Cause.NO_SUCH_MAILBOX),
    (f"550 <{READER}>: Recipient address rejected: User unknown", MB, Cause.NO_SUCH_MAILBOX),
    ("550 5.1.1 User unknown. Protected from spam by Barracuda Networks", MB, Cause.NO_SUCH_MAILBOX),
    ("550 Unknown recipient; the sender should check the address", MB, Cause.NO_SUCH_MAILBOX),
    ("550 5.1.1 whatever", MB, Cause.NO_SUCH_MAILBOX),
    ("554 delivery error: this user doesn't have an example.com account", MB, Cause.NO_SUCH_MAILBOX),
    # other things with a mailbox
    ("550 5.2.1 The account that you tried to reach is disabled", MB, Cause.MAILBOX_DISABLED),
    ("550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", MB, Cause.MAILBOX_REFUSES),
    ("550 5.2.3 RESOLVER.RST.RecipSizeLimit; too large for this recipient", MB, Cause.MAILBOX_REFUSES),
    ("550 5.4.1 Recipient address rejected: Access denied", MB, Cause.MAILBOX_REFUSES),
    ("450 4.2.0 Greylisted", MB, Cause.MAILBOX_BUSY),
    ("550 5.2.1 The user is receiving mail too quickly", MB, Cause.MAILBOX_BUSY),
    ("550 no", MB, Cause.UNCLEAR),
    ("451 4.3.0 try later", MB, Cause.UNCLEAR),
]


@pytest.mark.parametrize("phase", BOTH, ids=["rcpt", "data"])
@pytest.mark.parametrize(("reply", "about", "why"), ROWS, ids=[row[0][:50] for row in ROWS])
def test_words_and_codes_say_whom_it_is_about(reply: str, about: About, why: Cause, phase: Phase) -> None:
    found = judge(phase, int(reply[:3]), reply[4:], sender=SENDER, recipient=READER)
    assert (found.about, found.cause) == (about, why)
    assert found.source or why is Cause.UNCLEAR


@pytest.mark.parametrize(
    ("reply", "hard"),
    [
        ("550 5.1.1 user unknown", True),
        ("550 user unknown", True),
        ("551 somewhere else", True),
        ("550 5.7.1 no such user", False),  # the code says something else than the words
        ("552 5.1.1 mailbox full", False),
        ("450 4.1.1 user unknown for now", False),
        ("550 5.1.1 rejected: spam", False),
        ("550 5.1.1 your IP 192.0.2.9 is blacklisted", False),
        ("550 Requested action not taken: mailbox unavailable", False),
    ],
)
def test_only_a_clear_word_of_the_mailbox_is_hard(reply: str, hard: bool) -> None:
    assert judge(Phase.RCPT, int(reply[:3]), reply[4:]).hard is hard


@pytest.mark.parametrize(
    ("reply", "lasts", "wait"),
    [
        ("550 5.4.5 daily limit exceeded", False, 3600),
        ("550 hourly quota reached, try again in 25 minutes", False, 1500),
        ("454 Throttling failure: Maximum sending rate exceeded.", False, 1),
        ("451 too many messages per minute", False, 60),
        ("550 Sender frequency limited", False, 3600),  # "never" means more than a moment
        ("450 4.2.0 Greylisted, come back in 300 seconds", False, 300),
        ("421 4.3.2 closing", False, None),
        ("550 5.7.1 no", True, None),
        ("550 daily limit exceeded, retry in 400 hours", False, 86_400),
    ],
)
def test_how_long(reply: str, lasts: bool, wait: float | None) -> None:
    found = judge(Phase.DATA, int(reply[:3]), reply[4:])
    assert (found.lasts, found.wait) == (lasts, wait)


def test_a_code_is_none_where_it_is_part_of_an_address_or_of_another_class() -> None:
    assert cause("550 5.1.1.7 says no") is Cause.UNCLEAR
    assert cause("550 no (4.7.1 was before)") is Cause.UNCLEAR
    assert cause("550-5.2.2 over\r\n550 5.2.2 there") is Cause.MAILBOX_FULL


def test_what_stands_in_an_address_or_a_link_is_no_word() -> None:
    assert cause("550 <no.such.user@spam.example>: no") is Cause.UNCLEAR
    assert cause("550 see https://help.example/blocked-as-spam/policy?user=unknown") is Cause.UNCLEAR


def test_before_a_reader_is_named_nothing_is_about_one() -> None:
    for reply in ("550 5.1.1 user unknown", "552 5.2.2 mailbox full", "550 no", "550 5.2.1 disabled"):
        for phase in (Phase.CONNECT, Phase.LOGIN, Phase.MAIL):
            assert judge(phase, int(reply[:3]), reply[4:]).about is not About.MAILBOX


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("validation_error: Invalid `to` field. Write it as `you@example.com`", MB),
        ("Recipient is on the suppression list", MB),
        (f"Illegal address: {READER}", MB),
        ("validation_error: Invalid `from` field. Write it as `you@example.com`", U),
        (f"The address {SENDER} may not be used", U),
        ("MessageRejected: Sending suspended for this account", U),
        ("monthly_quota_exceeded: used up", U),
        ("validation_error: Invalid `reply_to` field", MAIL),
        ("Missing `html` field", MAIL),
        ("BadRequestException: this comes from somewhere", MAIL),
    ],
)
def test_an_api_is_judged_by_the_field_it_names(text: str, about: About) -> None:
    assert judge(Phase.API, 422, text, sender=SENDER, recipient=READER).about is about


def test_no_answer_is_too_odd_to_be_read_soon() -> None:
    words = sorted(set(re.findall(r"[a-z]{3,}", f"{vars(ours)}{vars(theirs)}")))
    chance = random.Random(7)
    texts = [" ".join(chance.choices(words, k=400)) for _ in range(40)]
    texts += ["user is " * 5000, "a@b " * 5000, "5" * 50_000, "sender: " * 5000, "x is " * 5000]
    begun = time.process_time()
    for text in texts:
        judge(Phase.RCPT, 550, text, sender=SENDER, recipient=READER)
    assert time.process_time() - begun < 0.25 * len(texts)
