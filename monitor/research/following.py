"""Following, marks and notes as the faces share them: what a reference names, what is dealt with, and their JSON."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import MonitorError
from monitor.model.following import FollowKind, FollowTarget, MarkKind, MuteKind
from monitor.model.records import Kind
from monitor.parliament.lifecycle import is_reported
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.citation import name_of, title_of
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import listed, one_line
from monitor.research.references import find_ids
from monitor.research.term_tools.overlap import find_equivalent
from monitor.terms.tree import TermError
from monitor.text.similarity import nearest
from monitor.text.tokens import STOP_WORDS, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from db.archive import Archive
    from monitor.model.following import Asker, Followed, Mark, Mute, Note
    from monitor.model.records import Proceeding
    from monitor.model.watching import Subscriber, Topic

PROMISE_ID: Final = re.compile(r"p-[0-9a-z]+", re.IGNORECASE)
"""Name of a promise in the ledger."""

_MEMBER: Final = re.compile(r"(?:member:)?(\d{1,9})", re.IGNORECASE)
_MOST_NAMED: Final = 5

LONGEST_NOTE: Final = 10_000
"""Letters of a note: longer texts are letters or papers, and belong elsewhere."""

MOST_NAMES: Final = 100
"""Names with some words that are looked at: more than so many are no one in particular."""


class UnknownTargetError(MonitorError):
    """Nothing in the archive goes by what a reader named, or more than one thing does.

    `problem`: that, as a sentence. `advice`: what to do on the command line; the page gives its own.
    """

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(f"{problem} {advice}".rstrip())
        self.problem = problem
        self.advice = advice


@dataclass(frozen=True, slots=True)
class FoundTarget:
    """A thing that a reference names. `record`: the record itself, if it is one. `others`: what else it may be."""

    target: FollowTarget
    record: Proceeding | None = None
    others: tuple[str, ...] = ()


def find_target(archive: Archive, words: str, topic: Topic | None = None) -> FoundTarget:
    """Return what words name: a record, a promise, a member who asks, or with a topic a body. Raises UnknownTargetError."""
    words = " ".join(words.split())
    if topic is not None:
        return FoundTarget(FollowTarget(kind=FollowKind.BODY, ref=_body(archive, words), topic=topic.key))
    if found := find_record_or_promise(archive, words):
        return found
    if numbered := _MEMBER.fullmatch(words):
        asker = archive.following.find_asker(int(numbered[1]))
        if asker is None:
            raise UnknownTargetError(
                f"No record, and no member who asks, goes by {words}.", "pqwatch search finds both."
            )
        return FoundTarget(_of_asker(asker))
    return FoundTarget(_of_asker(_asker(archive, words)))


def find_record_or_promise(archive: Archive, words: str) -> FoundTarget | None:
    """Return the record or promise that words name; None if they name neither."""
    words = " ".join(words.split())
    if PROMISE_ID.fullmatch(words):
        target = archive.following.find_promise(words.lower())
        if target is None:
            raise UnknownTargetError(f"No promise goes by {words}.", "pqwatch promises --all lists them.")
        return FoundTarget(target)
    ids = find_ids(archive, words)
    if not ids:
        return None
    newest, *others = (preferred_revision(archive.records.revisions(row_id)).proceeding for row_id in ids)
    named = tuple(f"{name_with_day(other)}  {one_line(other.heading)}".rstrip() for other in others)
    return FoundTarget(FollowTarget(kind=FollowKind.RECORD, ref=newest.id, proceeding_id=ids[0]), newest, named)


def find_followed(archive: Archive, followed: Sequence[Followed], words: str, topic: Topic | None = None) -> Followed:
    """Return what is meant of some things that are followed. Raises UnknownTargetError."""
    wanted = folded(" ".join(words.split()))
    by_ref = [
        thing
        for thing in followed
        if folded(thing.target.ref) == wanted and (topic is None or thing.target.topic == topic.key)
    ]
    if len(by_ref) == 1:
        return by_ref[0]
    if by_ref:
        raise UnknownTargetError(f"{words!r} is followed on several topics: name one with --topic.")
    target = find_target(archive, words, topic).target
    for thing in followed:
        if thing.target.is_same_as(target):
            return thing
    raise UnknownTargetError(f"{words!r} is not followed. pqwatch following lists what is.")


def name_with_day(proceeding: Proceeding) -> str:
    """Return a name by which no other record goes: "2024-11-11/14205", else the id."""
    if proceeding.tabled_on and proceeding.uin:
        return f"{proceeding.tabled_on}/{one_line(proceeding.uin)}"
    return proceeding.id


def _of_asker(asker: Asker) -> FollowTarget:
    return FollowTarget(kind=FollowKind.ASKER, ref=asker.name, member_id=asker.member_id)


def _asker(archive: Archive, words: str) -> Asker:
    names = archive.search.names("asker")
    wanted = folded(words)
    named = [name for name in names if folded(name) == wanted]
    named = named or [name for name in names if all(word in folded(name) for word in wanted.split())]
    found = archive.following.find_askers(named[:MOST_NAMES]) if named else []
    exact = [asker for asker in found if folded(asker.name) == wanted]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        some = listed([_named(asker) for asker in (exact or found)[:_MOST_NAMED]])
        more = " and others" if len(exact or found) > _MOST_NAMED else ""
        raise UnknownTargetError(f"Several members who ask go by {words!r}: {some}{more}. Name one of them.")
    near = nearest(words, names)
    remedy = f"Did you mean {near[0]!r}?" if near else "A body is followed on a topic: name one with it."
    raise UnknownTargetError(f"No record, and no member who asks, goes by {words!r}. {remedy}")


def _named(asker: Asker) -> str:
    return f"{asker.name} (member:{asker.member_id})" if asker.member_id is not None else asker.name


def _body(archive: Archive, words: str) -> str:
    names = archive.records.bodies()
    wanted = folded(words)
    exact = [name for name in names if folded(name) == wanted]
    found = exact or [name for name in names if f" {wanted} " in f" {folded(name)} "]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownTargetError(
            f"Several bodies go by {words!r}: {listed(found[:_MOST_NAMED])}. Name one of them whole."
        )
    near = nearest(words, names)
    if near:
        raise UnknownTargetError(f"No body goes by {words!r}. Did you mean {near[0]!r}?")
    raise UnknownTargetError(f"No body goes by {words!r}.", "pqwatch stats --by body lists them.")


@dataclass(frozen=True, slots=True)
class Muted:
    """A thing to mute: see `Mute`."""

    kind: MuteKind
    text: str
    proceeding_id: int | None = None


def find_muted(archive: Archive, topics: Sequence[Topic], reader: Subscriber, words: str) -> Muted:
    """Return what words name: a term of the reader's topics, a record, or else a phrase. Raises UnknownTargetError."""
    words = " ".join(words.split())
    if PROMISE_ID.fullmatch(words):
        raise UnknownTargetError(f"{words} is a promise: mute the record that it was made in.")
    mine = (topic for topic in topics if topic.key in reader.topics)
    terms = list(dict.fromkeys(term for topic in mine for term in topic.terms))
    if term := _watched_term(terms, words):
        return Muted(MuteKind.TERM, term)
    if found := find_record_or_promise(archive, words):
        return Muted(MuteKind.RECORD, found.target.ref, found.target.proceeding_id)
    said = [word for word in folded(words).split() if word[0].isalnum()]
    if not said:
        raise UnknownTargetError(f"{words!r} has no word that could be muted.")
    if STOP_WORDS.issuperset(said):
        raise UnknownTargetError(f"{words!r} stands in nearly every record. Add the word that matters.")
    return Muted(MuteKind.PHRASE, words)


def find_mute(archive: Archive, topics: Sequence[Topic], reader: Subscriber, words: str) -> Mute:
    """Return the mute of a reader that words name: by its number, or by what is muted. Raises UnknownTargetError."""
    mutes, words = archive.choices.mutes(reader.key), " ".join(words.split())
    found = [mute for mute in mutes if words in (str(mute.number), mute.text)]
    found = found or [mute for mute in mutes if folded(mute.text) == folded(words)]
    if not found:
        with suppress(UnknownTargetError):
            meant = find_muted(archive, topics, reader, words)
            found = [mute for mute in mutes if (mute.kind, mute.text) == (meant.kind, meant.text)]
    if len(found) != 1:
        which = "no mute" if not found else "several mutes of"
        raise UnknownTargetError(f"has {which} {words}")
    return found[0]


def _watched_term(terms: Sequence[str], words: str) -> str | None:
    try:
        return words if words in terms else find_equivalent(terms, words)
    except TermError:
        return None


# -- what is dealt with -----------------------------------------------------------------------------------------------


def dealt_with(archive: Archive, subscriber: str | None) -> frozenset[int]:
    """Return the records (row ids) that a subscriber (by key) need not be reminded of: done, or not relevant to them.

    One that is done is back as soon as it changes. None stands for no subscriber, who has dealt with nothing.
    """
    if subscriber is None:
        return frozenset()
    return frozenset(mark.proceeding_id for mark in archive.choices.marks(subscriber) if is_settled(mark))


def is_settled(mark: Mark) -> bool:
    """Return whether a mark still keeps its record out of reminders."""
    if mark.kind is MarkKind.NOT_RELEVANT:
        return True
    return not any(is_reported(events, followed=True) for events in mark.changes)


# -- words ------------------------------------------------------------------------------------------------------------


def follow_title(followed: Followed, topics: Mapping[str, str]) -> str:
    """Say what is followed: "UIN 14205, Water: Sample Vale", "what Ada Example asks", "Home Office on Water"."""
    target = followed.target
    if target.kind is FollowKind.ASKER:
        return f"what {one_line(target.ref)} asks"
    if target.kind is FollowKind.BODY:
        return f"{one_line(target.ref)} on {one_line(topics.get(target.topic or '', target.topic or ''))}"
    record = record_title(followed.record) if followed.record else target.ref
    return f"promise {target.ref}, made in {record}" if target.kind is FollowKind.PROMISE else record


def record_title(record: Proceeding) -> str:
    """Return name and heading of a record: "UIN 14205, Water: Sample Vale"."""
    return ", ".join(dict.fromkeys(part for part in (name_of(record), title_of(record)) if part))


def mute_title(mute: Mute) -> str:
    """Say what is muted: a record by name and heading, else the term or phrase in quotation marks."""
    if mute.kind is MuteKind.RECORD:
        return record_title(mute.record) if mute.record else mute.text
    return f"\u201c{one_line(mute.text)}\u201d"


def found_notes(notes: Iterable[Note], words: Sequence[str]) -> list[Note]:
    """Return the notes that have all these words in their text, their author, or name and heading of their record."""
    wanted = [folded(word) for word in words]
    return [note for note in notes if all(word in folded(_searched(note)) for word in wanted)]


def _searched(note: Note) -> str:
    return " ".join([note.text, note.author, record_title(note.record), note.record.id, note.promise or ""])


# -- JSON -------------------------------------------------------------------------------------------------------------


def follow_json(followed: Followed, readers: Mapping[str, str], topics: Mapping[str, str]) -> dict[str, Any]:
    """Return something that is followed as its JSON object; `readers`, `topics`: names by key."""
    target, record = followed.target, followed.record
    return {
        "schema": SCHEMA,
        "number": followed.number,
        "subscriber": readers.get(followed.subscriber, followed.subscriber),
        "kind": target.kind.value,
        "ref": target.ref,
        "title": follow_title(followed, topics),
        "topic": target.topic,
        "member_id": target.member_id,
        "record": record.id if record else None,
        "state": record.state.value if record and record.kind is Kind.QUESTION else None,
        "url": record.url if record else None,
        "started_at": followed.started_at.isoformat(),
    }


def mute_json(mute: Mute, readers: Mapping[str, str]) -> dict[str, Any]:
    """Return a mute as its JSON object; `readers`: names by key."""
    return {
        "schema": SCHEMA,
        "number": mute.number,
        "subscriber": readers.get(mute.subscriber, mute.subscriber),
        "kind": mute.kind.value,
        "text": mute.text,
        "title": mute_title(mute),
        "until": mute.until.isoformat(),
        "hidden": mute.hidden,
        "made_at": mute.made_at.isoformat(),
    }


def note_json(note: Note) -> dict[str, Any]:
    """Return a note as its JSON object."""
    return {
        "schema": SCHEMA,
        "number": note.number,
        "author": note.author,
        "record": note.record.id,
        "title": record_title(note.record),
        "promise": note.promise,
        "text": note.text,
        "written_at": note.written_at.isoformat(),
    }
