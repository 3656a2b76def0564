"""The systems whose exports are known, one entry each: from their source, their documentation, or files they wrote.

Headings are plain (lower case, blanks for hyphens and underscores). Of two entries that fit a file the first one is it.
"""

from __future__ import annotations

import re

from digest.readers.migrations.general import MEANING
from digest.readers.migrations.shape import System
from digest.readers.transfer.standing import Filled, Flag, Standing, Word

CONFIRMED, UNPROVEN, LEFT, SUPPRESSED = Standing


#: Words that keep a person out are understood in every file; those that let one in are each system's own.
_KEEP_OUT = {word: standing for word, standing in MEANING.items() if standing is not CONFIRMED}


def _marks(*headings: str) -> frozenset[str]:
    return frozenset(headings)


def _words(*confirmed: str, **others: Standing) -> Word:
    return Word(_KEEP_OUT | dict.fromkeys(confirmed, CONFIRMED) | others)


DIGEST = System(
    name="digest",
    marks=(_marks("address", "name", "newsletter", "status", "since", "consent"),),
    columns={"status": Word(MEANING)},
    left_at=("since",),
)
# https://mailchimp.com/help/view-export-contacts: a ZIP of one file for each standing, which no column tells.
MAILCHIMP = System(
    name="Mailchimp",
    marks=(
        _marks("leid", "euid"),
        _marks("member rating", "optin time"),
        _marks("member rating", "confirm time"),
    ),
    columns={
        "unsub time": Filled(LEFT),
        "unsub campaign title": Filled(LEFT),
        "unsub campaign id": Filled(LEFT),
        "unsub reason": Filled(LEFT),
        "unsub reason other": Filled(LEFT),
        "clean time": Filled(SUPPRESSED),
        "clean campaign title": Filled(SUPPRESSED),
        "clean campaign id": Filled(SUPPRESSED),
    },
    files={
        "subscribed": CONFIRMED,
        "unsubscribed": LEFT,
        "cleaned": SUPPRESSED,
        "nonsubscribed": UNPROVEN,
        "non-subscribed": UNPROVEN,
    },
    proven_by=("confirm time", "optin time"),
    tables=re.compile(r"(?:un|non-?)?(?:subscribed|cleaned)_.*export.*\.csv", re.IGNORECASE),
)
# TryGhost/Ghost, members exporter: true for at least one newsletter; what Ghost suppressed is not marked.
GHOST = System(
    name="Ghost",
    marks=(
        _marks("subscribed to emails"),
        _marks("complimentary plan", "stripe customer id"),
        _marks("email", "note", "labels", "tiers"),
    ),
    columns={"subscribed to emails": Flag(no=LEFT, empty=UNPROVEN), "deleted at": Filled(LEFT)},
    needs=(_marks("subscribed to emails"),),
    ask="export the members again, with the column subscribed_to_emails",
    note="Ghost does not export which addresses bounced or complained: bring its suppression list too",
)
# `active_subscription`, `type` and `plan` tell who pays, not who agreed.
SUBSTACK = System(
    name="Substack",
    marks=(
        _marks("email disabled", "expiry"),
        _marks("active subscription", "expiry"),
        _marks("email disabled", "created at"),
    ),
    columns={"email disabled": Flag(yes=LEFT, empty=UNPROVEN)},
    needs=(_marks("email disabled"),),
    ask="export the whole e-mail list, with the column email_disabled",
    beside=_marks("active subscription", "type", "plan", "expiry"),
    tables=re.compile(r"email_list\..*\.csv", re.IGNORECASE),
    never=re.compile(r".*@deletion-request\.substack\.com", re.IGNORECASE),
    note="Substack leaves out who has unsubscribed: nothing in this file keeps them away",
)
# TryGhost/migrate, mg-beehiiv-members; `unsubscribed_at` can stand on an active row.
BEEHIIV = System(
    name="beehiiv",
    marks=(
        _marks("free tier", "status"),
        _marks("premium tier", "status"),
        _marks("tier", "status", "created at"),
        _marks("subscription tier", "status"),
    ),
    columns={"status": _words("active", inactive=LEFT), "unsubscribed at": Flag(yes=LEFT)},
    beside=_marks("tier", "free tier", "premium tier", "subscription tier"),
)
_BUTTONDOWN_TYPES = _words(
    "regular", "premium", "trialed", "gifted", "churning", "past due", "paused", unpaid=UNPROVEN
)
# buttondown/openapi, enums.json. Who is removed was removed by a person: no mail, but nothing bounced.
BUTTONDOWN = System(
    name="Buttondown",
    marks=(
        _marks("subscriber type"),
        _marks("type", "creation date"),
        _marks("email address", "type"),
        _marks("email", "type", "notes"),
        _marks("email", "type", "tags"),
        _marks("email", "type", "referrer url"),
        _marks("secondary id", "subscription date"),
    ),
    columns={
        "subscriber type": _BUTTONDOWN_TYPES,
        "type": _BUTTONDOWN_TYPES,
        "unsubscription date": Flag(yes=LEFT),
        "unsubscription reason": Filled(LEFT),
        "undeliverability date": Filled(SUPPRESSED),
        "undeliverability reason": Filled(SUPPRESSED),
    },
    needs=(_marks("subscriber type", "type"),),
    ask="export the subscribers again, with the column that tells their type",
    beside=_marks("churn date"),  # of paying: who stopped gets the free mail
)
# developers.brevo.com, request-contact-export: the standing comes only if it is asked for.
BREVO = System(
    name="Brevo",
    marks=(_marks("email blacklisted"), _marks("added time", "modified time"), _marks("sms blacklisted")),
    columns={"email blacklisted": Flag(yes=LEFT, empty=UNPROVEN)},
    needs=(_marks("email blacklisted"),),
    ask="export the contacts again, with their subscription status (EMAIL_BLACKLISTED)",
    beside=_marks("sms blacklisted", "whatsapp blacklisted"),
    day_first=True,
)
# knadh/listmonk, cmd/subscribers.go: `status` is the person's; who left the list is still "enabled".
LISTMONK = System(
    name="listmonk",
    marks=(_marks("uuid", "email", "status"), _marks("email", "attributes", "status")),
    columns={"status": _words("enabled")},
    needs=(_marks("subscription status"),),
    ask="this export does not tell who has left its lists. Export one list at a time, by subscription status "
    "(list_id=N&subscription_status=confirmed, then unsubscribed), and import each file with --status",
    beside=_marks("subscription status"),
)
# phpList, lists/admin/actions/export.php: headings are sentences, and which of them come is the operator's choice.
PHPLIST = System(
    name="phpList",
    marks=(
        _marks("is this subscriber blacklisted"),
        _marks("is this subscriber confirmed"),
        _marks("list membership", "email"),
        _marks("send this subscriber html emails"),
        _marks("blacklisted", "htmlemail"),
        _marks("confirmed", "htmlemail"),
    ),
    columns={
        "is this subscriber confirmed": Flag(no=UNPROVEN, empty=UNPROVEN),
        "is this subscriber blacklisted": Flag(yes=SUPPRESSED, empty=UNPROVEN),
        "is this account disabled?": Flag(yes=LEFT),
        "confirmed": Flag(no=UNPROVEN, empty=UNPROVEN),
        "blacklisted": Flag(yes=SUPPRESSED, empty=UNPROVEN),
        "disabled": Flag(yes=LEFT),
        "optedin": Flag(),
    },
    needs=(
        _marks("is this subscriber confirmed", "confirmed"),
        _marks("is this subscriber blacklisted", "blacklisted"),
    ),
    ask="export the subscribers again, with the columns that tell who is confirmed and who is blacklisted",
    beside=_marks("number of bounces", "bouncecount"),
    proof=("did this subscriber manually confirm",),
)
# MailPoet, ImportExport/Export: a row for each person and list; take only where both statuses are subscribed.
_MAILPOET_STATUS = _words("subscribed")
MAILPOET = System(
    name="MailPoet",
    marks=(
        _marks("list status"),
        _marks("global status"),
        _marks("subscription ip", "confirmation ip"),
        _marks("subscription time", "confirmation time"),
    ),
    columns={"list status": _MAILPOET_STATUS, "global status": _MAILPOET_STATUS},
    needs=(_marks("list status"), _marks("global status")),
    ask="export the subscribers again, with the columns List status and Global status",
)
# Mailtrain v2, server/routes/subscriptions.js: no dates; of erased people only a hash is left.
MAILTRAIN = System(
    name="Mailtrain",
    marks=(_marks("cid", "status", "email"), _marks("hash email", "email")),
    columns={"status": _words("subscribed")},
    needs=(_marks("status"),),
    ask="export the subscribers again, with their status",
)
# Keila, contacts_csv_export.ex: the time of the double opt-in is not exported.
KEILA = System(
    name="Keila",
    marks=(_marks("email", "data", "status", "external id"),),
    columns={"status": _words("active")},
)
KIT = System(
    name="Kit",
    marks=(_marks("first name", "email", "created at", "status"),),
    columns={"status": _words("active", "confirmed")},
)
# mailerlite/mailerlite-nodejs; "junk" is who complained or was a trap.
MAILERLITE = System(
    name="MailerLite",
    marks=(
        _marks("opted in at", "status"),
        _marks("optin ip", "subscribed at", "unsubscribed at"),
        _marks("subscriber", "status"),
    ),
    columns={
        "status": _words("active"),
        "type": Word(MEANING),
        "unsubscribed at": Flag(yes=LEFT),
    },
    needs=(_marks("status", "type"),),
    ask="export the subscribers again, with their status",
)
# The lists of its API are fetched by standing, so a file is of one standing; its columns may not tell which.
CAMPAIGN_MONITOR = System(
    name="Campaign Monitor",
    marks=(_marks("emailaddress", "date", "state"), _marks("emailaddress", "customfields")),
    columns={"state": _words("active")},
    needs=(_marks("state"),),
    ask="the file does not tell of which list it is: say so with --status",
    proof=("date",),
)
SENDY = System(
    name="Sendy",
    columns={"status": _words("subscribed", "active")},
    needs=(_marks("status"),),
    ask="the file does not tell of which list it is: say so with --status",
)
# TryGhost/migrate, mg-curated-members: only who is subscribed is in the file.
CURATED = System(name="Curated", marks=(_marks("email address", "subscribed at", "utm referrer"),))

SYSTEMS = (
    DIGEST, MAILCHIMP, GHOST, SUBSTACK, BEEHIIV, BUTTONDOWN, BREVO, LISTMONK, PHPLIST, MAILPOET, MAILTRAIN, KEILA,
    MAILERLITE, CAMPAIGN_MONITOR, CURATED, KIT, SENDY,
)  # fmt: skip
