"""First look at what a first run has found: how much matches, by topic, and the newest record."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from monitor.collect.first_run import first_digest
from monitor.model.search import ANY_TOPIC, Filters
from monitor.presentation.citation import heading_of, short_reference
from monitor.presentation.wording import count_of, listed, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.search import Hit

_TWO_WEEKS: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """Records since a day, and those among them that the watch terms found.

    `by_topic`: how many were found, by the name of the topic. `newest`: the newest that was found. `is_all`: the first run
    has read everything. `is_interrupted`: its reading was stopped. `may_mail`: there can be a first digest of all of it.
    """

    since: date
    today: date
    records: int
    matching: int
    by_topic: Mapping[str, int]
    newest: Hit | None
    is_all: bool
    may_mail: bool = False
    is_interrupted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of `first_run` in `run --json`, without the command that lists what was found."""
        return {
            "since": self.since.isoformat(),
            "records": self.records,
            "matching": self.matching,
            "by_topic": dict(self.by_topic),
            "newest": self.newest.revision.proceeding.id if self.newest else None,
            "is_whole": self.is_all,
        }


def look(
    archive: Archive, config: Config, since: date, today: date, *, is_all: bool, is_interrupted: bool
) -> FirstLook:
    """Count what the archive has since a day."""
    found = Filters(first=since, topic=ANY_TOPIC)
    matching = archive.search.count(None, found)
    by_topic = {
        topic.name: archive.search.count(None, Filters(first=since, topic=topic.key)) for topic in config.topics
    }
    return FirstLook(
        since=since,
        today=today,
        records=archive.search.count(None, Filters(first=since)),
        matching=matching,
        by_topic=by_topic,
        newest=next(islice(archive.search.hits(None, found, limit=1), 1), None),
        is_all=is_all,
        may_mail=is_all and bool(matching) and first_digest(archive.runs) is None,
        is_interrupted=is_interrupted,
    )


def summary(seen: FirstLook) -> Iterator[str]:
    """Say in sentences what was found."""
    records = count_of(seen.records, "record")
    period = f" of the last {_period(seen)}" if seen.is_all else ""
    if seen.is_all:
        lead = ""
    elif seen.is_interrupted:
        lead = "Of what was read so far: "
    else:
        lead = "Of the newest days, which are read first: "
    if not seen.matching:
        none = "None" if seen.is_all else "none"
        yield f"{lead}{none} of {records}{period} matches. To try a term: pqwatch terms try TERM"
        return
    verb = "matches" if seen.matching == 1 else "match"
    newest = f"; the newest: {_name(seen.newest, seen.today)}" if seen.newest else "."
    yield f"{lead}{seen.matching:,} of {records}{period} {verb}{newest}"
    found = [f"{one_line(name)} {count:,}" for name, count in seen.by_topic.items() if count]
    silent = [one_line(name) for name, count in seen.by_topic.items() if not count]
    nothing = f"; nothing so far on {listed(silent)}" if silent else ""
    yield f"By topic: {', '.join(found)}{nothing}. All of them:"


def _period(seen: FirstLook) -> str:
    days = (seen.today - seen.since).days + 1
    return "two weeks" if days == _TWO_WEEKS else count_of(days, "day")


def _name(hit: Hit, today: date) -> str:
    proceeding = hit.revision.proceeding
    day = f"{proceeding.day.isoformat()} " if proceeding.day else ""
    return f"{day}{short_reference(proceeding)}, {one_line(heading_of(proceeding, today))}"
