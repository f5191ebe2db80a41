"""What checking a quotation asks of the archive: which revisions may hold a passage, and their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.model.archive import Passage
    from monitor.model.index_query import Need
    from monitor.model.records import Revision


class Passages(Protocol):
    """Looking for passages. See db.passages.Passages."""

    def holding(self, needs: Sequence[Need], *, at_most: int) -> list[list[int]]:
        """For each need row ids of revisions that may hold it, of every age of a record; of the index the earliest."""
        ...

    def of_revisions(self, revision_ids: Sequence[int]) -> list[Passage]:
        """Revisions by row id, the earliest day first."""
        ...

    def of_records(self, proceeding_ids: Sequence[int]) -> list[Passage]:
        """All revisions of some records, the earliest day first."""
        ...

    def texts(self, revision_ids: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
        """The plain text of the parts of revisions, by row id."""
        ...

    def people(self) -> list[str]:
        """The names of all who asked or answered, as they are printed."""
        ...


class Records(Protocol):
    """What of the record a check reads besides. See db.records.Records."""

    def revisions(self, proceeding_id: int) -> list[Revision]:
        """All revisions of a record, oldest first."""
        ...

    def find(self, reference: str) -> list[int]:
        """Row ids of the records that go by a reference, newest first."""
        ...


class Library(Protocol):
    """The archive, as far as quotations are looked for in it."""

    @property
    def passages(self) -> Passages:
        """Where passages are looked for."""
        ...

    @property
    def records(self) -> Records:
        """Whole records."""
        ...
