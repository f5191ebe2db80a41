"""The attached file of a digest that was cut: every item whole, as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from monitor.digest.arrange import is_wanted
from monitor.digest.open_questions import section_of
from monitor.model.records import Kind, State
from monitor.presentation.changes import change_of
from monitor.presentation.citation import cite
from monitor.presentation.entry import is_same_answer
from monitor.presentation.spreadsheet import guarded
from monitor.presentation.wording import official_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.model.digests import Digest, Item
    from monitor.model.records import Member, Proceeding
    from monitor.model.watching import Match
    from monitor.presentation.entry import Due

COLUMNS = (
    "section",
    "topics",
    "relevance",
    "house",
    "uin",
    "heading",
    "state",
    "asked_by",
    "asked_by_party",
    "asked_by_constituency",
    "body",
    "question",
    "answered_by",
    "answer",
    "tabled_on",
    "due_on",
    "answered_on",
    "corrected_on",
    "words_found",
    "found_by",
    "reference",
    "same_answer_as",
    "url",
    "kind",
    "made_on",
    "source",
    "occasion",
    "takes_place_on",
    "cancelled",
    "change",
    "was",
)


def sheet_of(digest: Digest, due: Due) -> str:
    """Write everything in a digest as CSV, a question a line, dates ISO, no cell that a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    sections = (
        ("changed", digest.changed),
        ("new", digest.new),
        ("coming", digest.coming),
        ("questions", digest.questions),
    )
    for name, items in sections:
        for item in items:
            writer.writerows(_rows(digest, name, item, due))
    for promised in digest.promises:
        topics = "; ".join(digest.topics.get(key, key) for key in promised.topics)
        record = _facts(promised.promise.record, promised.promise.found.due_to)
        sentence, news = promised.promise.sentence, promised.news.value
        facts = {**record, "section": "promises", "topics": topics, "answer": sentence, "change": news}
        writer.writerow([guarded(facts.get(column, "")) for column in COLUMNS])
    for waiting in digest.waiting:
        topics = "; ".join(digest.topics.get(key, key) for key in waiting.topics)
        facts = {"section": "waiting", "topics": topics, **_found(waiting.matches)}
        facts |= {**_facts(waiting.proceeding, waiting.due_on), "change": section_of(waiting).lower()}
        writer.writerow([guarded(facts.get(column, "")) for column in COLUMNS])
    return out.getvalue()


def _rows(digest: Digest, section: str, item: Item, due: Due) -> Iterator[list[str]]:
    """Return the row of an item and a row for each question with the same answer."""
    first = item.revision.proceeding
    shared = {
        "section": section,
        "topics": "; ".join(digest.topics.get(key, key) for key in item.topics),
        "relevance": "about" if is_wanted(item) else "mentions",
        **_found(item.matches, item.same_matches),
    }
    change = change_of(item)
    for proceeding in (first, *item.same_as):
        is_same = proceeding is not first and is_same_answer(proceeding, first)
        same = {"same_answer_as": first.uin or first.id} if is_same else {}
        told = {"change": change.label if change else "", "was": _was(item) if proceeding is first else ""}
        facts = {**shared, **_facts(proceeding, due(proceeding)), **same, **told}
        yield [guarded(facts.get(column, "")) for column in COLUMNS]


def _found(matches: Sequence[Match], others: Sequence[Match] = ()) -> dict[str, str]:
    """Return the words found in a record, and the terms that found them, there or in a question with the same answer."""
    return {
        "words_found": "; ".join(dict.fromkeys(match.form for match in matches if match.form)),
        "found_by": "; ".join(dict.fromkeys(match.term for match in (*matches, *others))),
    }


def _was(item: Item) -> str:
    """Return the words that a change replaced, whole: those that the reader was sent, or the first version of an answer."""
    now = item.revision.proceeding
    before = item.before.proceeding if item.before else None
    earlier = item.earlier.proceeding if item.earlier else None
    words = (before and (before.answer or before.text)) or now.original_answer or (earlier and earlier.answer)
    if words and words != (now.answer or now.text):
        return words
    return before.question or "" if before and before.question != now.question else ""


def _facts(proceeding: Proceeding, due_on: date | None) -> dict[str, str]:
    is_question = proceeding.kind is Kind.QUESTION
    asked_by = proceeding.asked_by if is_question else proceeding.made_by
    return {
        "house": proceeding.house.value,
        "uin": proceeding.uin or "",
        "heading": proceeding.heading or "",
        "state": proceeding.state.value if is_question else proceeding.kind.value,
        "asked_by": _of(asked_by, "name"),
        "asked_by_party": _of(asked_by, "party"),
        "asked_by_constituency": _of(asked_by, "constituency"),
        "body": proceeding.body or "",
        "question": proceeding.question or "",
        "answered_by": _of(proceeding.answered_by, "name"),
        "answer": proceeding.answer or proceeding.text or "",
        "tabled_on": _iso(proceeding.tabled_on),
        "due_on": _iso(due_on),
        "answered_on": _iso(proceeding.answered_on),
        "corrected_on": _iso(proceeding.corrected_on),
        "reference": cite(proceeding),
        "url": official_url(proceeding),
        "kind": proceeding.kind.value,
        "made_on": _iso(proceeding.made_on),
        "source": proceeding.source,
        "occasion": proceeding.occasion.value if proceeding.occasion else "",
        "takes_place_on": _iso(proceeding.takes_place_on),
        "cancelled": "yes" if proceeding.occasion and proceeding.state is State.WITHDRAWN else "",
    }


def _of(member: Member | None, fact: str) -> str:
    return (getattr(member, fact) if member else None) or ""


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
