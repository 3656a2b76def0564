"""The tables through which processes and machines agree on what to do."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from digest.store.db.schema.columns import Id, count_column, moment_column
from digest.store.db.schema.metadata import metadata

newsletter = Table(
    "newsletter",
    metadata,
    Column("name", Text, primary_key=True),
    moment_column("known_since", nullable=False),  # earlier slots are not made up for
)

# Who is at work on what: a source's visit, an edition's making.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),  # see delivery.owners
    count_column("beat"),  # signs of life
)

# Calls to senders that can be repeated under their key, from before they are made until their results are written.
sender_call = Table(
    "sender_call",
    metadata,
    Column("key", Text, primary_key=True),
    Column("sender", Text, nullable=False),  # its name
    Column("owner", Text, nullable=False),
    Column("members", Text, nullable=False),  # ids of deliveries, in their order, as JSON
    Column("edition_id", Id, nullable=False),
    moment_column("made_at", nullable=False),
)

# What senders have used up of their long rates ("50000/day"), in slots of a sixtieth of each rate's span.
quota = Table(
    "quota",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("rate", Text, primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("used", Integer, nullable=False),
)
