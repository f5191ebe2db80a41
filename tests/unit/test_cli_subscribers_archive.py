"""`pqwatch subscribers` with subscribers that are kept in the archive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from monitor import app
from monitor.errors import ArchiveError
from tests.unit.test_cli_subscribers import compose, desk, file, flat, opened, people, stored  # noqa: F401 (fixtures)

if TYPE_CHECKING:
    from monitor.model.watching import Subscriber
    from tests.unit.cli_kit import Desk

ADD = "subscribers add Ann ann@example.org --archive"


def run(desk: Desk, line: str) -> Any:  # noqa: F811 (the fixture)
    """Run a command, which works."""
    result = desk.run(*line.split())
    assert result.exit_code == 0, result.output
    return result


def kept(desk: Desk) -> list[Subscriber]:  # noqa: F811
    with opened(desk) as archive:
        return archive.subscribers.listing()


def rows(desk: Desk) -> list[dict[str, Any]]:  # noqa: F811
    found: list[dict[str, Any]] = json.loads(run(desk, "subscribers list --json").stdout)
    return found


def test_somebody_is_added_to_the_archive(desk: Desk) -> None:  # noqa: F811
    before = file(desk).read_bytes()
    result = run(desk, f"{ADD} --topic water --cadence weekly --at 18:00 --mentions off --no-waiting")
    assert "Added “Ann”, ann@example.org: in the archive" in flat(result)
    assert "Gets “Water”, weekly, on Monday at 18:00." in flat(result)
    [ann] = kept(desk)
    assert (ann.key, ann.topics, ann.cadence, ann.at) == ("Ann", ("water",), "weekly", "18:00")
    assert (ann.mentions, ann.waiting, ann.new_questions) == ("off", False, True)
    assert file(desk).read_bytes() == before
    assert [(row["name"], row["kept_in"]) for row in rows(desk)] == [
        ("Policy desk", "config.toml"),
        ("Ann", "archive"),
    ]
    assert "Ann: ann@example.org, in the archive" in flat(run(desk, "subscribers list"))


def test_a_new_one_gets_the_id_of_somebody_else_only_if_it_is_asked_for(desk: Desk) -> None:  # noqa: F811
    run(desk, ADD)
    with opened(desk) as archive:
        archive.watch_list.sync_subscribers(archive.subscribers.listing())
    run(desk, "subscribers remove Ann")
    other = ADD.replace("ann@example.org", "ann@example.net")
    run(desk, other)
    assert [ann.key for ann in kept(desk)] == ["Ann 2"]
    run(desk, "subscribers remove Ann")
    run(desk, f"{other} --id Ann")
    assert [ann.key for ann in kept(desk)] == ["Ann"]


def test_a_dry_run_keeps_no_one(desk: Desk) -> None:  # noqa: F811
    found = json.loads(run(desk, f"{ADD} --dry-run --json").stdout)
    assert (found["path"], found["line"], found["changed"], found["diff"]) == (None, None, False, "")
    assert "Would add “Ann”, ann@example.org: in the archive" in flat(run(desk, f"{ADD} --dry-run"))
    assert kept(desk) == []


@pytest.mark.parametrize(
    "words", [ADD, "subscribers add ANN x@example.org", "subscribers add x a@example.org --id ann"]
)
def test_a_name_of_the_archive_is_taken_in_both_places(desk: Desk, words: str) -> None:  # noqa: F811
    run(desk, ADD)
    result = desk.run(*words.split())
    assert result.exception is not None
    assert "There is a subscriber" in str(result.exception)
    assert len(kept(desk)) == len(people(desk)) == 1


def test_pause_resume_and_remove(desk: Desk) -> None:  # noqa: F811
    run(desk, ADD)
    assert "Paused “Ann”: in the archive" in flat(run(desk, "subscribers pause ann"))
    assert kept(desk)[0].paused
    assert "is paused already" in flat(run(desk, "subscribers pause Ann"))
    compose(desk)
    assert rows(desk)[1]["paused_since"] is not None
    assert "Resumed “Ann”: in the archive" in flat(run(desk, "subscribers resume Ann"))
    assert not kept(desk)[0].paused
    found = json.loads(run(desk, "subscribers pause Ann --dry-run --json").stdout)
    assert (found["kept_in"], found["paused"], found["changed"]) == ("archive", True, False)
    assert not kept(desk)[0].paused
    assert "Removed “Ann” from the archive" in flat(run(desk, "subscribers remove Ann"))
    assert kept(desk) == []
    assert len(people(desk)) == 1


def test_a_removal_from_the_file_does_not_bring_back_one_of_the_archive(desk: Desk) -> None:  # noqa: F811
    run(desk, f"{ADD} --id other")
    text = file(desk).read_text(encoding="utf-8")
    file(desk).write_text(text.replace('name = "Policy desk"', 'name = "Policy desk"\nid = "other"'), encoding="utf-8")
    listed = flat(run(desk, "subscribers list"))
    assert "! “" not in listed
    assert '! "Ann" is in config.toml and in the archive: config.toml counts.' in listed
    doctor = flat(desk.run("doctor", "--offline"))
    assert '"Ann" is in config.toml and in the archive: config.toml counts.' in doctor
    assert "subscribers remove removes both" in doctor
    hidden = "“Ann”, ann@example.org, in the archive has the same id and {} removed too."
    assert hidden.format("would be") in flat(run(desk, "subscribers remove other --dry-run"))
    assert len(kept(desk)) == 1
    assert hidden.format("is") in flat(run(desk, "subscribers remove other"))
    assert kept(desk) == []


# -- change -------------------------------------------------------------------------------------------------------------

CHANGE = (
    "--email new@example.org --topic water --cadence weekly --at 18:00 --subject counts --mentions off --quiet-days"
)
NO = "--no-new-questions --no-waiting --no-promises"


def test_everything_is_changed_in_the_archive(desk: Desk) -> None:  # noqa: F811
    run(desk, ADD)
    result = run(desk, f"subscribers change Ann --name Anne {CHANGE} {NO}")
    assert "Changed “Anne”: in the archive" in flat(result)
    [ann] = kept(desk)
    assert (ann.key, ann.name, ann.email, ann.topics, ann.cadence, ann.at) == (
        "Ann",
        "Anne",
        "new@example.org",
        ("water",),
        "weekly",
        "18:00",
    )
    assert (ann.subject, ann.mentions, ann.quiet_days) == ("counts", "off", True)
    assert (ann.new_questions, ann.waiting, ann.promises) == (False, False, False)
    run(desk, "subscribers change Anne --topic all --waiting")
    assert (kept(desk)[0].topics, kept(desk)[0].waiting) == (("*",), True)


def test_everything_is_changed_in_the_file(desk: Desk) -> None:  # noqa: F811
    result = desk.run("subscribers", "change", "Policy desk", "--name", "Desk", *CHANGE.split(), *NO.split(), "--json")
    found = json.loads(result.stdout)
    assert (found["id"], found["name"], found["email"], found["changed"]) == (
        "Policy desk",
        "Desk",
        "new@example.org",
        True,
    )
    assert people(desk) == [
        {
            "name": "Desk",
            "id": "Policy desk",
            "email": "new@example.org",
            "topics": ["Water"],
            "cadence": "weekly",
            "at": "18:00",
            "subject": "counts",
            "mentions": "off",
            "new_questions": False,
            "waiting": False,
            "promises": False,
            "quiet_days": True,
        }
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("subscribers change Ann", "say what to change"),
        ("subscribers change Nobody --cadence weekly", "there is no subscriber 'Nobody'"),
        ("subscribers change Ann --email nothing", "'nothing' is no e-mail address"),
        ("subscribers change Ann --topic Nonsense", "there is no topic 'Nonsense'"),
    ],
)
def test_a_change_that_can_not_be_made_is_explained(desk: Desk, words: str, said: str) -> None:  # noqa: F811
    run(desk, ADD)
    before = kept(desk)
    result = desk.run(*words.split())
    assert result.exit_code == 2
    assert said in flat(result)
    assert kept(desk) == before


def test_a_dry_run_of_a_change_changes_nothing(desk: Desk) -> None:  # noqa: F811
    run(desk, ADD)
    assert "Nothing was changed" in flat(run(desk, "subscribers change Ann --cadence weekly --dry-run"))
    assert kept(desk)[0].cadence == "daily"


# -- forget -------------------------------------------------------------------------------------------------------------


def test_a_person_of_the_archive_is_forgotten(desk: Desk) -> None:  # noqa: F811
    run(desk, ADD)
    compose(desk)
    result = run(desk, "subscribers forget ann@example.org --yes")
    assert "“Ann” in the archive" in flat(result)
    assert kept(desk) == []
    with opened(desk) as archive:
        assert "Ann" not in archive.watch_list.watched()[1]


def test_the_file_of_another_machine_would_bring_the_address_back(
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with opened(desk) as archive:
        config = app.configuration(str(file(desk)), env={})
        archive.subscribers.note_file("other:/config.toml", config.subscribers)
    for name in ("monitor.config.merging", "monitor.cli.subscribers"):
        monkeypatch.setattr(f"{name}.goes_by_other_file", lambda *_: True)
    for words in (
        ("pause", "Policy desk"),
        ("remove", "Policy desk"),
        ("change", "Policy desk", "--cadence", "weekly"),
    ):
        result = desk.run("subscribers", *words)
        assert "is in other:/config.toml: run the command there." in str(result.exception)
    result = desk.run("subscribers", "forget", "policy@example.org", "--yes")
    assert "which would bring the address back" in str(result.exception)
    result = desk.run("subscribers", "add", "Bob", "bob@example.org")
    assert "Workers go by the config.toml of another machine" in str(result.exception)
    assert len(people(desk)) == 1
    assert "in other:/config.toml" in flat(run(desk, "subscribers list"))
    run(desk, ADD)


def test_no_one_is_added_to_an_archive_that_can_not_be_read(
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ArchiveError("the archive is in use")

    monkeypatch.setattr(app, "archive", refuse)
    for words in (ADD, "subscribers change Ann --cadence weekly", "subscribers remove Ann"):
        assert str(desk.run(*words.split()).exception) == "the archive is in use"
    assert desk.run("subscribers", "pause", "Policy desk").exit_code == 0


# -- topics -------------------------------------------------------------------------------------------------------------


def test_a_removed_topic_is_taken_off_and_somebody_who_gets_no_other_is_told(desk: Desk) -> None:  # noqa: F811
    run(desk, f"{ADD} --topic water")
    run(desk, "subscribers add Bob bob@example.org --archive")
    refused = desk.run("topics", "remove", "Water")
    assert "'Ann', in the archive, gets no other topic than 'Water'" in str(refused.exception)
    result = desk.run("subscribers", "change", "Ann", "--topic", "water", "--topic", "Flood defences")
    assert result.exit_code == 0
    found = json.loads(run(desk, "topics remove water --json").stdout)
    assert found["subscribers"] == ["Policy desk", "Ann", "Bob"]
    assert found["taken_off"] == ["Ann"]
    assert [reader.topics for reader in kept(desk)] == [("Flood defences",), ("*",)]
    found = json.loads(run(desk, "topics add Lakes lake --json").stdout)
    assert found["subscribers"] == ["Policy desk", "Bob"]
