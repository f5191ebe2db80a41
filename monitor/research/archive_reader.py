"""The Python interface: an archive that a program of your own reads.

`monitor.open_archive` makes an `ArchiveReader`. It calls the functions that the command line calls, and returns the same
frozen values. docs/api.md shows it in use; what that page describes does not change within a major version.
"""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from monitor.errors import RecordNotFoundError
from monitor.model.search import Filters
from monitor.parliament.lifecycle import DueDays
from monitor.parliament.provenance import preferred_revision
from monitor.research.records import record_json
from monitor.research.references import find_ids
from monitor.terms.matcher import Query, compile_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from types import TracebackType

    from db.archive import Archive
    from monitor.model.records import Revision
    from monitor.model.search import Hit
    from monitor.parliament.calendar import SittingCalendar
    from monitor.terms.vocabulary import Lexicon

NO_FILTERS = Filters()


class ArchiveReader:
    """An archive that is open for reading. Use it in a `with` statement, or call `close`.

    It stores nothing, and may stay open while `pqwatch` runs: each call sees what is stored when it begins. Use it in one
    thread only.
    """

    def __init__(
        self, archive: Archive, lexicon: Lexicon, calendar: Callable[[], SittingCalendar], today: Callable[[], date]
    ) -> None:
        self._archive = archive
        self._lexicon = lexicon
        self._calendar = calendar
        self._today = today

    def close(self) -> None:
        """Give the connections to the database back."""
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def compile_query(self, text: str) -> Query:
        """Read a query, as `pqwatch search` does, with the equivalents of the configuration.

        Args:
            text: Words, phrases and operators, as docs/terms.md describes them.

        Raises:
            TermError: The text is not a query. `position` says where, `remedy` what to write instead.
        """
        return compile_query(text, self._lexicon, today=self._today())

    def search(
        self, query: str | Query | None = None, filters: Filters = NO_FILTERS, *, limit: int | None = None
    ) -> Iterator[Hit]:
        """Find records, newest first unless the filters ask for another order.

        Args:
            query: What to look for. Without it, every record that passes the filters is found.
            filters: Days, Houses, bodies, people and the like that a record must have.
            limit: The largest number of records.

        Yields:
            Each record with its newest revision, the places where the query was found (`spans`) and those where the watch
            terms were found (`matches`).

        Raises:
            TermError: The query can't be read.
            ArchiveError: The database can't be read.
        """
        with closing(self._archive.search.hits(self._compiled(query), filters, limit=limit)) as hits:
            yield from hits

    def count(self, query: str | Query | None = None, filters: Filters = NO_FILTERS) -> int:
        """Return the number of records that `search` would find. Raises the same errors."""
        return self._archive.search.count(self._compiled(query), filters)

    def record(self, reference: str) -> Hit:
        """Return one record: the newest of those that have the reference.

        Args:
            reference: What `pqwatch show` takes: an id, a UIN, a day and a UIN, a citation of Hansard, or the address of
                the record's page.

        Raises:
            RecordNotFoundError: The archive has no such record.
            ArchiveError: The database can't be read.
        """
        ids = find_ids(self._archive, reference)
        if not ids:
            raise RecordNotFoundError(reference)
        newest = preferred_revision(self._archive.records.revisions(ids[0]))
        [record] = self._archive.search.hits_of([newest.id])
        return record

    def revisions(self, record: Hit) -> tuple[Revision, ...]:
        """Return all revisions of a record, oldest first. Nothing that was read is ever overwritten."""
        return tuple(self._archive.records.revisions(record.proceeding_id))

    def as_json(self, record: Hit) -> dict[str, Any]:
        """Return a record as the object that `pqwatch search --json` prints. docs/json.md describes its keys."""
        return record_json(self._archive, record, record.spans or record.matches, DueDays(lambda: self._sittings))

    @cached_property
    def _sittings(self) -> SittingCalendar:
        """Sitting calendar, which searches do without."""
        return self._calendar()

    def _compiled(self, query: str | Query | None) -> Query | None:
        return self.compile_query(query) if isinstance(query, str) else query
