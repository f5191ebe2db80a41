"""The tables: what is kept, and what the database itself guarantees.

Uniqueness lives here; checks in code are for speed and for good messages only. Instants are UTC. Nothing that Parliament
published is ever overwritten: `revision` and `parts` are only added to. `proceeding` repeats the facts of the revision
that counts for the filters of a search.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    or_,
    text,
)
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import ColumnElement, Dialect


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC: SQLite forgets zones, so it is given none and gets UTC back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values: they would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Compressed(TypeDecorator[bytes]):
    """Bytes, kept compressed. Empty ones stay empty, so that a query can ask whether there are any."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Compress what is stored."""
        return zlib.compress(value) if value else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Expand what was stored."""
        return zlib.decompress(value) if value else value


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only where the type is INTEGER


# Of revisions most are history and their payloads gone, and of questions most answered: these need no place in the indexes
# of those that are not. On PostgreSQL too, as the migrations say: to say it here would load its dialect at each start.
_NEWS = text("is_news")
_NEWS_OF_SQLITE = text("is_news = 1")  # word for word what is asked there
_KEPT = text("payload_id IS NOT NULL")
_OPEN = text("state IN ('tabled', 'holding')")
_APART = text("answered_on <> day")

IS_OPEN = text("proceeding.state IN ('tabled', 'holding')")
"""Of a question: an answer is still to come. Said in these words there is an index of them."""


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _to(target: str, name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(f"{target}.id"), primary_key=primary_key, nullable=nullable)


# One row of its own for each fact about the archive as a whole: "instance" (part of every Message-ID), "news_floor",
# "full_read_on", "whole_on", "told_to" (after a restore), "operator_told", "bodies".
meta = Table(
    "meta",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

# Who may change the archive. The token is new with each holder and checked in each of his transactions.
lease = Table(
    "lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("token", String(32), nullable=False),
    Column("host", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

# Every stage leaves a row: its absence is an alarm. outcome: running, ok, failed, interrupted.
run = Table(
    "run",
    metadata,
    _id(),
    Column("stage", String(20), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", String(20), nullable=False),
    Column("counts", Text, nullable=False),
    Column("error", Text),
    Index("ix_run_stage_started", "stage", "started_at"),
)

# What is repeated here is of the revision that counts (latest_revision_id): the one that goes furthest, of the best source
# that tells it. first_column, last_column: where it stands in the Official Report, as numbers, with the suffix printed
# behind them ("W"). minister: who answered, or made it for the government; speaker: who made a statement or a speech,
# whoever that is. merged_into: the record that it was found to be; it is hidden then, and its latest_revision_id NULL.
proceeding = Table(
    "proceeding",
    metadata,
    _id(),
    Column("public_id", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("legislature", String(20), nullable=False),
    Column("house", String(20), nullable=False),
    Column("uin", String(40)),
    Column("state", String(20), nullable=False),
    Column("day", Date),
    Column("tabled_on", Date),
    Column("answered_on", Date),
    Column("due_floor_on", Date),  # the latest dateForAnswer seen: a transfer keeps the later date
    Column("named_day", Boolean, nullable=False, server_default=false()),
    Column("body", Text),
    Column("asker_id", Integer),
    Column("asker", Text),
    Column("asker_party", Text),
    Column("minister_id", Integer),
    Column("minister", Text),
    Column("minister_party", Text),
    Column("first_seen_at", Instant, nullable=False),
    Column("latest_revision_id", Id),
    Column("made_on", Date),
    Column("series", String(40)),
    Column("first_column", Integer),
    Column("last_column", Integer),
    Column("column_suffix", String(20)),
    Column("merged_into", Id),
    Column("speaker_id", Integer),
    Column("speaker", Text),
    Column("speaker_party", Text),
    Index("ix_proceeding_day", "day"),
    Index("ix_proceeding_uin", "uin"),
    Index("ix_proceeding_tabled", "tabled_on"),
    Index("ix_proceeding_answered", "answered_on", sqlite_where=_APART),
    Index("ix_proceeding_open", "tabled_on", sqlite_where=_OPEN),
)


def answered(chosen: Callable[[Column[date]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether a record's answer is of days that are chosen: its day, for which there is an index, or else one apart."""
    columns = proceeding.c
    is_day = columns.answered_on == columns.day
    return or_(and_(chosen(columns.day), is_day), and_(chosen(columns.answered_on), columns.answered_on != columns.day))


# Every key that a proceeding is known by beside its public_id, each unique: "uin:commons:2024-08-30:3283"; of one that is
# hidden all of them, as another goes by them now.
alias = Table(
    "alias",
    metadata,
    Column("key", String(200), primary_key=True),
    _to("proceeding", "proceeding_id"),
    Index("ix_alias_proceeding", "proceeding_id"),
    sqlite_with_rowid=False,
)

# Two records that were found to be one through a key (reason). moved: what went from one to the other, as JSON, so that it
# can be taken back; undone_at: when it was, after which the two are left apart.
merging = Table(
    "merging",
    metadata,
    _id(),
    _to("proceeding", "kept_id"),
    _to("proceeding", "gone_id"),
    Column("reason", String(200), nullable=False),
    Column("moved", Text, nullable=False),
    Column("merged_at", Instant, nullable=False),
    Column("undone_at", Instant),
    Index("ix_merging_kept", "kept_id"),
    Index("ix_merging_gone", "gone_id"),
)

# A record as one source knows it, and how we stand with it: of those that it knows by another key than we do, or that are
# seen in lists. list_hash: its view there when last read whole.
source_record = Table(
    "source_record",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    _to("proceeding", "proceeding_id"),
    Column("list_hash", String(64)),
    Column("detail_read_on", Date),
    Column("looked_up_on", Date),
    Column("gone_runs", Integer, nullable=False, default=0),
    Index("ix_source_record_proceeding", "proceeding_id"),
    sqlite_with_rowid=False,
)

# What was received, compressed with zlib. reason: why it could not be understood (then it is quarantined).
payload = Table(
    "payload",
    metadata,
    _id(),
    Column("source", String(40), nullable=False),
    Column("key", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text),
    Index("ix_payload_source_key", "source", "key"),
)

# facts: the proceeding as told, without its parts, as compressed JSON: see db.codec. events: what classify said, apart by
# spaces.
revision = Table(
    "revision",
    metadata,
    _id(),
    _to("proceeding", "proceeding_id"),
    Column("source", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("day", Date),
    Column("events", Text, nullable=False),
    Column("is_news", Boolean, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    _to("payload", "payload_id", nullable=True),
    UniqueConstraint("proceeding_id", "source", "number"),
    Index("ix_revision_news_seen", "seen_at", sqlite_where=_NEWS_OF_SQLITE),
    Index("ix_revision_payload", "payload_id", sqlite_where=_KEPT),
)

# The words of a revision as plain text, by monitor.model.records.PARTS; one that has none is not in here.
parts = Table(
    "parts",
    metadata,
    _to("revision", "revision_id", primary_key=True),
    Column("heading", Text),
    Column("question", Text),
    Column("answer", Text),
    Column("text", Text),
)

# What a revision points to: a key of another record, or a column of the Official Report ("ref:...").
reference = Table(
    "reference",
    metadata,
    _to("revision", "revision_id", primary_key=True),
    Column("target", String(200), primary_key=True),
    Index("ix_reference_target", "target"),
    sqlite_with_rowid=False,
)

member = Table(
    "member",
    metadata,
    Column("member_id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text),
    Column("party", Text),
    Column("constituency", Text),
    Column("read_on", Date, nullable=False),
)

# state: complete (read whole after its day ended), open (whole so far), failed, suspect.
coverage = Table(
    "coverage",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("house", String(20), primary_key=True),
    Column("by", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("state", String(20), nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("total", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("note", Text, nullable=False),
)

# How a file was last read. outcome: read, failed, quarantined. counts, years: JSON, see monitor.model.archive.FileRead.
source_file = Table(
    "source_file",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("day", Date),
    Column("stamp", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("years", Text, nullable=False),
)

# Answers to requests, compressed with zlib, with what asks whether they still hold.
http_cache = Table(
    "http_cache",
    metadata,
    Column("url", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("kept_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

topic = Table(
    "topic",
    metadata,
    _id(),
    Column("key", String(200), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),
)

# A term under one version of its topic's exclusions. matched_to: the last revision that it was looked for in.
# history_to: the last one that an older version of the matcher had looked through; what is found there is history.
term = Table(
    "term",
    metadata,
    _id(),
    _to("topic", "topic_id"),
    Column("text", Text, nullable=False),
    Column("exclude", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Column("version", String(40), nullable=False),
    Column("matched_to", Id, nullable=False),
    Column("history_to", Id, nullable=False),
    UniqueConstraint("topic_id", "text", "exclude"),
)

# is_history: found by a new version of the matcher in what had been looked through before; never mailed.
match = Table(
    "match",
    metadata,
    _id(),
    _to("revision", "revision_id"),
    _to("term", "term_id"),
    Column("part", String(20), nullable=False),
    Column("form", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("is_history", Boolean, nullable=False),
    UniqueConstraint("revision_id", "term_id", "part", "start"),
    Index("ix_match_term", "term_id"),
)

subscriber = Table(
    "subscriber",
    metadata,
    _id(),
    Column("key", String(200), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Column("paused_at", Instant),
    Column("resumed_at", Instant),
)

subscription = Table(
    "subscription",
    metadata,
    _to("subscriber", "subscriber_id", primary_key=True),
    _to("topic", "topic_id", primary_key=True),
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),
)

# kind: mailed, empty, skipped.
digest = Table(
    "digest",
    metadata,
    _id(),
    _to("subscriber", "subscriber_id"),
    Column("slot", String(80), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("composed_at", Instant, nullable=False),
    Column("subject", Text, nullable=False),
    UniqueConstraint("subscriber_id", "slot"),
)

# What a subscriber was told: a revision stands in one digest of his at most. is_told: false where he did not want it
# (new questions); it is then neither followed nor owed again.
digest_item = Table(
    "digest_item",
    metadata,
    _to("subscriber", "subscriber_id", primary_key=True),
    _to("revision", "revision_id", primary_key=True),
    _to("digest", "digest_id"),
    _to("proceeding", "proceeding_id"),
    Column("is_told", Boolean, nullable=False),
    Index("ix_digest_item_digest", "digest_id"),
    Index("ix_digest_item_told", "subscriber_id", "proceeding_id"),
)

# Which late questions a digest reminded of.
digest_waiting = Table(
    "digest_waiting",
    metadata,
    _to("digest", "digest_id", primary_key=True),
    _to("proceeding", "proceeding_id", primary_key=True),
    Column("told_on", Date, nullable=False),
)

# One mail to one recipient. The bytes are frozen at composition. state: see DeliveryState. claim: its holder
# may move the row on. failing_since: the first of the failures in a row. refusals: on how many days the recipient was
# refused, lastly on refused_on. copy_of: the row whose bytes were sent again on request. channel: by what it goes, mail
# or another way out.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    _to("digest", "digest_id", nullable=True),
    Column("recipient", Text, nullable=False),
    Column("channel", String(20), nullable=False, server_default="mail"),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("message", Compressed, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("ambiguous", Integer, nullable=False, default=0),
    Column("claim", String(32)),
    Column("claimed_at", Instant),
    Column("dotted_at", Instant),
    Column("next_try_at", Instant),
    Column("failing_since", Instant),
    Column("refusals", Integer, nullable=False, default=0),
    Column("refused_on", Date),
    Column("sent_at", Instant),
    Column("reply", Text),
    Column("error", Text),
    _to("outbox", "copy_of", nullable=True),
    Index("ix_outbox_state", "state", "next_try_at"),
)


def add_postgresql_options() -> None:
    """Tell PostgreSQL's dialect which rows a partial index is of: said with it, that would be loaded at each start."""
    some = {"ix_proceeding_open": _OPEN, "ix_revision_news_seen": _NEWS, "ix_revision_payload": _KEPT}
    for index in (*proceeding.indexes, *revision.indexes):
        if index.name in some:
            index.dialect_options["postgresql"]["where"] = some[index.name]
