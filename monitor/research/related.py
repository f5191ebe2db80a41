"""Records related to a record: the same answer elsewhere, nearly the same answer, and the same question before.

The lists are short: of thousands of records with the same answer a few are named, and they are counted up to a limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from monitor.model.index_query import AnyOf, PhraseRequirement
from monitor.presentation.differences import differences
from monitor.presentation.excerpt import question_start
from monitor.presentation.wording import clean
from monitor.text.search_form import search_form
from monitor.text.sentences import longest_sentence
from monitor.text.similarity import likeness, runs_of, words_of

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding, Revision

SHOWN: Final = 5
"""Number of records of each kind that are named."""

COUNTED: Final = 1_000
"""Records with the same answer are counted up to this number."""

_FEWEST_QUERY_WORDS: Final = 4
_MOST_QUERY_WORDS: Final = 12
"""Words of an answer that are enough to find it by."""

_PHRASE_ENDS: Final = re.compile(r"\.\s|[*:;?!\"\u201c-\u201f\u00ab\u00bb]|\s[-\u2013\u2014]|[-\u2013\u2014]\s")
"""Places that no phrase of a query can go across."""
_WORD_EDGES: Final = "'\u2018\u2019"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarRecord:
    """A record with nearly the words of another. `share`: the share of the words of both that they have in common."""

    proceeding: Proceeding
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedRecords:
    """Records related to a record.

    `same_answer`: up to `SHOWN` records with the same answer, the earliest first. `same_answer_count`: how many there are;
    `COUNTED` + 1 stands for more than can be counted. `similar_answer`: the most similar first. `asked_before`: questions of
    the same House in the same or nearly the same words that were tabled before, the latest first.
    """

    same_answer: tuple[Proceeding, ...] = ()
    same_answer_count: int = 0
    similar_answer: tuple[SimilarRecord, ...] = ()
    asked_before: tuple[SimilarRecord, ...] = ()


def find_related(archive: Archive, revision: Revision) -> RelatedRecords:
    """Find the records related to a revision of a record."""
    return RelatedRecords(
        same_answer=tuple(equal.proceeding for equal in archive.similar.equal(revision, at_most=SHOWN)),
        same_answer_count=len(archive.similar.equal_ids(revision, at_most=COUNTED + 1)),
        similar_answer=tuple(
            SimilarRecord(proceeding=near.revision.proceeding, share=near.share)
            for near in archive.similar.near(revision)[:SHOWN]
        ),
        asked_before=tuple(asked_before(archive, revision)[:SHOWN]),
    )


def asked_before(archive: Archive, revision: Revision) -> list[SimilarRecord]:
    """Find questions of the same House, tabled before, with the same words or nearly, the latest first.

    The words that open a question, "To ask the Secretary of State for Transport,", do not count.
    """
    question = revision.proceeding
    words, form = _question_words(question)
    runs = tuple(PhraseRequirement(run, frozenset({"question"})) for run in runs_of(form))
    if question.tabled_on is None or not runs:
        return []
    found = []
    for candidate in archive.similar.with_words(AnyOf(runs)):
        other = candidate.proceeding
        is_before = other.tabled_on is not None and other.tabled_on < question.tabled_on
        if is_before and other.house is question.house:
            share = likeness(words, _question_words(other)[0])
            if share:
                found.append(SimilarRecord(proceeding=other, share=share))
    return sorted(found, key=lambda similar: (similar.proceeding.tabled_on, similar.proceeding.id), reverse=True)


def _question_words(proceeding: Proceeding) -> tuple[list[str], str]:
    """Return the words of a question, and its search form."""
    text = proceeding.question or ""
    form = search_form(text[question_start(text) :])
    return words_of(form), form


def related_json(related: RelatedRecords, proceeding: Proceeding) -> dict[str, Any]:
    """Return related records as the keys that `show --json` adds to a record: see docs/json.md."""
    answer = proceeding.answer or ""
    return {
        "same_answers": related.same_answer_count,
        "near_answers": [
            {
                "id": similar.proceeding.id,
                "share": round(similar.share, 3),
                "except": [
                    {"here": here, "there": there}
                    for here, there in differences(answer, similar.proceeding.answer or "").pairs
                ],
            }
            for similar in related.similar_answer
        ],
        "asked_before": [
            {"id": similar.proceeding.id, "share": round(similar.share, 3)} for similar in related.asked_before
        ],
    }


def query_for_answer(answer: str) -> str:
    """Return a query that finds the records with an answer: the first words of its longest sentence; "" if too short."""
    phrases = [phrase.split() for phrase in _PHRASE_ENDS.split(longest_sentence(clean(answer)))]
    words = [word.strip(_WORD_EDGES) for word in max(phrases, key=len)]
    return f'in:answer "{" ".join(words[:_MOST_QUERY_WORDS])}"' if len(words) >= _FEWEST_QUERY_WORDS else ""
