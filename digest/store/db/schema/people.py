"""The tables of what single readers are told, beside the editions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from digest.store.db.schema.columns import Id, Json, count_column, moment_column, text_column
from digest.store.db.schema.metadata import metadata

# Mails to one person that are no edition: please confirm, welcome, the link to one's preferences.
system_mail = Table(
    "system_mail",
    metadata,
    Column("id", Id, primary_key=True),
    Column("occasion", Text, nullable=False),  # edition.system.Occasion
    text_column("newsletter"),
    Column("subscription_id", Id),  # null where the mail is about no subscription
    text_column("address"),  # "": the subscription's reader
    Column("details", Json, nullable=False),  # what its text needs to know; never text from a form
    Column("state", Text, nullable=False),  # store.people.system_mails.MailState
    count_column("attempts"),
    moment_column("created_at", nullable=False),
    moment_column("due", nullable=False),  # not before
    moment_column("at"),  # of the last attempt
    text_column("reply"),  # what became of it, in the other side's words
    Index(None, "subscription_id"),
    Index(None, "due"),
)

# Why readers leave, as counts: nothing in here belongs to a reader.
leaving_reason = Table(
    "leaving_reason",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("month", Text, primary_key=True),  # "2026-03", in UTC
    Column("reason", Text, primary_key=True),  # model.LeavingReason
    count_column("readers"),
)

# Sign-ups as they were asked for, until they are acted on: a request is answered before anybody looks who is known.
sign_up_request = Table(
    "sign_up_request",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # as reader.key
    Column("address", Text, nullable=False),
    Column("proof", Json, nullable=False),  # of what was asked: when, with which form, from which network
    moment_column("asked_at", nullable=False),
)

# How often something was done within a minute: by a network, to an address, in all. The limits of the sign-up.
minute_use = Table(
    "minute_use",
    metadata,
    Column("key", Text, primary_key=True),  # keyed hash of what is limited
    Column("minute", BigInteger, primary_key=True, autoincrement=False),  # since 1970
    Column("used", Integer, nullable=False),
    Index(None, "minute"),
)
