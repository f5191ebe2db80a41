"""Archive in which each record reached its reader, or did not, for another reason; and briefings about it. All invented."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from monitor import app
from monitor.digest.compose import Compose
from monitor.model.collection import WindowCoverage, WindowState
from monitor.model.following import MuteKind
from monitor.model.records import House, Member
from monitor.model.sources import Window
from monitor.parliament.calendar import load_calendar
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.records import Proceeding
    from monitor.pipeline import Pipeline

BEGIN = datetime(2021, 2, 1, 6, 0, tzinfo=UTC)
READ = datetime(2021, 2, 2, 6, 0, tzinfo=UTC)
DIGEST = datetime(2021, 2, 2, 8, 0, tzinfo=UTC)
LATER = datetime(2021, 2, 2, 20, 0, tzinfo=UTC)
NEXT = datetime(2021, 2, 3, 8, 0, tzinfo=UTC)

CONFIG = """\
[archive]
url = "sqlite:///pqwatch.db"

[[topics]]
name = "Water"
id = "water"
terms = ["bathing water"{water}]

[[topics]]
name = "Floods"
terms = ["flood defence"{floods}]
exclude = ["flood defence wall"]

[[topics]]
name = "Rail"
terms = ["branch line"]

[[subscribers]]
name = "Policy desk"
email = "policy@example.org"
topics = ["water", "Floods"]
new_questions = false

[[subscribers]]
name = "Away desk"
email = "away@example.org"
topics = ["water"]
paused = {paused}
"""
FIRST = CONFIG.format(water=', "sewage sludge"', floods="", paused="false")
LAST = CONFIG.format(water=', "river gauge"', floods=", '\"storm overflow'", paused="true")
"""At the end "sewage sludge" is removed, "river gauge" is new, and a quotation mark is not closed."""


ASKED = "To ask the Secretary of State for Environment, Food and Rural Affairs"


def a_record(uin: str, heading: str, answer: str, **facts: Any) -> Proceeding:
    return a_question(
        uin=uin,
        heading=heading,
        answer=answer,
        question=f"{ASKED}, what he will do about beach number {uin} now.",
        **facts,
    )


TOLD = (
    a_record("150001", "Beaches: Sample Bay", "The bathing water of Sample Bay is clean."),
    a_record("150002", "Beaches: Placeholder Sands", "The bathing water there is tested each week."),
)
SAME_HEADING = (
    a_record("150003", "Coastal Towns", "Ten places have bathing water.", asked_by=Member(name="Cy Sample")),
    a_record("150004", "Coastal Towns", "Twelve bathing waters were sampled.", asked_by=Member(name="Di Specimen")),
)
MUTED = a_record("150005", "Lidos", "A lido is no bathing water.")
NEW_QUESTION = a_question(
    uin="150006", heading="Jetties", question="What bathing water has a jetty.", answer=None,
    tabled_on=date(2021, 2, 1), date_for_answer=date(2021, 2, 8),
)  # fmt: skip
EXCLUDED = a_record("150007", "Walls: Sample Vale", "The flood defence wall stands.")
ON_RAIL = a_record("150008", "Railways: Sample Vale", "The branch line reopens.")
UNREADABLE = a_record("150009", "Rainfall", "A storm overflow is a pipe.")
REMOVED = a_record("150010", "Farms: Fertilisers", "The sewage sludge is spread.")
LATER_TERM = a_record("150011", "Rivers: Measurement", "Each river gauge is read.")
NO_TERM = a_record("150012", "Puffins: Conservation", "The flood and coastal defences shelter puffins.")
OLD = a_record(
    "150013", "Piers", "A pier beside bathing water.", tabled_on=date(2019, 3, 4), answered_on=date(2019, 3, 8)
)
LACKING = a_record("150014", "Swimming: Safety", "Bathing water may be cold.")
SKIPPED = a_record("150015", "Harbours", "No bathing water is a harbour.", answered_on=date(2021, 2, 2))
OWED = a_record("150016", "Ponds", "A pond may be bathing water.", answered_on=date(2021, 2, 2))
NOT_MATCHED = a_record("150017", "Canals", "A canal is seldom bathing water.", answered_on=date(2021, 2, 2))


@contextmanager
def at(folder: Path, now: datetime) -> Iterator[tuple[Config, Archive, Pipeline]]:
    """Open the archive at an instant."""
    config = app.configuration(str(folder / "config.toml"), env={})
    archive = app.archive(config, now=lambda: now)
    try:
        with app.pipeline(config, archive, as_of=now, now=lambda: now) as pipeline:
            yield config, archive, pipeline
    finally:
        archive.close()


def covered(
    by: str, day: date, state: str = "complete", note: str = "", house: House = House.COMMONS
) -> WindowCoverage:
    window = Window(source="questions", house=house, by=by, day=day)
    return WindowCoverage(window=window, state=WindowState(state), read_at=READ, total=9, held=9, note=note)


def make_audit_desk(folder: Path) -> Desk:
    """Make a desk with all that; the archive is made once."""
    config, archive = _made()
    (folder / "config.toml").write_text(config, encoding="utf-8")
    (folder / "pqwatch.db").write_bytes(archive)
    for name in ("config.toml", "pqwatch.db"):
        (folder / name).chmod(0o600)
    return Desk(folder)


@cache
def _made() -> tuple[str, bytes]:
    with TemporaryDirectory() as made:
        folder = Path(made)
        _live(folder)
        return LAST, (folder / "pqwatch.db").read_bytes()


def _live(folder: Path) -> None:
    """Let two days pass."""
    path = folder / "config.toml"
    path.write_text(FIRST, encoding="utf-8")
    with at(folder, BEGIN) as (_, archive, pipeline):
        pipeline.sync()
        store(archive, REMOVED, OLD, is_news=False)
        pipeline.match()
    with at(folder, READ) as (_, archive, pipeline):
        store(
            archive,
            *TOLD,
            *SAME_HEADING,
            MUTED,
            NEW_QUESTION,
            EXCLUDED,
            ON_RAIL,
            UNREADABLE,
            LATER_TERM,
            NO_TERM,
            LACKING,
        )
        for by in ("tabled", "answered"):
            archive.coverage.note(covered(by, date(2021, 2, 1)))
        archive.coverage.note(covered("answered", date(2021, 1, 29), "failed", "no answer within 30 s"))
    with at(folder, DIGEST) as (config, archive, pipeline):
        pipeline.sync()
        [muted] = archive.cross_references.find(MUTED.id)
        archive.choices.mute(config.subscribers[0], MuteKind.RECORD, MUTED.id, date(2021, 3, 1), muted)
        pipeline.match()
        pipeline.compose()
    path.write_text(LAST, encoding="utf-8")
    with at(folder, LATER) as (config, archive, pipeline):
        pipeline.sync()
        store(archive, SKIPPED)
        pipeline.match()
        Compose(archive, config, load_calendar(()), LATER, lambda: LATER).skip(config.subscribers[0])
    with at(folder, NEXT) as (_, archive, pipeline):
        store(archive, OWED)
        pipeline.match()
        store(archive, NOT_MATCHED)
