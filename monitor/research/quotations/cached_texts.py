"""Texts, records and names of the archive that a letter is checked against, kept for its next quotation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.parliament.provenance import preferred_revision
from monitor.research.quotations.comparison import Text
from monitor.research.quotations.speakers import words_of_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive
    from monitor.model.records import Proceeding, Revision
    from monitor.model.search import PassageCandidate

_MOST_KEPT: Final = 500
"""Revisions of which the texts are kept, and records of which the revisions are."""


class CachedTexts:
    """Texts of revisions by part, revisions of records, and what numbers and names a letter may give."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._texts: dict[int, dict[str, Text]] = {}
        self._revisions: dict[int, list[Revision]] = {}
        self._called: dict[str, Proceeding | None] = {}
        self._people: set[frozenset[str]] | None = None

    def parts(self, passages: Sequence[PassageCandidate]) -> list[tuple[PassageCandidate, str, Text]]:
        """Return each part of these revisions: the passage of the revision, the name of the part, and its text."""
        missing = [passage.revision_id for passage in passages if passage.revision_id not in self._texts]
        if len(self._texts) + len(missing) > _MOST_KEPT:
            self._texts = {}
            missing = [passage.revision_id for passage in passages]
        for revision_id, parts in self._archive.passages.texts(missing).items():
            self._texts[revision_id] = {part: Text(text) for part, text in parts.items()}
        return [
            (passage, part, text)
            for passage in passages
            for part, text in self._texts.get(passage.revision_id, {}).items()
        ]

    def revisions(self, proceeding_id: int) -> list[Revision]:
        """Return the revisions of a record, oldest first."""
        if proceeding_id not in self._revisions:
            if len(self._revisions) > _MOST_KEPT:
                self._revisions = {}
            self._revisions[proceeding_id] = self._archive.records.revisions(proceeding_id)
        return self._revisions[proceeding_id]

    def called(self, number: str) -> Proceeding | None:
        """Return the newest record with a number, as it counts now; None if there is no such record."""
        if number not in self._called:
            found = self._archive.cross_references.find(number)
            self._called[number] = preferred_revision(self.revisions(found[0])).proceeding if found else None
        return self._called[number]

    def is_person(self, words: frozenset[str]) -> bool:
        """Return whether a member has all these words in the name."""
        if self._people is None:
            self._people = {words_of_name(name) for name in self._archive.passages.people()}
        return any(words <= known for known in self._people)
