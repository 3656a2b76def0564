"""Add the jobs of many machines: who does them, their rounds and failures, and on PostgreSQL procrastinate's tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.postgres import job_tables
from digest.store.db.schema.columns import Id, Json, UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "machine",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("configuration", sa.Text(), nullable=False),
        sa.Column("queues", Json, nullable=False),
        sa.Column("workers", Json, nullable=False),
        sa.Column("doubt", sa.Text(), server_default="", nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("seen", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("run", name="pk_machine"),
    )
    op.create_table(
        "job_round",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_job_round"),
    )
    op.create_table(
        "job_failure",
        sa.Column("job_id", Id, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_failure"),
    )
    if op.get_bind().dialect.name == "postgresql":
        job_tables.install(op.get_bind())
        # procrastinate looks for other jobs with the lock of each one that waits: thousands may share a host.
        op.execute(
            "CREATE INDEX digest_jobs_by_lock ON procrastinate_jobs (lock, status, priority, id)"
            " WHERE status IN ('todo', 'doing')"
        )
