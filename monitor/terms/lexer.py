"""Lexer: cuts a term into brackets, operators, filters, quoted phrases, and runs of plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from monitor.terms.corrections import DASHES
from monitor.terms.filters import EXAMPLES, FILTER_NAMES, NAME_FILTERS, read_filter, refuse_unknown_filter
from monitor.terms.phrases import OPERATORS
from monitor.terms.tree import term_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from monitor.terms.tree import Filter

LONGEST: Final = 500
"""Most characters of a term."""

WIDEST: Final = 50
"""Most words between the two sides of a NEAR."""

USUAL: Final = 10
"""Distance of a NEAR without a number."""

WORDS: Final = "words"
QUOTED: Final = "quoted"


class Lexeme(NamedTuple):
    """A piece of a term, from `start` to `end`.

    `kind` is WORDS, QUOTED, a bracket, =, or the name of an operator. `distance` is that of a NEAR.
    """

    kind: str
    start: int
    end: int
    distance: int = 0


class Condition(NamedTuple):
    """A filter and its place in the term."""

    filter: Filter
    start: int
    end: int


_LEXEME = re.compile(r'\s*(?:(?P<quoted>"[^"]*")|(?P<mark>[()=])|(?P<chunk>[^\s"()=]+))')


def lexemes(source: str, today: date | None) -> Iterator[Lexeme | Condition]:
    """Iterate over the lexemes of a term. Words side by side are one lexeme. Raises TermError."""
    _check_characters(source)
    _check_quotes(source)
    words: Lexeme | None = None
    position = 0
    while found := _LEXEME.match(source, position):
        start, position = found.span(found.lastgroup or 0)
        lexeme = _lexeme(source, start, position, found.lastgroup or "", today)
        position = lexeme.end
        if isinstance(lexeme, Lexeme) and lexeme.kind == WORDS:
            words = Lexeme(WORDS, words.start if words else start, position)
            continue
        if words:
            yield words
            words = None
        yield lexeme
    if words:
        yield words


def _lexeme(source: str, start: int, end: int, group: str, today: date | None) -> Lexeme | Condition:
    if group == "quoted":
        return Lexeme(QUOTED, start, end)
    if group == "mark":
        if source[start] == "=":
            _check_equals(source, start)
        return Lexeme(source[start], start, end)
    chunk = source[start:end].strip(_UNSEEN)
    if chunk in OPERATORS or _DISTANT.fullmatch(chunk):
        return _operator(source, start, end, chunk)
    chunk = source[start:end]
    _refuse_other_engines(source, start, chunk)
    if chunk[0] == ":":
        _check_colon(source, start)
    if ":" in chunk and (condition := _filter(source, start, chunk, today)):
        return condition
    return Lexeme(WORDS, start, end)


# -- the term as a whole ----------------------------------------------------------------------------------------------

_UNSEEN: Final = "\u00ad\u200b"
"""Characters without width that copied text may hold."""

_WANTED: Final = f"{_UNSEEN}\u00a0\u2009\u202f"


def _check_characters(source: str) -> None:
    """Refuse a term that is empty, too long, or holds characters that cannot be seen."""
    if not source:
        raise term_error("The term is empty", source, 0, "write the words to look for, or remove it")
    if len(source) > LONGEST:
        raise term_error(
            f"The term has {len(source)} characters", source, LONGEST, f"{LONGEST} is the most; split it in two"
        )
    if source.isprintable():
        return
    for position, letter in enumerate(source):
        if not letter.isprintable() and letter not in _WANTED:
            raise term_error(
                "The term holds a character that can't be seen", source, position, "type the term in one line again"
            )


_CURLY = re.compile("[\u201c\u201d\u201e\u201f\u00ab\u00bb]|(?<![\\w.])[\u2018\u201a'](?=\\w)")


def _check_quotes(source: str) -> None:
    if curly := _CURLY.search(source):
        raise term_error(
            f"{curly.group()} is not the quotation mark of a term",
            source,
            curly.start(),
            'write straight double quotes, as in "child protection", or none: words are a phrase without them',
        )
    if source.count('"') % 2:
        raise term_error(
            "A quotation mark is never closed", source, source.rindex('"'), 'write a second " after the last word'
        )


# -- operators --------------------------------------------------------------------------------------------------------

_DISTANT = re.compile(r"NEAR/([0-9]*)")
_DETACHED_FIGURE = re.compile(r"\s+/?\s*([0-9]+)(?=[\s)]|\Z)")
_TILDE = re.compile(r"~[0-9]+")
_ALMOST_NEAR = re.compile(r"(?i:near)[/:~_-]?[0-9]+|NEAR\W.*|(?i:w|pre|within)/[0-9]+|(?i:adj)[0-9]+")


def _operator(source: str, start: int, end: int, chunk: str) -> Lexeme:
    distant = _DISTANT.fullmatch(chunk)
    if not distant:
        if chunk == "NEAR" and (figure := _DETACHED_FIGURE.match(source, end)):
            raise term_error(
                "NEAR and its number stand apart",
                source,
                figure.start(1),
                f"write NEAR/{figure[1]}, or quote the figure if it is to be found",
            )
        return Lexeme(chunk, start, end, USUAL if chunk == "NEAR" else 0)
    if len(distant[1]) > len(str(WIDEST)) or not 1 <= int(distant[1] or 0) <= WIDEST:
        raise term_error(
            f"NEAR/{distant[1]} is no distance",
            source,
            start,
            f"write NEAR/1 to NEAR/{WIDEST}: how many words may stand between; NEAR alone is {USUAL}",
        )
    return Lexeme("NEAR", start, end, int(distant[1]))


_SIGN = re.compile(rf"[+\-{DASHES}!&](?=[^\W\d_]|[\"(])")
_SIGN_ANYWHERE = re.compile(r"\|+|&&")
_SIGN_ALONE = re.compile(r"[+/](?=\s)|(?<=[^\W\d_]{2})\+(?=[^\W\d_]{2})")
_MEANT = {**dict.fromkeys(f"-{DASHES}", "a NOT b"), "!": "a NOT b", "+": "a AND b", "&": "a AND b", "&&": "a AND b"}


def _refuse_other_engines(source: str, start: int, chunk: str) -> None:
    """Refuse operators of other search engines."""
    end = start + len(chunk)
    found = _SIGN.match(source, start) or _SIGN_ANYWHERE.search(source, start, end)
    if found or (found := _sign_between(source, start, end)):
        raise term_error(
            f"{found.group()} joins no words here",
            source,
            found.start(),
            f"write the words alone if they are a phrase, else {_MEANT.get(found.group(), 'a OR b')}",
        )
    if _ALMOST_NEAR.fullmatch(chunk) or (source[:start].endswith('"') and _TILDE.fullmatch(chunk)):
        raise term_error(
            f"{chunk} is no operator",
            source,
            start,
            "write NEAR/5 for at most five words between, or quote it if it is meant as a word",
        )


def _sign_between(source: str, start: int, end: int) -> re.Match[str] | None:
    """Find a plus or slash that stands alone between words, or a plus that joins two words, but none between figures."""
    if end - start == 1:
        is_between_figures = source[:start].rstrip()[-1:].isdigit() and source[end:].lstrip()[:1].isdigit()
        return None if is_between_figures or not source[:start].strip() else _SIGN_ALONE.match(source, start)
    return _SIGN_ALONE.search(source, start, end)


def _check_equals(source: str, position: int) -> None:
    """Refuse house=lords, which would be a family of two words."""
    name = _LAST_WORD.search(source[:position])
    if name and not name[2] and name[1].casefold() in FILTER_NAMES and source[position + 1 : position + 2].strip():
        raise term_error(
            f"{name[1]}= is no filter",
            source,
            name.start(),
            f"write {name[1].casefold()}: for the filter, or spaces around the = for two names of one thing",
        )


# -- filters ----------------------------------------------------------------------------------------------------------

_LAST_WORD = re.compile(r"(?<![^\s(])(\w+)(\s*)\Z")
_NAMED = re.compile(r"([^\W\d][^\s:]*(?<=\w)):(?!//|(?<=\d:)\d)")


def _check_colon(source: str, position: int) -> None:
    """Refuse house :lords, which would be two words."""
    name = _LAST_WORD.search(source[:position])
    if name and name[1].casefold() in FILTER_NAMES:
        _refuse_gap(name[1], source, name.start(1))


def _refuse_gap(name: str, source: str, position: int) -> NoReturn:
    raise term_error(
        f"{name}: stands apart from its value",
        source,
        position,
        f"write no space beside the colon, as in {EXAMPLES[name.casefold()]}, or quote the phrase",
    )


def _filter(source: str, start: int, chunk: str, today: date | None) -> Condition | None:
    """Read the filter that begins with a chunk; return None if its colon belongs to a phrase, a time or an address."""
    named = _NAMED.match(chunk)
    if not named:
        return None
    written, begin = named[1], start + named.end()
    name = written.casefold()
    if name not in FILTER_NAMES:
        if named.end() == len(chunk) and source[begin : begin + 1] != '"':
            return None
        refuse_unknown_filter(written, source, start, is_search=today is not None)
    end, value = start + len(chunk), chunk[named.end() :]
    if not value:
        value, end = _quoted_value(source, written, start, begin)
    after = source[end : end + 1]
    if after and after != ")" and not after.isspace():
        raise term_error(
            f"{written}: and what follows its value stand too close",
            source,
            end,
            'write a space after the value, and quotes around a value of several words, as in body:"Home Office"',
        )
    if name in NAME_FILTERS and source[begin] != '"':
        _refuse_loose_name(source, written, begin, end)
    return Condition(read_filter(name, value, source, begin, today), start, end)


_NAME_GOES_ON = re.compile(r"\s+((?:(?:and|of|for|the|&)\s+)*[A-Z]['\u2019]?[a-z]\w*)")


def _refuse_loose_name(source: str, name: str, begin: int, end: int) -> None:
    """Refuse body:Home Office, of which only Home would be the body's name."""
    value = source[begin:end]
    after = _NAME_GOES_ON.match(source, end)
    if after and value[0].isupper():
        raise term_error(
            f"{value} {after[1]} may be one name, or a name and what to look for",
            source,
            after.start(1),
            f'write {name}:"{value} {after[1]}" if it is one name, else {name}:"{value}"',
        )


def _quoted_value(source: str, written: str, start: int, begin: int) -> tuple[str, int]:
    """Return the quoted value that begins at a place, and its end."""
    if source[begin : begin + 1] != '"':
        _refuse_gap(written, source, start)
    end = source.index('"', begin + 1)
    return source[begin + 1 : end], end + 1
