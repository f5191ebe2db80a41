"""Promises, and what people follow, have dealt with, do not want, and note.

The tables begin empty. The next run finds the promises of the answers that are there.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mark",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("after_revision", ID, nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["proceeding_id"], ["proceeding.id"], name=op.f("fk_mark_proceeding_id_proceeding")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_mark_subscriber_id_subscriber")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark")),
    )
    op.create_index("ix_mark_proceeding", "mark", ["proceeding_id"], unique=False)
    op.create_index("ix_mark_subscriber", "mark", ["subscriber_id", "proceeding_id"], unique=False)
    op.create_table(
        "mute",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("proceeding_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_told_in", ID, nullable=True),
        sa.ForeignKeyConstraint(["end_told_in"], ["digest.id"], name=op.f("fk_mute_end_told_in_digest")),
        sa.ForeignKeyConstraint(["proceeding_id"], ["proceeding.id"], name=op.f("fk_mute_proceeding_id_proceeding")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_mute_subscriber_id_subscriber")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
    )
    op.create_index("ix_mute_subscriber", "mute", ["subscriber_id"], unique=False)
    op.create_table(
        "mute_item",
        sa.Column("mute_id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("digest_id", ID, nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_mute_item_digest_id_digest")),
        sa.ForeignKeyConstraint(["mute_id"], ["mute.id"], name=op.f("fk_mute_item_mute_id_mute")),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_mute_item_proceeding_id_proceeding")
        ),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_mute_item_revision_id_revision")),
        sa.PrimaryKeyConstraint("mute_id", "revision_id", name=op.f("pk_mute_item")),
    )
    op.create_index("ix_mute_item_proceeding", "mute_item", ["proceeding_id"], unique=False)
    op.create_table(
        "promise",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("gone_revision_id", ID, nullable=True),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_from", sa.Date(), nullable=True),
        sa.Column("due_to", sa.Date(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("repeats_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["gone_revision_id"], ["revision.id"], name=op.f("fk_promise_gone_revision_id_revision")
        ),
        sa.ForeignKeyConstraint(["proceeding_id"], ["proceeding.id"], name=op.f("fk_promise_proceeding_id_proceeding")),
        sa.ForeignKeyConstraint(["repeats_id"], ["promise.id"], name=op.f("fk_promise_repeats_id_promise")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_promise_revision_id_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
        sa.UniqueConstraint("public_id", name=op.f("uq_promise_public_id")),
    )
    op.create_index("ix_promise_due", "promise", ["due_to"], unique=False)
    op.create_index("ix_promise_made", "promise", ["made_on"], unique=False)
    op.create_index("ix_promise_proceeding", "promise", ["proceeding_id"], unique=False)
    op.create_index("ix_promise_repeats", "promise", ["repeats_id"], unique=False)
    op.create_index("ix_promise_revision", "promise", ["revision_id"], unique=False)
    op.create_table(
        "digest_promise",
        sa.Column("digest_id", ID, nullable=False),
        sa.Column("promise_id", ID, nullable=False),
        sa.Column("news", sa.String(length=20), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_digest_promise_digest_id_digest")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_digest_promise_promise_id_promise")),
        sa.PrimaryKeyConstraint("digest_id", "promise_id", "news", name=op.f("pk_digest_promise")),
    )
    op.create_index("ix_digest_promise_promise", "digest_promise", ["promise_id"], unique=False)
    op.create_table(
        "follow",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("proceeding_id", ID, nullable=True),
        sa.Column("promise_id", ID, nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("topic_id", ID, nullable=True),
        sa.Column("after_revision", ID, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["proceeding_id"], ["proceeding.id"], name=op.f("fk_follow_proceeding_id_proceeding")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_follow_promise_id_promise")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_follow_subscriber_id_subscriber")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_follow_topic_id_topic")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow")),
    )
    op.create_index("ix_follow_proceeding", "follow", ["proceeding_id"], unique=False)
    op.create_index("ix_follow_subscriber", "follow", ["subscriber_id"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("proceeding_id", ID, nullable=True),
        sa.Column("promise_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["proceeding_id"], ["proceeding.id"], name=op.f("fk_note_proceeding_id_proceeding")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_note_promise_id_promise")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_note_subscriber_id_subscriber")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_proceeding", "note", ["proceeding_id"], unique=False)
    op.create_index("ix_note_promise", "note", ["promise_id"], unique=False)
    op.create_index("ix_note_subscriber", "note", ["subscriber_id"], unique=False)
    op.create_table(
        "promise_decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("promise_id", ID, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("proceeding_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_promise_decision_proceeding_id_proceeding")
        ),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_promise_decision_promise_id_promise")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_decision")),
    )
    op.create_index("ix_promise_decision_promise", "promise_decision", ["promise_id"], unique=False)
    op.create_table(
        "promise_key",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("promise_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_promise_key_promise_id_promise")),
        sa.PrimaryKeyConstraint("key", "promise_id", name=op.f("pk_promise_key")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_promise_key_promise", "promise_key", ["promise_id"], unique=False)


def downgrade() -> None:
    # The ledger begins anew where its tables come back empty.
    op.execute("DELETE FROM meta WHERE key IN ('promises', 'promises_again')")
    for table in (
        "promise_key",
        "promise_decision",
        "note",
        "follow",
        "digest_promise",
        "promise",
        "mute_item",
        "mute",
        "mark",
    ):
        op.drop_table(table)
