"""The quotations of a letter: where they begin and end, and what of their words must stand in the record.

Quotations stand in double or single marks, straight, curly, German („ “ and » «) or French (« »); a paragraph may be set as
one without marks. One that runs over several paragraphs opens each of them with a mark and closes the last, or has double
marks around the whole. Marks of the other kind inside are part of the words. An ellipsis is a gap; square brackets are the
writer's own words, in place of some of the record's; one letter in brackets before the rest of its word ("[t]he") is that
letter in the other case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.model.letters import Paragraph
from monitor.research.quotations.numbered import numbered_references, with_reference, without_mark
from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.letters import Letter

SHORT: Final = 5
"""Words from which on a quotation is looked for among what is alike; shorter ones are anybody's words."""

NEAR: Final = 300
"""Characters of the letter before and after a quotation that may say where it is from."""

SCARE: Final = 2
"""Words of a short phrase in quotation marks that quotes nothing. A figure among them is checked."""

_DOUBLE: Final = '"\u201c\u201d\u201f\uff02'
_SINGLE: Final = "'\u2018\u2019\u201b"
_LOW: Final = "\u201e"
_LOW_SINGLE: Final = "\u201a"
_OPENING: Final = {
    '"': '"\u201c\u201f\uff02',
    "'": "'\u2018\u201b",
    _LOW: _LOW,
    _LOW_SINGLE: _LOW_SINGLE,
    "\u00ab": "\u00ab",
    "\u00bb": "\u00bb",
    "\u2039": "\u2039",
}
"""Marks that open a quotation, by its kind."""
_CLOSING: Final = {
    '"': '"\u201d\uff02',
    "'": "'\u2019",
    _LOW: '\u201c\u201d"',
    _LOW_SINGLE: "\u2018\u2019",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab",
    "\u2039": "\u203a",
}
_KINDS: Final = (
    dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_SINGLE, "'") | {kind: kind for kind in _OPENING if kind not in "\"'"}
)
_GUILLEMETS: Final = "\u00ab\u00bb\u2039"
"""Marks that may stand apart from the words by a space."""
_ONLY_CLOSING: Final = "\u201d\u2019"
_TURNED_ROUND: Final = "\u00bb"
"""A mark that opens in German books and closes in French: it opens where its partner follows within so many characters."""
_TURNED_WITHIN: Final = 3_000
_BEFORE_OPENING: Final = re.compile(
    r"(?:^|[\s(\[/\u2013\u2014\u2012:-]|[\"'\u2018\u201c\u201e\u201a\u00ab\u00bb\u2039])$"
)
_AFTER_OPENING: Final = re.compile(r"[\w\[(.\u2026\u00a3$\u20ac\"'\u2018\u201c\u201e\u201a\u00ab\u2039-]")
_DECADE: Final = re.compile(r"['\u2019]\d0s\b")

_ELLIPSIS: Final = (
    r"\[(?=\s?(?:\.\s?\.|\u2026))[\s.\u2026]{1,60}\]|\((?=\s?(?:\.\s?\.\s?\.|\u2026))[\s.\u2026]{1,60}\)"
    r"|\u2026+\.?|\.(?:\s?\.){2,}|\*(?:\s\*){2,}"
)
_JOINT: Final = re.compile(
    rf"(?P<gap>{_ELLIPSIS})|(?P<own>(?P<before>\w{{0,40}})\[(?P<inside>[^\[\]]{{0,400}})\](?P<after>\w*))"
)
_GLOSS: Final = re.compile(
    r"(?P<gloss>\((?![^()]*\b(?:not|no|never|none|nor|without|except|only|un\w+)\b)(?![^()]*(?:n['\u2019]t\b|\d))"
    r"(?=[^()]*\w)[^()\s]+(?:\s[^()\s]+){0,5}\))",
    re.IGNORECASE,
)
"""Words in round brackets that may be the writer's own: no figure, and nothing that turns what is said round."""
_JOINT_OR_GLOSS: Final = re.compile(rf"{_JOINT.pattern}|{_GLOSS.pattern}", re.IGNORECASE)
_WORK: Final = (
    r"(?:white\spaper|green\spaper|command\spaper|paper|report|review|strategy|guidance|consultation|publication|study"
    r"|document|leaflet|booklet|handbook|survey|inquiry|article|book|Bill|Act|plan|programme|framework|charter|code)"
)
_BEFORE_TITLE: Final = re.compile(rf"\b(?:{_WORK}|entitled|titled|called|headed|named)[,:]?\s*$", re.IGNORECASE)
_CALLED: Final = re.compile(r"\b(?:entitled|titled|called|headed|named)[,:]?\s*$", re.IGNORECASE)
_AFTER_TITLE: Final = re.compile(
    rf"\s*(?:\([^()]{{0,80}}\),?\s)?(?:,\s(?:a|an|the|its|his|her|their|our)\s(?:\w+\s){{0,3}})?{_WORK}\b"
    r"(?!\s(?:also\s)?(?:say|said|state|find|found|conclude|note|add|claim|show|tell|told|report|explain))",
    re.IGNORECASE,
)
_AT_A_NOUN: Final = re.compile(
    r"\b(?:in|of|under|see|from|to|on|with|read|publish(?:ed|es)?|launched|issued|updated)\s*$", re.IGNORECASE
)
"""Words behind which a noun stands rather than what somebody said: "as set out in"."""
_MOST_OF_NOUN: Final = 12
_FIGURE: Final = re.compile(r"\d+")
_IN_SENTENCES: Final = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|should|must|may|does|do|did|not|said)\b"
)
_SMALL: Final = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "of", "on", "or", "our", "the"}
    | {"to", "with", "its", "their", "be", "is", "against", "between", "through", "towards", "under", "after", "about"}
)
_YEAR: Final = re.compile(r"(?:1[89]|20)\d\d")
_MOST_OF_TITLE: Final = 25
_LEAST_OF_TITLE: Final = 2
_DROPPED: Final = re.compile(r"\s*(?:sic\W?|\^?\d{1,3}|emphasis (?:added|mine)|my emphasis)\s*", re.IGNORECASE)
_NAMES_SOURCE = r"(?:UIN|Deb\b|Hansard|Official Report|\bcols?\b|\bc\d|\bHL\d|HCWS|HLWS|answered)"
_SOURCE: Final = re.compile(
    rf"\s*[(\[][^()\[\]]{{0,200}}{_NAMES_SOURCE}[^()\[\]]{{0,200}}[)\]]\.?$"
    r"|(?<=[.!?\u2026\"'\u2019\u201d])\s*[(\[][^()\[\]]{0,200}\b(?:1[89]|20)\d\d\b[^()\[\]]{0,60}[)\]]\.?$"
    rf"|(?<=[.!?\u2026\"'\u2019\u201d])\s*(?:[\u2014\u2013]|--?)\s?(?=[A-Z])[^\u2014\u2013]{{3,200}}$"
)
"""Source at the end of a quotation that is set without quotation marks."""
_SOURCE_ALONE: Final = re.compile(
    rf"[(\[][^()\[\]]{{0,200}}(?:{_NAMES_SOURCE}|\b(?:1[89]|20)\d\d\b)[^()\[\]]{{0,200}}[)\]]\.?"
    r"|(?:[\u2014\u2013]|--)\s?(?=[A-Z])[^\u2014\u2013]{3,200}(?<![.,:;])"
)
"""Source in a paragraph of its own within what is set as a quotation. An item of a list ends with a stop."""
_MOST_OF_SOURCE: Final = 600
_ONLY_SOURCE: Final = re.compile(r"[(\[].{0,250}[)\]]\.?|(?:[\u2014\u2013]|--)\s?.{3,250}")
_MOST_PARAGRAPHS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words that must stand next to each other in the record.

    `joint`: what stands between them and the piece before, "" at the beginning: "gap", or "own" for the writer's own words,
    which are `own`, or "gloss" for such in round brackets.
    """

    text: str
    joint: str = ""
    own: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A quotation as it stands in the letter, without its marks.

    `paragraph` is where it begins, counted from 1. `before` and `after` are what the letter says beside it. `is_set`: a
    paragraph set as a quotation, without marks. `parts`: the quotations that its paragraphs may be instead.
    """

    text: str
    paragraph: int
    before: str = ""
    after: str = ""
    is_set: bool = False
    pieces: tuple[Piece, ...] = field(default=())
    parts: tuple[Quotation, ...] = ()

    @property
    def words(self) -> int:
        """Return the number of words that must stand in the record."""
        return sum(len(tokens(piece.text)) for piece in self.pieces)

    @property
    def is_scare(self) -> bool:
        """Return whether these are a word or two in quotation marks that quote nothing."""
        return not self.is_set and self.words <= SCARE and not any(map(str.isdigit, self.text))

    @property
    def is_title(self) -> bool:
        """Return whether this is the title of a report, a law or the like, by its capitals or the words beside it."""
        return not self.is_set and is_title(self.text, self.before, self.after)

    @property
    def glossed(self) -> tuple[Piece, ...]:
        """The pieces where words in round brackets count as the writer's own; none where it has no such words."""
        return pieces(self.text, with_glosses=True) if _GLOSS.search(self.text) else ()

    @property
    def bracketed(self) -> tuple[Piece, ...]:
        """The pieces where words in square brackets are the record's own; none where it has no such words."""
        text = without_mark(self.text)
        return pieces(text.replace("[", " ").replace("]", " ")) if "[" in text else ()

    @property
    def is_short(self) -> bool:
        """Return whether it has too few words for a search other than exact."""
        return self.words < SHORT


def quotations(letter: Letter) -> list[Quotation]:
    """Return the quotations of a letter in order."""
    found: list[Quotation] = []
    paragraphs = list(letter.paragraphs)
    at = 0
    while at < len(paragraphs):
        if paragraphs[at].is_quotation and not _is_marked(paragraphs[at].text):
            last = at
            while last + 1 < len(paragraphs) and paragraphs[last + 1].is_quotation and _goes_on(paragraphs[last + 1]):
                last += 1
            found.append(_set(paragraphs, at, last))
            at = last + 1
            continue
        marked, at, unread = _in_marks(paragraphs, at)
        found += marked
        if unread:  # read as a paragraph of its own, for what stands before it is about another quotation
            paragraphs[at - 1 : at + 1] = [Paragraph(text=""), Paragraph(text=unread)]
    references = numbered_references(letter)
    return list(_with_references(found, references))


def _with_references(found: Sequence[Quotation], references: dict[int, str]) -> Iterator[Quotation]:
    """Yield the quotations that have words, with what their numbers stand for."""
    for quotation in found:
        if quotation.words:
            parts = tuple(_with_references(quotation.parts, references))
            yield with_reference(replace(quotation, parts=parts), references)


def _goes_on(paragraph: Paragraph) -> bool:
    """Return whether a paragraph set as a quotation may continue the one before; one with its own marks does not."""
    return not paragraph.is_apart and not _is_marked(paragraph.text)


def _is_marked(text: str) -> bool:
    """Return whether most of a paragraph set as a quotation is in quotation marks, which then delimit the quotation."""
    spans = list(_spans(text))
    return sum(end - start for start, end in spans) > len(text) / 2 or _unclosed(text, 0) is not None


# -- set as quotations ------------------------------------------------------------------------------------------------


def _set(paragraphs: Sequence[Paragraph], first: int, last: int) -> Quotation:
    """Return paragraphs set as one quotation; where it is from may stand at the end of the last, or be the last.

    They may also be several quotations, which nothing in the letter tells from one, so these are its `parts`.
    """
    texts = [paragraph.text for paragraph in paragraphs[first : last + 1]]
    if first < last and _SOURCE_ALONE.fullmatch(texts[-1]):
        source = texts.pop()
    else:
        source = _source(texts[-1])
        texts[-1] = texts[-1].removesuffix(source)
    before = _ahead(paragraphs, first)
    after = f"{source} {_behind(paragraphs, last)}".strip()
    text = "\n".join(filter(None, texts))
    groups = _groups(paragraphs, first, last)
    return Quotation(
        text=text,
        paragraph=first + 1,
        before=before.strip()[-NEAR:],
        after=after[:NEAR],
        is_set=True,
        pieces=pieces(text),
        parts=tuple(_set(paragraphs, *group) for group in groups) if 1 < len(groups) <= _MOST_PARAGRAPHS else (),
    )


def joined(parts: Sequence[Quotation]) -> Quotation:
    """Return paragraphs that follow each other as one quotation."""
    text = "\n".join(part.text for part in parts)
    return replace(parts[-1], text=text, paragraph=parts[0].paragraph, before=parts[0].before, pieces=pieces(text))


def _source(text: str) -> str:
    """Return the source at the end of a paragraph set as a quotation."""
    named = _SOURCE.search(text, max(len(text) - _MOST_OF_SOURCE, 0))
    return named.group() if named and named.start() else ""


def _groups(paragraphs: Sequence[Paragraph], first: int, last: int) -> list[tuple[int, int]]:
    """Return the first and last paragraphs of quotations that end with a source each; without such, each paragraph."""
    texts = [paragraph.text for paragraph in paragraphs[first : last + 1]]
    starts = [at for at in range(1, len(texts)) if not _SOURCE_ALONE.fullmatch(texts[at])]
    after_source = [at for at in starts if _source(texts[at - 1]) or _SOURCE_ALONE.fullmatch(texts[at - 1])]
    bounds = [0, *(after_source or starts), len(texts)]
    return [(first + start, first + end - 1) for start, end in pairwise(bounds)]


def _ahead(paragraphs: Sequence[Paragraph], at: int) -> str:
    """Return the text of the paragraph before after its last quotation."""
    while at and paragraphs[at - 1].is_note:
        at -= 1
    if not at or paragraphs[at - 1].is_quotation:
        return ""
    text = paragraphs[at - 1].text
    return text[max((end for _, end in _spans(text)), default=0) :]


def _behind(paragraphs: Sequence[Paragraph], at: int) -> str:
    """Return the notes of a paragraph, or the next paragraph if it is only a source."""
    notes = []
    while at + 1 < len(paragraphs) and paragraphs[at + 1].is_note:
        notes.append(paragraphs[at + 1].text)
        at += 1
    if notes:
        return " ".join(notes)
    following = paragraphs[at + 1].text if at + 1 < len(paragraphs) else ""
    return following if _ONLY_SOURCE.fullmatch(following) else ""


# -- in marks ---------------------------------------------------------------------------------------------------------


def _in_marks(paragraphs: Sequence[Paragraph], at: int) -> tuple[list[Quotation], int, str]:
    """Return the quotations that begin in a paragraph, the index of the paragraph to go on with, and what is unread of it.

    That is "" unless others begin behind the end of a quotation over several paragraphs, in the last of these.
    """
    paragraph = paragraphs[at]
    text = paragraph.text
    spans = list(_spans(text))
    texts = [text[start + 1 : end - 1] for start, end in spans]
    last, rest = at, ""
    unclosed = _unclosed(text, spans[-1][1] if spans else 0)
    if unclosed is not None:
        kind = _kind(text[unclosed])
        more, last, rest = _following(paragraphs, at, kind)
        if not more and kind != "'":  # a single mark in a later paragraph may be an apostrophe
            more, last, rest = _until_closed(paragraphs, at, kind)
        if more or kind != "'":
            texts.append("\n".join([text[unclosed + 1 :], *more]))
            spans.append((unclosed, len(text)))
    found = []
    following = _opening(rest, 0)
    behind = rest[:following]
    notes = _behind(paragraphs, last)
    for number, (start, end) in enumerate(spans):
        left = spans[number - 1][1] if number else 0
        right = spans[number + 1][0] if number + 1 < len(spans) else len(text)
        is_over = number == len(spans) - 1
        before = text[left:start] if left or start > _LITTLE else f"{_ahead(paragraphs, at)} {text[:start]}"
        after = f"{behind if last > at and is_over else text[end:right]}{f' {notes}' if is_over else ''}"
        found.append(
            Quotation(
                text=texts[number].strip(),
                paragraph=at + 1,
                before=before.strip()[-NEAR:],
                after=after.strip()[:NEAR],
                pieces=pieces(texts[number]),
            )
        )
    return (found, last + 1, "") if following is None else (found, last, rest)


_LITTLE: Final = 20
"""A quotation that begins within so many characters of its paragraph is introduced by the one before."""


def _kind(mark: str) -> str:
    return _KINDS[mark]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Return the spans of the outer quotations of a text, with their marks."""
    at = 0
    while (start := _opening(text, at)) is not None:
        end = _closing(text, start)
        if end is None:
            if _kind(text[start]) != "'":
                return
            at = start + 1
            continue
        yield start, end
        at = end


def _opening(text: str, at: int) -> int | None:
    """Return the next mark that opens a quotation."""
    for place in range(at, len(text)):
        letter = text[place]
        if letter not in _KINDS or letter in _ONLY_CLOSING:
            continue
        if letter == _TURNED_ROUND and text.find(_CLOSING[_TURNED_ROUND], place, place + _TURNED_WITHIN) < 0:
            continue
        if _begins(text, place):
            return place
    return None


def _closing(text: str, start: int) -> int | None:
    """Return the place after the closing mark; None if there is no closing mark."""
    kind = _kind(text[start])
    doubtful, inner = None, 0
    for place in range(start + 1, len(text)):
        letter = text[place]
        if letter in _OPENING[kind] and _begins(text, place):
            if kind == "'":
                break  # another begins: this one was closed before, or never
            inner += letter not in _CLOSING[kind]  # one in curly marks within one in curly marks
        elif letter in _CLOSING[kind] and _may_close(text, place, kind):
            if inner:
                inner -= 1
            elif kind == "'" and _may_be_plural(text, place):
                doubtful = doubtful or place + 1
            else:
                return place + 1
    return doubtful


def _begins(text: str, place: int) -> bool:
    """Return whether a mark stands where an opening mark does."""
    is_led = bool(_BEFORE_OPENING.search(text[max(place - 1, 0) : place]))
    is_apart = text[place] in _GUILLEMETS and text[place] != _TURNED_ROUND and text[place + 1 : place + 2].isspace()
    after = place + 1 + is_apart
    return is_led and bool(_AFTER_OPENING.match(text, after)) and not _DECADE.match(text, place)


def _may_close(text: str, place: int, kind: str) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if before.isspace():
        return kind in _GUILLEMETS
    return kind not in ("'", _LOW_SINGLE) or not after.isalnum()


def _may_be_plural(text: str, place: int) -> bool:
    """Return whether a mark may be the apostrophe of a plural: "members' rights"."""
    return text[place - 1 : place] == "s" and bool(re.match(r"\s[a-z]", text[place + 1 : place + 3]))


def _unclosed(text: str, at: int) -> int | None:
    """Return the mark that opens a quotation which the text does not close."""
    start = _opening(text, at)
    while start is not None and _closing(text, start) is not None:
        start = _opening(text, _closing(text, start) or len(text))
    return start


def _following(paragraphs: Sequence[Paragraph], at: int, kind: str) -> tuple[list[str], int, str]:
    """Return the rest of a quotation in the next paragraphs, the last of these, and the text after it."""
    texts: list[str] = []
    for number in range(at + 1, min(at + _MOST_PARAGRAPHS, len(paragraphs))):
        text = paragraphs[number].text
        if not text or text[0] not in _OPENING[kind]:
            break
        end = _closing(text, 0)
        if end is not None:
            return [*texts, text[1 : end - 1]], number, text[end:]
        texts.append(text[1:])
        at = number
    return texts, at, ""


def _until_closed(paragraphs: Sequence[Paragraph], at: int, kind: str) -> tuple[list[str], int, str]:
    """Return the same as `_following`, for a quotation with one mark before its first paragraph and one behind its last."""
    texts: list[str] = []
    for number in range(at + 1, min(at + _MOST_PARAGRAPHS, len(paragraphs))):
        text = paragraphs[number].text
        if paragraphs[number].is_note:
            continue
        if paragraphs[number].is_quotation:
            break
        for place, letter in enumerate(text):
            if letter in _OPENING[kind] and _begins(text, place):
                return [], at, ""  # another begins: this one was never closed
            if letter in _CLOSING[kind] and _may_close(text, place, kind):
                return [*texts, text[:place]], number, text[place + 1 :]
        texts.append(text)
    return [], at, ""


# -- what must stand in the record ------------------------------------------------------------------------------------


def pieces(text: str, *, with_glosses: bool = False) -> tuple[Piece, ...]:
    """Return the words of a quotation that must stand in the record, in pieces parted by gaps and the writer's own words.

    `with_glosses`: words in round brackets are the writer's own too.
    """
    found: list[Piece] = []
    words, joint, own = "", "", ""

    def end() -> None:
        nonlocal words, joint, own
        if tokens(words):
            found.append(Piece(text=words.strip(), joint=joint if found else "", own=own if found else ""))
            joint, own = "", ""
        words = ""

    at = 0
    for stop in (_JOINT_OR_GLOSS if with_glosses else _JOINT).finditer(text):
        words += text[at : stop.start()]
        at = stop.end()
        if stop["gap"]:
            end()
            joint, own = "gap", ""
            continue
        if with_glosses and stop["gloss"]:
            end()
            if not joint:
                joint, own = "gloss", stop["gloss"]
            continue
        before, inside, after = stop["before"], stop["inside"], stop["after"]
        if len(inside) == 1 and after and not before:
            words += f"{inside}{after}"
        elif _DROPPED.fullmatch(inside) and not after:
            words += before
        else:
            end()
            if joint != "gap":
                joint, own = "own", f"{own} {before}[{inside}]{after}".strip()
    words += text[at:]
    end()
    return tuple(found)


# -- titles -----------------------------------------------------------------------------------------------------------


def is_title(text: str, before: str, after: str) -> bool:
    """Decide whether words in marks are the title of a work rather than what somebody said.

    Either every word that is not small begins with a capital, or a word for a work ("report", "entitled") stands right
    beside it. What ends as a sentence does, or begins without a capital, is no title.
    """
    words = re.findall(r"[^\s\u2013\u2014:/-]+", text)
    if not 1 <= len(words) <= _MOST_OF_TITLE or re.search(
        r"[.!]['\u2019\u201d\"]?$|[.!?]\s+[A-Z]|[\[\]]|\.\.\.|\u2026", text
    ):
        return False
    if not (words[0][0].isupper() or words[0][0].isdigit()):
        return False
    is_introduced = _CALLED.search(before) or (before.rstrip()[-1:] not in ",:" and _BEFORE_TITLE.search(before))
    if (is_introduced or _AFTER_TITLE.match(after)) and not _IN_SENTENCES.search(text):
        return True
    if _is_noun(text, words, before):
        return True
    telling = [word.strip("()\"'\u2018\u2019,;.") for word in words]
    telling = [word for word in telling if word and word.lower() not in _SMALL]
    capitals = [word for word in telling if word[0].isupper() or _YEAR.fullmatch(word)]  # other figures are a table's
    return len(capitals) == len(telling) >= _LEAST_OF_TITLE


def _is_noun(text: str, words: Sequence[str], before: str) -> bool:
    """Return whether words are used as a noun and are no sentence: as set out in "Keeping children safe in education"."""
    is_short = _LEAST_OF_TITLE < len(words) <= _MOST_OF_NOUN
    has_figures = any(not _YEAR.fullmatch(figure) for figure in _FIGURE.findall(text))
    is_asked = text.startswith("To ask")
    return (
        is_short
        and not has_figures
        and not is_asked
        and bool(_AT_A_NOUN.search(before))
        and not _IN_SENTENCES.search(text)
    )
