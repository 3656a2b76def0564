"""How to read the columns of files that are no known system's: headings and words that many systems share."""

from __future__ import annotations

import re

from digest.readers.transfer.standing import ANSWERS, Filled, Flag, Rule, Standing, Word, plain

CONFIRMED, UNPROVEN, LEFT, SUPPRESSED = Standing

#: What a status is called in all the systems that were looked at, where it means the same in each.
MEANING = {
    word: standing
    for standing, words in {
        CONFIRMED: "confirmed, subscribed, active, enabled, opted in, opt in",
        UNPROVEN: "pending, unconfirmed, not confirmed, unactivated, inactive, awaiting confirmation, nonsubscribed, "
        "non subscribed, never subscribed, needs approval, paused, archived, soft bounced",
        LEFT: "unsubscribed, unsubscribe, unsub, opted out, opt out, optout, cancelled, canceled, left, removed, "
        "deleted, disabled, withdrawn",
        SUPPRESSED: "bounced, bounce, hard bounce, hard bounced, cleaned, undeliverable, complained, complaint, spam, "
        "spammy, marked as spam, abuse, junk, blacklisted, blocklisted, blocked, suppressed, banned, unreachable",
    }.items()
    for word in words.split(", ")
}

#: What is said of consent, where it is a column of its own: a status, or yes and no.
_AGREED = MEANING | {word: CONFIRMED if yes else UNPROVEN for word, yes in ANSWERS.items()}

#: Some systems call the standing a type; regular readers and those who pay are equally willing.
_TYPES = Word(MEANING | dict.fromkeys(("regular", "premium"), CONFIRMED))

_OF_WHAT = r"(?:(?:subscri(?:ption|ber)|e ?mail|member|contact|account|list|global) )?"
_GONE = r"(?:unsubscribed?|unsub|unsubscription|opt(?:ed)? ?out|cancell?ed|left|deleted|removed)"
_BARRED = (
    r"(?:e ?mail )?(?:hard )?(?:bounced|black ?listed|block ?listed|blocked|suppressed|complained|cleaned|undeliverable|"
    r"marked as spam|spam|complaint)"
)
_WHEN = r"(?: (?:at|on|date|time|timestamp))?"
_RULES: tuple[tuple[str, Rule], ...] = (
    (rf"{_OF_WHAT}(?:status|state)", Word(MEANING, empty=CONFIRMED)),
    (r"(?:subscriber )?type", _TYPES),
    (rf"(?:date )?{_GONE}{_WHEN}", Flag(yes=LEFT)),
    (r"(?:e ?mails? )?disabled|e ?mail opt(?:ed)? ?out|do not (?:e ?mail|mail|contact)", Flag(yes=LEFT)),
    (r"(?:unsubscribed?|unsub|unsubscription|opt ?out) (?:reason|campaign|comment).*", Filled(LEFT)),
    (rf"{_BARRED}{_WHEN}", Flag(yes=SUPPRESSED)),
    (r"(?:clean|bounce|complaint|suppression|spam) (?:time|date)", Filled(SUPPRESSED)),
    (r"(?:e ?mail )?subscribed|subscribed to e ?mails?|accepts (?:e ?mail )?marketing", Flag(no=LEFT)),
    (r"(?:e ?mail |marketing |newsletter )*(?:marketing|consent)(?: status)?", Word(_AGREED, empty=UNPROVEN)),
    (
        r"(?:receives?|gets?|wants?) (?:the )?(?:newsletter|e ?mail|mailing)s?|newsletters?|mailing list|subscription",
        Flag(no=UNPROVEN, other=CONFIRMED),
    ),
    (r"(?:e ?mail )?(?:confirmed|verified|opt(?:ed)? ?in|active|enabled)", Flag(no=UNPROVEN)),
)


def rule_for(heading: str) -> Rule | None:
    """Return how to read a column by its plain heading; None where nothing is known of it."""
    text = plain(heading).removesuffix("?")
    text = re.sub(r"^(?:is|has) ", "", text)
    return next((rule for pattern, rule in _RULES if re.fullmatch(pattern, text)), None)
