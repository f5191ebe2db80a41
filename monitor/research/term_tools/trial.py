"""A term tried before it is saved: what it would find, what exclusions would take away, which words stand beside it.

Also the forms of a term that texts have, counted, each with the rule by which it was found.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from monitor.model.watching import Topic
from monitor.research.term_tools.explaining import written
from monitor.terms.matcher import compile_terms
from monitor.text.tokens import STOP_WORDS, folded, is_mark
from monitor.text.word_forms import spellings, word_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.records import Facts, Proceeding
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.terms.tree import Phrase, Word
    from monitor.terms.vocabulary import Lexicon

_TRIED: Final = "tried"
_FEWEST = 2
_REACH = 60
_BEFORE = re.compile(r"([^\W_][\w'\u2019-]*)[ \u00a0]\Z")
_AFTER = re.compile(r"[ \u00a0]([^\W_][\w'\u2019-]*)")

_BREAKS: Final = (".", "|")
"""Signs that `folded` writes for breaks of a text."""

_PLAIN: Final = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-") | dict.fromkeys("\u2019\u2018\u02bc\u2032`", "'")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Effect of one exclusion: records without any other occurrence, and occurrences in all."""

    term: str
    records: int
    occurrences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record that the term finds, with the occurrences that no exclusion takes away. None where it has no words."""

    hit: Hit
    matches: tuple[Match, ...]


def try_term(term: str, exclude: Sequence[str], hits: Sequence[Hit], lexicon: Lexicon) -> list[Kept]:
    """Return the records of the query that the term finds with these exclusions, in order."""
    if not exclude:
        return [Kept(hit=hit, matches=hit.spans) for hit in hits]
    matcher = compile_terms([Topic(key=_TRIED, name=_TRIED, terms=(term,), exclude=tuple(exclude))], lexicon)
    kept = []
    for hit in hits:
        proceeding = hit.revision.proceeding
        matches = matcher.matches(proceeding.parts(), None, _facts(proceeding))
        if matches or not hit.spans:  # filters alone have no occurrence that could be taken away
            kept.append(Kept(hit=hit, matches=matches))
    return kept


def find_by_new_terms(
    archive: Archive, topics: Sequence[Topic], lexicon: Lexicon
) -> Callable[[Hit], frozenset[str]] | None:
    """Return a function that finds the topics (by key) whose terms find a record: terms that no run has seen yet.

    None where there are no such terms. The archive has no matches of them, so they are looked for in the text.
    """
    _, _, seen = archive.watch_list.watched() if topics else ({}, {}, set())
    newer = [
        replace(topic, terms=tuple(term for term in topic.terms if (topic.key, term) not in seen)) for topic in topics
    ]
    if not any(topic.terms for topic in newer):
        return None
    matcher = compile_terms(newer, lexicon)

    def find(hit: Hit) -> frozenset[str]:
        proceeding = hit.revision.proceeding
        return frozenset(key for key, _ in matcher.holding(proceeding.parts(), None, _facts(proceeding)))

    return find


def _facts(proceeding: Proceeding) -> Callable[[], Facts]:
    return lambda: proceeding.facts


def exclusions(term: str, exclude: Sequence[str], hits: Sequence[Hit], lexicon: Lexicon) -> list[Exclusion]:
    """Return what each exclusion would take away if it were the only one."""
    before = sum(len(hit.spans) for hit in hits)
    found = []
    for exclusion in exclude:
        kept = try_term(term, [exclusion], hits, lexicon)
        left = sum(len(hit.matches) for hit in kept)
        found.append(Exclusion(term=exclusion, records=len(hits) - len(kept), occurrences=before - left))
    return found


def by_month(days: Iterable[date | None], first: date, last: date) -> dict[str, int]:
    """Count days by month ("2024-11") from one day to another, including months without any."""
    counts = Counter(f"{day:%Y-%m}" for day in days if day)
    months = {}
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        name = f"{number // 12:04}-{number % 12 + 1:02}"
        months[name] = counts[name]
    return months


def by_year(months: Mapping[str, int]) -> dict[str, int]:
    """Count days by year."""
    years: Counter[str] = Counter()
    for month, count in months.items():
        years[month[:4]] += count
    return dict(years)


def samples(term: str, kept: Sequence[Kept]) -> list[tuple[str, Kept]]:
    """Return the newest, the oldest and one record in between, always the same, with labels; fewer if there are few."""
    if not kept:
        return []
    chosen = [("newest", kept[0])]
    if len(kept) > 1:
        chosen.append(("oldest", kept[-1]))
    if between := kept[1:-1]:
        at = int.from_bytes(hashlib.sha256(term.encode()).digest()[:8]) % len(between)
        chosen.append(("in between", between[at]))
    return chosen


def beside(kept: Iterable[Kept], many: int = 8) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return the words right before and after the occurrences with their records, commonest first.

    Common words are left out, and words beside it in one record only.
    """
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for hit in kept:
        parts = hit.hit.revision.proceeding.parts()
        before.update({_before(parts[match.part], match.start) for match in hit.matches} - {""})
        after.update({_after(parts[match.part], match.end) for match in hit.matches} - {""})
    return _commonest(before, many), _commonest(after, many)


def _before(text: str, start: int) -> str:
    found = _BEFORE.search(text[max(0, start - _REACH) : start])
    return _telling(found[1]) if found else ""


def _after(text: str, end: int) -> str:
    found = _AFTER.match(text[end : end + _REACH])
    return _telling(found[1]) if found else ""


def _telling(word: str) -> str:
    small = word.lower()
    return "" if small in STOP_WORDS else small


def _commonest(counts: Counter[str], many: int) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(word, count) for word, count in ordered if count >= _FEWEST][:many]


# -- the forms that texts have ----------------------------------------------------------------------------------------


def form_key(form: str) -> str:
    """Return the key of a form: its words in small letters, except those in capitals, and the signs between them."""
    words = re.sub(r"\s+", " ", form.replace("\u00ad", "")).translate(_PLAIN).split(" ")
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)


def why_found(form: str, phrases: Iterable[Phrase]) -> str:
    """Return the rule by which a form belongs to one of these phrases, in a few words."""
    rules = [_why(form, phrase) for phrase in phrases]
    return next(
        (rule for rule in rules if rule == "as written"), next((rule for rule in rules if rule), "means the same")
    )


def _why(form: str, phrase: Phrase) -> str:
    """Return the rule for one phrase; "" if the words differ by more than their forms."""
    read, asked = folded(form).split(), phrase.words
    if len(asked) == 1 and asked[0].is_acronym:
        return _why_acronym(form, read, asked[0])
    if "".join(read) == "".join(word.text for word in asked):
        return _why_same_letters(form, read, asked)
    plain = [text for text in read if not is_mark(text) and text not in _BREAKS]
    if len(plain) != len(asked):
        return ""
    if all(is_form(*pair) for pair in zip(plain, asked, strict=True)):
        if plain != read:
            return "across a colon" if "." in read else "across a mark"
        return "begins so" if any(word.has_star for word in asked) else "other number or spelling"
    return "across the colon of a heading" if "." in read else ""


def _why_same_letters(form: str, read: Sequence[str], asked: Sequence[Word]) -> str:
    as_typed = written(asked)
    if len(read) != len(asked) or _joints(form) != as_typed.count("-"):
        return "other hyphens"
    return "in capitals" if form.isupper() and not as_typed.isupper() else "as written"


def _why_acronym(form: str, read: Sequence[str], word: Word) -> str:
    if read == [word.text]:
        return "with dots" if "." in form else "as written"
    return "plural or possessive" if read == [f"{word.text}s"] else ""


def _joints(form: str) -> int:
    return len(re.findall(r"(?<=\w)-(?=\w)", form.translate(_PLAIN)))


def is_form(text: str, word: Word) -> bool:
    """Return whether a folded word of a text is one of a word's forms."""
    if word.has_star:
        return any(text.startswith(spelling) for spelling in spellings(word.text, is_prefix=True))
    return text == word.text or (not word.is_acronym and text in word_forms(word.text))


class FormTally:
    """The forms of a term in the records that it finds, gathered record by record, the newest first."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = list(phrases)
        self._spelt: dict[str, Counter[str]] = {}
        self._records: Counter[str] = Counter()
        self._examples: dict[str, tuple[int, Match]] = {}
        self._count = 0

    def add(self, spans: Sequence[Match]) -> None:
        """One record more."""
        for match in spans:
            key = form_key(match.form)
            self._spelt.setdefault(key, Counter())[match.form] += 1
            self._examples.setdefault(key, (self._count, match))
        self._records.update({form_key(match.form) for match in spans})
        self._count += 1

    def forms(self) -> list[FormFound]:
        """Return the forms, commonest first."""
        found = [
            FormFound(
                form=" ".join(spelt.most_common(1)[0][0].split()),
                why=why_found(spelt.most_common(1)[0][0], self._phrases),
                records=self._records[key],
                record=self._examples[key][0],
                match=self._examples[key][1],
            )
            for key, spelt in self._spelt.items()
        ]
        return sorted(found, key=lambda form: (-form.records, form.form))


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFound:
    """A form, by which rule it was found, in how many records, and where first: number of the record added, and match."""

    form: str
    why: str
    records: int
    record: int
    match: Match
