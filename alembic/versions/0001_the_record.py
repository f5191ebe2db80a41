"""The record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "coverage",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("house", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "house", "by", "day", name=op.f("pk_coverage")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "member",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("party", sa.Text(), nullable=True),
        sa.Column("constituency", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "payload",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payload")),
    )
    with op.batch_alter_table("payload", schema=None) as batch_op:
        batch_op.create_index("ix_payload_source_key", ["source", "key"], unique=False)

    op.create_table(
        "proceeding",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("legislature", sa.String(length=20), nullable=False),
        sa.Column("house", sa.String(length=20), nullable=False),
        sa.Column("uin", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("tabled_on", sa.Date(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("due_floor_on", sa.Date(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("asker_id", sa.Integer(), nullable=True),
        sa.Column("asker", sa.Text(), nullable=True),
        sa.Column("asker_party", sa.Text(), nullable=True),
        sa.Column("minister_id", sa.Integer(), nullable=True),
        sa.Column("minister", sa.Text(), nullable=True),
        sa.Column("minister_party", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_revision_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proceeding")),
        sa.UniqueConstraint("public_id", name=op.f("uq_proceeding_public_id")),
    )
    with op.batch_alter_table("proceeding", schema=None) as batch_op:
        batch_op.create_index("ix_proceeding_day", ["day"], unique=False)
        batch_op.create_index("ix_proceeding_house_answered", ["house", "answered_on"], unique=False)
        batch_op.create_index("ix_proceeding_house_tabled", ["house", "tabled_on"], unique=False)
        batch_op.create_index("ix_proceeding_state", ["state"], unique=False)
        batch_op.create_index("ix_proceeding_uin", ["uin"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", ID, nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_stage_started", ["stage", "started_at"], unique=False)

    op.create_table(
        "subscriber",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("key", name=op.f("uq_subscriber_key")),
    )
    op.create_table(
        "topic",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("key", name=op.f("uq_topic_key")),
    )
    op.create_table(
        "alias",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["proceeding_id"], ["proceeding.id"], name=op.f("fk_alias_proceeding_id_proceeding")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alias")),
    )
    with op.batch_alter_table("alias", schema=None) as batch_op:
        batch_op.create_index("ix_alias_proceeding", ["proceeding_id"], unique=False)

    op.create_table(
        "digest",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("slot", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("composed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_digest_subscriber_id_subscriber")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("subscriber_id", "slot", name=op.f("uq_digest_subscriber_id_slot")),
    )
    op.create_table(
        "revision",
        sa.Column("id", ID, nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("is_news", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("payload_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["payload_id"], ["payload.id"], name=op.f("fk_revision_payload_id_payload")),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_revision_proceeding_id_proceeding")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("proceeding_id", "source", "number", name=op.f("uq_revision_proceeding_id_source_number")),
    )
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.create_index("ix_revision_is_news_seen", ["is_news", "seen_at"], unique=False)
        batch_op.create_index("ix_revision_payload", ["payload_id"], unique=False)

    op.create_table(
        "source_record",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.Column("list_hash", sa.String(length=64), nullable=True),
        sa.Column("detail_read_on", sa.Date(), nullable=True),
        sa.Column("looked_up_on", sa.Date(), nullable=True),
        sa.Column("gone_runs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_source_record_proceeding_id_proceeding")
        ),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_source_record")),
    )
    with op.batch_alter_table("source_record", schema=None) as batch_op:
        batch_op.create_index("ix_source_record_proceeding", ["proceeding_id"], unique=False)

    op.create_table(
        "subscription",
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("topic_id", ID, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscription_subscriber_id_subscriber")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_subscription_topic_id_topic")),
        sa.PrimaryKeyConstraint("subscriber_id", "topic_id", name=op.f("pk_subscription")),
    )
    op.create_table(
        "term",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("exclude", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("matched_to", ID, nullable=False),
        sa.Column("history_to", ID, nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_term_topic_id_topic")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("topic_id", "text", "exclude", name=op.f("uq_term_topic_id_text_exclude")),
    )
    op.create_table(
        "digest_item",
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("digest_id", ID, nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_digest_item_digest_id_digest")),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_digest_item_proceeding_id_proceeding")
        ),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_digest_item_revision_id_revision")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_digest_item_subscriber_id_subscriber")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "revision_id", name=op.f("pk_digest_item")),
    )
    with op.batch_alter_table("digest_item", schema=None) as batch_op:
        batch_op.create_index("ix_digest_item_digest", ["digest_id"], unique=False)
        batch_op.create_index("ix_digest_item_told", ["subscriber_id", "proceeding_id"], unique=False)

    op.create_table(
        "digest_waiting",
        sa.Column("digest_id", ID, nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_digest_waiting_digest_id_digest")),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_digest_waiting_proceeding_id_proceeding")
        ),
        sa.PrimaryKeyConstraint("digest_id", "proceeding_id", name=op.f("pk_digest_waiting")),
    )
    op.create_table(
        "match",
        sa.Column("id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("term_id", ID, nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("is_history", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_match_revision_id_revision")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_match_term_id_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match")),
        sa.UniqueConstraint(
            "revision_id", "term_id", "part", "start", name=op.f("uq_match_revision_id_term_id_part_start")
        ),
    )
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.create_index("ix_match_term", ["term_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest_id", ID, nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ambiguous", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dotted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("refused_on", sa.Date(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("copy_of", ID, nullable=True),
        sa.ForeignKeyConstraint(["copy_of"], ["outbox.id"], name=op.f("fk_outbox_copy_of_outbox")),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_outbox_digest_id_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_state", ["state", "next_try_at"], unique=False)

    op.create_table(
        "part",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_part_revision_id_revision")),
        sa.PrimaryKeyConstraint("revision_id", "name", name=op.f("pk_part")),
    )


def downgrade() -> None:
    op.drop_table("part")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_state")

    op.drop_table("outbox")
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.drop_index("ix_match_term")

    op.drop_table("match")
    op.drop_table("digest_waiting")
    with op.batch_alter_table("digest_item", schema=None) as batch_op:
        batch_op.drop_index("ix_digest_item_told")
        batch_op.drop_index("ix_digest_item_digest")

    op.drop_table("digest_item")
    op.drop_table("term")
    op.drop_table("subscription")
    with op.batch_alter_table("source_record", schema=None) as batch_op:
        batch_op.drop_index("ix_source_record_proceeding")

    op.drop_table("source_record")
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.drop_index("ix_revision_payload")
        batch_op.drop_index("ix_revision_is_news_seen")

    op.drop_table("revision")
    op.drop_table("digest")
    with op.batch_alter_table("alias", schema=None) as batch_op:
        batch_op.drop_index("ix_alias_proceeding")

    op.drop_table("alias")
    op.drop_table("topic")
    op.drop_table("subscriber")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index("ix_run_stage_started")

    op.drop_table("run")
    with op.batch_alter_table("proceeding", schema=None) as batch_op:
        batch_op.drop_index("ix_proceeding_uin")
        batch_op.drop_index("ix_proceeding_state")
        batch_op.drop_index("ix_proceeding_house_tabled")
        batch_op.drop_index("ix_proceeding_house_answered")
        batch_op.drop_index("ix_proceeding_day")

    op.drop_table("proceeding")
    with op.batch_alter_table("payload", schema=None) as batch_op:
        batch_op.drop_index("ix_payload_source_key")

    op.drop_table("payload")
    op.drop_table("meta")
    op.drop_table("member")
    op.drop_table("lease")
    op.drop_table("coverage")
