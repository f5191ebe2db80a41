"""More like this: records about the same subject as a record or a text, found by the rare words that they share.

The index names the records that hold the rarest words. The best of these are read and compared by all of their words and
pairs of words, as the BM25 rule weighs them: a word counts the more the fewer records hold it. A question has no heading for
some days, so headings of questions are not compared: a question finds the same before and after it gets one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from heapq import nlargest
from math import log
from typing import TYPE_CHECKING, Any, Final

from monitor.model.search import Filters
from monitor.model.watching import Match
from monitor.parliament.provenance import preferred_revision
from monitor.research.records import record_json
from monitor.research.references import find_ids
from monitor.text.content_words import content_words, places_of
from monitor.text.word_frequency import frequency_of_forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.model.records import Proceeding
    from monitor.model.search import CandidateText, Hit
    from monitor.parliament.lifecycle import DueDays
    from monitor.text.content_words import ContentWords, Pair

MOST_WORDS: Final = 24
"""Words of a text, the rarest, by which candidates are looked for."""

MOST_ROWS: Final = 5_000
"""Rows of the index, the newest, that are read for one word."""

ROWS_IN_ALL: Final = 25_000
"""Rows of the index that are read for all words."""

COMPARED: Final = 120
"""Records that are read and compared by all of their words."""

_TRIED: Final = 2_000
"""Rows, the best, among which records that pass the filters are looked for."""

_AT_ONCE: Final = 150
"""Rows whose records are looked up at once."""

READ: Final = 4_000
"""Letters of a text that are compared: a question has some 250, a speech may have a hundred thousand."""

SHOWN_WORDS: Final = 6
"""Shared words that are named."""

_COMMON: Final = 30
"""Answers in 1,000 from which on a word that they hold is not named as shared, unless there is no other."""

LEAST: Final = 0.05
"""Least likeness of a record that is named."""

# Chosen on questions of December 2023, July and September 2024; bench/similar.py measures them on others.
_RARITY: Final = 1.5
"""Power to which the rarity of a word is raised."""
_KNOWN_ROWS: Final = 2_000
"""Rows as which the shipped frequencies of words count: a small archive says little about which words are common."""
_SATURATION: Final = 1.2
_BY_LENGTH: Final = 0.75
_AVERAGE_LENGTH: Final = 20
"""Content words of an average question."""
_PAIR: Final = 0.15
"""Weight of a pair beside the weights of its words."""
_SAME_BODY: Final = 0.4
"""Share by which a question to the same answering body counts more."""
_MOST_PLACES: Final = 2
"""Places of a word in the text that count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A text that records are compared with. `public_id`: the record that it comes from, which is not compared."""

    words: ContentWords
    body: str = ""
    public_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarSubject:
    """A record about a similar subject.

    `likeness`: 1 for the same words and body. `shared`: the rare words that it shares, as the text compared with has them,
    the rarest first; their places are the spans of `hit`.
    """

    hit: Hit
    likeness: float
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of words by plain form: the rarer, the heavier."""

    of_words: Mapping[str, float]

    def of_pair(self, pair: Pair) -> float:
        """Return the weight of two words side by side."""
        return _PAIR * sum(self.of_words.get(word, 0.0) for word in pair)


def subject_of_text(text: str) -> Subject:
    """Read a text that a user gave."""
    return Subject(words=content_words(text[: 5 * READ], is_question=True))


def subject_of_record(proceeding: Proceeding) -> Subject:
    """Read the question of a record, or its heading and text."""
    return Subject(words=_words_of(proceeding.parts()), body=proceeding.body or "", public_id=proceeding.id)


def read_subject(archive: Archive, given: str) -> Subject | None:
    """Read what a user gave: the reference of a record, of several the newest, or a text; None if no record has it."""
    ids = find_ids(archive, given)
    if ids is None:
        return subject_of_text(given)
    return subject_of_record(preferred_revision(archive.records.revisions(ids[0])).proceeding) if ids else None


def find_similar(
    archive: Archive, subject: Subject, *, limit: int, filters: Filters | None = None, compared: int = COMPARED
) -> list[SimilarSubject]:
    """Find up to `limit` records about a similar subject, the most similar first, of equally similar ones the newest.

    `compared`: records that are read and compared by all of their words.
    """
    filters = filters or Filters()
    weights, scores = _candidates(archive, subject.words, filters)
    best = [row for _, row in nlargest(_TRIED, zip(scores.values(), scores, strict=True))]
    ranked = rank(subject, weights, _texts(archive, best, subject, filters, compared))[:limit]
    hits = archive.search.hits_of([candidate.revision_id for candidate, _, _ in ranked])
    return [
        _with_shared_words(hit, likeness, subject.words, words, weights)
        for hit, (_, likeness, words) in zip(hits, ranked, strict=True)
    ]


# -- candidates -------------------------------------------------------------------------------------------------------


def _candidates(archive: Archive, words: ContentWords, filters: Filters) -> tuple[Weights, dict[int, float]]:
    """Weigh the words of a text, and add up for each row of the index the weights of those that it holds."""
    rarest = sorted(words.words, key=lambda word: (frequency_of_forms(word), -words.words[word], -len(word), word))
    asked = rarest[:MOST_WORDS]
    found = archive.shared_words.rows(asked, filters, at_most=MOST_ROWS, in_all=ROWS_IN_ALL)
    total = archive.shared_words.count_rows()
    held = {word: _estimate(word, total) for word in rarest[MOST_WORDS:]}
    for word, rows in zip(asked, found, strict=True):
        held[word] = len(rows.rows) if rows.is_whole else max(len(rows.rows), _estimate(word, total))
    weights = Weights({word: weight(word, count, total) for word, count in held.items()})
    scores: dict[int, float] = defaultdict(float)
    for word, rows in zip(asked, found, strict=True):
        of_word = weights.of_words[word]
        for row in rows.rows:
            scores[row] += of_word
    return weights, scores


def _estimate(word: str, total: int) -> int:
    """Estimate how many rows hold a word."""
    return round(frequency_of_forms(word) * total / 1000)


def weight(word: str, held: int, total: int) -> float:
    """Weigh a word that so many of all rows hold; 0 where none does: such a word can't be shared."""
    if not held:
        return 0.0
    known = held + frequency_of_forms(word) * _KNOWN_ROWS / 1000
    rarity = log(1 + max(total + _KNOWN_ROWS - known, 0.5) / (known + 0.5))
    return float(rarity**_RARITY)


def _texts(
    archive: Archive, rows: Sequence[int], subject: Subject, filters: Filters, at_most: int
) -> Iterator[CandidateText]:
    """Read so many records of these rows that pass the filters."""
    left = at_most
    for start in range(0, len(rows), _AT_ONCE):
        for candidate in archive.shared_words.texts(rows[start : start + _AT_ONCE], filters):
            if candidate.public_id != subject.public_id and left:
                left -= 1
                yield candidate
        if not left:
            return


# -- comparison -------------------------------------------------------------------------------------------------------


def _compared(parts: Mapping[str, str]) -> dict[str, str]:
    """Return the parts that are compared: the question, or heading and text."""
    names = ("question",) if "question" in parts else ("heading", "text")
    return {name: parts[name] for name in names if name in parts}


def _words_of(parts: Mapping[str, str]) -> ContentWords:
    text = "\n".join(_compared(parts).values())
    return content_words(text[:READ], is_question="question" in parts)


def rank(
    subject: Subject, weights: Weights, candidates: Iterator[CandidateText]
) -> list[tuple[CandidateText, float, ContentWords]]:
    """Compare records with a text: each with its likeness and its words, the most similar first."""
    whole = _score(subject.words, subject.words, weights) or 1.0
    found = []
    for candidate in candidates:
        words = _words_of(candidate.parts)
        score = _score(subject.words, words, weights) / whole
        if subject.body and candidate.body == subject.body:
            score *= 1 + _SAME_BODY
        found.append((candidate, score, words))
    found.sort(key=lambda entry: (-entry[1], -entry[0].revision_id))
    scale = 1 + _SAME_BODY if subject.body else 1.0
    scaled = [(candidate, min(score / scale, 1.0), words) for candidate, score, words in found]
    return [entry for entry in scaled if entry[1] >= LEAST]


def _score(words: ContentWords, other: ContentWords, weights: Weights) -> float:
    """Add up the weights of shared words and pairs by the BM25 rule."""
    room = _SATURATION * (1 - _BY_LENGTH + _BY_LENGTH * other.length / _AVERAGE_LENGTH)

    def grown(count: int) -> float:
        return count * (_SATURATION + 1) / (count + room)

    singles = sum(
        weights.of_words.get(word, 0.0) * min(count, _MOST_PLACES) * grown(other.words[word])
        for word, count in words.words.items()
        if word in other.words
    )
    pairs = sum(
        weights.of_pair(pair) * min(count, _MOST_PLACES) * grown(other.pairs[pair])
        for pair, count in words.pairs.items()
        if pair in other.pairs
    )
    return singles + pairs


# -- shared words -----------------------------------------------------------------------------------------------------


def _with_shared_words(
    hit: Hit, likeness: float, words: ContentWords, other: ContentWords, weights: Weights
) -> SimilarSubject:
    units = shared_words(words, other, weights)
    named = {word for unit in units for word in unit}
    spans = tuple(
        Match(topic="", term=word, form=text[start:end], part=part, start=start, end=end)
        for part, text in _compared(hit.revision.proceeding.parts()).items()
        for start, end, word in places_of(text[:READ], named)
    )
    return SimilarSubject(
        hit=replace(hit, spans=spans), likeness=likeness, shared=tuple(words.written[unit] for unit in units)
    )


def shared_words(words: ContentWords, other: ContentWords, weights: Weights) -> list[tuple[str, ...]]:
    """Return the rarest words that two texts share, the rarest first; words side by side in both stand together."""
    units: list[tuple[str, ...]] = []
    taken: set[str] = set()
    for pair in sorted(words.pairs.keys() & other.pairs.keys(), key=lambda pair: (-weights.of_pair(pair), pair)):
        if taken.isdisjoint(pair):
            taken.update(pair)
            units.append(pair)
    units += [(word,) for word in words.words if word in other.words and word not in taken]
    units.sort(key=lambda unit: (-max(weights.of_words.get(word, 0.0) for word in unit), unit))
    rare = [unit for unit in units if min(map(frequency_of_forms, unit)) < _COMMON]
    return (rare or units)[:SHOWN_WORDS]


def as_record(archive: Archive, similar: SimilarSubject, due_date: DueDays) -> dict[str, Any]:
    """Return a similar record as its JSON object, with `likeness` and the words that it shares."""
    record = record_json(archive, similar.hit, similar.hit.spans, due_date)
    return record | {"likeness": round(similar.likeness, 3), "shared": list(similar.shared)}
