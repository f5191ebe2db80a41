"""Checking the quotations of a letter against the archive.

Of each quotation first the revisions are looked up that hold its rarest words, or where these are many all of its words
next to each other; whether it stands there as quoted is decided word by word. Where it stands nowhere, revisions are looked
up by pairs of its words, and the one most like it is compared.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from math import log
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import LetterError
from monitor.model.records import State
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.wording import source_name
from monitor.research.quotations import candidates
from monitor.research.quotations.attribution import attribution, beside, fits, is_sourced
from monitor.research.quotations.comparison import Quoted, Text, compare, ends_sentence, is_altered, stands
from monitor.research.quotations.extraction import joined, quotations
from monitor.research.quotations.speakers import words_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from db.archive import Archive
    from monitor.model.index_query import IndexQuery
    from monitor.model.letters import Letter
    from monitor.model.records import Member, Proceeding, Revision
    from monitor.model.search import Passage
    from monitor.research.quotations.attribution import Attribution, Named
    from monitor.research.quotations.comparison import Comparison
    from monitor.research.quotations.extraction import Quotation

MANY: Final = 1_000
"""Revisions with the words of a quotation that are looked up; of more, it is said that there are more."""

LOOKED_AT: Final = 24
"""Revisions compared word by word: those that the letter names first, then the earliest."""

NEAREST: Final = 16
"""Revisions that a quotation which stands nowhere is held beside; those that share most of it are compared in full."""

MOST_QUOTATIONS: Final = 2_000
LONGEST: Final = 50_000
"""Characters of a quotation: some 8,000 words, as many as the longest answers have."""

AT_ONCE: Final = 250
"""Quotations that are looked up together."""

_AT_HAND: Final = 500
"""Revisions of which the texts are kept for the next quotation."""

_ALIGNED: Final = 6
_HITS: Final = 300
_NAMED: Final = 5
_CHOSEN_AMONG: Final = 6
_CORRECTED: Final = 3
_SELDOM: Final = 0.4


class Verdict(StrEnum):
    """Verdict on a quotation.

    `GLOSSED`: exact but for a gloss of the writer in round brackets. `TITLE`: the title of a report or the like, found
    nowhere. `UNCHECKED`: too few words to search for, and found nowhere as quoted.
    """

    EXACT = "exact"
    GLOSSED = "exact_but_for_a_gloss"
    ALTERED = "altered"
    CORRECTED = "corrected"
    NOT_FOUND = "not_found"
    TITLE = "title"
    UNCHECKED = "not_checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotationPlace:
    """Place of a quotation: the record of the revision, the part, the number of the revision, and the comparison.

    `number` is None for an original answer of which only the correction was seen. `record`: the record as it counts now.
    """

    record: Proceeding
    revision: Proceeding
    number: int | None
    part: str
    text: str
    comparison: Comparison

    @property
    def passage(self) -> str:
        """The record's own words."""
        return self.text[self.comparison.start : self.comparison.end]

    @property
    def said_by(self) -> Member | None:
        """Speaker of the words."""
        revision = self.revision
        if self.part == "question":
            return revision.asked_by
        return (revision.corrected_by or revision.answered_by) if self.part == "answer" else revision.made_by


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotationFinding:
    """Result for a quotation.

    `place`: where it stands, or the nearest passage. `now`: for words that were corrected since, the same place now; None if
    there is nothing similar. `records`: number of records with these words; `is_more`: there are more.
    """

    quotation: Quotation
    verdict: Verdict
    place: QuotationPlace | None = None
    now: QuotationPlace | None = None
    records: int = 0
    is_more: bool = False
    attribution: Attribution | None = None
    notes: tuple[str, ...] = ()


def check(archive: Archive, letter: Letter, *, is_over: Callable[[], bool] = lambda: False) -> list[QuotationFinding]:
    """Check each quotation of a letter, in their order.

    `is_over` is asked now and then whether that has taken too long. Raises LetterError then, and where the letter has more
    quotations, or a longer one, than are checked.
    """
    found, desk = [quotation for quotation in quotations(letter) if not quotation.is_scare], _Desk(archive)
    _bound(found)
    findings: list[QuotationFinding] = []
    checked = 0
    for start in range(0, len(found), AT_ONCE):
        wholes = desk.check(found[start : start + AT_ONCE], is_over)
        checked += len(wholes)
        findings += [finding for whole in wholes for finding in desk.in_parts(whole, is_over)]
        if is_over() and checked < len(found):
            raise LetterError(
                f"{checked:,} of {len(found):,} quotations were checked in the time that a check may take: "
                "give the letter in parts"
            )
    return findings


def _bound(found: Sequence[Quotation]) -> None:
    if len(found) > MOST_QUOTATIONS:
        raise LetterError(
            f"the letter has more than {MOST_QUOTATIONS:,} quotations, the most that are checked: give a part"
        )
    for hit in found:
        if len(hit.text) > LONGEST:
            raise LetterError(
                f"the quotation in paragraph {hit.paragraph} has more than {LONGEST:,} characters, the most that are "
                "checked: is its closing mark missing?"
            )


def _held(archive: Archive, found: Sequence[Quotation]) -> list[list[int]]:
    """Find for each quotation the revisions that may hold it: by its rarest words, or by all if these are common."""
    held = _asked(archive, [candidates.rarest(hit) for hit in found], at_most=LOOKED_AT + 1)
    is_common = [len(ids) > LOOKED_AT for ids in held]
    asked = [
        candidates.whole(quotation) if common else None for quotation, common in zip(found, is_common, strict=True)
    ]
    again = _asked(archive, asked, at_most=MANY + 1)
    return [after if common else before for before, after, common in zip(held, again, is_common, strict=True)]


def _asked(archive: Archive, needs: Sequence[IndexQuery | None], *, at_most: int) -> list[list[int]]:
    """Find the revisions that may hold each query; none for no query."""
    held = iter(archive.passages.holding([need for need in needs if need], at_most=at_most))
    return [next(held) if need else [] for need in needs]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A part of a revision beside a quotation."""

    passage: Passage
    part: str
    text: str
    comparison: Comparison


class _Known:
    """Cached look-ups in the archive of what a letter names."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._called: dict[str, Proceeding | None] = {}
        self._people: set[frozenset[str]] | None = None

    def called(self, number: str) -> Proceeding | None:
        if number not in self._called:
            records = self._archive.records
            found = self._archive.cross_references.find(number)
            self._called[number] = preferred_revision(records.revisions(found[0])).proceeding if found else None
        return self._called[number]

    def is_person(self, words: frozenset[str]) -> bool:
        if self._people is None:
            self._people = {words_of_name(name) for name in self._archive.passages.people()}
        return any(words <= known for known in self._people)


class _Desk:
    """Checker of quotations. It keeps texts that were read for an earlier quotation."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._known = _Known(archive)
        self._texts: dict[int, dict[str, Text]] = {}
        self._revisions: dict[int, list[Revision]] = {}

    def check(self, quotations: Sequence[Quotation], is_over: Callable[[], bool]) -> list[QuotationFinding]:
        """Check some quotations, as many as were done before the time was over.

        All of them ask the index at once, for whatever it has not taken in yet is read through with each question.
        """
        findings = [
            self._as_quoted(quotation, ids)
            for quotation, ids in zip(quotations, _held(self._archive, quotations), strict=True)
        ]
        self._look_for_brackets(quotations, findings)
        left = [quotation for quotation, finding in zip(quotations, findings, strict=True) if finding is None]
        needs = [candidates.scattered(quotation) for quotation in left]
        held = iter(self._archive.passages.holding([need for of_one in needs for need in of_one], at_most=_HITS))
        shared = iter([[next(held) for _ in of_one] for of_one in needs])
        done: list[QuotationFinding] = []
        for quotation, finding in zip(quotations, findings, strict=True):
            if is_over():
                break
            done.append(finding or self._nearest(quotation, next(shared)))
        return done

    def in_parts(self, whole: QuotationFinding, is_over: Callable[[], bool]) -> list[QuotationFinding]:
        """Return the findings of the parts of a quotation that is not as it stands, if they are quotations of their own.

        A part is one if its words stand better elsewhere, or if a source that is not in the record ends it.
        """
        parts = whole.quotation.parts
        if not parts or whole.verdict not in (Verdict.ALTERED, Verdict.NOT_FOUND):
            return [whole]
        alone = self.check(parts, is_over)
        text = whole.place.text if whole.place else ""
        is_apart = any(_is_elsewhere(finding, whole) for finding in alone) or any(
            part.after and " ".join(part.after.split()) not in " ".join(text.split()) for part in parts[:-1]
        )
        if not is_apart or len(alone) < len(parts):
            return [whole]
        split = [finding for part in alone for finding in self.in_parts(part, is_over)]
        return [finding for run in _runs(split) for finding in self._as_one(run, is_over)]

    def _as_one(self, findings: Sequence[QuotationFinding], is_over: Callable[[], bool]) -> Sequence[QuotationFinding]:
        """Return one finding for parts that stand next to each other in the record too, else theirs."""
        if len(findings) == 1:
            return findings
        one = self.check([joined([finding.quotation for finding in findings])], is_over)
        return one if one and one[0].verdict is Verdict.EXACT else findings

    def _look_for_brackets(self, quotations: Sequence[Quotation], findings: list[QuotationFinding | None]) -> None:
        """Look again for quotations with square brackets that were not found: the record itself may have the brackets."""
        places = [
            place for place, quotation in enumerate(quotations) if findings[place] is None and quotation.bracketed
        ]
        if not places:
            return
        printed = [replace(quotations[place], pieces=quotations[place].bracketed) for place in places]
        for place, quotation, ids in zip(places, printed, _held(self._archive, printed), strict=True):
            found = self._as_quoted(quotation, ids)
            findings[place] = found and replace(found, quotation=quotations[place])

    def _as_quoted(self, quotation: Quotation, revision_ids: Sequence[int]) -> QuotationFinding | None:
        """Look for a quotation as it is in these revisions; None where it must be looked for in other words."""
        quoted, named = Quoted(quotation), beside(quotation)
        passages = self._archive.passages.of_revisions(revision_ids) if revision_ids else []
        if len(passages) > LOOKED_AT and not any(fits(passage, named) for passage in passages):
            # Of words in everyday use only the earliest are known: what the letter names may have them too.
            passages = [*self._archive.passages.of_records(list(self._meant(named))), *passages]
        first = sorted(passages, key=lambda passage: -fits(passage, named))[:LOOKED_AT]
        standing = list(self._beside(first, lambda text: stands(quoted, text)))
        if standing:
            finding = self._standing(quotation, quoted, named, standing)
            return replace(finding, **_count(passages, first, standing))
        if quotation.is_title and not is_sourced(quotation):
            return QuotationFinding(quotation=quotation, verdict=Verdict.TITLE)
        return (
            QuotationFinding(quotation=quotation, verdict=Verdict.UNCHECKED)
            if quotation.is_short and not quotation.glossed
            else None
        )

    # -- where it stands ----------------------------------------------------------------------------------------------

    def _standing(
        self, quotation: Quotation, quoted: Quoted, named: Named, standing: Sequence[_Seen]
    ) -> QuotationFinding:
        """Choose a place of the quotation: one that the letter names if it names any, and preferably in what counts now."""
        most = max(fits(seen.passage, named) for seen in standing)
        meant = [seen for seen in standing if fits(seen.passage, named) == most]
        one = self._meant_most(quotation, sorted(meant, key=lambda seen: not seen.passage.is_newest))
        place = self._place(one)
        finding = QuotationFinding(
            quotation=quotation,
            verdict=Verdict.EXACT,
            place=place,
            attribution=attribution(quotation, place.record, place.part, self._known),
            notes=_taken_back(place.record),
        )
        return finding if one.passage.is_newest else self._superseded(finding, quoted, one.passage.proceeding_id)

    def _meant_most(self, quotation: Quotation, meant: Sequence[_Seen]) -> _Seen:
        """Choose the place of which most is so that the letter says of it, whose words they are included; else the first."""

        def wrong(seen: _Seen) -> tuple[int, int]:
            place = self._place(seen)
            found = attribution(quotation, place.record, place.part, self._known)
            return len(found.warnings), -len(found.agreed)

        return min(meant[:_CHOSEN_AMONG], key=wrong) if len(meant) > 1 else meant[0]

    def _superseded(self, finding: QuotationFinding, quoted: Quoted, proceeding_id: int) -> QuotationFinding:
        """Return the finding for a quotation that stands in a revision which no longer counts."""
        place = finding.place
        if place is None:
            return finding
        revisions = self._revisions_of(proceeding_id)
        now = preferred_revision(revisions)
        again = self._now(quoted, now, place)
        if again and again.comparison.is_exact:
            return replace(finding, place=again)
        last = {revision.proceeding.source: revision for revision in revisions}[place.revision.source].proceeding
        words = last.parts().get(place.part)
        if last.source != now.proceeding.source and words and stands(quoted, Text(words)):
            note = f"So {source_name(last.source)} has it; {source_name(now.proceeding.source)} has other words."
            return replace(finding, now=again, notes=(*finding.notes, note))
        return replace(finding, verdict=Verdict.CORRECTED, now=again)

    def _now(self, quoted: Quoted, now: Revision, before: QuotationPlace) -> QuotationPlace | None:
        """Return the words that now stand in place of the quoted ones; None if nothing is similar."""
        words = now.proceeding.parts().get(before.part)
        text = Text(words) if words else None
        comparison = compare(quoted, text) if text and text.words else None
        if words is None or text is None or comparison is None or comparison.likeness < _SELDOM:
            return None
        if ends_sentence(before.text, before.comparison.end):
            comparison = compare(quoted, text, to_sentence_end=True) or comparison
        return QuotationPlace(
            record=now.proceeding,
            revision=now.proceeding,
            number=now.number,
            part=before.part,
            text=words,
            comparison=comparison,
        )

    # -- what is nearest ----------------------------------------------------------------------------------------------

    def _nearest(self, quotation: Quotation, held: Sequence[Sequence[int]]) -> QuotationFinding:
        """Judge a quotation that stands nowhere as it is given.

        `held`: for each of its traces the revisions that have it.
        """
        quoted, named = Quoted(quotation), beside(quotation)
        passages = self._like(held, named)
        if glossed := self._glossed(quotation, named, passages):
            return glossed
        if quotation.is_short:
            return QuotationFinding(quotation=quotation, verdict=Verdict.UNCHECKED)
        seen = self._compared(quoted, named, passages)
        seen.sort(key=lambda at: (-at.comparison.likeness, -fits(at.passage, named), not at.passage.is_newest))
        if corrected := self._first_answered(quotation, quoted, seen):
            return corrected
        if not seen:
            return QuotationFinding(quotation=quotation, verdict=Verdict.NOT_FOUND)
        best = seen[0]
        place = self._place(best)
        verdict = Verdict.ALTERED if is_altered(quoted, best.comparison.likeness) else Verdict.NOT_FOUND
        finding = QuotationFinding(
            quotation=quotation,
            verdict=verdict,
            place=place,
            attribution=attribution(quotation, place.record, place.part, self._known)
            if verdict is Verdict.ALTERED
            else None,
            notes=_taken_back(place.record),
        )
        if best.passage.is_newest or verdict is Verdict.NOT_FOUND:
            return finding
        return replace(
            finding,
            now=self._now(quoted, preferred_revision(self._revisions_of(best.passage.proceeding_id)), place),
        )

    def _glossed(self, quotation: Quotation, named: Named, passages: Sequence[Passage]) -> QuotationFinding | None:
        """Judge a quotation without the writer's glosses in round brackets; None where it stands nowhere like that."""
        if not quotation.glossed:
            return None
        quoted = Quoted(replace(quotation, pieces=quotation.glossed))
        standing = list(self._beside(passages, lambda text: stands(quoted, text)))
        if not standing:
            return None
        finding = self._standing(quotation, quoted, named, standing)
        finding = replace(finding, records=len({seen.passage.proceeding_id for seen in standing}))
        return replace(finding, verdict=Verdict.GLOSSED) if finding.verdict is Verdict.EXACT else finding

    def _like(self, held: Sequence[Sequence[int]], named: Named) -> list[Passage]:
        """Revisions that share runs of words with a quotation, seldom ones counting for more; and what the letter names."""
        shared: dict[int, float] = defaultdict(float)
        for ids in held:
            for row_id in ids:
                shared[row_id] += log(2 * _HITS / min(len(ids), _HITS))
        best = sorted(shared, key=lambda row_id: (-shared[row_id], row_id))[:NEAREST]
        passages = self._archive.passages.of_revisions(best)
        meant = self._archive.passages.of_records(list(self._meant(named)))
        return list({passage.revision_id: passage for passage in (*passages, *meant[:NEAREST])}.values())

    def _meant(self, named: Named) -> Iterator[int]:
        """Row ids of records that the letter may mean: by number, and by day and column."""
        references = [
            *named.numbers,
            *(f"{day}/{column.first}{column.suffix}" for day, _ in named.days for column in named.columns),
        ]
        for reference in references[:_NAMED]:
            yield from self._archive.cross_references.find(reference)[:_NAMED]

    def _first_answered(self, quotation: Quotation, quoted: Quoted, seen: Sequence[_Seen]) -> QuotationFinding | None:
        """Return the quotation in an original answer that is known only from its correction."""
        for proceeding_id in dict.fromkeys(at.passage.proceeding_id for at in seen[:_CORRECTED]):
            revisions = self._revisions_of(proceeding_id)
            now = preferred_revision(revisions)
            for revision in revisions:
                first = revision.proceeding.original_answer
                comparison = stands(quoted, Text(first)) if first else None
                if first is None or comparison is None:
                    continue
                place = QuotationPlace(
                    record=now.proceeding,
                    revision=revision.proceeding,
                    number=None,
                    part="answer",
                    text=first,
                    comparison=comparison,
                )
                return QuotationFinding(
                    quotation=quotation,
                    verdict=Verdict.CORRECTED,
                    place=place,
                    now=self._now(quoted, now, place),
                    records=1,
                    attribution=attribution(quotation, now.proceeding, "answer", self._known),
                    notes=_taken_back(now.proceeding),
                )
        return None

    # -- texts --------------------------------------------------------------------------------------------------------

    def _compared(self, quoted: Quoted, named: Named, passages: Sequence[Passage]) -> list[_Seen]:
        """Return the parts of revisions that share most of a quotation or that the letter names, with the comparison."""
        self._read(passages)
        texts = [
            (passage, part, text)
            for passage in passages
            for part, text in self._texts.get(passage.revision_id, {}).items()
        ]
        texts.sort(key=lambda text: (-text[2].shared(quoted), not text[0].is_newest))
        chosen = [text for number, text in enumerate(texts) if number < _ALIGNED or fits(text[0], named)]
        compared = [(passage, part, text, compare(quoted, text)) for passage, part, text in chosen]
        return [_Seen(passage, part, text.text, beside) for passage, part, text, beside in compared if beside]

    def _beside(self, passages: Sequence[Passage], look: Callable[[Text], Comparison | None]) -> Iterator[_Seen]:
        """Return the parts of revisions that share words with a quotation."""
        self._read(passages)
        for passage in passages:
            for part, text in self._texts.get(passage.revision_id, {}).items():
                comparison = look(text)
                if comparison is not None:
                    yield _Seen(passage, part, text.text, comparison)

    def _read(self, passages: Sequence[Passage]) -> None:
        missing = [passage.revision_id for passage in passages if passage.revision_id not in self._texts]
        if len(self._texts) + len(missing) > _AT_HAND:
            self._texts = {}
            missing = [passage.revision_id for passage in passages]
        for revision_id, parts in self._archive.passages.texts(missing).items():
            self._texts[revision_id] = {part: Text(text) for part, text in parts.items()}

    def _place(self, seen: _Seen) -> QuotationPlace:
        revisions = self._revisions_of(seen.passage.proceeding_id)
        own = next(revision for revision in revisions if revision.id == seen.passage.revision_id)
        return QuotationPlace(
            record=preferred_revision(revisions).proceeding,
            revision=own.proceeding,
            number=own.number,
            part=seen.part,
            text=seen.text,
            comparison=seen.comparison,
        )

    def _revisions_of(self, proceeding_id: int) -> list[Revision]:
        if proceeding_id not in self._revisions:
            if len(self._revisions) > _AT_HAND:
                self._revisions = {}
            self._revisions[proceeding_id] = self._archive.records.revisions(proceeding_id)
        return self._revisions[proceeding_id]


def _runs(findings: Sequence[QuotationFinding]) -> Iterator[list[QuotationFinding]]:
    """Yield the findings, neighbours of one record together where no source stands between them."""
    run: list[QuotationFinding] = []
    for finding in findings:
        if run and (run[-1].quotation.after or _record_id(run[-1]) != _record_id(finding)):
            yield run
            run = []
        run.append(finding)
    if run:
        yield run


def _record_id(finding: QuotationFinding) -> str | None:
    return finding.place.record.id if finding.place else None


def _is_elsewhere(part: QuotationFinding, whole: QuotationFinding) -> bool:
    """Return whether a part of a quotation stands better elsewhere than in the passage nearest to the whole of it.

    Few words stand in many records. Altered words only count where the whole is in no record.
    """
    if part.place is None or part.quotation.is_short or part.verdict is Verdict.NOT_FOUND:
        return False
    if part.verdict is Verdict.ALTERED and whole.verdict is Verdict.ALTERED:
        return False
    quotation = part.quotation
    if part.verdict is Verdict.GLOSSED:
        quotation = replace(quotation, pieces=quotation.glossed)
    here = compare(Quoted(quotation), Text(whole.place.text)) if whole.place else None
    return here is None or here.likeness < part.place.comparison.likeness


def _count(passages: Sequence[Passage], first: Sequence[Passage], standing: Sequence[_Seen]) -> dict[str, Any]:
    """Return the number of records with the words: those compared, and the others if all compared ones had them."""
    stood = {seen.passage.revision_id for seen in standing}
    is_sure = all(passage.revision_id in stood for passage in first)
    counted = passages if is_sure else [seen.passage for seen in standing]
    is_more = len(passages) > MANY or (not is_sure and len(passages) > len(first))
    return {"records": len({passage.proceeding_id for passage in counted[:MANY]}), "is_more": is_more}


def _taken_back(proceeding: Proceeding) -> tuple[str, ...]:
    """Return a warning that a record is no longer published."""
    if proceeding.state is not State.WITHDRAWN:
        return ()
    return ("It was withdrawn.",) if proceeding.is_withdrawn else ("It is no longer published.",)
