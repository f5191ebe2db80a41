"""The first run of an archive, and the first digest: one mail with everything that the first run read.

A first run makes nothing news. A user who wants to see what it read asks for a first digest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from monitor.collect.news import fact_of
from monitor.model.collection import WindowState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from db.archive import Archive
    from db.runs import Runs
    from monitor.collect.news import Scope
    from monitor.ports import Source

FIRST_DIGEST = "first_digest"
"""Key of the fact that holds the first digest."""


def is_first_run(archive: Archive, sources: Sequence[Source]) -> bool:
    """Return whether no source of windows was ever read completely, as far back as it goes."""
    return bool(sources) and all(_is_unread(archive, source) for source in sources)


def _is_unread(archive: Archive, source: Source) -> bool:
    if archive.runs.fact(fact_of("full_read_on", source.name)) is None:
        return True
    if archive.runs.fact(fact_of("whole_on", source.name)) is not None:
        return False
    return all(coverage.state is WindowState.FAILED for coverage in archive.coverage.windows(source.name))


# -- the first digest -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDigest:
    """A digest of everything that the first run read, which the user asked for.

    `since`: its first day. `made_at`: None until it is composed.
    """

    since: date
    asked_at: datetime
    made_at: datetime | None = None

    def as_text(self) -> str:
        """Return the text that the archive stores."""
        made = [self.made_at.isoformat()] if self.made_at else []
        return " ".join([self.since.isoformat(), self.asked_at.isoformat(), *made])


def first_digest(runs: Runs) -> FirstDigest | None:
    """Load the first digest; None if the user never asked for one."""
    since, asked_at, *made_at = (runs.fact(FIRST_DIGEST) or " ").split(" ")
    if not since:
        return None
    made = datetime.fromisoformat(made_at[0]) if made_at else None
    return FirstDigest(since=date.fromisoformat(since), asked_at=datetime.fromisoformat(asked_at), made_at=made)


def first_digest_to_make(runs: Runs) -> FirstDigest | None:
    """Load the first digest that was asked for and is not composed yet; None if nothing is to be made."""
    first = first_digest(runs)
    return first if first is not None and first.made_at is None else None


def why_no_first_digest(runs: Runs, sources: Iterable[str], scope: Scope) -> str:
    """Return why there can be no first digest; "" where there can, because the days of the first run are still read."""
    floors = [runs.fact(fact_of("news_floor", source)) for source in sources]
    since = min((floor for floor in floors if floor), default=None)
    if since is None or date.fromisoformat(since) >= scope.first_window:
        return ""
    return f"a first digest is for the first {scope.look_back_days} days, and this archive has news since {since}"


def ask_first_digest(archive: Archive, sources: Iterable[str], scope: Scope, now: datetime) -> None:
    """Make every day of the look-back news for one digest, stored revisions as well as those still to be read.

    Safe to repeat: the request is stored first, and each run repeats it until the digest is made. What was mailed is not
    mailed again.
    """
    runs = archive.runs
    first = first_digest(runs) or FirstDigest(since=scope.first_window, asked_at=now)
    if first.made_at is not None:
        return
    runs.set_fact(FIRST_DIGEST, first.as_text())
    for source in sources:
        name = fact_of("news_floor", source)
        runs.set_fact(name, min(runs.fact(name) or first.since.isoformat(), first.since.isoformat()))
    archive.revisions.take_as_news(first.since)


def note_first_digest_made(runs: Runs, now: datetime) -> None:
    """Note that the first digest was composed for every subscriber, so that it comes once."""
    if first := first_digest_to_make(runs):
        runs.set_fact(FIRST_DIGEST, replace(first, made_at=now).as_text())
