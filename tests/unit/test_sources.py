"""Sources as the configuration defines them, on or off, and the register in which people are looked up."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor import app
from monitor.config import settings
from monitor.errors import ConfigError, FetchError, GoneError
from monitor.model.records import House
from monitor.model.sources import COMING_SOURCES
from monitor.ports import Discovery, FileSource
from monitor.sources import FILES, PLACED, WINDOWS, Sources
from scrapers.http.client import Client
from scrapers.people import People
from tests.fakes import Clock, a_config, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.archive import Archive

PEOPLE = Path(__file__).resolve().parents[1] / "scrapers" / "examples" / "people" / "since"
DAY = date(2009, 10, 26)
FEED = settings.FeedSettings(name="News", url="https://news.example.org/feed", house=House.LORDS)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = new_archive(tmp_path, Clock())
    yield archive
    archive.close()


def built(archive: Archive, *, path: Path | None = None, is_offline: bool = False, **parts: Any) -> Sources:
    client = Client("mailto:desk@example.org", "1")
    return Sources(a_config(**parts), archive, client, clock=Clock(), path=path, is_offline=is_offline)


def register(sources: Sources) -> Any:
    return sources._register


def test_only_questions_are_read_without_tables(archive: Archive) -> None:
    sources = built(archive)
    assert [window.name for window in sources.windows()] == ["questions"]
    assert sources.files() == []


def test_every_source_can_be_built_on_or_not(archive: Archive, tmp_path: Path) -> None:
    for sources in (built(archive), built(archive, is_offline=True), built(archive, path=tmp_path)):
        for name in (*WINDOWS, *FILES):
            one = sources.named(name)
            assert one.name == name
            assert isinstance(one, FileSource) is (name in FILES)


def test_sources_that_are_on_are_built(archive: Archive) -> None:
    off = settings.QuestionsSettings(enabled=False)
    sources = built(
        archive,
        questions=off,
        statements=settings.StatementsSettings(enabled=True, houses=(House.LORDS,)),
        northern_ireland=settings.NorthernIrelandSettings(enabled=True),
        senedd=settings.SeneddSettings(enabled=True),
        scotland=replace(settings.SCOTLAND, enabled=True),
        feeds=(FEED, replace(FEED, name="Off", enabled=False)),
    )
    assert [(window.name, window.houses) for window in sources.windows()] == [
        ("statements", (House.LORDS,)),
        ("northern_ireland", (House.NORTHERN_IRELAND,)),
        ("senedd", (House.SENEDD,)),
    ]
    scotland, feeds = sources.files()
    assert (scotland.name, feeds.name, feeds.houses) == ("scotland", "feeds", (House.LORDS,))
    assert [ref.name for ref in feeds.files()] == ["News"]
    assert isinstance(feeds, Discovery)


def test_offline_all_are_built_wherever_their_files_are(archive: Archive) -> None:
    sources = built(archive, is_offline=True, historic=settings.FileSourceSettings(path=Path("/nowhere")))
    assert [window.name for window in sources.windows()] == [*WINDOWS, *COMING_SOURCES]
    assert [file.name for file in sources.files()] == list(FILES)


@pytest.mark.parametrize("name", PLACED)
def test_files_are_read_from_a_folder_of_this_machine(archive: Archive, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "copy"
    (folder / "wrans").mkdir(parents=True)
    assert list(built(archive, path=folder).file(name).files(DAY, DAY)) == []
    files: Any = settings.FileSourceSettings(path=tmp_path / "gone")
    given: Any = settings.TheyWorkForYouSettings(files=files) if name == "theyworkforyou" else files
    with pytest.raises(ConfigError, match=r"There is no folder .*gone: correct path"):
        built(archive, **{name: given}).file(name)


# -- people -----------------------------------------------------------------------------------------------------------


def a_copy(root: Path) -> Path:
    """Make a folder of files, with the files on people beside it."""
    (root / "pwdata" / "scrapedxml").mkdir(parents=True)
    shutil.copytree(PEOPLE, root / "pwdata" / "members")
    return root / "pwdata"


@pytest.mark.parametrize("where", ["pwdata", "pwdata/scrapedxml"])
def test_people_are_looked_up_beside_the_files(archive: Archive, tmp_path: Path, where: str) -> None:
    a_copy(tmp_path)
    people = register(built(archive, path=tmp_path / where))
    assert archive.runs.fact("people_at") is None  # no person was looked up yet
    people.by_name("Nobody Atall", House.COMMONS, DAY)
    assert archive.runs.fact("people_at") == str(tmp_path / "pwdata" / "members")
    assert len(people._register) > 0


def test_people_are_looked_up_where_the_configuration_says(archive: Archive, tmp_path: Path) -> None:
    members = a_copy(tmp_path) / "members"
    table = settings.TheyWorkForYouSettings(members=str(members))
    assert len(register(built(archive, theyworkforyou=table))._register) > 0
    there = settings.TheyWorkForYouSettings(files=settings.FileSourceSettings(path=tmp_path / "pwdata"))
    assert len(register(built(archive, theyworkforyou=there))._register) > 0


def test_people_are_looked_up_again_in_the_same_place(archive: Archive, tmp_path: Path) -> None:
    path = a_copy(tmp_path)
    register(built(archive, path=path)).by_name("Nobody Atall", House.COMMONS, DAY)
    assert len(register(built(archive, is_offline=True))._register) > 0
    shutil.rmtree(path / "members")
    with pytest.raises(FetchError, match="is no folder"):
        register(built(archive, is_offline=True)).by_name("Nobody Atall", House.COMMONS, DAY)


def test_no_one_is_known_without_files_on_people(archive: Archive, tmp_path: Path) -> None:
    member = register(built(archive, path=tmp_path)).by_name("Ann Otherly", House.COMMONS, DAY)
    assert (member.name, member.person_id) == ("Ann Otherly", None)
    assert archive.runs.fact("people_at") is None


def test_people_of_the_site_are_read_from_it(archive: Archive) -> None:
    on = replace(settings.TheyWorkForYouSettings().files, enabled=True, base_url="http://127.0.0.1:9/pwdata")
    sources = built(archive, theyworkforyou=settings.TheyWorkForYouSettings(files=on))
    assert str(sources._people()) == "http://127.0.0.1:9/pwdata/members"


def test_a_site_without_files_on_people_leaves_names_as_they_are_printed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(place: People) -> People:
        raise GoneError("there is nothing", url=str(place))

    monkeypatch.setattr(People, "read", gone)
    on = replace(settings.TheyWorkForYouSettings().files, enabled=True, base_url="http://127.0.0.1:9/pwdata")
    for table, knows in (
        (settings.TheyWorkForYouSettings(files=on), True),
        (settings.TheyWorkForYouSettings(files=on, members="x"), False),
    ):
        looked_up = register(built(archive, theyworkforyou=table))
        if knows:
            assert looked_up.by_name("Ann Otherly", House.COMMONS, DAY).name == "Ann Otherly"
        else:  # the configuration says that there are files
            with pytest.raises(GoneError):
                looked_up.by_name("Ann Otherly", House.COMMONS, DAY)


def test_an_error_page_in_place_of_a_file_on_people_fails_files_and_no_record(archive: Archive, tmp_path: Path) -> None:
    path = a_copy(tmp_path)
    (path / "members" / "people_2005-12-01.json").write_bytes(b"<!DOCTYPE html><html><p>Being mended<br></html>")
    looked_up = register(built(archive, path=path))
    with pytest.raises(FetchError, match="has a file on people that can't be read"):
        looked_up.by_name("Ann Otherly", House.COMMONS, DAY)


def test_the_stages_have_the_sources_of_the_configuration(archive: Archive) -> None:
    config = a_config(scotland=replace(settings.SCOTLAND, enabled=True))
    with app.pipeline(config, archive) as pipeline:
        assert [source.name for source in pipeline.sources] == ["questions"]
        assert [file.name for file in pipeline.files()] == ["scotland"]
        assert pipeline.source_named is not None
        assert pipeline.source_named("statements").name == "statements"
