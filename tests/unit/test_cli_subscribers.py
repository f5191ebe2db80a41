"""`subscribers`: changes to config.toml, erasure, and output."""

from __future__ import annotations

import json
import shutil
import tomllib
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event

from db import backup
from monitor import app
from monitor.cli import pqwatch
from monitor.errors import ArchiveError, ConfigError, NotDoneError, StaleConfigError
from tests.unit.cli_kit import CONFIG, NOW, READ_AT, Desk, make_desk, without_option
from tests.unit.delivery_kit import letter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    from db.archive import Archive

DESK = "policy@example.org"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def desk(stored: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Copy the desk. The time is Wednesday, 10 February 2021, nine o'clock."""
    monkeypatch.setattr(app, "clock", lambda: NOW)
    shutil.copytree(stored.folder, tmp_path / "desk")
    return Desk(tmp_path / "desk")


def file(desk: Desk) -> Path:
    return desk.folder / "config.toml"


def people(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(file(desk).read_text(encoding="utf-8"))["subscribers"]
    return found


@contextmanager
def opened(desk: Desk) -> Iterator[Archive]:
    archive = app.archive(app.configuration(str(file(desk)), env={}), now=lambda: NOW)
    try:
        yield archive
    finally:
        archive.close()


def compose(desk: Desk, *, now: bool = True, deliver: bool = False) -> None:
    """Compose the digests that are due, or of all with `now`, and deliver them into the folder on request."""
    with opened(desk) as archive:
        config = app.configuration(str(file(desk)), env={})
        with app.pipeline(config, archive, as_of=NOW, now=lambda: NOW) as pipeline:
            pipeline.sync()
            pipeline.match()
            pipeline.compose(now=now)
            if deliver:
                pipeline.deliver()


def flat(result: Result) -> str:
    return without_option(" ".join(result.output.split()))


# -- list -------------------------------------------------------------------------------------------------------------


def test_subscribers_are_listed_with_topics_and_times(desk: Desk) -> None:
    desk.run("subscribers", "add", "Ann", "ann@example.org", "--topic", "water", "--cadence", "weekly", "--id", "a")
    desk.run("subscribers", "add", "Bob", "bob@example.org", "--cadence", "instant")
    desk.run("subscribers", "pause", "Bob")
    compose(desk)
    lines = desk.run("subscribers", "list").stdout.splitlines()
    assert lines[0] == "Policy desk: policy@example.org"
    assert lines[1] == "    Gets all 2 topics, Mon to Fri at 07:30"
    assert lines[2].startswith("    Last 2021-02-10 09:00:")
    assert lines[2].endswith("; next now, with the next run")  # that of this morning: one on demand takes no slot
    assert lines[3:5] == ["Ann (id: a): ann@example.org", "    Gets “Water”, weekly, on Monday at 07:30"]
    assert lines[6:9] == [
        "Bob: bob@example.org",
        "    Gets all 2 topics, after each run that finds something",
        "    No digest yet; paused since Wednesday 10 February 2021",
    ]
    rows = json.loads(desk.run("subscribers", "list", "--json").stdout)
    assert [(row["id"], row["paused"], row["at"]) for row in rows] == [
        ("Policy desk", False, "07:30"),
        ("a", False, "07:30"),
        ("Bob", True, None),
    ]
    assert rows[1]["next_at"] == "2021-02-15T07:30:00+00:00"
    assert len(desk.run("subscribers", "list", "--format", "csv").stdout.splitlines()) == 4


def test_refused_address_is_reported(desk: Desk) -> None:
    retire(desk)
    result = desk.run("subscribers", "list")
    assert "    ! Nothing is sent to this address: see below" in result.stdout.splitlines()
    assert "! policy@example.org has been refused on three days" in flat(result)
    (row,) = json.loads(desk.run("subscribers", "list", "--json").stdout)
    assert (row["refused_since"][:10], row["put_aside"]) == ("2021-02-12", [1])
    added = desk.run("subscribers", "add", "Again", "Policy@example.org")
    assert "Policy@example.org is the address of “Policy desk” too: each is a digest of its own" in flat(added)
    assert "nothing is sent there since 2021-02-12" in flat(added)


def retire(desk: Desk) -> None:
    with opened(desk) as archive:
        with archive.outbox.store.write() as connection:
            archive.outbox.add(connection, None, [letter(recipient=DESK)], NOW)
        for day in range(3):
            then = NOW + timedelta(days=day)
            claimed = archive.outbox.claim(then)
            assert claimed is not None
            archive.outbox.failed(1, claimed[1], then, "550 5.1.1 no such user", "recipient")


def test_no_subscribers_yet(desk: Desk) -> None:
    desk.run("subscribers", "remove", "Policy desk")
    assert "pqwatch subscribers add NAME EMAIL" in without_option(desk.run("subscribers", "list").stderr)


# -- add --------------------------------------------------------------------------------------------------------------


def test_add_says_what_the_subscriber_will_get(desk: Desk) -> None:
    result = desk.run("subscribers", "add", "Ann", "ann@example.org", "--topic", "flood defences", "--at", "18:00")
    assert result.exit_code == 0
    assert without_option(result.stdout).splitlines() == [
        f"Added “Ann”, ann@example.org: {file(desk)}, line 20",
        "Gets “Flood defences”, Mon to Fri at 18:00.",
        (
            "The first digest, Wednesday 10 February 2021 18:00, has what pqwatch stores from its next run on. What is in "
            "the archive already is not mailed: pqwatch matches lists it."
        ),
    ]
    assert people(desk)[1] == {
        "name": "Ann",
        "email": "ann@example.org",
        "topics": ["Flood defences"],
        "at": "18:00",
    }


def test_every_option_is_written(desk: Desk) -> None:
    options = "--topic all --cadence daily --id a --subject counts --mentions off --quiet-days"
    options += " --no-new-questions --no-waiting --no-promises"
    output = json.loads(desk.run("subscribers", "add", "Ann", "ann@example.org", *options.split(), "--json").stdout)
    assert people(desk)[1] == {
        "name": "Ann",
        "id": "a",
        "email": "ann@example.org",
        "topics": ["*"],
        "cadence": "daily",
        "subject": "counts",
        "mentions": "off",
        "quiet_days": True,
        "new_questions": False,
        "waiting": False,
        "promises": False,
    }
    assert (output["id"], output["topics"], output["changed"]) == ("a", ["Water", "Flood defences"], True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Ann", "ann"], "is no e-mail address"),
        (["Ann", "ann@example.org", "--topic", "watr"], "Did you mean 'Water'?"),
        (["Ann", "ann@example.org", "--at", "25:00"], "is no time of the day"),
        (["Ann", "ann@example.org", "--at", "18:00", "--cadence", "instant"], "--at is for daily and weekly"),
        (["policy DESK", "ann@example.org"], "There is a subscriber 'policy DESK' already"),
    ],
)
def test_refused_addition_is_explained_and_nothing_is_written(desk: Desk, words: list[str], message: str) -> None:
    result = desk.run("subscribers", "add", *words)
    assert result.exit_code != 0
    assert message in flat(result) or message in str(result.exception)
    assert file(desk).read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize(
    "words",
    ["add Ann ann@example.org", "pause desk", "resume bob", "remove desk", f"forget {DESK}"],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_dry_run_changes_nothing_and_shows_the_change(desk: Desk, words: str, as_json: bool) -> None:
    text = CONFIG.replace('name = "Policy desk"', 'name = "desk"') + (
        '\n[[subscribers]]\nname = "bob"\nemail = "bob@example.org"\npaused = true\n'
    )
    file(desk).write_text(text, encoding="utf-8")
    result = desk.run("subscribers", *words.split(), "--dry-run", *(["--json"] if as_json else []))
    assert result.exit_code == 0
    assert file(desk).read_text(encoding="utf-8") == text
    assert "Nothing was changed" in result.stderr
    diff = json.loads(result.stdout)["diff"] if as_json else result.stdout
    assert [line for line in diff.splitlines() if line.startswith(("+", "-")) and line[1:2] not in "+-"]


# -- pause, resume, remove --------------------------------------------------------------------------------------------


def test_pause_says_what_is_still_sent(desk: Desk) -> None:
    compose(desk)
    result = desk.run("subscribers", "pause", "policy desk")
    assert f"Paused “Policy desk”: {file(desk)}, line 15" in result.stdout
    assert "1 mail composed before still goes: pqwatch deliver --discard 1 gives it up." in flat(result)
    assert people(desk)[0]["paused"]
    assert desk.run("subscribers", "pause", "Policy desk").stderr == "“Policy desk” is paused already.\n"


def test_resume_counts_missed_items_and_names_the_command_that_lists_them(desk: Desk) -> None:
    with opened(desk) as archive, archive.outbox.store.write() as connection:
        connection.exec_driver_sql("update revision set is_news = true")
    desk.run("subscribers", "pause", "Policy desk")
    with opened(desk) as archive:
        config = app.configuration(str(file(desk)), env={})
        with app.pipeline(config, archive, as_of=NOW, now=lambda: READ_AT) as pipeline:
            archive.outbox.store.clock = lambda: READ_AT
            pipeline.sync()
    listed = desk.run("subscribers", "list").stdout
    assert "paused since Tuesday 2 February 2021, 4 items missed so far" in listed
    result = desk.run("subscribers", "resume", "Policy desk")
    assert without_option(result.stdout).splitlines()[1:] == [
        "The next digest is due now, with the next run.",  # the pause went over the one of this morning
        (
            "4 items came since Tuesday 2 February 2021 and are not mailed any more. To list what was found since then: "
            "pqwatch matches --since 2021-02-02 --limit 0"
        ),
    ]
    assert not people(desk)[0]["paused"]
    assert desk.run("subscribers", "resume", "Policy desk").stderr == "“Policy desk” is not paused.\n"
    compose(desk, now=False)
    listed = desk.run("subscribers", "list").stdout
    assert "Last 2021-02-10 07:30" in listed
    assert "next Thursday 11 February 2021 07:30" in listed


def test_pause_between_two_runs_has_no_effect(desk: Desk) -> None:
    desk.run("subscribers", "pause", "Policy desk")
    assert "No run saw the pause, so nothing was missed." in desk.run("subscribers", "resume", "Policy desk").stdout


def test_remove_names_the_command_to_forget(desk: Desk) -> None:
    result = desk.run("subscribers", "remove", "Policy desk")
    assert "The archive keeps the text of mails for 90 days" in flat(result)
    assert "pqwatch subscribers forget policy@example.org" in flat(result)
    assert "No one gets a digest now." in result.stderr
    assert "subscribers" not in tomllib.loads(file(desk).read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", ["pause", "resume", "remove"])
def test_unknown_subscriber(desk: Desk, command: str) -> None:
    assert "Did you mean 'Policy desk'?" in flat(desk.run("subscribers", command, "Policy dsk"))
    for given in ("zzz", " ", ""):
        assert desk.run("subscribers", command, given).exit_code == 2


def test_a_subscriber_is_named_by_an_address_too(desk: Desk) -> None:
    assert desk.run("subscribers", "pause", f" {DESK.upper()} ").exit_code == 0
    assert people(desk)[0]["paused"]


def test_two_subscribers_of_one_name_are_distinguished_by_id(desk: Desk) -> None:
    desk.run("subscribers", "add", "Ann", "ann@example.org", "--id", "one")
    text = (
        file(desk).read_text(encoding="utf-8")
        + '\n[[subscribers]]\nname = "Ann"\nid = "two"\nemail = "b@example.org"\n'
    )
    file(desk).write_text(text, encoding="utf-8")
    assert "2 subscribers are called 'Ann': name one by its id: 'one', 'two'." in flat(
        desk.run("subscribers", "pause", "Ann")
    )
    assert desk.run("subscribers", "pause", "two").exit_code == 0
    assert people(desk)[2]["paused"]


def test_a_subscriber_whose_name_is_written_so_is_meant_before_one_in_other_capitals(desk: Desk) -> None:
    text = file(desk).read_text(encoding="utf-8")
    for name in ("ANN", "Ann"):
        text += f'\n[[subscribers]]\nname = "{name}"\nid = "{name} 1"\nemail = "{name}@example.org"\n'
    file(desk).write_text(text, encoding="utf-8")
    assert desk.run("subscribers", "pause", "Ann").exit_code == 0
    assert [bool(person.get("paused")) for person in people(desk)] == [False, False, True]
    assert "2 subscribers are called 'ann'" in flat(desk.run("subscribers", "pause", "ann"))


def test_unreadable_archive_does_not_stop_a_change(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ArchiveError("the archive is in use")

    monkeypatch.setattr(app, "archive", refuse)
    result = desk.run("subscribers", "pause", "Policy desk")
    told = "Who is in the archive, and which mails still go, can't be told: the archive is in use\n"
    assert (result.exit_code, result.stderr) == (0, told)
    assert people(desk)[0]["paused"]


# -- forget -----------------------------------------------------------------------------------------------------------


def test_person_is_erased_everywhere_and_remaining_traces_are_listed(desk: Desk) -> None:
    desk.run("subscribers", "add", "Desk again", "POLICY@example.org")
    desk.run("subscribers", "add", "Ann", "ann@example.org")
    with file(desk).open("a", encoding="utf-8") as config:
        config.write("# ask policy@example.org\n")
    shutil.copy(file(desk), desk.folder / "config.toml.bak")
    far = b"." * ((1 << 20) - 5) + DESK.upper().encode()  # crosses the limit of rows that are read at once
    (desk.folder / "pqwatch.db.0001.bak").write_bytes(far)
    (desk.folder / "pqwatch.db.clean.bak").write_bytes(b"." * 100)
    with opened(desk) as archive, archive.outbox.store.write() as connection:
        connection.exec_driver_sql("update revision set is_news = true")
    compose(desk, deliver=True)
    files = {path.name for path in (desk.folder / "outbox").iterdir()}
    result = desk.run("subscribers", "forget", "Policy@Example.org", "--yes")
    assert result.exit_code == 0
    assert [entry["name"] for entry in people(desk)] == ["Ann"]
    gone = files - {path.name for path in (desk.folder / "outbox").iterdir()}
    assert gone
    assert len(gone) % 2 == 0
    for path in (desk.folder / "outbox").iterdir():
        assert b"policy@example.org" not in path.read_bytes().lower()
    assert b"olicy@example.org" not in (desk.folder / "pqwatch.db").read_bytes()
    number = 1 + file(desk).read_text(encoding="utf-8").split("\n").index("# ask policy@example.org")
    assert f"config.toml line {number} still names Policy@Example.org" in flat(result)
    assert f"{desk.folder / 'config.toml.bak'} may still name" in flat(result)
    assert f"{desk.folder / 'pqwatch.db.0001.bak'} may still name" in flat(result)
    assert "clean.bak" not in flat(result)
    assert "Out of reach are mails that were delivered" in flat(result)
    again = desk.run("subscribers", "forget", DESK, "--yes")
    assert (again.exit_code, again.stderr) == (0, f"Nothing is known of {DESK} here.\n")


def test_run_with_the_old_configuration_does_not_restore_a_forgotten_person(desk: Desk) -> None:
    before = app.configuration(str(file(desk)), env={})
    assert desk.run("subscribers", "forget", DESK, "--yes").exit_code == 0
    with opened(desk) as archive, app.pipeline(before, archive, as_of=NOW, now=lambda: NOW) as pipeline:
        acts: tuple[Callable[[], object], ...] = (pipeline.run, lambda: pipeline.mail(compose=True))
        for act in acts:
            with pytest.raises(StaleConfigError, match="was changed while this began: run it again"):
                act()
        assert archive.outbox.count_erasable(DESK).subscribers == 0
        assert [row.stage for row in archive.runs.last()] == ["match"]  # the run that made the desk
        with archive.runs.lease():  # released
            pass


def test_dry_run_ignores_changes_of_the_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{CONFIG}\n[sources.questions]\nenabled = false\n[sources.calendar]\nenabled = false\n"
    file(desk).write_text(text, encoding="utf-8")

    back_up = backup.back_up

    def copied(*given: Any) -> Path:
        file(desk).write_text(f"{text}# a note\n", encoding="utf-8")
        return back_up(*given)

    monkeypatch.setattr(backup, "back_up", copied)
    result = desk.run("run", "--dry-run")
    assert (result.exit_code, file(desk).read_text(encoding="utf-8")) == (0, f"{text}# a note\n")
    assert "Nothing was stored or sent" in result.stderr


def test_status_file_no_longer_quotes_the_address(desk: Desk) -> None:
    status = desk.folder / "pqwatch.db.status.json"
    content = {
        "ok": False,
        "failures": [f"{DESK.upper()} has been refused on three days", "the disk is full"],
        "silent": [],
    }
    status.write_text(json.dumps(content), encoding="utf-8")
    result = desk.run("subscribers", "forget", DESK, "--yes")
    assert result.exit_code == 0
    assert json.loads(status.read_text(encoding="utf-8")) == content | {"failures": ["the disk is full"]}
    assert "status.json" not in flat(result)


def test_a_status_file_that_keeps_the_address_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    status = desk.folder / "pqwatch.db.status.json"
    status.write_text(f'{{"failures": ["{DESK} is refused"], "silent": []}}', encoding="utf-8")
    monkeypatch.setattr("monitor.operations.status.write_status", refuse)
    result = desk.run("subscribers", "forget", DESK, "--yes")
    assert result.exit_code == 1
    assert f"{status} can't be deleted: check its permissions" in flat(result)


def test_forget_asks_for_confirmation(desk: Desk) -> None:
    before = file(desk).read_bytes()
    config = ["--config", str(file(desk))]
    for answer in ("n\n", ""):
        result = CliRunner().invoke(pqwatch, ["subscribers", "forget", DESK, *config], input=answer)
        assert result.exit_code == 2
        assert "nothing was erased. To erase without being asked: --yes" in flat(result)
    assert file(desk).read_bytes() == before
    result = CliRunner().invoke(pqwatch, ["subscribers", "forget", DESK, *config], input="y\n")
    assert "Erased policy@example.org: “Policy desk” in config.toml." in result.stdout


def test_as_json(desk: Desk) -> None:
    output = json.loads(desk.run("subscribers", "forget", DESK, "--yes", "--json").stdout)
    assert (output["subscribers"], output["erased"], output["files"]) == (["Policy desk"], True, [])


def test_archive_is_untouched_if_the_configuration_cannot_be_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise ConfigError("config.toml is read-only")

    monkeypatch.setattr("monitor.operations.forget.carry_out_rewrite", refuse)
    compose(desk)
    result = desk.run("subscribers", "forget", DESK, "--yes")
    assert isinstance(result.exception, ConfigError)
    with opened(desk) as archive:
        assert archive.outbox.count_erasable(DESK).mails == 1
        with archive.runs.lease():  # released
            pass


def test_late_failure_of_the_archive_is_reported_and_can_be_retried(desk: Desk) -> None:
    compose(desk)
    failing: list[bool] = [True]

    def fail(_: Any) -> None:
        if failing and "subscribers" not in file(desk).read_text(encoding="utf-8"):
            failing.clear()
            raise ArchiveError("the disk is full")

    event.listen(Engine, "commit", fail)
    try:
        result = desk.run("subscribers", "forget", DESK, "--yes")
    finally:
        event.remove(Engine, "commit", fail)
    assert isinstance(result.exception, ArchiveError)
    assert str(result.exception) == (
        f"the disk is full. {DESK} is out of {file(desk)} already, but not out of the archive: do it again"
    )
    with opened(desk) as archive:
        assert archive.outbox.count_erasable(DESK).mails == 1
    assert desk.run("subscribers", "forget", DESK, "--yes").exit_code == 0
    with opened(desk) as archive:
        assert archive.outbox.count_erasable(DESK).mails == 0


def test_nothing_is_erased_during_a_run(desk: Desk) -> None:
    archive = app.archive(app.configuration(str(file(desk)), env={}))
    with archive.runs.lease():
        result = desk.run("subscribers", "forget", DESK, "--yes")
    archive.close()
    assert type(result.exception) is NotDoneError
    assert "so nothing was done: do it again when that is done" in str(result.exception)
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_a_file_that_can_not_be_deleted_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(desk) as archive, archive.outbox.store.write() as connection:
        connection.exec_driver_sql("update revision set is_news = true")
    compose(desk, deliver=True)

    unlink = Path.unlink

    def refuse(path: Path, **options: bool) -> None:
        if path.suffix in (".eml", ".html"):
            raise PermissionError(13, "Permission denied")
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", refuse)
    result = desk.run("subscribers", "forget", DESK, "--yes")
    assert result.exit_code == 1
    assert result.stderr.count("can't be deleted: check its permissions") == 2


def test_operator_is_not_erased_while_they_get_alerts(desk: Desk) -> None:
    text = f'{CONFIG}\n[delivery]\noperator = "{DESK.upper()}"\n'
    file(desk).write_text(text, encoding="utf-8")
    result = desk.run("subscribers", "forget", DESK, "--yes")
    assert isinstance(result.exception, ConfigError)
    assert "is also delivery.operator" in str(result.exception)
    assert file(desk).read_text(encoding="utf-8") == text


def test_invalid_address_is_refused(desk: Desk) -> None:
    assert "is no e-mail address" in flat(desk.run("subscribers", "forget", "Policy desk"))
