"""Checking the quotations of a letter against the archive.

Of each quotation first the revisions are looked up that hold its rarest words, or where these are many all of its words
next to each other; whether it stands there as quoted is decided word by word. Where it stands nowhere, revisions are looked
up by pairs of its words, and the one most like it is compared.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import chain
from math import log
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import LetterError
from monitor.model.records import State
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.wording import source_name
from monitor.research.quotations import candidates
from monitor.research.quotations.attribution import attribution, beside, fits, is_sourced
from monitor.research.quotations.cached_texts import CachedTexts
from monitor.research.quotations.comparison import Quoted, Text, compare, ends_sentence, is_altered, stands
from monitor.research.quotations.extraction import joined, quotations
from monitor.research.quotations.outcomes import QuotationFinding, QuotationPlace, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from db.archive import Archive
    from monitor.model.index_query import IndexQuery
    from monitor.model.letters import Letter
    from monitor.model.records import Proceeding, Revision
    from monitor.model.search import PassageCandidate
    from monitor.research.quotations.comparison import Comparison
    from monitor.research.quotations.extraction import Quotation
    from monitor.research.quotations.named_references import Named

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

_ALIGNED: Final = 6
"""Parts of these that are compared in full, beside those that the letter names."""

_HITS: Final = 300
"""Revisions that are looked up by one trace of a quotation."""

_REFERENCES: Final = 5
"""References of the letter that are looked up beside a quotation, and records of each."""

_CHOSEN_AMONG: Final = 6
"""Places of a quotation of which the one is chosen that agrees most with the letter."""

_ORIGINALS: Final = 3
"""Records in whose original answer, known only from its correction, a quotation is looked for."""

_LEAST_ALIKE: Final = 0.4
"""Likeness from which on a passage is what now stands in place of quoted words."""


def check(archive: Archive, letter: Letter, *, is_over: Callable[[], bool] = lambda: False) -> list[QuotationFinding]:
    """Check each quotation of a letter, in their order.

    `is_over` is asked now and then whether that has taken too long. Raises LetterError then, and where the letter has more
    quotations, or a longer one, than are checked.
    """
    found = [quotation for quotation in quotations(letter) if not quotation.is_scare]
    _refuse_too_much(found)
    checker = _Checker(archive)
    findings: list[QuotationFinding] = []
    checked = 0
    for start in range(0, len(found), AT_ONCE):
        wholes = checker.check(found[start : start + AT_ONCE], is_over)
        checked += len(wholes)
        findings += [finding for whole in wholes for finding in checker.in_parts(whole, is_over)]
        if is_over() and checked < len(found):
            raise LetterError(
                f"{checked:,} of {len(found):,} quotations were checked in the time that a check may take: "
                "give the letter in parts"
            )
    return findings


def _refuse_too_much(found: Sequence[Quotation]) -> None:
    if len(found) > MOST_QUOTATIONS:
        raise LetterError(
            f"the letter has more than {MOST_QUOTATIONS:,} quotations, the most that are checked: give a part"
        )
    for quotation in found:
        if len(quotation.text) > LONGEST:
            raise LetterError(
                f"the quotation in paragraph {quotation.paragraph} has more than {LONGEST:,} characters, the most that are "
                "checked: is its closing mark missing?"
            )


def _possible_revisions(archive: Archive, found: Sequence[Quotation]) -> list[list[int]]:
    """Find for each quotation the revisions that may hold it: by its rarest words, or by all if these are common."""
    by_rarest = _look_up(archive, [candidates.rarest(quotation) for quotation in found], at_most=LOOKED_AT + 1)
    is_common = [len(ids) > LOOKED_AT for ids in by_rarest]
    wholes = [
        candidates.whole(quotation) if common else None for quotation, common in zip(found, is_common, strict=True)
    ]
    by_all = _look_up(archive, wholes, at_most=MANY + 1)
    return [
        of_all if common else of_rarest for of_rarest, of_all, common in zip(by_rarest, by_all, is_common, strict=True)
    ]


def _look_up(archive: Archive, queries: Sequence[IndexQuery | None], *, at_most: int) -> list[list[int]]:
    """Find the revisions that may hold each query; none for no query."""
    found = iter(archive.passages.holding([query for query in queries if query], at_most=at_most))
    return [next(found) if query else [] for query in queries]


@dataclass(frozen=True, slots=True)
class _ComparedPart:
    """A part of a revision, compared with a quotation."""

    passage: PassageCandidate
    part: str
    text: str
    comparison: Comparison


class _Checker:
    """Checker of the quotations of one letter."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._texts = CachedTexts(archive)

    def check(self, quotations: Sequence[Quotation], is_over: Callable[[], bool]) -> list[QuotationFinding]:
        """Check some quotations, as many as were done before the time was over.

        All of them ask the index at once, for whatever it has not taken in yet is read through with each question.
        """
        findings = [
            self._as_quoted(quotation, ids)
            for quotation, ids in zip(quotations, _possible_revisions(self._archive, quotations), strict=True)
        ]
        self._look_for_brackets(quotations, findings)
        left = [quotation for quotation, finding in zip(quotations, findings, strict=True) if finding is None]
        with_traces = iter(self._revisions_with_traces(left))
        done: list[QuotationFinding] = []
        for quotation, finding in zip(quotations, findings, strict=True):
            if is_over():
                break
            done.append(finding or self._nearest(quotation, next(with_traces)))
        return done

    def _revisions_with_traces(self, quotations: Sequence[Quotation]) -> list[list[list[int]]]:
        """Find for each trace of each quotation (a run of its words) the revisions that have it."""
        queries = [candidates.scattered(quotation) for quotation in quotations]
        found = iter(self._archive.passages.holding(list(chain(*queries)), at_most=_HITS))
        return [[next(found) for _ in traces] for traces in queries]

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
        together = self.check([joined([finding.quotation for finding in findings])], is_over)
        return together if together and together[0].verdict is Verdict.EXACT else findings

    def _look_for_brackets(self, quotations: Sequence[Quotation], findings: list[QuotationFinding | None]) -> None:
        """Look again for quotations with square brackets that were not found: the record itself may have the brackets."""
        places = [
            place for place, quotation in enumerate(quotations) if findings[place] is None and quotation.bracketed
        ]
        if not places:
            return
        printed = [replace(quotations[place], pieces=quotations[place].bracketed) for place in places]
        for place, quotation, ids in zip(places, printed, _possible_revisions(self._archive, printed), strict=True):
            found = self._as_quoted(quotation, ids)
            findings[place] = found and replace(found, quotation=quotations[place])

    def _as_quoted(self, quotation: Quotation, revision_ids: Sequence[int]) -> QuotationFinding | None:
        """Look for a quotation as it is in these revisions; None where it must be looked for in other words."""
        quoted, named = Quoted(quotation), beside(quotation)
        passages = self._archive.passages.of_revisions(revision_ids) if revision_ids else []
        if len(passages) > LOOKED_AT and not any(fits(passage, named) for passage in passages):
            # Of words in everyday use only the earliest are known: what the letter names may have them too.
            passages = [*self._archive.passages.of_records(list(self._named_records(named))), *passages]
        first = sorted(passages, key=lambda passage: -fits(passage, named))[:LOOKED_AT]
        standing = self._parts_with(quoted, first)
        if standing:
            finding = self._standing(quotation, quoted, named, standing)
            return replace(finding, **_record_count(passages, first, standing))
        if quotation.is_title and not is_sourced(quotation):
            return QuotationFinding(quotation=quotation, verdict=Verdict.TITLE)
        return (
            QuotationFinding(quotation=quotation, verdict=Verdict.UNCHECKED)
            if quotation.is_short and not quotation.glossed
            else None
        )

    # -- where it stands ----------------------------------------------------------------------------------------------

    def _standing(
        self, quotation: Quotation, quoted: Quoted, named: Named, standing: Sequence[_ComparedPart]
    ) -> QuotationFinding:
        """Choose a place of the quotation: one that the letter names if it names any, and preferably in what counts now."""
        most = max(fits(part.passage, named) for part in standing)
        meant = [part for part in standing if fits(part.passage, named) == most]
        best = self._meant_most(quotation, sorted(meant, key=lambda part: not part.passage.is_newest))
        place = self._place(best)
        finding = QuotationFinding(
            quotation=quotation,
            verdict=Verdict.EXACT,
            place=place,
            attribution=attribution(quotation, place.record, place.part, self._texts),
            notes=_withdrawal_note(place.record),
        )
        return finding if best.passage.is_newest else self._superseded(finding, quoted, best.passage.proceeding_id)

    def _meant_most(self, quotation: Quotation, meant: Sequence[_ComparedPart]) -> _ComparedPart:
        """Choose the place that agrees most with what the letter says of it, the speaker included; else the first."""

        def disagreement(part: _ComparedPart) -> tuple[int, int]:
            place = self._place(part)
            found = attribution(quotation, place.record, place.part, self._texts)
            return len(found.warnings), -len(found.agreed)

        return min(meant[:_CHOSEN_AMONG], key=disagreement) if len(meant) > 1 else meant[0]

    def _superseded(self, finding: QuotationFinding, quoted: Quoted, proceeding_id: int) -> QuotationFinding:
        """Return the finding for a quotation that stands in a revision which no longer counts."""
        place = finding.place
        if place is None:
            return finding
        revisions = self._texts.revisions(proceeding_id)
        now = preferred_revision(revisions)
        again = self._words_now(quoted, now, place)
        if again and again.comparison.is_exact:
            return replace(finding, place=again)
        last = {revision.proceeding.source: revision for revision in revisions}[place.revision.source].proceeding
        words = last.parts().get(place.part)
        if last.source != now.proceeding.source and words and stands(quoted, Text(words)):
            note = f"So {source_name(last.source)} has it; {source_name(now.proceeding.source)} has other words."
            return replace(finding, now=again, notes=(*finding.notes, note))
        return replace(finding, verdict=Verdict.CORRECTED, now=again)

    def _words_now(self, quoted: Quoted, now: Revision, before: QuotationPlace) -> QuotationPlace | None:
        """Return the words that now stand in place of the quoted ones; None if nothing is similar."""
        words = now.proceeding.parts().get(before.part)
        text = Text(words) if words else None
        comparison = compare(quoted, text) if text and text.words else None
        if words is None or text is None or comparison is None or comparison.likeness < _LEAST_ALIKE:
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

    def _nearest(self, quotation: Quotation, with_traces: Sequence[Sequence[int]]) -> QuotationFinding:
        """Judge a quotation that stands nowhere as it is given.

        `with_traces`: for each of its traces the revisions that have it.
        """
        quoted, named = Quoted(quotation), beside(quotation)
        passages = self._similar_passages(with_traces, named)
        if glossed := self._glossed(quotation, named, passages):
            return glossed
        if quotation.is_short:
            return QuotationFinding(quotation=quotation, verdict=Verdict.UNCHECKED)
        compared = self._compared(quoted, named, passages)
        compared.sort(
            key=lambda part: (-part.comparison.likeness, -fits(part.passage, named), not part.passage.is_newest)
        )
        if corrected := self._in_original_answer(quotation, quoted, compared):
            return corrected
        if not compared:
            return QuotationFinding(quotation=quotation, verdict=Verdict.NOT_FOUND)
        best = compared[0]
        place = self._place(best)
        verdict = Verdict.ALTERED if is_altered(quoted, best.comparison.likeness) else Verdict.NOT_FOUND
        finding = QuotationFinding(
            quotation=quotation,
            verdict=verdict,
            place=place,
            attribution=attribution(quotation, place.record, place.part, self._texts)
            if verdict is Verdict.ALTERED
            else None,
            notes=_withdrawal_note(place.record),
        )
        if best.passage.is_newest or verdict is Verdict.NOT_FOUND:
            return finding
        return replace(
            finding,
            now=self._words_now(quoted, preferred_revision(self._texts.revisions(best.passage.proceeding_id)), place),
        )

    def _glossed(
        self, quotation: Quotation, named: Named, passages: Sequence[PassageCandidate]
    ) -> QuotationFinding | None:
        """Judge a quotation without the writer's glosses in round brackets; None where it stands nowhere like that."""
        if not quotation.glossed:
            return None
        quoted = Quoted(replace(quotation, pieces=quotation.glossed))
        standing = self._parts_with(quoted, passages)
        if not standing:
            return None
        finding = self._standing(quotation, quoted, named, standing)
        finding = replace(finding, records=len({part.passage.proceeding_id for part in standing}))
        return replace(finding, verdict=Verdict.GLOSSED) if finding.verdict is Verdict.EXACT else finding

    def _similar_passages(self, with_traces: Sequence[Sequence[int]], named: Named) -> list[PassageCandidate]:
        """Return revisions that share runs of words with a quotation, best rare ones, and those that the letter names."""
        shared: dict[int, float] = defaultdict(float)
        for ids in with_traces:
            for row_id in ids:
                shared[row_id] += log(2 * _HITS / min(len(ids), _HITS))
        best = sorted(shared, key=lambda row_id: (-shared[row_id], row_id))[:NEAREST]
        passages = self._archive.passages.of_revisions(best)
        meant = self._archive.passages.of_records(list(self._named_records(named)))
        return list({passage.revision_id: passage for passage in (*passages, *meant[:NEAREST])}.values())

    def _named_records(self, named: Named) -> Iterator[int]:
        """Yield the row ids of records that the letter may mean: by number, and by day and column."""
        references = [
            *named.numbers,
            *(f"{day}/{column.first}{column.suffix}" for day, _ in named.days for column in named.columns),
        ]
        for reference in references[:_REFERENCES]:
            yield from self._archive.cross_references.find(reference)[:_REFERENCES]

    def _in_original_answer(
        self, quotation: Quotation, quoted: Quoted, compared: Sequence[_ComparedPart]
    ) -> QuotationFinding | None:
        """Return the quotation in an original answer that is known only from its correction."""
        for proceeding_id in dict.fromkeys(part.passage.proceeding_id for part in compared[:_ORIGINALS]):
            revisions = self._texts.revisions(proceeding_id)
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
                    now=self._words_now(quoted, now, place),
                    records=1,
                    attribution=attribution(quotation, now.proceeding, "answer", self._texts),
                    notes=_withdrawal_note(now.proceeding),
                )
        return None

    # -- texts --------------------------------------------------------------------------------------------------------

    def _compared(self, quoted: Quoted, named: Named, passages: Sequence[PassageCandidate]) -> list[_ComparedPart]:
        """Return the parts of revisions that share most of a quotation or that the letter names, with the comparison."""
        parts = self._texts.parts(passages)
        parts.sort(key=lambda part: (-part[2].shared(quoted), not part[0].is_newest))
        chosen = [part for number, part in enumerate(parts) if number < _ALIGNED or fits(part[0], named)]
        compared = [(passage, part, text, compare(quoted, text)) for passage, part, text in chosen]
        return [
            _ComparedPart(passage, part, text.text, comparison)
            for passage, part, text, comparison in compared
            if comparison
        ]

    def _parts_with(self, quoted: Quoted, passages: Sequence[PassageCandidate]) -> list[_ComparedPart]:
        """Return the parts of revisions in which a quotation stands."""
        compared = [(passage, part, text, stands(quoted, text)) for passage, part, text in self._texts.parts(passages)]
        return [
            _ComparedPart(passage, part, text.text, comparison)
            for passage, part, text, comparison in compared
            if comparison is not None
        ]

    def _place(self, compared: _ComparedPart) -> QuotationPlace:
        revisions = self._texts.revisions(compared.passage.proceeding_id)
        own = next(revision for revision in revisions if revision.id == compared.passage.revision_id)
        return QuotationPlace(
            record=preferred_revision(revisions).proceeding,
            revision=own.proceeding,
            number=own.number,
            part=compared.part,
            text=compared.text,
            comparison=compared.comparison,
        )


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


def _record_count(
    passages: Sequence[PassageCandidate], first: Sequence[PassageCandidate], standing: Sequence[_ComparedPart]
) -> dict[str, Any]:
    """Return the number of records with the words: those compared, and the others if all compared ones had them."""
    stood = {part.passage.revision_id for part in standing}
    is_sure = all(passage.revision_id in stood for passage in first)
    counted = passages if is_sure else [part.passage for part in standing]
    is_more = len(passages) > MANY or (not is_sure and len(passages) > len(first))
    return {"records": len({passage.proceeding_id for passage in counted[:MANY]}), "is_more": is_more}


def _withdrawal_note(proceeding: Proceeding) -> tuple[str, ...]:
    """Return a warning that a record is no longer published."""
    if proceeding.state is not State.WITHDRAWN:
        return ()
    return ("It was withdrawn.",) if proceeding.is_withdrawn else ("It is no longer published.",)
