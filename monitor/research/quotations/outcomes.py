"""Outcome of checking a quotation: the verdict, and the place in the archive where it stands or the nearest one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.records import Member, Proceeding
    from monitor.research.quotations.attribution import Attribution
    from monitor.research.quotations.comparison import Comparison
    from monitor.research.quotations.extraction import Quotation


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
