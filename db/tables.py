"""Tables: what is stored, and what the database itself guarantees.

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
    SmallInteger,
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

from monitor.model.watching import LONGEST_FACT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import ColumnElement, Dialect


class Instant(TypeDecorator[datetime]):
    """Aware datetime, stored in UTC: SQLite forgets zones, so it is given none and gets UTC back."""

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
    """Bytes, stored compressed. Empty ones stay empty, so that a query can ask whether there are any."""

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

_OF_BYTES = String(200).with_variant(String(200, collation="C"), "postgresql")
"""Text that is compared by its bytes on both databases, so that an index finds what begins alike: see `begins_with`."""


# Most revisions are history without a payload, and most questions are answered: partial indexes leave these out. The same
# holds on PostgreSQL, as the migrations say: `add_postgresql_options` says it only when its dialect is loaded.
_NEWS = text("is_news")
_NEWS_OF_SQLITE = text("is_news = 1")  # in the very words of the queries, so that SQLite uses the index
_KEPT = text("payload_id IS NOT NULL")
_OPEN = text("state IN ('tabled', 'holding')")
_APART = text("answered_on <> day")
_COMING = text("takes_place_on IS NOT NULL")
_WITH_BYTES = text("length(message) > 0")
_OF_FEED = text("channel = 'feed'")
_RUNNING = text("outcome = 'running'")
_NOT_UNDERSTOOD = text("reason IS NOT NULL")
_OF_PROMISE = text("promise_id IS NOT NULL")
_MERGED = text("merged_into IS NOT NULL")
_UNNAMED = {
    role: text(f"{role} IS NULL AND {role}_id IS NOT NULL")  # names of our own columns
    for role in ("asker", "minister", "speaker")
}

IS_OPEN = text("proceeding.state IN ('tabled', 'holding')")
"""Condition for questions that have no answer yet. As for those below, an index exists for exactly these words."""
HAS_BYTES = text("length(outbox.message) > 0")
"""Condition for messages whose bytes are still kept."""
IS_OF_FEED = text("outbox.channel = 'feed'")
"""Condition for messages that are the entries of a feed."""
IS_RUNNING = text("run.outcome = 'running'")
"""Condition for stages that are running, or that died before their end was noted."""


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _to(target: str, name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(f"{target}.id"), primary_key=primary_key, nullable=nullable)


# Facts about the archive as a whole, one row each: "instance" (part of every Message-ID), "news_floor",
# "full_read_on", "whole_on", "told_to", "told_to_said_at" and "caught_up_at" (after a restore), "operator_told",
# "bodies", "houses", "promises" (how far the ledger reaches), "promises_again" (records to read again), "calendar" (how
# Parliament's calendar was read).
meta = Table(
    "meta",
    metadata,
    Column("key", String(LONGEST_FACT), primary_key=True),
    Column("value", Text, nullable=False),
)

# Process that may change the archive. The token is new with each holder and checked in each of their transactions.
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

# When each host may be asked next, and until when it wants to be left alone, for all workers. db.host_turns.
host_turn = Table(
    "host_turn",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("next_at", Instant, nullable=False),
    Column("paused_until", Instant),
)

# Runs of stages. A missing run is an alarm. outcome: see monitor.model.collection.RunOutcome.
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
    Index("ix_run_running", "stage", sqlite_where=_RUNNING),
)

# Records. The columns repeat facts of the revision that counts (latest_revision_id): the one that goes furthest, from the
# best source that tells it. first_column, last_column: place in the Official Report, with the suffix printed behind the
# numbers ("W"). minister: member who answered, or spoke for the government; speaker: member who made a statement or speech.
# takes_place_on: day ahead of a notice. merged_into: the record that this one is part of; it is hidden then, and its
# latest_revision_id NULL.
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
    Column("takes_place_on", Date),
    Index("ix_proceeding_day", "day"),
    Index("ix_proceeding_uin", "uin"),
    Index("ix_proceeding_tabled", "tabled_on"),
    Index("ix_proceeding_answered", "answered_on", sqlite_where=_APART),
    Index("ix_proceeding_open", "tabled_on", sqlite_where=_OPEN),
    Index("ix_proceeding_coming", "takes_place_on", sqlite_where=_COMING),
    Index("ix_proceeding_merged", "merged_into", sqlite_where=_MERGED),
    *(
        Index(f"ix_proceeding_unnamed_{role}", f"{role}_id", sqlite_where=is_unnamed)
        for role, is_unnamed in _UNNAMED.items()
    ),
)


def answered(chosen: Callable[[Column[date]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the condition that an answer is of chosen days: on its record's day, which has an index, or on another."""
    columns = proceeding.c
    is_day = columns.answered_on == columns.day
    return or_(and_(chosen(columns.day), is_day), and_(chosen(columns.answered_on), columns.answered_on != columns.day))


# Unique keys of a record beside its public_id ("uin:commons:2024-08-30:3283"). All keys of a hidden record are aliases of
# the record that it was merged into.
alias = Table(
    "alias",
    metadata,
    Column("key", String(200), primary_key=True),
    _to("proceeding", "proceeding_id"),
    Index("ix_alias_proceeding", "proceeding_id"),
    sqlite_with_rowid=False,
)

# Records merged because of a key (reason). moved: what went from one to the other, as JSON, for undoing it; undone_at: when
# that was done, after which the two stay separate.
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

# Records as a source knows them, and when they were last read, if the source has another key for them or lists them.
# list_hash: hash of the entry in the list when the record was last read whole.
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

# Bytes received, compressed with zlib. reason: why they could not be understood (they are in quarantine then).
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
    Index("ix_payload_reason", "source", "key", sqlite_where=_NOT_UNDERSTOOD),
)

# Revisions. facts: the proceeding as told, without its parts, as compressed JSON (db.rows). events: separated by spaces.
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

# Plain text of revisions, by monitor.model.records.PARTS; a revision without text has no row.
parts = Table(
    "parts",
    metadata,
    _to("revision", "revision_id", primary_key=True),
    Column("heading", Text),
    Column("question", Text),
    Column("answer", Text),
    Column("text", Text),
)

# References of revisions: keys of other records, or columns of the Official Report ("ref:...").
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

# Windows read. state: complete (read whole after its day ended), open (whole so far), failed, suspect.
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

# Files read. outcome: see monitor.model.collection.FileOutcome. counts, years: JSON, see FileRead there.
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

# Responses, compressed with zlib, with the headers for conditional requests.
http_cache = Table(
    "http_cache",
    metadata,
    Column("url", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("kept_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# Days that Parliament announces. kind: sitting, period (without a sitting), session, answer (first_on: the day tabled;
# last_on: the first day for an answer). key: what the source knows them by. gone_at: when it took them back or changed
# them, after which a new row holds; nothing is overwritten. What was read when is the fact "calendar".
announced = Table(
    "announced",
    metadata,
    _id(),
    Column("kind", String(20), nullable=False),
    Column("house", String(20), nullable=False),
    Column("key", String(200), nullable=False),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date),
    Column("name", Text, nullable=False),
    Column("code", String(20), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("gone_at", Instant),
    Index("ix_announced_key", "kind", "house", "key"),
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

# Terms, each with one version of its topic's exclusions. matched_to: the last revision that it was looked for in.
# history_to: the last one that an older version of the matcher had looked through; matches up to there are history.
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

# Matches. is_history: found by a new version of the matcher in revisions that an older one had looked through; mailed only
# if no digest was made since the revision was stored.
# member, is_evident: see Match. Both are empty where an older version stored the match.
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
    Column("member", SmallInteger),
    Column("is_evident", Boolean),
    UniqueConstraint("revision_id", "term_id", "part", "start"),
    Index("ix_match_term_revision", "term_id", "revision_id"),
)

# settled_to: the revision up to which nothing is owed to them any more, see db.settled.
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
    Column("settled_to", Id, nullable=False, server_default="0"),
)

subscription = Table(
    "subscription",
    metadata,
    _to("subscriber", "subscriber_id", primary_key=True),
    _to("topic", "topic_id", primary_key=True),
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),
)

# Digests. kind: mailed, empty, skipped.
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
    Index("ix_digest_last", "subscriber_id", "id"),
)

# Revisions that a subscriber was told; each stands in one of their digests at most. is_told: false if they did not want it
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

# Late questions that a digest reminded of.
digest_waiting = Table(
    "digest_waiting",
    metadata,
    _to("digest", "digest_id", primary_key=True),
    _to("proceeding", "proceeding_id", primary_key=True),
    Column("told_on", Date, nullable=False),
)

# Promises: sentences of answers and statements in which the Government says what it will do. The sentence is the text of
# `part` of `revision_id`, the first revision that holds it, from start to end; gone_revision_id: the first that does not
# any more. kind: dated, vague, letter. due_from, due_to: the interval of a dated one; due_to is NULL where its end is not
# known. repeats_id: the first promise of the same thing, NULL for that one. noted_on: the day on which the ledger reached
# it.
promise = Table(
    "promise",
    metadata,
    _id(),
    Column("public_id", String(40), nullable=False, unique=True),
    _to("proceeding", "proceeding_id"),
    _to("revision", "revision_id"),
    _to("revision", "gone_revision_id", nullable=True),
    Column("part", String(20), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("act", String(40), nullable=False),
    Column("expression", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("due_from", Date),
    Column("due_to", Date),
    Column("made_on", Date, nullable=False),
    Column("noted_on", Date, nullable=False),
    _to("promise", "repeats_id", nullable=True),
    Index("ix_promise_proceeding", "proceeding_id"),
    Index("ix_promise_revision", "revision_id"),
    Index("ix_promise_made", "made_on"),
    Index("ix_promise_due", "due_to"),
    Index("ix_promise_repeats", "repeats_id"),
)

# Keys of a promise, by which the same promise is found in other answers: each a hash of its body, its act and some of its
# rarest words.
promise_key = Table(
    "promise_key",
    metadata,
    Column("key", String(32), primary_key=True),
    _to("promise", "promise_id", primary_key=True),
    Index("ix_promise_key_promise", "promise_id"),
    sqlite_with_rowid=False,
)

# What people decided about a promise, newest last. state: kept, dropped, or open again. proceeding_id: the record that
# shows it. decided_by: name of a subscriber, or of the user of the page; "" from a command line without one.
promise_decision = Table(
    "promise_decision",
    metadata,
    _id(),
    _to("promise", "promise_id"),
    Column("state", String(20), nullable=False),
    _to("proceeding", "proceeding_id", nullable=True),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Index("ix_promise_decision_promise", "promise_id"),
)

# Promises that a digest told. news: made, due, overdue, kept, dropped.
digest_promise = Table(
    "digest_promise",
    metadata,
    _to("digest", "digest_id", primary_key=True),
    _to("promise", "promise_id", primary_key=True),
    Column("news", String(20), primary_key=True),
    Column("told_on", Date, nullable=False),
    Index("ix_digest_promise_promise", "promise_id"),
)

# What subscribers follow. kind: record (proceeding_id), promise (promise_id), asker (member_id, or name alone where the
# source has no number), body (name, and topic_id). after_revision: the newest revision of the archive when it began: what
# came later is told. ended_at: NULL while it is followed.
follow = Table(
    "follow",
    metadata,
    _id(),
    _to("subscriber", "subscriber_id"),
    Column("kind", String(20), nullable=False),
    _to("proceeding", "proceeding_id", nullable=True),
    _to("promise", "promise_id", nullable=True),
    Column("member_id", Integer),
    Column("name", Text),
    _to("topic", "topic_id", nullable=True),
    Column("after_revision", Id, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_follow_subscriber", "subscriber_id"),
    Index("ix_follow_proceeding", "proceeding_id"),
    Index("ix_follow_promise", "promise_id", sqlite_where=_OF_PROMISE),
)

# What subscribers said of a record. kind: done, not_relevant. after_revision: as above: a later change brings a record that
# is done back. ended_at: when it was taken back.
mark = Table(
    "mark",
    metadata,
    _id(),
    _to("subscriber", "subscriber_id"),
    _to("proceeding", "proceeding_id"),
    Column("kind", String(20), nullable=False),
    Column("after_revision", Id, nullable=False),
    Column("marked_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_mark_subscriber", "subscriber_id", "proceeding_id"),
    Index("ix_mark_proceeding", "proceeding_id"),
)

# Notes of a team on a record or a promise. subscriber_id: the subscriber who wrote it, whose notes are erased with them;
# author: the name as it was then.
note = Table(
    "note",
    metadata,
    _id(),
    _to("subscriber", "subscriber_id", nullable=True),
    Column("author", Text, nullable=False),
    _to("proceeding", "proceeding_id", nullable=True),
    _to("promise", "promise_id", nullable=True),
    Column("text", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Index("ix_note_proceeding", "proceeding_id"),
    Index("ix_note_promise", "promise_id"),
    Index("ix_note_subscriber", "subscriber_id"),
)

# What subscribers do not want to be told until a day, which is the last one. kind: record (proceeding_id), term or phrase
# (text). ended_at: when it was taken back. end_told_in: the digest that said that it has ended.
mute = Table(
    "mute",
    metadata,
    _id(),
    _to("subscriber", "subscriber_id"),
    Column("kind", String(20), nullable=False),
    _to("proceeding", "proceeding_id", nullable=True),
    Column("text", Text, nullable=False),
    Column("until", Date, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),
    _to("digest", "end_told_in", nullable=True),
    Index("ix_mute_subscriber", "subscriber_id"),
)

# Revisions that a mute kept out of a digest. They stand in digest_item as left out, and are never told.
mute_item = Table(
    "mute_item",
    metadata,
    _to("mute", "mute_id", primary_key=True),
    _to("revision", "revision_id", primary_key=True),
    _to("digest", "digest_id"),
    _to("proceeding", "proceeding_id"),
    Index("ix_mute_item_proceeding", "proceeding_id"),
)

# Deliveries: one message to one recipient each, its bytes fixed when the digest is composed. state: see DeliveryState.
# claim: token of the run that may move the row on. failing_since: the first of the failures in a row. refusals: days on
# which the recipient was refused, the last one refused_on. copy_of: the row whose bytes were sent again on request.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    _to("digest", "digest_id", nullable=True),
    Column("recipient", Text, nullable=False),
    Column("channel", String(20), nullable=False, server_default="mail"),
    Column("message_id", _OF_BYTES, nullable=False, unique=True),
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
    Index("ix_outbox_digest", "digest_id"),
    Index("ix_outbox_sent", "sent_at"),
    Index("ix_outbox_kept", "created_at", sqlite_where=_WITH_BYTES),
    Index("ix_outbox_feed", "recipient", "id", sqlite_where=_OF_FEED),
)

# What came back after a server had taken a mail. fingerprint: of its bytes, so that none counts twice. address: in lower
# case, of what is certainly ours. counts_on: the day of the mail. undone_at: when a person said that the address is good.
bounce = Table(
    "bounce",
    metadata,
    _id(),
    Column("read_at", Instant, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("fingerprint", String(64), nullable=False, unique=True),
    _to("outbox", "outbox_id", nullable=True),
    Column("address", Text),
    Column("counts_on", Date),
    Column("status", String(20)),
    Column("diagnostic", Text),
    Column("undone_at", Instant),
    Index("ix_bounce_address", "address"),
)

# Subscribers as they were asked for. place: "" for those made in the archive; else that of the config.toml which workers go
# by and which names them. topics: a JSON list of keys, ["*"] for all. at: null for schedule.digest_at.
kept_subscriber = Table(
    "kept_subscriber",
    metadata,
    _id(),
    Column("place", Text, nullable=False),
    Column("key", String(200), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("cadence", String(20), nullable=False),
    Column("at", String(20)),
    Column("subject", String(20), nullable=False),
    Column("mentions", String(20), nullable=False),
    Column("new_questions", Boolean, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Column("promises", Boolean, nullable=False),
    Column("quiet_days", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    UniqueConstraint("place", "key"),
)


def add_postgresql_options() -> None:
    """Tell PostgreSQL's dialect the rows of partial indexes; saying it in the tables would load the dialect each time."""
    conditions = {
        "ix_proceeding_open": _OPEN,
        "ix_proceeding_coming": _COMING,
        "ix_revision_news_seen": _NEWS,
        "ix_revision_payload": _KEPT,
        **{f"ix_proceeding_unnamed_{role}": condition for role, condition in _UNNAMED.items()},
        "ix_proceeding_merged": _MERGED,
        "ix_follow_promise": _OF_PROMISE,
        "ix_payload_reason": _NOT_UNDERSTOOD,
        "ix_run_running": _RUNNING,
        "ix_outbox_kept": _WITH_BYTES,
        "ix_outbox_feed": _OF_FEED,
    }
    for table in (proceeding, revision, payload, run, outbox, follow):
        for index in table.indexes:
            if index.name in conditions:
                index.dialect_options["postgresql"]["where"] = conditions[index.name]
