"""The tables of what single readers are told, beside the editions."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

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
