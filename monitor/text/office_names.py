"""Names of answering bodies and ministerial offices, within which a term that is only part of the name is not found.

The names that come with pqwatch are in `data/offices.tsv`, with the days from and to which they were in use. The
questions API names a body with each question. The distinct values of `Proceeding.body` are passed to `with_more`, so
that a new department is known with its first question.

Only full names are taken: of two words or more, one of which says that this is a body or an office. "Treasury" and "HM
Treasury" are one word, which is its own whole name; "Women and Equalities" and "Health" are plain words elsewhere.

A name is also found with or without "the", with "of" for "for" after Department and Ministry, in the possessive, and
with "&" (which a text's tokens hold as "and"). "Department for Transport" also brings the Secretary of State, Minister
of State and Parliamentary Under-Secretary of State for Transport. Days do not matter: a name that is gone is found
wherever it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.text.tokens import HYPHEN, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.text.tokens import Token

_Words = tuple[str, ...]


def _word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NOT_COUNTED: Final = _word_set("the hm his her majestys")
_SAYS_OFFICE: Final = _word_set(
    "department ministry office secretary minister chancellor president paymaster attorney solicitor advocate leader lord"
    " commission commissioner commissioners committee committees board body house speaker administration"
)
_FEWEST_WORDS = 2


class _Trie(dict[str, "_Trie"]):
    """Words that may follow, each with the words that may follow it. `ends`: a name may end here."""

    __slots__ = ("ends",)

    def __init__(self, names: Iterable[_Words] = ()) -> None:
        super().__init__()
        self.ends = False
        for words in names:
            node = self
            for word in words:
                following = node.get(word)
                if following is None:
                    following = node[word] = _Trie()
                node = following
            node.ends = True

    def longest(self, words: Sequence[str], first: int, end: int) -> int:
        """Return the index after the longest name from word `first` on and before `end`, or 0. "the" is skipped."""
        node = self.get(words[first])
        after = first + 1
        found = 0
        while node is not None:
            if node.ends:
                found = after
            if after < end and words[after] == "the":
                after += 1
            if after >= end:
                break
            node = node.get(words[after])
            after += 1
        return found

    def beyond_ends(self) -> Iterator[str]:
        """Iterate over the words that may follow where a name may end."""
        for node in self.values():
            if node.ends:
                yield from node
            yield from node.beyond_ends()

    def rests(self) -> Iterator[_Words]:
        """Iterate over the remainders of names, to their end."""
        for word, node in self.items():
            if node.ends:
                yield (word,)
            yield from ((word, *rest) for rest in node.rests())

    def rests_after(self, words: Sequence[str]) -> Iterator[_Words]:
        """Iterate over the remainders of names that begin with these words."""
        node: _Trie | None = self
        for word in words:
            node = node.get(word) if node is not None else None
        return iter(()) if node is None else node.rests()

    def longest_of(self, read: Sequence[Token], first: int) -> int:
        """Return the index after the longest name from token `first` on, or 0. No name crosses a break of the text."""
        end = first + 1
        while end < len(read) and read[end].gap <= HYPHEN:
            end += 1
        return self.longest([token.text for token in read[:end]], first, end)


class OfficeNames:
    """Full names, ready to be found in tokens. Two objects with the same names are equal."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: Final = frozenset(name for name in names if _is_full(_words(name)))

    def __eq__(self, other: object) -> bool:
        return self.names == other.names if isinstance(other, OfficeNames) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.names)

    def with_more(self, names: Iterable[str]) -> OfficeNames:
        """Return these names and others. Names that are not full are left out."""
        both = OfficeNames(self.names.union(names))
        return self if both == self else both

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Folded words that may stand within a name that is found, and the fixed words of formulas.

        A formula may also hold the seat of a member who speaks for a body, and an office that is not known.
        """
        return _FORMULA_WORDS.union(*self.readings)

    @cached_property
    def words(self) -> frozenset[str]:
        """Folded words that may stand within a name that is found."""
        return frozenset({"the"}).union(*self.readings)

    @cached_property
    def first_words(self) -> frozenset[str]:
        """Words with which a name may begin."""
        return frozenset(self._trie)

    @cached_property
    def last_words(self) -> frozenset[str]:
        """Words with which a name may end, and with it the formula of a question."""
        return frozenset(name[-1] for name in (*self.readings, *_ASKED_BESIDES))

    @cached_property
    def go_on(self) -> frozenset[str]:
        """Words with which a whole name may go on to a longer one."""
        return frozenset(self._trie.beyond_ends())

    @cached_property
    def readings(self) -> frozenset[_Words]:
        """Spellings of the names and of the offices that they bring with them, without "the"."""
        return frozenset(reading for name in self.names for reading in _readings(_words(name)))

    @cached_property
    def _trie(self) -> _Trie:
        return _Trie(self.readings)

    def may_hold(self, words: Sequence[str], first: int, after: int) -> bool:
        """Return whether the words from `first` to before `after` may be part of a longer name, if no break ends it."""
        ends = ((start, self.end_of(words, start)) for start in range(first + 1))
        return any(end > after or (start < first and end == after) for start, end in ends)

    def overlapped_by(self, readings: Iterable[_Words]) -> set[_Words]:
        """Return the names that may begin within one of these readings and go on after its end, directly or by others.

        In a text only the first of two such names counts.
        """
        found: set[_Words] = set()
        looked_at = list(readings)
        while looked_at:
            reading = looked_at.pop()
            ends = [reading[first:] for first in range(1, len(reading))]
            new = {(*end, *rest) for end in ends for rest in self._trie.rests_after(end)} - found
            found |= new
            looked_at += new
        return found

    def spans(self, read: Sequence[Token]) -> list[tuple[int, int]]:
        """Find the leftmost longest whole names: index of the first token, and of the one after the last."""
        breaks = [index for index, token in enumerate(read) if token.gap > HYPHEN and index]
        words = [token.text for token in read]
        return [span for start, end in pairwise([0, *breaks, len(words)]) for span in self._within(words, start, end)]

    def spans_of(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Find whole names in the words of a search form, which has breaks among them."""
        return list(self._within(words, 0, len(words)))

    def _within(self, words: Sequence[str], start: int, end: int) -> Iterator[tuple[int, int]]:
        trie = self._trie
        until = start
        for first in range(start, end):
            if first >= until and words[first] in trie:
                after = trie.longest(words, first, end)
                if after:
                    yield first, after
                    until = after

    def end_of(self, words: Sequence[str], first: int) -> int:
        """Return the index after the longest name from word `first` on, or 0. The words must have no break among them."""
        return self._trie.longest(words, first, len(words))

    def end(self, read: Sequence[Token], first: int) -> int:
        """Return the index after the name from token `first` on, or 0."""
        return self._trie.longest_of(read, first)


@lru_cache(maxsize=8)  # a process asks its archive for names again and again, and they are nearly always the same
def _read(names: frozenset[str]) -> OfficeNames:
    return OfficeNames(names)


@lru_cache(maxsize=4096)  # every command that matches reads the shipped names, a run twice
def _words(name: str) -> _Words:
    return tuple(token.text for token in tokens(name) if token.text != "the")


def _is_full(words: _Words) -> bool:
    counted = set(words) - _NOT_COUNTED
    return len(counted) >= _FEWEST_WORDS and not counted.isdisjoint(_SAYS_OFFICE)


_STATE: Final = ("of", "state", "for")
_FOR: Final = ("for", "of")


def _readings(words: _Words) -> Iterator[_Words]:
    """Iterate over the spellings of a name, and of the offices that a department brings with it."""
    for name in _renderings(words):
        yield name
        if not name[-1].endswith("s"):
            yield (*name[:-1], f"{name[-1]}s")


def _renderings(words: _Words) -> Iterator[_Words]:
    yield words
    subject: _Words = ()
    if words[0] in ("department", "ministry") and words[1] in _FOR:
        subject = words[2:]
        for preposition in _FOR:
            yield (words[0], preposition, *subject)
        yield ("secretary", *_STATE, *subject)
    elif words[0] == "minister" and words[1] in _FOR:
        subject = words[2:]
        yield ("minister", "for", *subject)
    elif words[:4] == ("secretary", *_STATE):
        subject = words[4:]
    if subject:
        yield ("minister", *_STATE, *subject)
        yield ("parliamentary", "under", "secretary", *_STATE, *subject)


_ASKED_BESIDES: Final = [
    tuple(name.split())
    for name in (
        "his majestys government",
        "her majestys government",
        "hm government",
        "government",
        "treasury",
        "hm treasury",
        "first minister",
        "scottish executive",
        "scottish government",
        "scottish parliamentary corporate body",
        "presiding officer",
        "welsh government",
        "welsh assembly government",
    )
]
"""Addressees of questions that are not in the list of names: within a text they would exclude plain words."""
_ASKED_TOO: Final = _Trie(_ASKED_BESIDES)
_TITLES: Final = _Trie(
    tuple(title.split()) for title in ("secretary of state", "minister of state", "minister", "parliamentary secretary")
)
_BEFORE_BODY: Final = _word_set("for of at in the")
_HONORIFICS: Final = _word_set("the mr right rt hon honourable")
_BEGIN_OFFICE: Final = _word_set(
    "secretary minister parliamentary president chancellor chief leader lord attorney solicitor advocate member deputy"
    " first second paymaster prime chairman chair senior financial economic exchequer under"
)
_BEGIN_QUESTION: Final = _word_set(
    "if what whether how when where why which who whose whom pursuant further following with without in on by from at"
    " within after before since during to will does do did is are was were has have had can could would should each both"
)
_FORMULA_WORDS: Final = (_HONORIFICS | _BEFORE_BODY | _word_set("to ask asked member representing")).union(
    *_ASKED_BESIDES
)
_NOT_LAST: Final = _word_set("and for of the")
_MOST_IN_OFFICE: Final = 16


def formula_end(read: Sequence[Token], names: OfficeNames | None = None) -> int:
    """Count the tokens of the opening formula of a question ("To ask the Secretary of State for Education,"); or 0.

    `read` is the question from its first token. The formula needs no comma: questions in the Lords, and old ones, have
    none. The addressee is recognised by `names` (the shipped ones by default). An unknown or misspelt office extends to a
    word that begins a question. A formula that was written twice counts as one.
    """
    names = names or shipped_names()
    end = 0
    while first := _opened(read, end):
        after = _asked(read, _past(_HONORIFICS, read, first), names)
        if not after:
            break
        end = after
    return end


def sure_formula_end(words: Sequence[str], names: OfficeNames) -> int:
    """Count the words of a question that belong to its opening formula whatever other names are known; or 0.

    `words` are those of its search form, up to the first break. Only a single office with a known full name is sure, or a
    title right before the name of a body ("Minister of State, Foreign, Commonwealth and Development Office"). A guess may
    end elsewhere once more names are known, and so may names joined by "and".
    """
    first = 2 if words[:2] == ["to", "ask"] else int(words[:1] == ["asked"])
    while 0 < first < len(words) and words[first] in _HONORIFICS:
        first += 1
    if not 0 < first < len(words):
        return 0
    end = max(names.end_of(words, first), _ASKED_TOO.longest(words, first, len(words)))
    if not end and 0 < (body := _TITLES.longest(words, first, len(words))) < len(words):
        end = names.end_of(words, body)
    goes_on = words[end : end + 1] == ["and"]
    return 0 if goes_on or not _BEGIN_QUESTION.isdisjoint(words[first:end]) else end


def _opened(read: Sequence[Token], first: int) -> int:
    """Return the index after "To ask", or after "asked", with which questions in printed volumes begin; or 0."""
    here = [token.text for token in read[first : first + 2]]
    if here == ["to", "ask"]:
        return first + 2
    return 1 if first == 0 and here[:1] == ["asked"] else 0


def _asked(read: Sequence[Token], first: int, names: OfficeNames) -> int:
    """Return the index after the addressee, or 0: an office, or a member who speaks for a body of the House."""
    words = [token.text for token in read[first : first + _MOST_IN_OFFICE]]
    if words[:1] == ["member"] and "representing" in words:
        body = _past(_BEFORE_BODY, read, first + words.index("representing") + 1)
        return _offices(read, body, names) or _unknown(read, body)
    return _offices(read, first, names)


def _offices(read: Sequence[Token], first: int, names: OfficeNames) -> int:
    """Return the index after an office, or several joined by "and"; or 0. If a part is not known, all is guessed."""
    known = after = _office(read, first, names)
    while after and after < len(read) and read[after].text == "and" and read[after].gap <= HYPHEN:
        known = after
        after = _office(read, _past(_HONORIFICS, read, after + 1), names)
    if not after and first < len(read) and read[first].text in _BEGIN_OFFICE:
        after = _unknown(read, first)
    return after or known


def _office(read: Sequence[Token], first: int, names: OfficeNames) -> int:
    """Return the index after a known office, or a title with a known body; or 0."""
    if first == len(read):
        return 0
    end = max(names.end(read, first), _ASKED_TOO.longest_of(read, first))
    if not end and (title := _TITLES.longest_of(read, first)):
        body = _past(_BEFORE_BODY, read, title)
        end = names.end(read, body) if body < len(read) else 0
    return end


def _unknown(read: Sequence[Token], first: int) -> int:
    """Return the index before the word with which the question itself begins, if it comes soon; else 0."""
    for end in range(first + 1, min(first + _MOST_IN_OFFICE, len(read))):
        token = read[end]
        if token.gap > HYPHEN or token.is_mark:
            break
        if token.text in _BEGIN_QUESTION and token.gap != HYPHEN:
            return next((last + 1 for last in range(end - 1, first - 1, -1) if read[last].text not in _NOT_LAST), 0)
    return 0


def _past(skipped: frozenset[str], read: Sequence[Token], first: int) -> int:
    """Return the index of the first token from `first` on that is not one of these words."""
    while first < len(read) and read[first].text in skipped:
        first += 1
    return first


@dataclass(frozen=True, slots=True)
class Office:
    """A line of the shipped list. Days and years are as written there ("2023-02-07", "1916"); "" if not known.

    `group`: the heading that it stands under.
    """

    name: str
    since: str
    until: str
    became: tuple[str, ...]
    source: tuple[str, ...]
    group: str = ""


@lru_cache(maxsize=1)
def shipped_offices() -> tuple[Office, ...]:
    """Return the list that comes with pqwatch, in its order. A name that was used twice has two lines."""
    lines = files("monitor").joinpath("text/data/offices.tsv").read_text(encoding="utf-8").splitlines()
    found: list[Office] = []
    group = ""
    for line in lines:
        if line.startswith("#"):
            group = line.removeprefix("# ")
        elif line:
            found.append(_line(line, group))
    return tuple(found)


def _line(line: str, group: str) -> Office:
    name, since, until, became, source = line.split("\t")
    return Office(name, since, until, tuple(became.split("; ")) if became else (), tuple(source.split()), group)


@lru_cache(maxsize=1)
def shipped_names() -> OfficeNames:
    """Return the names that come with pqwatch."""
    return OfficeNames(office.name for office in shipped_offices())
