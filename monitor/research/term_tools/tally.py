"""The forms of a term that texts have, counted, each with the rule by which it was found."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.research.term_tools.explaining import written
from monitor.text.tokens import folded, is_mark
from monitor.text.word_forms import spellings, word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model.watching import Match
    from monitor.terms.tree import Phrase, Word

_BREAKS: Final = (".", "|")
"""Signs that `folded` writes for breaks of a text."""


def form_key(form: str) -> str:
    """Return the key of a form: its words in small letters, except those in capitals, and the signs between them."""
    words = re.sub(r"\s+", " ", form.replace("\u00ad", "")).translate(_PLAIN).split(" ")
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)


_PLAIN: Final = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-") | dict.fromkeys("\u2019\u2018\u02bc\u2032`", "'")
)


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
