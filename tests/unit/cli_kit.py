"""Archive of invented questions, and the command line that reads it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.model.records import Attachment, Grouped, House, Link, Member
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from click.testing import Result

    from monitor.config.settings import Config

NOW = datetime(2021, 2, 10, 9, 0, tzinfo=UTC)
READ_AT = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)

CONFIG = """\
[archive]
url = "sqlite:///pqwatch.db"

[[topics]]
name = "Water"
id = "water"
terms = ["bathing water", "beach = foreshore"]
exclude = ["sea water"]
note = "clean or not"

[[topics]]
name = "Flood defences"
terms = ["flood defence"]

[[subscribers]]
name = "Policy desk"
email = "policy@example.org"
topics = ["*"]
"""

LONG = "Nothing to see in this sentence. " * 12
SAFELINK = "https://gbr01.safelinks.protection.outlook.com/?url="
TABLE = "Samples taken:\n\nPlace\tSamples\nNorth Sample\t12\nSouth Sample\t1,204"

QUESTIONS = (
    a_question(uin="140001", heading="Beaches: Sample Vale", answer=f"{LONG}All bathing waters were clean. {LONG}"),
    a_question(
        uin="140002",
        heading="Floods",
        question="To ask the Secretary of State for Environment, Food and Rural Affairs, what flood defences there are.",
        answer=None,
        named_day=True,
        date_for_answer=date(2021, 2, 1),
        asked_by=Member(name="Siân Sample", party="Plaid Cymru", constituency="Dyffryn"),
    ),
    a_question(
        uin="HL77",
        house=House.LORDS,
        heading="Foreshore",
        question="To ask Her Majesty's Government what they ask of the Wales Office.",
        body="Home Office",
        answer=None,
        tabled_on=date(2021, 2, 8),
        date_for_answer=date(2021, 2, 22),
        url="https://questions-statements.parliament.uk/written-questions/detail/2021-02-08/HL77",
    ),
    a_question(id="q-9", uin="140009", heading="An old one", tabled_on=date(2019, 3, 4), answered_on=date(2019, 3, 8)),
    a_question(uin="140009", heading="A new one", answer=TABLE, answered_on=date(2021, 2, 3)),
    a_question(
        uin="140010",
        heading="\x1b]0;owned\x07Hostile\u202e \x1b[2Jheading \U000f001b[31m",
        answer="A \x1b[31mred\x1b[0m bathing water\U000f001b[2J.\x07",
        answered_on=date(2021, 1, 28),
        asked_by=Member(name="Eve\x1b[5m Escape"),
        attachments=(
            Attachment(title="Table\x1b[2J", file_type="pdf", size_bytes=2_500_000, url="https://example.org/t"),
        ),
        links=(
            Link(
                text="the\x1b[2J code of\u202e practice",
                href=f"{SAFELINK}https%3A%2F%2Fwww.gov.uk%2Fcode-of-practice&data=1",
            ),
            Link(text="a\x07", href="https://news.example/\x1b[2J" + "a-long-name-of-a-page-" * 5),
        ),
        grouped_with=(Grouped(uin="140001", tabled_on=date(2021, 1, 26)),),
    ),
    a_question(
        uin="140011",
        heading="Referring",
        answer="I refer the hon. Member to the answer given on 1 February 2021 to Question 140001.",
        answered_on=date(2021, 2, 1),
    ),
)
CORRECTED = a_question(
    uin="140001",
    heading="Beaches: Sample Vale",
    answer=f"{LONG}No bathing waters were clean. {LONG}",
    corrected_on=date(2021, 2, 5),
    is_correction=True,
)


@dataclass(frozen=True)
class Desk:
    """A folder with config.toml and the archive."""

    folder: Path

    def run(self, *args: str) -> Result:
        return CliRunner().invoke(pqwatch, [*args, "--config", str(self.folder / "config.toml")])

    def command(self, *args: str) -> str:
        """Return the command line as a user types it."""
        return shlex.join(["pqwatch", *args, "--config", str(self.folder / "config.toml")])


def without_option(text: str) -> str:
    """Return messages without the `--config` that stands behind each command in them; tests of it are in test_cli_typed."""
    return re.sub(r" --config \S+", "", text)


def make_desk(folder: Path, *, is_empty: bool = False, config: str = CONFIG) -> Desk:
    """Make a desk with the questions above, already matched, or with an empty archive (`pqwatch.db`)."""
    (folder / "config.toml").write_text(config, encoding="utf-8")
    (folder / "pqwatch.db").write_bytes(_made(config, is_empty=is_empty))
    for name in ("config.toml", "pqwatch.db"):
        (folder / name).chmod(0o600)
    return Desk(folder)


@cache
def _made(config: str, *, is_empty: bool) -> bytes:
    """Return the bytes of a desk's archive. It is made once, because that takes a third of a second."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "config.toml").write_text(config, encoding="utf-8")
        settings = app.configuration(str(Path(folder) / "config.toml"), env={})
        _make(settings, is_empty=is_empty)
        return (Path(folder) / "pqwatch.db").read_bytes()


def _make(settings: Config, *, is_empty: bool) -> None:
    archive = app.archive(settings, now=lambda: READ_AT)
    try:
        if not is_empty:
            store(archive, *QUESTIONS)
            store(archive, CORRECTED)
        with app.pipeline(settings, archive, as_of=NOW) as pipeline:
            pipeline.sync()
            pipeline.match()
    finally:
        archive.close()
