"""Shared work: when each host may be asked next, for all workers, and on PostgreSQL the queue from which they take jobs.

The queue's tables and functions are Procrastinate's own and come from its release. They hold nothing that the archive does
not say too, so a copy of an archive leaves them out.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

QUEUE = Path(__file__).resolve().parents[1] / "sql" / "procrastinate-3.10.0.sql"

BY_LOCK = """
CREATE INDEX ix_procrastinate_jobs_lock ON procrastinate_jobs (lock, priority DESC, id)
WHERE status = ANY (ARRAY['todo'::procrastinate_job_status, 'doing'::procrastinate_job_status])
"""
"""Finds the other jobs with the lock of a job, which each worker asks for. Without it that takes longer the more wait."""

DROPPED = """
DO $$
DECLARE
    name regprocedure;
BEGIN
    DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
    FOR name IN SELECT oid FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema::regnamespace
    LOOP
        EXECUTE 'DROP FUNCTION ' || name;
    END LOOP;
    DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "host_turn",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host_turn")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _run(QUEUE.read_text(encoding="utf-8"))
        _run(BY_LOCK)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _run(DROPPED)
    op.drop_table("host_turn")


def _run(statements: str) -> None:
    """Run statements as they are: in them a percent sign is no parameter."""
    raw = op.get_bind().connection.driver_connection
    assert raw is not None  # noqa: S101 (a migration has a connection)
    with raw.cursor() as cursor:
        cursor.execute(statements)
