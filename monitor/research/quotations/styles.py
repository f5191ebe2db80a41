"""A record cited in a style, with a quotation of it.

    hansard    the reference of its era, as the digest writes it (`monitor.presentation.citation`)
    oscola     OSCOLA, 4th edition: HC Deb 4 July 1996, vol 280, col 505W; HL Deb 21 July 2005, vol 673, col WA261;
               Health Bill Deb 30 January 2007, cols 12-15 (with an en dash). It is of 2012 and has no form for questions
               that go by their UIN, nor for devolved legislatures: these are cited in its manner
    apa        APA, 7th edition: author (date). Title [what it is]. Where. Address
    bibtex     an entry of the type misc, escaped for LaTeX, with a key of its own
    ris        a record for Zotero, EndNote and Mendeley, of the type GOVDOC
    markdown   a block quotation, and the linked reference

A quotation is the record's own words, never changed: what a style needs stands around it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from monitor.model.records import House, Kind, State
from monitor.parliament.identifiers import COMMITTEE
from monitor.presentation.citation import cite, columns_of, is_only_spoken, manner_of, matter_of, title_of
from monitor.presentation.wording import clean, house_name, long_day, member_name, official_url, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model.records import Member, Proceeding


class Style(StrEnum):
    """Citation style."""

    HANSARD = "hansard"
    OSCOLA = "oscola"
    APA = "apa"
    BIBTEX = "bibtex"
    RIS = "ris"
    MARKDOWN = "markdown"


_LEGISLATURES: Final = {
    House.COMMONS: "HC",
    House.LORDS: "HL",
    House.SCOTLAND: "SP",
    House.NORTHERN_IRELAND: "NIA",
    House.SENEDD: "Senedd",
}
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905 - reads best so
_PEERS: Final = re.compile(
    r"\b(?:(?:Lord|Lady|Baroness|Baron|Earl|Countess|Viscount|Viscountess|Marquess|Marchioness|Duke|Duchess|Bishop"
    r"|Archbishop)\b(?=\W+\w)|(?:Speaker|Secretary|Minister|Chancellor|Attorney)\b)",
    re.IGNORECASE,
)
"""Titles of peers and offices, in capitals too as old volumes print them. As the last word a title is a family name."""
_STYLED: Final = re.compile(
    r"^(?:(?:The|Rt\.?|Right|Hon\.?|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Prof\.?|Professor|Sir|Dame)\s+)+", re.IGNORECASE
)
_INITIALS: Final = re.compile(r"\S+(?:\s[A-Z]\.?(?=\s))*")
"""First name of a member, and the initials behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A record with what is quoted of it. `speaker`: whose words these are; None: who answered or made it."""

    record: Proceeding
    quotation: str = ""
    speaker: Member | None = None


def citations(cited: Sequence[Cited], style: Style) -> list[str]:
    """Several records cited one after the other. Entries of BibTeX all have keys of their own, in any order."""
    if style is not Style.BIBTEX:
        return [citation(record.record, style, record.quotation, speaker=record.speaker) for record in cited]
    keys = bibtex_keys([(record.record, record.speaker) for record in cited])
    return [
        _bibtex(
            record.record,
            record.speaker or _author(record.record),
            clean(record.quotation).strip(),
            keys[record.record.id],
        )
        for record in cited
    ]


def reference(proceeding: Proceeding, style: Style, *, speaker: Member | None = None) -> str:
    """Return the reference of a record in a style, without a quotation. `speaker`: author of the quoted words."""
    if style is Style.OSCOLA:
        return _oscola(proceeding)
    if style is Style.APA:
        return _apa(proceeding, speaker or _author(proceeding))
    if style is Style.BIBTEX:
        return _bibtex(proceeding, speaker or _author(proceeding), "")
    if style is Style.RIS:
        return _ris(proceeding, speaker or _author(proceeding), "")
    return _linked(proceeding) if style is Style.MARKDOWN else cite(proceeding)


def citation(proceeding: Proceeding, style: Style, quotation: str, *, speaker: Member | None = None) -> str:
    """Return a quotation with the reference of its record, ready to be pasted."""
    words = clean(quotation).strip()
    speaker = speaker or _author(proceeding)
    if style is Style.BIBTEX:
        return _bibtex(proceeding, speaker, words)
    if style is Style.RIS:
        return _ris(proceeding, speaker, words)
    if style is Style.MARKDOWN:
        who = f"{escaped_markdown(member_name(speaker))}, " if speaker else ""
        return (
            f"{block_quotation(words)}\n\n\u2014 {who}{_linked(proceeding)}" if words else f"{who}{_linked(proceeding)}"
        )
    return (
        f"{_in_marks(words)}\n\n{reference(proceeding, style, speaker=speaker)}"
        if words
        else reference(proceeding, style)
    )


def _author(proceeding: Proceeding) -> Member | None:
    return proceeding.corrected_by or proceeding.answered_by or proceeding.made_by


def _in_marks(words: str) -> str:
    """Put a text in quotation marks, which open each paragraph and close the last."""
    return "\n\n".join(f"\u201c{paragraph}" for paragraph in words.split("\n\n")) + "\u201d"


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


# -- OSCOLA -----------------------------------------------------------------------------------------------------------


def _oscola(proceeding: Proceeding) -> str:
    columns = columns_of(proceeding)
    if columns is None or proceeding.day is None:
        return f"{_numbered(proceeding)}{', withdrawn' if proceeding.state is State.WITHDRAWN else ''}"
    number = f"{columns.first}"
    if columns.last > columns.first:
        number += f"\u2013{_shortened(columns.first, columns.last)}"
    is_before = proceeding.house is House.LORDS and bool(columns.suffix)
    number = f"{columns.suffix}{number}" if is_before else f"{number}{columns.suffix}"
    column = f"col{'s' if columns.last > columns.first else ''} {number}"
    matter = matter_of(proceeding)
    if matter and columns.report == "PBC Deb":
        return f"{matter} Deb {long_day(proceeding.day)}, {column}"
    if columns.letter:
        return f"{columns.report} ({columns.letter}) {long_day(proceeding.day)}, {column}"
    volume = f", vol {columns.volume}" if columns.volume else ""
    return f"{columns.report} {long_day(proceeding.day)}{volume}, {column}{f' ({matter})' if matter else ''}"


def _shortened(first: int, last: int) -> str:
    """Shorten the end of a range by the figures shared with its beginning, but to two at least: 973-76, 1299-1301."""
    begin, end = str(first), str(last)
    if len(begin) != len(end):
        return end
    shared = next((place for place, (before, after) in enumerate(zip(begin, end, strict=True)) if before != after), 0)
    return end[min(shared, max(len(end) - 2, 0)) :]


def _numbered(proceeding: Proceeding) -> str:
    """Return the reference of a record without a column: number or heading, with its day."""
    house, number, heading = _LEGISLATURES[proceeding.house], one_line(proceeding.uin), title_of(proceeding)
    day = proceeding.made_on or proceeding.answered_on or proceeding.tabled_on
    on = f", {long_day(day)}" if day else ""
    if proceeding.kind is Kind.STATEMENT:
        return f"{house} Written Statement {number or f'({heading})'}{on}"
    if proceeding.kind is Kind.SPEECH:
        return f"{house} Deb{f' {long_day(day)}' if day else ''} ({heading})"
    if proceeding.kind is Kind.NOTICE:
        dated = f" ({long_day(day)})" if day else ""
        return f"{_publisher(proceeding)}, \u2018{heading}\u2019{dated} <{one_line(proceeding.url)}>"
    is_uk = proceeding.house in (House.COMMONS, House.LORDS)
    name = f"UIN {number}" if number and is_uk else number or f"({heading})"
    manner = manner_of(proceeding).capitalize()
    if not proceeding.answered_on or is_only_spoken(proceeding):
        tabled = f", tabled {long_day(proceeding.tabled_on)}" if proceeding.tabled_on else ""
        return f"{house} {manner} Question {name}{tabled}"
    corrected = f" (corrected {long_day(proceeding.corrected_on)})" if proceeding.corrected_on else ""
    return f"{house} {manner} Answer {name}, {long_day(proceeding.answered_on)}{corrected}"


def _publisher(proceeding: Proceeding) -> str:
    return one_line(proceeding.body) or house_name(proceeding.house)


# -- APA --------------------------------------------------------------------------------------------------------------


def _apa(proceeding: Proceeding, author: Member | None) -> str:
    day = proceeding.made_on or proceeding.answered_on or proceeding.tabled_on
    dated = f"{day.year}, {long_day(day).split()[1]} {day.day}" if day else "n.d."
    who = _name_apa(author) if author and author.name else _publisher(proceeding)
    heading = _title(proceeding)
    parts = [f"{_ended(who)} ({dated})", f"{heading} [{_description(proceeding)}]", _place(proceeding)]
    url = official_url(proceeding) or one_line(proceeding.url)
    return f"{'. '.join(filter(None, parts))}.{f' {url}' if url else ''}"


def _title(proceeding: Proceeding) -> str:
    """Return the heading; of a committee the bill, without the clause."""
    return matter_of(proceeding) or title_of(proceeding)


def _description(proceeding: Proceeding) -> str:
    number = one_line(proceeding.uin)
    if proceeding.kind is Kind.STATEMENT:
        return f"Written statement{f' {number}' if number else ''}"
    if proceeding.kind is not Kind.QUESTION:
        return "Speech" if proceeding.kind is Kind.SPEECH else "Notice"
    asked = f"{manner_of(proceeding)} question"
    is_answered = proceeding.answered_on is not None and not is_only_spoken(proceeding)
    what = f"Answer to {asked}" if is_answered else asked.capitalize()
    name = (
        f" {'UIN ' if proceeding.house in (House.COMMONS, House.LORDS) and not proceeding.column else ''}{number}"
        if number
        else ""
    )
    corrected = f", corrected {long_day(proceeding.corrected_on)}" if proceeding.corrected_on else ""
    return f"{what}{name}{corrected}"


def _place(proceeding: Proceeding) -> str:
    columns = columns_of(proceeding)
    house = house_name(proceeding.house)
    if columns is not None and proceeding.series == COMMITTEE:
        house = (
            "Public Bill Committee" if columns.report == "PBC Deb" else f"Standing Committee {columns.letter}".strip()
        )
    if columns is None:
        return f"{house}{', UK Parliament' if proceeding.house in (House.COMMONS, House.LORDS) else ''}"
    number = f"{columns.first}{columns.suffix}"
    if columns.last > columns.first:
        number = f"{columns.first}\u2013{columns.last}{columns.suffix}"
    volume = f", vol. {columns.volume}" if columns.volume else ""
    return f"Hansard, {house}{volume}, col{'s' if columns.last > columns.first else ''}. {number}"


def _split_name(member: Member) -> tuple[str, str]:
    """Family name and first names; the whole name and "" where it is a title, one word, or a number ("MSP 4086").

    All but the first word and initials are taken for the family name: members go by one first name, and many have two
    family names.
    """
    name = member_name(member)
    plain = _STYLED.sub("", name)
    found = _INITIALS.match(plain)
    first = found[0] if found else ""
    family = plain[len(first) :].strip()
    return (name, "") if _PEERS.search(name) or not family or family.isdigit() else (family, first)


def _name_apa(member: Member) -> str:
    family, first = _split_name(member)
    if not first:
        return family
    return f"{family}, {' '.join(map(_initials, first.split()))}"


def _initials(name: str) -> str:
    """Shorten a first name: "A." for Ada, "A.-B." for Ada-Belle."""
    return "-".join(f"{part[0]}." for part in name.split("-") if part)


# -- BibTeX -----------------------------------------------------------------------------------------------------------

_LATEX: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def _bibtex(proceeding: Proceeding, author: Member | None, words: str, key: str = "") -> str:
    day = proceeding.made_on or proceeding.answered_on or proceeding.tabled_on
    family, first = _called(proceeding, author)
    name = f"{_latex(family)}, {_latex(first)}" if first else f"{{{_latex(family)}}}"
    fields = [
        ("author", f"{{{name}}}"),
        ("title", f"{{{{{_latex(_title(proceeding))}}}}}"),
        ("howpublished", f"{{{_latex(f'{_description(proceeding)}. {_place(proceeding)}')}}}"),
        *([("year", f"{{{day.year}}}"), ("month", _MONTHS[day.month - 1]), ("day", f"{{{day.day}}}")] if day else []),
        ("url", f"{{{_plain_url(official_url(proceeding) or one_line(proceeding.url))}}}"),
        ("note", f"{{{_latex(cite(proceeding))}}}"),
        ("annote", f"{{{_paragraphs_latex(words)}}}"),
    ]
    lines = [f"  {label:<12} = {value}" for label, value in fields if value != "{}"]
    return f"@misc{{{key or _key(proceeding, author)},\n" + ",\n".join(lines) + "\n}"


def bibtex_keys(records: Iterable[tuple[Proceeding, Member | None]]) -> dict[str, str]:
    """Return citation keys by id. Equal keys get a letter, in the order of ids."""
    alike: dict[str, list[str]] = {}
    for record, speaker in sorted(records, key=lambda pair: pair[0].id):
        ids = alike.setdefault(_key(record, speaker or _author(record)), [])
        if record.id not in ids:
            ids.append(record.id)
    return {record_id: _lettered(key, place) for key, ids in alike.items() for place, record_id in enumerate(ids)}


def _lettered(key: str, place: int) -> str:
    """Return the key for the first record, and with b, c ... z, 27, 28 for the following ones."""
    if not place:
        return key
    letters = "abcdefghijklmnopqrstuvwxyz"
    return f"{key}-{letters[place] if place < len(letters) else place + 1}"


def _key(proceeding: Proceeding, author: Member | None) -> str:
    """Return a key of small letters and figures: author, date and name of the record.

    A number is unique within its year. Columns begin again in each volume and may hold several records, so they need the day
    and what distinguishes the records.
    """
    day = proceeding.made_on or proceeding.answered_on or proceeding.tabled_on
    family = _called(proceeding, author)[0]
    name = family.rsplit(maxsplit=1)[-1] if family else ""
    number = one_line(proceeding.uin)
    if number or not proceeding.column:
        parts = [name, str(day.year) if day else "", number or proceeding.id]
    else:
        parts = [name, day.strftime("%Y%m%d") if day else "", f"c{proceeding.column}", proceeding.id.rpartition("-")[2]]
    return "-".join(filter(None, (re.sub(r"[^a-z0-9]", "", _ascii(part).lower()) for part in parts))) or "record"


def _called(proceeding: Proceeding, author: Member | None) -> tuple[str, str]:
    """Family name and first names of the author of the words, otherwise the publisher."""
    return _split_name(author) if author and author.name else (_publisher(proceeding), "")


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _paragraphs_latex(words: str) -> str:
    lines = (
        r" \\ ".join(_latex(" | ".join(line.split("\t"))) for line in part.split("\n")) for part in words.split("\n\n")
    )
    return r" \par ".join(lines)


def _plain_url(url: str) -> str:
    """Return an address for LaTeX's command for addresses, where only braces need escaping."""
    return url.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C").replace(" ", "%20")


# -- RIS --------------------------------------------------------------------------------------------------------------


def _ris(proceeding: Proceeding, author: Member | None, words: str) -> str:
    """Tags as the Research Information Systems format has them: two letters, two spaces, a hyphen, a space, one line."""
    day = proceeding.made_on or proceeding.answered_on or proceeding.tabled_on
    family, first = _called(proceeding, author)
    columns = columns_of(proceeding)
    house = house_name(proceeding.house)
    fields = [
        ("TY", "GOVDOC"),
        ("AU", f"{family}, {first}" if first else family),
        ("TI", _title(proceeding)),
        ("T2", _place(proceeding).partition(", vol. ")[0].partition(", col")[0] if columns else ""),
        ("M3", _description(proceeding)),
        ("PY", str(day.year) if day else ""),
        ("DA", day.strftime("%Y/%m/%d") if day else ""),
        ("VL", str(columns.volume) if columns and columns.volume else ""),
        ("SP", f"{columns.first}{columns.suffix}" if columns else ""),
        ("EP", f"{columns.last}{columns.suffix}" if columns and columns.last > columns.first else ""),
        ("PB", house),
        ("UR", official_url(proceeding) or one_line(proceeding.url)),
        ("N1", cite(proceeding)),
        ("AB", words),
    ]
    lines = [f"{tag}  - {one_line(value)}" for tag, value in fields if value.strip()]
    return "\n".join([*lines, "ER  - "])


# -- Markdown ---------------------------------------------------------------------------------------------------------

_MARKS: Final = re.compile(r"([\\`*_\[\]<>&|~])")
_LINE_STARTS: Final = re.compile(r"^([#+=-]|\d{1,9}[.)])", re.MULTILINE)


def _linked(proceeding: Proceeding) -> str:
    url = official_url(proceeding) or one_line(proceeding.url)
    said = escaped_markdown(cite(proceeding))
    return f"[{said}]({re.sub(r'[()<> ]', lambda sign: f'%{ord(sign[0]):02X}', url)})" if url else said


def block_quotation(words: str) -> str:
    """Paragraphs and lines as they are, each behind its mark."""
    paragraphs = (escaped_markdown(paragraph).split("\n") for paragraph in words.split("\n\n"))
    return "\n>\n".join("\\\n".join(f"> {line}" for line in lines) for lines in paragraphs)


def escaped_markdown(text: str) -> str:
    """Text that means nothing but itself."""
    escaped = _MARKS.sub(r"\\\1", text)
    return _LINE_STARTS.sub(lambda found: f"{found[1][:-1]}\\{found[1][-1]}", escaped)
