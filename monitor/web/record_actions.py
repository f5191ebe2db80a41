"""A record as a reader works with it: followed, dealt with, not relevant, muted, noted; and the promises in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from monitor.desk.promises import shown_entry
from monitor.model.following import FollowKind, MarkKind, MuteKind
from monitor.model.records import Kind
from monitor.presentation.wording import long_day, one_line
from monitor.research.following import dealt_with, mute_title
from monitor.research.promises import entries_of_record
from monitor.research.term_tools.marked_records import proposals_after
from monitor.web.promise import day_of, shown_notes
from monitor.web.promise_words import ListedPromise, listed_promise, with_promises
from monitor.web.readers import reader_facts
from monitor.web.rendering import path_with, record_path
from monitor.web.topics import editing_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from fastapi import Request

    from monitor.desk.desks import Desk
    from monitor.model.following import Followed, Mute
    from monitor.model.records import Proceeding
    from monitor.model.search import Hit
    from monitor.model.watching import Subscriber
    from monitor.presentation.feeds.entries import Leaf
    from monitor.research.term_tools.exclusion_proposals import Proposal

MUTED_FOR: Final = timedelta(days=14)
"""Time for which a mute is offered."""

MESSAGES: Final = {
    "followed": "You follow it from now on. What happens to it is told once, in your next digest.",
    "unfollowed": "You follow it no more. If a text that you were sent is corrected, that is still told.",
    "done": "You have dealt with it: no reminder any more. As soon as it changes it is back.",
    "changed": "It changed after you loaded the page, so it is still open. Read what changed before you deal with it.",
    "undone": "It is open again for you.",
    "not_relevant": "It is not relevant to you, and you are not reminded of it any more.",
    "relevant": "It is relevant to you again.",
    "muted": "It is muted. Its end is told in a digest, and what changes a text that you were sent is told all the same.",
    "unmuted": "It is told to you again.",
    "noted": "The note was added. The whole team sees it.",
    "renewed": "Your calendar has a new address, further down. Those that it had have ended.",
}
"""Sentences that say what a form has done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowChoice:
    """Something about a record that may be followed. `number`: of what is followed already; 0 if it is not."""

    words: str
    ref: str
    topic: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProposal:
    """An exclusion that is proposed after some records were marked as not relevant."""

    topic: str
    topic_name: str
    term: str
    said: str
    try_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersRecord:
    """Choices of a reader about a record, made and offered. `newest`: the last of the revisions that the page shows."""

    newest: int
    follows: FollowChoice
    more: tuple[FollowChoice, ...]
    since: str
    is_done: bool
    is_irrelevant: bool
    mutes: tuple[tuple[int, str, str], ...]
    muteable: tuple[tuple[str, str], ...]
    until: date
    first_day: date
    proposals: tuple[ShownProposal, ...]


def promise_facts(desk: Desk, hit: Hit, record: Proceeding, leaf: Leaf) -> dict[str, Any]:
    """Return the promises of a record for its page, and its text with them marked."""
    entries = [shown_entry(desk, entry) for entry in entries_of_record(desk.archive, hit.proceeding_id, desk.today)]
    text = (record.answer if record.kind is Kind.QUESTION else record.text) or ""
    spans = []
    for entry in entries:
        own = [promise for promise in entry.promises if promise.proceeding_id == hit.proceeding_id]
        spans += [(at, at + len(own.sentence)) for own in own if (at := text.find(own.sentence)) >= 0]
    topics = {} if desk.config.web.public else desk.topic_names
    listed: list[ListedPromise] = [listed_promise(entry, desk.today, topics) for entry in entries]
    return {"promises": listed, "leaf": replace(leaf, text=with_promises(leaf.text, text, spans))}


def action_facts(request: Request, desk: Desk, hit: Hit, given: str, done: str, *, newest: int) -> dict[str, Any]:
    """Return what the page of a record shows of its reader: nothing of anyone where everyone may read it."""
    facts = reader_facts(request, desk, given)
    if desk.config.web.public:
        return {**facts, "own": None, "notes": [], "message": "", "path_here": ""}
    reader = facts["reader"]
    notes = desk.archive.notes.on([hit.proceeding_id]).get(hit.proceeding_id, ())
    return {
        **facts,
        **editing_facts(desk),
        "own": _own(desk, reader, hit, newest, wants_proposals=done == "not_relevant") if reader else None,
        "notes": shown_notes(notes),
        "message": MESSAGES.get(done, ""),
        "path_here": path_with(record_path(hit.revision.proceeding.id), {"reader": given}),
    }


def _own(desk: Desk, reader: Subscriber, hit: Hit, newest: int, *, wants_proposals: bool) -> ReadersRecord:
    record = hit.revision.proceeding
    followed = desk.archive.following.listing(reader.key)
    itself = next((thing for thing in followed if thing.target.proceeding_id == hit.proceeding_id), None)
    marks = {mark.kind for mark in desk.archive.choices.marks(reader.key) if mark.proceeding_id == hit.proceeding_id}
    terms = _terms(hit, reader)
    mutes = [mute for mute in desk.archive.choices.mutes(reader.key) if _is_about(mute, hit, terms)]
    return ReadersRecord(
        newest=newest,
        follows=FollowChoice(words="it", ref=record.id, number=itself.number if itself else 0),
        more=tuple(_more(desk, record, hit, followed)),
        since=day_of(itself.started_at) if itself else "",
        is_done=MarkKind.DONE in marks and hit.proceeding_id in dealt_with(desk.archive, reader.key),
        is_irrelevant=MarkKind.NOT_RELEVANT in marks,
        mutes=tuple(
            (mute.number, _muted_words(mute), long_day(mute.until)) for mute in mutes if mute.until >= desk.today
        ),
        muteable=(
            (record.id, "this record"),
            *((term, f"all that the term {one_line(term)} alone finds") for term in terms),
        ),
        until=desk.today + MUTED_FOR,
        first_day=desk.today,
        proposals=tuple(_proposals(desk, reader, hit)) if wants_proposals else (),
    )


def _terms(hit: Hit, reader: Subscriber) -> Sequence[str]:
    """Return the terms of the reader's topics that find a record: they can mute no others."""
    return list(dict.fromkeys(match.term for match in hit.matches if match.topic in reader.topics))


def _is_about(mute: Mute, hit: Hit, terms: Collection[str]) -> bool:
    if mute.kind is MuteKind.RECORD:
        return mute.record is not None and mute.record.id == hit.revision.proceeding.id
    return mute.kind is MuteKind.TERM and mute.text in terms


def _muted_words(mute: Mute) -> str:
    return "this record" if mute.kind is MuteKind.RECORD else f"all that the term {mute_title(mute)} alone finds"


def _more(desk: Desk, record: Proceeding, hit: Hit, followed: Sequence[Followed]) -> Iterator[FollowChoice]:
    """Give the asker, and the body with each topic that found the record."""
    asker = record.asked_by
    if record.kind is Kind.QUESTION and asker and asker.name:
        ref = f"member:{asker.member_id}" if asker.member_id is not None else asker.name
        number = next((thing.number for thing in followed if _is_asker(thing, asker.member_id, asker.name)), 0)
        yield FollowChoice(words=f"what {one_line(asker.name)} asks", ref=ref, number=number)
    for key in dict.fromkeys(match.topic for match in hit.matches) if record.body else ():
        if key not in desk.topic_names:
            continue
        number = next((thing.number for thing in followed if _is_body(thing, record.body, key)), 0)
        words = f"{one_line(record.body)} on {one_line(desk.topic_names[key])}"
        yield FollowChoice(words=words, ref=record.body or "", topic=key, number=number)


def _is_asker(thing: Followed, member_id: int | None, name: str) -> bool:
    target = thing.target
    if target.kind is not FollowKind.ASKER:
        return False
    return target.member_id == member_id if member_id is not None else target.ref == name


def _is_body(thing: Followed, body: str | None, topic: str) -> bool:
    target = thing.target
    return target.kind is FollowKind.BODY and target.ref == body and target.topic == topic


def _proposals(desk: Desk, reader: Subscriber, hit: Hit) -> Iterator[ShownProposal]:
    topics = desk.config.topics
    for proposal in proposals_after(desk.archive, topics, reader.key, hit.proceeding_id, lambda: desk.lexicon):
        yield _shown_proposal(desk, proposal)


def _shown_proposal(desk: Desk, proposal: Proposal) -> ShownProposal:
    name = one_line(desk.topic_names[proposal.topic])
    said = (
        f"{proposal.of_marked:,} of the {proposal.marked:,} records of {name} that are not relevant to you share "
        f"\N{LEFT DOUBLE QUOTATION MARK}{one_line(proposal.words)}\N{RIGHT DOUBLE QUOTATION MARK}. An exclusion would take "
        f"these away, and {proposal.of_others:,} of the {proposal.others:,} others."
    )
    return ShownProposal(
        topic=proposal.topic,
        topic_name=name,
        term=proposal.term,
        said=said,
        try_path=path_with("/topics/try", {"term": proposal.term, "topic": proposal.topic}),
    )
