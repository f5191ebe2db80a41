"""Terms that a topic may lack: words that mark what it finds, spellings, acronyms, and successors of bodies that it names.

Each has its reason, and is tried: how many records it finds that the topic does not, and the newest of these. Nothing is
added.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from monitor.model.search import Filters
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import day_in_words
from monitor.research.marking_words import marking_words, own_words
from monitor.research.query_variants import has_neighbours, neighbours, readable
from monitor.research.term_tools.explaining import written
from monitor.research.term_tools.known_words import shipped_words
from monitor.research.term_tools.nearby import SMALL_LETTERS, beginning_of, near_phrase
from monitor.research.term_tools.renamed_bodies import ended_bodies_of
from monitor.research.term_tools.reports import example_of
from monitor.terms.found_successors import successors_of
from monitor.terms.matcher import compile_terms
from monitor.terms.parser import readable_root
from monitor.terms.printer import format_term
from monitor.terms.tree import Either, Family, Phrase, phrases_of
from monitor.text.tokens import STOP_WORDS, folded
from monitor.text.word_forms import plain_form, word_forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.search import Hit
    from monitor.model.watching import Match, Topic
    from monitor.terms.matcher import Matcher
    from monitor.terms.tree import Node, Word
    from monitor.terms.vocabulary import Lexicon

LOOKED_AT: Final = 1_000
"""Records of the topic, the newest, that are read."""

COUNTED: Final = 500
"""Records of a suggested term, the newest, that are held against the topic."""

MOST_WORDS: Final = 20
"""Words that mark the topic and are tried."""

KINDS: Final = ("successor", "acronym", "name", "spelling", "slip", "word")
"""Kinds of suggestions, in the order in which they are told."""

_SEEN_TO: Final = 2_000
"""Rows of the index up to which spellings are counted."""

_SLIPS: Final = 20
"""A word is taken for a slip where the right one stands in this many times more rows."""

_LONGEST_NAME: Final = 12
"""Words before an acronym in brackets that are looked through for its full name."""

_GUESSED_FORMS: Final = re.compile(r"in one word|as two words")
_ACRONYM: Final = re.compile(r"\s?\((?:the )?[\"'\u2018\u201c]?([A-Z][A-Za-z&-]{0,7}[A-Z])s?[\"'\u2019\u201d]?\)")
_REACH: Final = 160
"""Letters before an acronym in brackets that are looked through for its full name."""

_FEWEST_DEFINED: Final = 2
"""Fewest records that must define an acronym whose full name has a word of the topic."""

_FEWEST_DERIVED: Final = 3
"""Fewest records that must hold a word made from a word of the topic."""

_MOST_DERIVED: Final = 3
"""Most such words that are named for a phrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCandidate:
    """A term that a topic may lack. `kind`: one of `KINDS`; `of`: the term of the topic that it goes with, or ""."""

    kind: str
    term: str
    reason: str
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSuggestion:
    """A candidate that was tried. `adds`: records that it finds and the topic does not, up to `COUNTED` looked at.

    `is_more`: not all of its records were looked at. `example`: the newest that it adds.
    """

    candidate: TermCandidate
    adds: int
    is_more: bool
    example: Hit | None


def suggest_terms(
    archive: Archive, lexicon: Lexicon, topic: Topic, hits: Sequence[Hit], *, since: date, today: date
) -> list[TopicSuggestion]:
    """Suggest terms to a topic: those of its records that are read are `hits`, with their matches.

    A term that adds no record since a day is left out, but for successors, whose first record is still to come.
    """
    matcher = compile_terms([topic], lexicon)
    tried = [
        _tried(archive, lexicon, matcher, candidate, since)
        for candidate in _candidates(archive, lexicon, topic, hits, today)
    ]
    useful = [found for found in tried if found and (found.adds or found.candidate.kind == "successor")]
    return sorted(useful, key=lambda found: KINDS.index(found.candidate.kind))


def _tried(
    archive: Archive, lexicon: Lexicon, matcher: Matcher, candidate: TermCandidate, since: date
) -> TopicSuggestion | None:
    """Hold what a term finds against what the topic finds; None where it can't be read."""
    query = readable(candidate.term, lexicon)
    if query is None:
        return None
    hits = list(archive.search.hits(query, Filters(first=since), limit=COUNTED + 1))
    new = [hit for hit in hits[:COUNTED] if not _is_found(matcher, hit)]
    if candidate.kind == "slip":
        new = [hit for hit in new if any(span.form[:1].islower() for span in hit.spans)]  # else it is a name
    return TopicSuggestion(
        candidate=candidate, adds=len(new), is_more=len(hits) > COUNTED, example=new[0] if new else None
    )


def _is_found(matcher: Matcher, hit: Hit) -> bool:
    proceeding = hit.revision.proceeding
    return bool(matcher.matches(proceeding.parts(), None, lambda: proceeding.facts))


# -- candidates -------------------------------------------------------------------------------------------------------


def _candidates(
    archive: Archive, lexicon: Lexicon, topic: Topic, hits: Sequence[Hit], today: date
) -> list[TermCandidate]:
    """Return what may be lacking, each term once, without those that the topic has."""
    roots = [(term, root) for term in topic.terms if (root := readable_root(term))]
    found = [candidate for term, root in roots for candidate in _successors(term, root, roots, today)]
    own = own_words({word.text for _, root in roots for phrase in phrases_of(root) for word in phrase.words})
    found += _acronyms(topic, hits, own)
    for term, root in roots:
        found += _near_forms(archive, term, root, lexicon)
        found += _slips(archive, term, root)
        found += _derived(archive, term, root, lexicon)
    found += _words(archive, topic, own, hits)
    known = {term.casefold() for term in topic.terms}
    known |= {written(phrase.words).casefold() for _, root in roots for phrase in phrases_of(root)}
    first: dict[str, TermCandidate] = {}
    for candidate in found:
        if candidate.term.casefold() not in known:
            first.setdefault(candidate.term.casefold(), candidate)
    return list(first.values())


def _successors(term: str, root: Node, roots: Sequence[tuple[str, Node]], today: date) -> Iterator[TermCandidate]:
    followed = {successors.body for _, other in roots for successors in successors_of(other)}
    for ended in ended_bodies_of(root, today):
        if ended.body.name not in followed:
            names = " and ".join(heir.name for heir in ended.heirs)
            until = f" until {day_in_words(ended.body.ended)}" if ended.body.ended else ""
            yield TermCandidate(
                kind="successor",
                term=ended.write,
                of=term,
                reason=f"{ended.body.name} was so called{until}; now {names}",
            )


def _alternatives(root: Node) -> Iterator[Phrase]:
    """Return the phrases of a term each of which is enough to find a record."""
    match root:
        case Phrase():
            yield root
        case Family(members=nodes) | Either(operands=nodes):
            for node in nodes:
                yield from _alternatives(node)


def _near_forms(archive: Archive, term: str, root: Node, lexicon: Lexicon) -> Iterator[TermCandidate]:
    """Return other ways to write a phrase of the term that records have: in one word or two, in small letters."""
    for phrase in _alternatives(root):
        for miss in near_phrase(phrase, lexicon):
            if miss.said == SMALL_LETTERS or (miss.is_guess and _GUESSED_FORMS.search(miss.said)):
                query = readable(miss.query, lexicon)
                if query and archive.search.count(query, Filters(), at_most=1):
                    reason = f"records have {miss.said}, beside {format_term(phrase)}"
                    yield TermCandidate(kind="spelling", term=miss.write, of=term, reason=reason)


def _slips(archive: Archive, term: str, root: Node) -> Iterator[TermCandidate]:
    """Return words one letter away from a word of the term that stand in the archive, and are rare beside it."""
    for phrase in dict.fromkeys(_alternatives(root)):
        for word in phrase.words:
            if has_neighbours(word) and not word.is_acronym and word.text not in STOP_WORDS and not phrase.is_quoted:
                for near in _slips_of(archive, word):
                    words = " ".join(near if other == word else other.written for other in phrase.words)
                    reason = f"may be a slip for {written(phrase.words)}"
                    yield TermCandidate(kind="slip", term=words, of=term, reason=reason)


def _slips_of(archive: Archive, word: Word) -> list[str]:
    forms = word_forms(word.text)
    near = [other for other in neighbours(word.text) if other not in forms and other not in shipped_words()]
    seen = archive.search.known_words([word.text, *near], _SEEN_TO)
    often = seen.pop(word.text, 0)
    return [other for other, count in seen.items() if count * _SLIPS <= often]


def _derived(archive: Archive, term: str, root: Node, lexicon: Lexicon) -> Iterator[TermCandidate]:
    """Return phrases of the archive with another word made from one of the term: fraudulent beside fraud."""
    for phrase in dict.fromkeys(_alternatives(root)):
        for number, word in enumerate(phrase.words):
            stem = "" if phrase.is_quoted or word.is_acronym or word.has_star else beginning_of(word.text)
            words = [f"{stem}*" if other == number else part.written for other, part in enumerate(phrase.words)]
            query = readable(f"{' '.join(words)} NOT {format_term(phrase)}", lexicon) if stem else None
            if query is None:
                continue
            held: Counter[str] = Counter()
            for hit in archive.search.hits(query, Filters(), limit=COUNTED):
                held.update({folded(span.form) for span in hit.spans})
            forms = [form for form, count in held.most_common(_MOST_DERIVED) if count >= _FEWEST_DERIVED]
            for form in forms:
                reason = f"made from {word.written}; in {held[form]:,} records beside {format_term(phrase)}"
                yield TermCandidate(kind="spelling", term=form, of=term, reason=reason)


def _words(archive: Archive, topic: Topic, own: frozenset[str], hits: Sequence[Hit]) -> Iterator[TermCandidate]:
    known = own | own_words({word for name in topic.exclude for word in folded(name).split()})
    for word in marking_words(archive, hits, known, at_most=MOST_WORDS):
        reason = f"in {word.in_topic:,} of {len(hits):,} records of the topic, and in about {word.in_all:,} of all"
        yield TermCandidate(kind="word", term=word.text, reason=reason)


# -- acronyms and their names -----------------------------------------------------------------------------------------


def _acronyms(topic: Topic, hits: Sequence[Hit], own: frozenset[str]) -> Iterator[TermCandidate]:
    """Return acronyms and full names that records define in brackets, where a name or acronym holds words of the topic."""
    defined: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, str], str] = {}
    for hit in hits:
        for part, text in hit.revision.proceeding.parts().items():
            for definition in _definitions(text):
                name, acronym, start, end = definition
                match = next((match for match in hit.matches if _is_within(match, topic, part, start, end)), None)
                defined[name, acronym] += 1
                if match is not None:
                    found.setdefault((name, acronym), match.term)
    for (name, acronym), count in defined.most_common():
        term = found.get((name, acronym), "")
        if term or (count >= _FEWEST_DEFINED and not own.isdisjoint(map(plain_form, folded(name).split()))):
            reason = f"records write “{name} ({acronym})”"
            yield TermCandidate(kind="acronym", term=acronym, of=term, reason=reason)
            yield TermCandidate(kind="name", term=name, of=term, reason=reason)


def _definitions(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield each full name with its acronym behind it in brackets, and the place of both."""
    for bracket in _ACRONYM.finditer(text):
        before = text[max(0, bracket.start() - _REACH) : bracket.start()]
        words = before.rpartition(".")[2].split()[-_LONGEST_NAME:]
        if name := _name_of(bracket[1], words):
            yield name, bracket[1], bracket.start() - len(name) - 1, bracket.end()


def _is_within(match: Match, topic: Topic, part: str, start: int, end: int) -> bool:
    return match.topic == topic.key and match.part == part and start <= match.start + 1 and match.end <= end


def _is_made_of(acronym: str, words: Sequence[str]) -> bool:
    """Say whether the capitals of an acronym are first letters of words, in order."""
    initials = iter(word[0].lower() for word in words if word)
    return all(letter.lower() in initials for letter in acronym if letter.isupper())


def _name_of(acronym: str, words: Sequence[str]) -> str:
    """Return the shortest end of some words that begins with the acronym's first letter and has its letters in order."""
    letters = [letter for letter in acronym if letter.isalpha()]
    for start in range(len(words) - len(letters), -1, -1):
        name = words[start:]
        if name[0][0].lower() == letters[0].lower() and _is_made_of(acronym, name):
            return " ".join(word.strip(",") for word in name)
    return ""


# -- as records -------------------------------------------------------------------------------------------------------


def suggestion_json(topic: Topic, found: TopicSuggestion, since: date) -> dict[str, Any]:
    """Return a suggestion as its JSON object: see docs/json.md."""
    candidate, example = found.candidate, found.example
    return {
        "schema": SCHEMA,
        "topic": topic.key,
        "kind": candidate.kind,
        "term": candidate.term,
        "of": candidate.of or None,
        "reason": candidate.reason,
        "adds": found.adds,
        "is_more": found.is_more,
        "since": since.isoformat(),
        "example": example_of(example, example.spans[0] if example.spans else None) if example else None,
    }
