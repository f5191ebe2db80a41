"""Tokens of a plain text: the one reading of words that the matcher, the index and change detection share.

A text is read as tokens: words, marks that belong to figures, and the breaks between them. Its *change form* is the
same tokens as a string: equal for texts that differ in typography alone (case, quotation marks, dashes, spaces,
ligatures, accents), different as soon as a word, figure, sign, currency or per cent differs.

- A word in capitals (two letters or more) is folded like any other and has a second token besides, `CAPITAL` and the word:
  so an acronym can be looked up in capitals only. A plural or possessive s does not count ("NHTCUs", "NHTCU's").
- Words joined by a hyphen are separate words; the gap before the second is `HYPHEN`.
- A possessive s is part of the word (unit's: units), other apostrophes fall out (O'Neill: oneill), but for contractions
  (he'll), which would be other words without it.
- Dotted acronyms are one word (S.O.C.A.: soca), & between initials stays (r&d), & alone is "and".
- A figure keeps its decimal point and loses its thousands separators (5,200.5: 5200.5). Signs, currencies, per cent, and
  what stands between two figures (2022-23, 1/2, 10:30; 1,2 too) are tokens of their own, *marks*.
- A list mark, (a), (ii), (1), is a mark too, written in circled letters that no index takes for a word. So is the raised
  number of a note after a word or figure (Credit⁵, 23²), and an exponent. After a unit or formula of two letters at most
  it belongs to the word (m²: m2).
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from monitor.text.raised_figures import RAISED, RAISED_MINUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


TEXT_VERSION: Final = 2
"""Version of these rules: change forms and fingerprints of different versions cannot be compared."""

CAPITAL: Final = "\ue000"
"""First letter of the second token of a word in capitals: a private-use letter, which no user types and an index keeps."""

SPACE, HYPHEN, COLON, SENTENCE, LINE, PARAGRAPH = range(6)
"""Gaps before a token, weakest first. COLON is a colon and nothing stronger; LINE an item, row or cell."""


class Token(NamedTuple):
    """A word or mark: its folded text, its place (code points), its second token or "", and the gap before it."""

    text: str
    start: int
    end: int
    capitals: str
    gap: int

    @property
    def is_mark(self) -> bool:
        """True if this belongs to a figure or a list, so that it may stand inside a phrase that does not have it."""
        return is_mark(self.text)


def is_mark(text: str) -> bool:
    """Return whether the text of a token is a mark and no word."""
    return not text[0].isalnum()


# What a word may hold besides letters and digits: combining accents, soft hyphens, zero-width marks.
_WITHIN = "\u00ad\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u2060\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
_LETTER_APOSTROPHES = "\u02bc\u02bb"
_APOSTROPHES = "'\u2018\u2019\u2032\u00b4`\uff07" + _LETTER_APOSTROPHES
_HYPHENS = "\\-\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_CURRENCIES = "$\u00a2-\u00a5\u20a0-\u20cf\uff04\uffe1"
_CLOSING = "\"'\u2019\u201d)\\]"
_BULLETS = "\u2026\u2022\u25a0-\u25ff"
_TITLES = "Mr Mrs Ms Dr St Rt hon Hon Prof Rev Col Gen Lt Sgt Cllr Messrs Ltd".split()  # noqa: SIM905 - reads best so
_BEFORE_FIGURES = "No Nos no nos vol para".split()  # noqa: SIM905 - reads best so
ABBREVIATIONS: Final = frozenset(f"{word}." for word in [*_TITLES, *_BEFORE_FIGURES])
"""Words whose dot ends no sentence, or not always."""

# Every alternative below starts with a character or a class, which the engine refuses at once where it does not fit.
_NOT_A_STOP = (
    r"(?<!\b[A-Z]\.)"
    + "".join(rf"(?<!\b{word}\.)" for word in _TITLES)
    + "(?:"
    + "".join(rf"(?<!\b{word}\.)" for word in _BEFORE_FIGURES)
    + r"|(?!\s*\d))"
)
_MORE = rf"(?:[^\S\t]|[{_CLOSING}!?;{_BULLETS}]|[.:](?![\d/]))*"
_BREAK = (
    rf"\.(?:{_NOT_A_STOP}(?=[\s{_CLOSING}{RAISED}]|\Z)|(?<=[a-z]\.)(?=[A-Z][a-z])){_MORE}"
    rf"|:(?=\s|\Z){_MORE}"
    rf"|[!?;{_BULLETS}\n]{_MORE}"
)
LIST_MARK: Final = r"\((?:[A-Za-z]|[ivx]{2,5}|\d{1,2})\)"
"""Pattern of a mark such as (a), which a phrase passes over."""
_MARK = (
    LIST_MARK + r"|\.(?<![\w.]\.)\d+"
    rf"|[{_CURRENCIES}%\u2030\u00b0\u00b1\u00d7\u00f7<=>~\u2248\u2260\u2264\u2265&]"
    rf"|{RAISED_MINUS}(?=[{RAISED}])"
    rf"|\+(?:(?=[{_CURRENCIES}]?\.?\d)|(?<=\d\+))"
    rf"|[{_HYPHENS}](?:(?<![\w.,;:)].)(?=[{_CURRENCIES}]?\.?\d)|(?<=[\d%] .)(?= [{_CURRENCIES}]?\d)"
    rf"|(?<=[\w%].)(?=[{_CURRENCIES}]\d)|(?<=%.)(?=\d))"
)
_JOINT = (
    rf"[{_APOSTROPHES}{_HYPHENS}.\u00b7/:,&]"
    rf"(?:(?<=[{_APOSTROPHES}{_HYPHENS}])|(?<=\d[.\u00b7/:,])(?=\d)|(?<=\b[^\W\d_]\.)(?=[^\W\d_](?!\w))"
    r"|(?<=[A-Z0-9]&)(?=[A-Z0-9]{1,3}(?!\w))|(?<=\b[a-z]&)(?=[a-z](?!\w)))"
)
_LAST_DOT = rf"(?:\.(?<=\.[^\W\d_]\.)(?:[{_APOSTROPHES}]?s(?!\w))?)?"


def _pattern(letters: str) -> re.Pattern[str]:
    """Return the pattern of a token, given the letters that a word may hold (see `_WITHIN`).

    The space before a token, and the first alternative for words of plain letters, are there for speed only.
    """
    word = rf"[A-Za-z]+(?= )|{letters}(?:(?:{_JOINT}{letters})+{_LAST_DOT})?"
    return re.compile(rf" ?({word}|\t|{_MARK}|{_BREAK})")


_LETTER = rf"[^\W_{_LETTER_APOSTROPHES}]"
_PLAIN: Final = _pattern(f"{_LETTER}+")
_RARE: Final = _pattern(f"{_LETTER}(?:{_LETTER}|[{_WITHIN}])*")
_IS_RARE: Final = re.compile(f"[{_WITHIN}]")

# Two cases in which the patterns look across a space, besides breaks. Neither crosses the end of a line or cell.
MAY_HANG: Final = re.compile(rf"\b(?:{'|'.join(_BEFORE_FIGURES)})\.\s*\Z|\A[{_HYPHENS}]\Z")
"""Piece without spaces that is read differently before a figure."""
HANGING: Final = re.compile(
    rf"\b(?:{'|'.join(_BEFORE_FIGURES)})\.[^\S\n\t]+(?=\d)|(?<=[\d%]) [{_HYPHENS}] (?=[{_CURRENCIES}]?\d)"
)
"""Spaces that tie such a piece to a figure, with the characters between."""


_new = tuple.__new__  # makes a token in half the time that its class takes


def tokens(text: str) -> list[Token]:
    """Return the words and marks of a text, in order, with offsets."""
    out: list[Token] = []
    gap = PARAGRAPH
    for found in _reader(text).finditer(text):
        parts = _READ[found[1]]
        if isinstance(parts, int):
            gap = max(gap, parts)
            continue
        begin = found.start(1)
        for folded, start, end, capitals, before in parts:
            # Within a find the gap before is SPACE, at its start the part's own is.
            out.append(_new(Token, (folded, begin + start, begin + end, capitals, before or gap)))
            gap = SPACE
    return out


def tokens_without_notes(text: str) -> list[Token]:
    """Return the tokens of a text without the raised numbers of notes. Raised figures behind a figure or sign stay: 10⁶."""
    read = tokens(text)
    if text.isascii():
        return read
    figures = {token.end for token in read if token.is_mark or token.text[-1].isdigit()}
    return [token for token in read if text[token.start] not in RAISED or token.start in figures]


def words(text: str) -> set[str]:
    """Return every distinct key under which a term may look for this text.

    These are the words, the second tokens of words in capitals, and hyphenated words joined (on-line: online).
    """
    return set().union(*map(_KEYS.__getitem__, set(_reader(text).findall(text))))


def readings(text: str) -> list[tuple[Part, ...] | int]:
    """Return the contents of a text, in order: hyphenated words and marks as parts, or the gap that a break makes."""
    return list(map(_READ.__getitem__, _reader(text).findall(text)))


def tokens_of(read: Iterable[tuple[Part, ...] | int]) -> list[Token]:
    """Return the words and marks of `readings`, with gaps and without their places."""
    out: list[Token] = []
    gap = PARAGRAPH
    for parts in read:
        if isinstance(parts, int):
            gap = max(gap, parts)
            continue
        for part in parts:
            out.append(_new(Token, (part.text, 0, 0, part.capitals, part.gap or gap)))
            gap = SPACE
    return out


def folded(text: str) -> str:
    """Return the tokens of a text, separated by a space, without regard to capitals.

    "." stands for the breaks between sentences, items and paragraphs, "|" for each cell's end. The result is equal for
    texts that differ in typography only.
    """
    return " ".join(map(_FORMS.__getitem__, _reader(text).findall(text))).strip(". ")


def is_named(name: str, wanted: str) -> bool:
    """Return whether all words of `wanted` are words of a name, in any order.

    Accents, case and hyphens do not count.
    """
    asked = words_of_name(wanted)
    return bool(asked) and asked <= words_of_name(name)


def words_of_name(text: str) -> set[str]:
    """Return the words of a name for comparison: without accents, case and hyphens."""
    return {token.text for token in tokens(text) if not token.is_mark}


def change_form(text: str) -> str:
    """Return the change form: the folded text, then the second tokens of the words in capitals, each once.

    Fingerprints depend on it, and nothing else. Searches use `monitor.text.search_form.search_form`.
    """
    form = folded(text)
    capitals = sorted({key for key in words(text) if key[0] == CAPITAL})
    return " ".join([form, *capitals]) if capitals else form


def _reader(text: str) -> re.Pattern[str]:
    return _PLAIN if text.isascii() or not _IS_RARE.search(text) else _RARE


class Part(NamedTuple):
    """A token within the string that the pattern found."""

    text: str
    start: int
    end: int
    capitals: str
    gap: int


_SPLIT: Final = re.compile(rf"[{_HYPHENS}]|(?<=\d)[/:](?=\d)|(?<=\d),(?!\d\d\d(?!\d))")
_FIGURE: Final = re.compile(r"\.?\d")
_IS_BREAK: Final = re.compile(rf"[.:!?;{_BULLETS}\n]")
_IS_COLON: Final = re.compile(rf":[\s{_CLOSING}]*")
_DOTTED: Final = re.compile(r"[^\W\d_]\.[^\W\d_](?!\w)")
_MOST_JOINED = 4
_RAISED_END: Final = re.compile(rf"(?<![{RAISED}])[{RAISED}]+\Z")
_UNIT_RAISED: Final = re.compile(rf"(?<![^\W\d_])(?<![.{_APOSTROPHES}])(?:[a-z]{{1,2}}|[A-Z]|CO)[{RAISED}]+\Z")


def _read(raw: str) -> tuple[Part, ...] | int:
    """Return the tokens of one match of the pattern, or the gap that it makes."""
    if raw[0] == "(":
        return (Part(_circled(raw[1:-1].lower()), 0, len(raw), "", SPACE),)
    if raw == "&":
        return (Part("and", 0, 1, "", SPACE),)
    if raw == "\t":
        return LINE
    if not (raw[0].isalnum() or _FIGURE.match(raw)):
        return _gap(raw) if _IS_BREAK.match(raw) else _mark(raw)
    if _DOTTED.match(raw):
        return tuple(_word_and_note(raw, 0, SPACE, is_dotted=True))
    return tuple(_compound(raw))


def _gap(raw: str) -> int:
    if "\n" in raw:
        return PARAGRAPH if raw.count("\n") > 1 else LINE
    # A quotation mark that opens looks like one that closes: Asylum: "Hotels".
    return COLON if _IS_COLON.fullmatch(raw) else SENTENCE


def _mark(raw: str) -> tuple[Part, ...]:
    text = "-" if re.fullmatch(f"[{_HYPHENS}{RAISED_MINUS}]", raw) else unicodedata.normalize("NFKC", raw)
    return (Part(text, 0, len(raw), "", SPACE),)


def _circled(inner: str) -> str:
    """Write the letters or figures of a list mark in circled letters, which no index reads as words; figures in capitals."""
    return "".join(
        chr(0x24B6 + unicodedata.digit(c)) if c.isdigit() else chr(0x24D0 + ord(c) - ord("a")) for c in inner
    )


def _compound(raw: str) -> Iterator[Part]:
    """Iterate over the words that a hyphen joins; between two figures the joint is a mark."""
    start = 0
    gap = SPACE
    for joint in [*_SPLIT.finditer(raw), None]:
        end = joint.start() if joint else len(raw)
        yield from _word_and_note(raw[start:end], start, gap)
        gap = HYPHEN
        if joint:
            start = joint.end()
            if raw[end - 1].isdigit() and raw[start].isdigit():
                mark = joint.group()
                yield Part(mark if mark in "/:," else "-", end, start, "", SPACE)
                gap = SPACE


_POSSESSIVE: Final = re.compile(rf"[{_APOSTROPHES}]s\Z", re.IGNORECASE)
_APOSTROPHE: Final = re.compile(rf"[{_APOSTROPHES}]")
_CONTRACTION: Final = re.compile(  # he'll, isn't; in Welsh o'r, i'w, sy'n
    rf"[{_APOSTROPHES}](?=(?:ll|re|ve|[dmt])\Z)|(?<![^\W_]{{3}})[{_APOSTROPHES}](?=[^\W\d_]{{1,2}}\Z)", re.IGNORECASE
)
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h", "ŧ": "t"}
)


def _word_and_note(raw: str, start: int, gap: int, *, is_dotted: bool = False) -> Iterator[Part]:
    """Iterate over a word and the raised number behind it, either of which may be missing."""
    note = None if _UNIT_RAISED.search(raw) else _RAISED_END.search(raw)
    length = note.start() if note else len(raw)
    word = raw[:length].replace(".", "") if is_dotted else raw[:length]
    if word:
        yield Part(fold(word), start, start + length, _capitals(word), gap)
    if note:
        yield Part(_circled(note[0]), start + length, start + len(raw), "", SPACE)


def fold(word: str, *, keep_apostrophe: bool = False) -> str:
    """One word without case, accents and typography.

    With `keep_apostrophe` unit's stays apart from units.
    """
    if word.isascii() and word.isalnum():
        return word.lower()
    if word[0] == ".":
        word = "0" + word
    word = _INVISIBLE.sub("", word).replace(",", "").replace("\u00b7", ".")
    if keep_apostrophe:
        word = _APOSTROPHE.sub("\x00", word)
    else:
        word = _APOSTROPHE.sub("", _CONTRACTION.sub("\x00", _POSSESSIVE.sub("s", word)))
    plain = "".join(_plain_letters(word)).casefold().translate(_LETTERS).replace("\x00", "'")
    # A letter that is an accent by itself, or several words: neither no word nor more than one may come of it.
    return plain.replace(" ", "") or word


def exact_form(word: str) -> str:
    """One word for quotation: folded, with its apostrophe (unit's is not units) and without the dots of an acronym."""
    return fold(word.replace(".", "") if _DOTTED.match(word) else word, keep_apostrophe=True)


def _plain_letters(word: str) -> Iterator[str]:
    """Letters without accents; a raised or small figure becomes a plain one only after a letter, or 5₂ would be 52."""
    before = ""
    for letter in word:
        if letter.isascii():
            plain = letter
        elif unicodedata.category(letter) == "No":
            plain = unicodedata.normalize("NFKC", letter) if before.isalpha() else letter
        else:
            plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
        yield plain
        before = letter


_PLURAL: Final = re.compile(rf"(?:(?<=[A-Z0-9])s|[{_APOSTROPHES}][sS])\Z")
_TWO_LETTERS = 2

SHORTEST_JOINED: Final = 2 * _TWO_LETTERS
"""Letters of the shortest word that may be joined of others."""


def _capitals(raw: str) -> str:
    """Return the second token of a word in capitals, else ""."""
    core = _PLURAL.sub("", raw)
    if core != core.upper() or sum(letter.isupper() for letter in core) < _TWO_LETTERS:
        return ""
    return CAPITAL + fold(core)


def _form(raw: str) -> str:
    parts = _READ[raw]
    if isinstance(parts, int):
        return "|" if raw == "\t" else "."
    return " ".join(part.text for part in parts)


def _keys(raw: str) -> tuple[str, ...]:
    parts = _READ[raw]
    if isinstance(parts, int):
        return ()
    keys = [part.text for part in parts] + [part.capitals for part in parts if part.capitals]
    for first in range(len(parts)):
        keys += [text for _, text, _ in joined(parts, first)]
        keys += [capitals for _, _, capitals in joined(parts, first) if capitals]
    return tuple(keys)


def joined(parts: list[Token] | tuple[Part, ...], first: int) -> list[tuple[int, str, str]]:
    """Join the words from `first` on without their hyphens: (index after the last, word, its second token or "").

    A single letter never joins, and no more than four words do.
    """
    out: list[tuple[int, str, str]] = []
    text, capitals = parts[first].text, parts[first].capitals
    for after in range(first + 1, min(first + _MOST_JOINED, len(parts))):
        part = parts[after]
        if part.gap != HYPHEN or min(len(part.text), len(parts[after - 1].text)) < _TWO_LETTERS:
            break
        text += part.text
        # The second word may be a figure (COVID-19), which has no second token.
        capitals = capitals and capitals + part.text if part.capitals or part.text.isdigit() else ""
        out.append((after + 1, text, capitals))
    return out


_T = TypeVar("_T")


class Remembered(dict[str, _T]):
    """Cache of readings of strings: most words of a text were seen before.

    It holds at most `most` strings, each of at most `longest` characters.
    """

    __slots__ = ("_longest", "_make", "_most")

    def __init__(self, make: Callable[[str], _T], *, longest: int = 40, most: int = 200_000) -> None:
        super().__init__()
        self._make = make
        self._longest = longest
        self._most = most

    def __missing__(self, raw: str) -> _T:
        made = self._make(raw)
        if len(raw) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[raw] = made
        return made


_READ: Final = Remembered(_read)
_FORMS: Final = Remembered(_form)
_KEYS: Final = Remembered(_keys)


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
