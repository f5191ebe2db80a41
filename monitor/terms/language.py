"""The term language: a line from config.toml or the command line becomes a small tree of frozen nodes.

What it reads: a phrase (`National Hi-Tech Crime Unit`), an acronym in capitals (`NHTCU`), words as they are in straight
quotes (`"child protection"`), the beginning of a word (`paedophil*`), and a family of these
(`NHTCU = National Hi-Tech Crime Unit`). Whatever else looks like an operator is refused and never read as plain words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from monitor.errors import MonitorError
from monitor.terms.text import HYPHEN, Token, exact_form, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 500
"""Characters of a term."""

MOST_WORDS: Final = 30
"""Words of a phrase."""

SHORTEST_PREFIX: Final = 4
"""Letters before a star."""


class TermError(MonitorError):
    """A term can't be read.

    `position` is the character (from 0) of `term` that it is about; `remedy` says what to write. The text is one sentence
    with both.
    """

    def __init__(self, problem: str, *, term: str, position: int, remedy: str) -> None:
        self.problem = problem
        self.term = term
        self.position = position
        self.remedy = remedy
        super().__init__(f"{problem}: {remedy}.")

    @property
    def caret(self) -> str:
        """Two lines: the term, and a caret under the character."""
        return f"{self.term}\n{' ' * self.position}^"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a phrase, or a mark (£, %).

    `text` is folded; `written` is the word as typed. `is_acronym`: in capitals. `has_star`: only its beginning is given.
    `is_hyphened`: a hyphen joins it to the word before.
    """

    text: str
    written: str
    is_acronym: bool = False
    has_star: bool = False
    is_hyphened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words in this order, one or more. `is_quoted`: as they are, with no other spelling or number."""

    words: tuple[Word, ...]
    is_quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Both in one paragraph, in either order, with at most `distance` words between."""

    left: Close
    right: Close
    distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """AND: every operand somewhere in the revision."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """OR: at least one operand."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """NOT: `wanted` in the revision, `unwanted` nowhere in it."""

    wanted: Node
    unwanted: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on the record. `name`: house, body, asker, minister, party, kind, from or to.

    `value`: for house and kind a value of `House` or `Kind`, for from and to a day in ISO form, else words of a name.
    """

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What stands in one pair of brackets (or in none) together with filters.

    `node` is None where there are filters only. `parts`: the parts in which everything within is looked for, none: in all.
    """

    node: Node | None
    parts: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Any of these, reported as one. Only the root of a term is one."""

    members: tuple[Node, ...]


Close: TypeAlias = Phrase | Either
"""What NEAR takes: a phrase, or a choice of phrases."""

Node: TypeAlias = Phrase | Near | Both | Either | Without | Scope | Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term that was read. `source` is the line as written, `label` its first member, by which readers know it."""

    source: str
    label: str
    root: Node


def parse_term(text: str) -> Term:
    """Read a term. Raises TermError with the place and the remedy."""
    source = text.strip()
    _check_length(source)
    for check in (_refuse_quotes, _refuse_operators, _refuse_filters):
        check(source)
    members = list(_members(source))
    if len(members) == 1:
        return Term(source=source, label=source, root=_phrase(source, 0, len(source)))
    phrases = tuple(_phrase(source, start, end) for start, end in members)
    return Term(source=source, label=source[slice(*members[0])].strip(), root=Family(members=phrases))


def _refuse(problem: str, term: str, position: int, remedy: str) -> NoReturn:
    raise TermError(problem, term=term, position=position, remedy=remedy)


def _check_length(source: str) -> None:
    if not source:
        _refuse("The term is empty", source, 0, "write the words to look for, or remove it")
    if len(source) > LONGEST:
        _refuse(f"The term has {len(source)} characters", source, LONGEST, f"{LONGEST} is the most; split it in two")
    for position, letter in enumerate(source):
        if not letter.isprintable() and letter not in "\u00a0\u00ad\u2009\u200b\u202f":
            _refuse(
                "The term holds a character that can't be seen", source, position, "type the term in one line again"
            )


_CURLY = re.compile("[\u201c\u201d\u201e\u201f\u00ab\u00bb]|(?<!\\w)[\u2018\u201a'](?=\\w)")


def _refuse_quotes(source: str) -> None:
    if curly := _CURLY.search(source):
        _refuse(
            f"{curly.group()} is not the quotation mark of a term",
            source,
            curly.start(),
            'write straight double quotes, as in "child protection", or none: words are a phrase without them',
        )
    if source.count('"') % 2:
        _refuse("A quotation mark is never closed", source, source.rindex('"'), 'write a second " after the last word')


_OPERATOR = re.compile(r"(?<!\S)(?:AND|OR|NOT|NEAR(?:/\d*)?)(?!\S)|[()]")
_SMALL_OR = re.compile(r"(?<=\S\s)or(?=\s\S)")
_SIGN = re.compile(r"(?<!\S)[+\-!|&](?=[^\W\d_]|\")|\|\|?|&&")


def _outside_quotes(source: str) -> str:
    """The term with what is quoted, quotes included, replaced by underscores of the same length."""
    return re.sub(r'"[^"]*"', lambda quoted: "_" * len(quoted.group()), source)


def _refuse_operators(source: str) -> None:
    bare = _outside_quotes(source)
    if found := _OPERATOR.search(bare):
        _refuse(
            f"{found.group()} joins terms, which this version can't do yet",
            source,
            found.start(),
            "write each as a term of its own, or quote it if it is meant as a word",
        )
    if found := _SMALL_OR.search(bare):
        _refuse(
            "A small or may be a word or a choice",
            source,
            found.start(),
            "write each as a term of its own for a choice, or quote the phrase if the word belongs to it",
        )
    if found := _SIGN.search(source if '"' not in source else bare):
        _refuse(
            f"{found.group()} before a word means nothing here",
            source,
            found.start(),
            "write the words alone; a term is a phrase, found as it stands",
        )


_FILTER = re.compile(
    r"(?<!\S)(in|house|body|asker|minister|party|kind|from|to|heading|question|answer|title):(?=\S|\s*_)"
)
_UNKNOWN = re.compile(r"(?<!\S)([^\W\d_]+):(?=[^\s/])")


def _refuse_filters(source: str) -> None:
    bare = _outside_quotes(source)
    if found := _FILTER.search(bare):
        _refuse(
            f"{found.group(1)}: narrows a term, which this version can't do yet",
            source,
            found.start(),
            "remove it, or quote the phrase if the colon belongs to it",
        )
    if found := _UNKNOWN.search(bare):
        _refuse(
            f"{found.group(1)}: looks like a filter, and there is none of this name",
            source,
            found.start(),
            "write a space after the colon, or quote the phrase",
        )


def _members(source: str) -> Iterator[tuple[int, int]]:
    """Start and end of what stands between the = of a family."""
    start = 0
    bare = _outside_quotes(source)
    for position in [*(i for i, letter in enumerate(bare) if letter == "="), len(source)]:
        if not source[start:position].strip():
            _refuse(
                "A family lacks a member beside the =", source, min(start, len(source) - 1), "write terms on both sides"
            )
        yield start, position
        start = position + 1


def _phrase(source: str, start: int, end: int) -> Phrase:
    """The phrase that stands there, quoted or not."""
    written = source[start:end]
    first = start + len(written) - len(written.lstrip())
    last = end - (len(written) - len(written.rstrip()))
    is_quoted = source[first] == '"'
    if '"' in source[first:last] and (source[first:last].count('"') != 2 or source[last - 1] != '"' or not is_quoted):  # noqa: PLR2004 - one pair
        _refuse(
            "Quoted and other words stand side by side",
            source,
            source.index('"', first),
            "quote the whole phrase, or nothing of it",
        )
    if is_quoted:
        first, last = first + 1, last - 1
    words = tuple(_words(source, first, last, is_quoted=is_quoted))
    _check_words(words, source, first, is_quoted=is_quoted)
    return Phrase(words=words, is_quoted=is_quoted)


def _words(source: str, first: int, last: int, *, is_quoted: bool) -> Iterator[Word]:
    """The words between two places of the term."""
    _refuse_stars(source, first, last, is_quoted=is_quoted)
    for token in tokens(source[first:last]):
        start, end = first + token.start, first + token.end
        written = source[start:end]
        has_star = source[end : end + 1] == "*" and end < last
        word = Word(
            text=exact_form(written) if is_quoted and not token.is_mark else token.text,
            written=written,
            is_acronym=bool(token.capitals),
            has_star=has_star,
            is_hyphened=token.gap == HYPHEN,
        )
        if token.capitals and not is_quoted:
            word = _acronym(word, token)
        if has_star:
            _check_star(word, source, start)
        yield word


def _acronym(word: Word, token: Token) -> Word:
    """An acronym is sought without its plural s."""
    return Word(text=token.capitals[1:], written=word.written, is_acronym=True, has_star=word.has_star,
                is_hyphened=word.is_hyphened)  # fmt: skip


def _refuse_stars(source: str, first: int, last: int, *, is_quoted: bool) -> None:
    for star in re.finditer(r"\*", source[first:last]):
        position = first + star.start()
        if is_quoted:
            _refuse("A star in quotes is no beginning of a word", source, position, "leave the quotes or the star away")
        before, after = source[position - 1 : position] if position else "", source[position + 1 : position + 2]
        if not before.isalnum() or after.isalnum() or after == "*":
            _refuse(
                "A star ends the beginning of a word",
                source,
                position,
                "write it after four letters or more, as in paedophil*",
            )


def _check_star(word: Word, source: str, position: int) -> None:
    letters = sum(letter.isalnum() for letter in word.text)
    if letters < SHORTEST_PREFIX:
        _refuse(
            f"{word.written}* would find too many words",
            source,
            position,
            f"write {SHORTEST_PREFIX} letters or more before the star, or the words themselves",
        )
    if word.is_acronym:
        _refuse(
            f"{word.written}* is both in capitals and only a beginning",
            source,
            position,
            f"write {word.written.lower()}* to find it in any case, or {word.written} alone, which finds its plural too",
        )


STOP_WORDS: Final = frozenset(
    """
    a about after all also an and any are as at be been before being between both but by can could did do does during
    each for from had has have he her his how i if in into is it its may might more most must no nor not of off on
    only or other our out over own per shall she should so some such than that the their them then there these they
    this those through to under until up upon us was we were what when where whether which while who whom whose why
    will with within without would you your
""".split()  # noqa: SIM905 - reads best so
)
"""Words too common to be a term alone; they have no other forms."""


def _check_words(words: tuple[Word, ...], source: str, first: int, *, is_quoted: bool) -> None:
    if not any(word.text[0].isalnum() for word in words):
        _refuse("There is no word to look for", source, min(first, len(source) - 1), "write a word or a figure")
    if len(words) > MOST_WORDS:
        _refuse(f"The phrase has {len(words)} words", source, first, f"{MOST_WORDS} is the most; shorten it")
    if not is_quoted and all(word.text in STOP_WORDS and not word.is_acronym for word in words):
        _refuse("These words stand in nearly every answer", source, first, "add the word that matters, or quote them")
    if _is_shouted(words) and not is_quoted:
        small = " ".join(word.written.lower() for word in words)
        _refuse(
            "Words in capitals are read as acronyms and found in capitals only",
            source,
            first,
            f"write {small} if they are words, or quote them if they are acronyms",
        )


_VOWEL = re.compile("[aeiouy]")


def _is_shouted(words: tuple[Word, ...]) -> bool:
    """Whether ordinary words were typed in capitals: all in capitals, two of them long enough to be spoken."""
    letters = [word for word in words if word.text[0].isalpha()]
    spoken = [word for word in letters if len(word.text) >= SHORTEST_PREFIX and _VOWEL.search(word.text)]
    return len(spoken) > 1 and all(word.is_acronym or word.text in STOP_WORDS for word in letters)
