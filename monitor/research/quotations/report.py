"""Findings of a check in words, as JSON objects, and as references to paste: for the command line and for the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import starmap
from typing import TYPE_CHECKING, Any, Final

from monitor.presentation.citation import cite
from monitor.presentation.wording import listed, long_day, name_in_sentence, official_url, one_line, shorten
from monitor.research.quotations.outcomes import Verdict
from monitor.research.quotations.styles import Cited, Style, citations, reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.research.quotations.comparison import WordChange
    from monitor.research.quotations.outcomes import QuotationFinding, QuotationPlace

VERDICT_NAMES: Final = {
    Verdict.EXACT: "exact",
    Verdict.GLOSSED: "exact but for a gloss",
    Verdict.ALTERED: "altered",
    Verdict.CORRECTED: "corrected since",
    Verdict.NOT_FOUND: "not found",
    Verdict.TITLE: "a title, not checked",
    Verdict.UNCHECKED: "too short to check",
}
MOST_SECONDS: Final = 600
"""Time limit of a check on the command line: some hundred times what a letter of 200 quotations takes."""

_BAD: Final = (Verdict.ALTERED, Verdict.NOT_FOUND)
_FOUND: Final = (Verdict.EXACT, Verdict.GLOSSED, Verdict.ALTERED, Verdict.CORRECTED)
_NEAR: Final = 0.2
"""Least share of words in common that makes a passage worth a look."""
_SHOWN: Final = 400
"""Characters of a quotation that are shown: the letter has all of it."""


def verdict_counts(findings: Sequence[QuotationFinding]) -> str:
    """Say how many quotations have each verdict: "3 exact, 1 altered"."""
    counts = Counter(finding.verdict for finding in findings)
    return ", ".join(f"{counts[verdict]} {name}" for verdict, name in VERDICT_NAMES.items() if counts[verdict])


def is_wrong(finding: QuotationFinding, *, is_strict: bool = False) -> bool:
    """Return whether a quotation is altered or not found; with `is_strict` also corrected since, or of another source."""
    if finding.verdict in _BAD:
        return True
    warned = finding.attribution is not None and bool(finding.attribution.warnings)
    return is_strict and (finding.verdict is Verdict.CORRECTED or warned)


# -- in words ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingInWords:
    """A finding as it is read out. `before` and `after` are sentences around the source.

    `source` is the reference and the speaker, `url` the record's page; both are "" where nothing is near.
    """

    title: str
    quotation: str
    before: tuple[str, ...]
    source: str = ""
    url: str = ""
    after: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    place: QuotationPlace | None = None


def in_words(finding: QuotationFinding) -> FindingInWords:
    """Put a finding into words."""
    title = VERDICT_NAMES[finding.verdict].capitalize()
    quotation = _in_marks(finding.quotation.text)
    place = finding.place
    is_found = finding.verdict is not Verdict.NOT_FOUND
    before: list[str] = []
    if finding.verdict in (Verdict.UNCHECKED, Verdict.TITLE):
        before.append("It stands nowhere like that.")
        if place is None:
            return FindingInWords(title=title, quotation=quotation, before=tuple(before))
    elif place is None or (not is_found and place.comparison.likeness < _NEAR):
        return FindingInWords(title=title, quotation=quotation, before=("Nothing in the archive is near it.",))
    if not is_found:
        before.append(f"Nearest, with {place.comparison.likeness:.0%} of its words: {_in_marks(place.passage)}")
    return FindingInWords(
        title=title,
        quotation=quotation,
        before=tuple(before),
        source=_source(place),
        url=official_url(place.record) or one_line(place.record.url),
        after=tuple(_after(finding, place, is_found=is_found)),
        warnings=tuple(map(one_line, finding.attribution.warnings)) if finding.attribution else (),
        place=place,
    )


def _source(place: QuotationPlace) -> str:
    """Return the reference and the speaker."""
    who = place.said_by
    verb = "asked by" if place.part == "question" else "by"
    return ", ".join([cite(place.record), *([f"{verb} {name_in_sentence(who)}"] if who else [])])


def _after(finding: QuotationFinding, place: QuotationPlace, *, is_found: bool) -> Iterator[str]:
    yield from _differences(finding, place)
    yield from starmap(_own_words, place.comparison.own)
    if is_found:
        yield from place.comparison.notes
    yield from _other_records(finding)
    yield from finding.notes
    if finding.attribution is not None and finding.attribution.agreed and not finding.attribution.warnings:
        yield f"As the letter says: {listed([one_line(fact) for fact in finding.attribution.agreed])}."


def _differences(finding: QuotationFinding, place: QuotationPlace) -> Iterator[str]:
    """Return which words differ, and how the record reads now if it was changed since."""
    if finding.verdict is Verdict.ALTERED:
        figures = [change for change in place.comparison.changes if change.is_of_figures]
        if figures:
            yield f"Figures: {'; '.join(map(_figure, figures))}."
        yield from map(_change, place.comparison.changes)
    if finding.verdict is Verdict.CORRECTED:
        which = "as it was first answered" if place.number is None else f"in revision {place.number}"
        corrected = place.record.corrected_on
        until = f", before the correction of {long_day(corrected)}" if corrected else ""
        yield f"So it stood {which}{until}.{'' if finding.now else ' Nothing like it stands there now.'}"
    if finding.now is not None and finding.now.comparison.changes:
        yield f"Now: {_in_marks(finding.now.passage)}"
        yield from map(_now, finding.now.comparison.changes)


def _change(change: WordChange) -> str:
    where = f"After {_in_marks(change.lead)}" if change.lead else "At the beginning"
    if not change.letter:
        return f"{where} the letter leaves out {_in_marks(change.record)}."
    if not change.record:
        return f"{where} the letter adds {_in_marks(change.letter)}."
    return f"{where} the record has {_in_marks(change.record)}, the letter {_in_marks(change.letter)}."


def _own_words(own: str, words: str) -> str:
    """Say what the writer's own words stand for. Words in round brackets may only explain the words before them."""
    if not words and own.startswith("("):
        return f"{own} is the letter's own."
    return f"{own} stands for {_in_marks(words) if words else 'no word'}."


def _figure(change: WordChange) -> str:
    return f"{one_line(change.record) or 'none'}, quoted as {one_line(change.letter) or 'none'}"


def _now(change: WordChange) -> str:
    if not change.letter:
        return f"{_in_marks(change.record)} is new."
    return (
        f"{_in_marks(change.letter)} became {_in_marks(change.record)}."
        if change.record
        else (f"{_in_marks(change.letter)} is gone.")
    )


def _other_records(finding: QuotationFinding) -> Iterator[str]:
    others = finding.records - 1
    if others > 0:
        more = f"more than {others:,}" if finding.is_more else f"{others:,}"
        yield f"Word for word in {more} other {'record' if others == 1 else 'records'} too."


def _in_marks(text: str) -> str:
    return f'"{shorten(one_line(text), _SHOWN)}"'


# -- references -------------------------------------------------------------------------------------------------------


def is_quoted(finding: QuotationFinding) -> bool:
    """Return whether a record holds the quotation, word for word or with changes, so that a reference can stand by it."""
    return finding.place is not None and finding.verdict in _FOUND


def references(findings: Sequence[QuotationFinding], style: Style) -> list[str]:
    """Return the references of the records quoted, each once, in the order of the letter."""
    places: dict[str, QuotationPlace] = {}
    for finding in findings:
        if finding.place is not None and is_quoted(finding):
            places.setdefault(finding.place.record.id, finding.place)
    if style is Style.BIBTEX:  # so that all keys are different
        return citations([Cited(record=place.record, speaker=place.said_by) for place in places.values()], style)
    return [reference(place.record, style, speaker=place.said_by) for place in places.values()]


# -- for programs -----------------------------------------------------------------------------------------------------


def as_json(file: str, number: int, finding: QuotationFinding) -> dict[str, Any]:
    """Return a finding with the keys of docs/json.md."""
    place = finding.place
    comparison = place.comparison if place else None
    return {
        "file": file,
        "number": number,
        "paragraph": finding.quotation.paragraph,
        "quotation": finding.quotation.text,
        "verdict": finding.verdict.value,
        "likeness": round(comparison.likeness, 3) if comparison else None,
        **_where(place),
        "changes": [_as_dict(change) for change in comparison.changes] if comparison else [],
        "insertions": [{"letter": own, "record": words} for own, words in comparison.own] if comparison else [],
        "records": finding.records,
        "is_more": finding.is_more,
        "agreed": list(finding.attribution.agreed) if finding.attribution else [],
        "warnings": list(finding.attribution.warnings) if finding.attribution else [],
        "notes": [*(comparison.notes if comparison else ()), *finding.notes],
        "now": _where(finding.now) | {"changes": [_as_dict(change) for change in finding.now.comparison.changes]}
        if finding.now
        else None,
    }


def _where(place: QuotationPlace | None) -> dict[str, Any]:
    """Return where words stand, with null for every key if they stand nowhere."""
    if place is None:
        return dict.fromkeys(
            ("id", "reference", "url", "said_by", "date", "part", "revision", "start", "end", "passage")
        )
    who = place.said_by
    return {
        "id": place.record.id,
        "reference": cite(place.record),
        "url": place.record.url,
        "said_by": who.name if who else None,
        "date": place.revision.day.isoformat() if place.revision.day else None,
        "part": place.part,
        "revision": place.number,
        "start": place.comparison.start,
        "end": place.comparison.end,
        "passage": place.passage,
    }


def _as_dict(change: WordChange) -> dict[str, Any]:
    return {"record": change.record, "letter": change.letter, "after": change.lead, "is_figure": change.is_of_figures}
