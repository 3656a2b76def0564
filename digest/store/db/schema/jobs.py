"""The tables of many machines; PostgreSQL only. The jobs themselves are in procrastinate's tables."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from digest.store.db.schema.columns import Id, Json, moment_column, text_column
from digest.store.db.schema.metadata import metadata

# Processes that do jobs, on whatever machine.
machine = Table(
    "machine",
    metadata,
    Column("run", Text, primary_key=True),  # one process of this program, until it ends
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("configuration", Text, nullable=False),  # a hash: machines with the same do the same
    Column("queues", Json, nullable=False),  # names of the kinds of jobs that it does
    Column("workers", Json, nullable=False),  # its numbers among procrastinate's workers
    text_column("doubt"),  # why its clock is not believed
    moment_column("since", nullable=False),
    moment_column("seen", nullable=False),  # by the server's clock
)

# What is done every so often, by whoever looks first.
job_round = Table(
    "job_round",
    metadata,
    Column("name", Text, primary_key=True),
    moment_column("begun_at", nullable=False),
)

# Why the last attempt at a job failed.
job_failure = Table(
    "job_failure",
    metadata,
    Column("job_id", Id, primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
    Column("machine", Text, nullable=False),
    moment_column("at", nullable=False),
)
