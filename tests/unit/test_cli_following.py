"""Commands of what a reader follows, has dealt with, muted and noted: what they print, and each error with its remedy."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from monitor import app
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import CONFIG, NOW, Desk, make_desk, without_option

if TYPE_CHECKING:
    from pathlib import Path

SECOND = CONFIG + '\n[[subscribers]]\nname = "Press desk"\nemail = "press@example.org"\ntopics = ["Water"]\n'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(app, "clock", lambda: NOW)
    return make_desk(tmp_path)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with two subscribers."""
    monkeypatch.setattr(app, "clock", lambda: NOW)
    return make_desk(tmp_path, config=SECOND)


def done(desk: Desk, *args: str) -> str:
    result = desk.run(*args)
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(desk: Desk, *args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done(desk, *args, "--json"))
    return found


def refused(desk: Desk, code: int, *args: str) -> str:
    result = desk.run(*args)
    assert result.exit_code == code, result.output
    assert not result.stdout
    return without_option(result.stderr)


def store_body(desk: Desk, name: str) -> None:
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}))
    store(archive, a_question(uin="140077", body=name, body_id=77))
    archive.close()


# -- follow -----------------------------------------------------------------------------------------------------------


def test_a_question_is_followed_listed_and_followed_no_more(desk: Desk) -> None:
    text = done(desk, "follow", "140002")
    assert "Policy desk follows UIN 140002, Floods" in text
    assert "told once, in the next digest" in text
    assert "Policy desk follows already UIN 140002, Floods" in done(desk, "follow", "2021-01-26/140002")
    [row] = rows(desk, "following")
    assert list(row) == [
        "schema", "number", "subscriber", "kind", "ref", "title", "topic", "member_id", "record", "state", "url",
        "started_at",
    ]  # fmt: skip
    assert (row["kind"], row["ref"], row["state"], row["subscriber"]) == ("record", "q-140002", "tabled", "Policy desk")
    table = done(desk, "following")
    assert "UIN 140002, Floods" in table
    assert "Policy desk" not in table
    assert "Policy desk no longer follows UIN 140002, Floods" in done(desk, "unfollow", "140002")
    assert rows(desk, "following") == []
    assert "Nothing is followed." in desk.run("following").stderr


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        (("140002",), "pqwatch unfollow 140002"),
        (("Home Office", "--topic", "Water"), "pqwatch unfollow 'Home Office' --topic Water"),
    ],
)
def test_how_to_end_it_is_said_as_it_can_be_typed(desk: Desk, given: tuple[str, ...], ends: str) -> None:
    said = done(desk, "follow", *given)
    assert f"To end it: {ends}\n" in without_option(said)
    typed = said.partition("To end it: ")[2].splitlines()[0]
    assert "no longer follows" in done(desk, *shlex.split(typed)[1:])


def test_other_records_with_the_number_are_named(desk: Desk) -> None:
    assert "Also: 2019-03-04/140009  An old one" in desk.run("follow", "140009").stderr


def test_a_member_is_followed_by_name_or_number(desk: Desk) -> None:
    assert "Policy desk follows what Ada Example asks" in done(desk, "follow", "ada", "example")
    assert "follows already what Ada Example asks" in done(desk, "follow", "member:9001")
    assert "follows already" in done(desk, "follow", "9001")
    assert "follows what Siân Sample asks" in done(desk, "follow", "Sian Sample")
    found = rows(desk, "following")
    assert [(row["ref"], row["member_id"]) for row in found] == [("Ada Example", 9001), ("Siân Sample", None)]
    assert "no longer follows what Ada Example asks" in done(desk, "unfollow", "Ada Example")


def test_a_body_is_followed_on_a_topic(desk: Desk) -> None:
    done(desk, "follow", "home office", "--topic", "Water")
    [row] = rows(desk, "following")
    assert (row["kind"], row["ref"], row["topic"], row["title"]) == (
        "body",
        "Home Office",
        "water",
        "Home Office on Water",
    )
    done(desk, "follow", "Home Office", "--topic", "Flood defences")
    assert "on several topics: name one with --topic" in refused(desk, 3, "unfollow", "Home Office")
    done(desk, "unfollow", "Home Office", "--topic", "Water")
    done(desk, "unfollow", "Home Office", "--topic", "Flood defences")


def test_json_of_one_says_whether_it_is_followed(desk: Desk) -> None:
    assert json.loads(done(desk, "follow", "140002", "--json"))["followed"] is True
    assert json.loads(done(desk, "unfollow", "q-140002", "--json"))["followed"] is False


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["follow", "149999"], 3, "No record, and no member who asks, goes by 149999"),
        (["follow", "Ada Exmaple"], 3, "Did you mean 'Ada Example'?"),
        (["follow", "Zebediah"], 3, "No record, and no member who asks, goes by 'Zebediah'"),
        (["follow", "Zebediah"], 3, "A body is followed on a topic: name one with it."),
        (["follow", "p-0000000000"], 3, "No promise goes by p-0000000000"),
        (["follow", "Home Ofice", "--topic", "Water"], 3, "Did you mean 'Home Office'?"),
        (["follow", "o", "--topic", "Water"], 3, "No body goes by 'o'"),
        (["follow", "Home Office", "--topic", "Wine"], 2, "there is no topic 'Wine'"),
        (
            ["follow", "140002", "--subscriber", "Policy"],
            2,
            "there is no subscriber 'Policy'. Did you mean 'Policy desk'?",
        ),
        (["unfollow", "140002"], 3, "'140002' is not followed. pqwatch following lists what is."),
        (["done", "149999"], 3, "No record goes by 149999"),
        (["done", "p-3f9a2c71d0"], 3, "is a promise: pqwatch promises keep or drop settles it"),
        (["done", "140002", "--undo"], 3, "there is nothing to take back"),
        (["mute", "water", "--until", "2021-02-01"], 2, "2021-02-01 is over: name a day from today on"),
        (["mute", "water", "--until", "never"], 2, "'never' is no day: write 2026-12-24, tomorrow, or 14d"),
        (["mute", "water"], 2, "--until"),
        (["mute", "...", "--until", "14d"], 3, "'...' has no word that could be muted"),
        (["mute", "IT", "--until", "14d"], 3, "'IT' stands in nearly every record. Add the word that matters."),
        (["mute", "p-3f9a2c71d0", "--until", "14d"], 3, "mute the record that it was made in"),
        (["unmute", "7"], 3, "Policy desk has no mute 7. pqwatch mutes lists them."),
        (["unmute", "school", "trips"], 3, "Policy desk has no mute school trips. pqwatch mutes lists them."),
        (["unmute", "p-3f9a2c71d0"], 3, "Policy desk has no mute p-3f9a2c71d0."),
        (["note", "149999", "x"], 3, "No record goes by 149999"),
        (["note", "140002", " "], 2, "the note is empty"),
        (["note", "140002", "x" * 10_001], 2, "a note has 10,000 letters at most"),
        (["notes"], 3, "There are no notes. To write one: pqwatch note REF TEXT"),
        (["notes", "zebra"], 3, "No note has all these words."),
    ],
)
def test_what_is_typed_wrong_gets_a_sentence_with_the_remedy(desk: Desk, args: list[str], code: int, said: str) -> None:
    assert said in " ".join(refused(desk, code, *args).split())


def test_several_members_or_bodies_with_a_name_are_named(desk: Desk) -> None:
    assert "Several members who ask go by 'a': " in refused(desk, 3, "follow", "a")
    store_body(desk, "Wales Office")
    said = refused(desk, 3, "follow", "office", "--topic", "Water")
    assert "Several bodies go by 'office': Home Office and Wales Office. Name one of them whole." in " ".join(
        said.split()
    )


def test_with_several_subscribers_one_is_named(two: Desk) -> None:
    said = refused(two, 2, "follow", "140002")
    assert "Say for whom: --subscriber NAME. There are: 'Policy desk' and 'Press desk'." in " ".join(said.split())
    done(two, "follow", "140002", "--subscriber", "Press desk")
    done(two, "follow", "140002", "--subscriber", "policy DESK")
    assert [row["subscriber"] for row in rows(two, "following")] == ["Press desk", "Policy desk"]
    assert "Press desk" in done(two, "following")
    assert len(rows(two, "following", "--subscriber", "Press desk")) == 1


def test_without_subscribers_the_remedy_is_a_command(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, config=CONFIG[: CONFIG.index("[[subscribers]]")])
    assert "pqwatch subscribers add NAME EMAIL" in refused(desk, 2, "follow", "140002")
    for words in ("preview", "skip"):
        said = desk.run("digest", words)
        assert (said.exit_code, said.stdout) == (0, "")
        assert without_option(said.stderr) == "No one gets digests yet: pqwatch subscribers add NAME EMAIL\n"


# -- done -------------------------------------------------------------------------------------------------------------


def test_what_is_dealt_with_does_not_wait(desk: Desk) -> None:
    assert [row["id"] for row in rows(desk, "waiting")] == ["q-140002", "q-HL77"]
    assert "UIN 140002, Floods is dealt with by Policy desk" in done(desk, "done", "140002")
    assert [row["id"] for row in rows(desk, "waiting")] == ["q-HL77"]
    assert "1 record dealt with left out: --all lists them." in desk.run("waiting").stderr
    assert len(rows(desk, "waiting", "--all")) == 2
    assert json.loads(done(desk, "done", "140002", "--undo", "--json")) == {
        "schema": 1, "subscriber": "Policy desk", "record": "q-140002", "mark": "done", "marked": False,
    }  # fmt: skip
    assert len(rows(desk, "waiting")) == 2
    done(desk, "done", "140002")
    assert "is open again for Policy desk" in done(desk, "done", "140002", "--undo")


def test_of_several_subscribers_each_has_their_own(two: Desk) -> None:
    done(two, "done", "140002", "--subscriber", "Press desk")
    assert len(rows(two, "waiting")) == 2
    assert len(rows(two, "waiting", "--subscriber", "Press desk")) == 1


# -- mute -------------------------------------------------------------------------------------------------------------


def test_a_term_a_phrase_and_a_record_are_muted(desk: Desk) -> None:
    assert "until 24 February 2021: all that the term “bathing water” alone finds" in done(
        desk, "mute", "Bathing", "Water", "--until", "14d"
    )
    assert "records with the words “school trips”" in done(desk, "mute", "school trips", "--until", "tomorrow")
    assert "UIN 140002, Floods" in done(desk, "mute", "140002", "--until", "2021-03-01")
    found = rows(desk, "mutes")
    assert list(found[0]) == ["schema", "number", "subscriber", "kind", "text", "title", "until", "hidden", "made_at"]
    assert [(row["kind"], row["until"]) for row in found] == [
        ("phrase", "2021-02-11"),
        ("term", "2021-02-24"),
        ("record", "2021-03-01"),
    ]
    assert "school trips" in done(desk, "mutes")
    assert "is told again of “school trips”" in done(desk, "unmute", str(found[0]["number"]))
    assert json.loads(done(desk, "unmute", str(found[1]["number"]), "--json"))["ended"] is True
    assert len(rows(desk, "mutes", "--subscriber", "Policy desk")) == 1
    assert json.loads(done(desk, "mute", "x", "--until", "today", "--json"))["until"] == "2021-02-10"


@pytest.mark.parametrize(
    ("muted", "named"),
    [
        (["140002"], ["140002"]),
        (["140002"], ["q-140002"]),
        (["140002"], ["Q-140002"]),
        (["bathing water"], ["Bathing", "waters"]),
        (["school trips"], ["School", "Trips"]),
    ],
)
def test_a_mute_ends_by_what_was_muted(desk: Desk, muted: list[str], named: list[str]) -> None:
    done(desk, "mute", *muted, "--until", "14d")
    done(desk, "mute", "another phrase", "--until", "14d")
    assert "is told again of" in done(desk, "unmute", *named)
    assert [row["text"] for row in rows(desk, "mutes")] == ["another phrase"]


def test_a_term_of_a_topic_that_the_reader_does_not_get_is_muted_as_words(two: Desk) -> None:
    """A mute of the term would hide nothing: what only the topics of others find is not told to them anyway."""
    press = ("--subscriber", "Press desk")
    said = done(two, "mute", "flood defence", "--until", "14d", *press)
    assert "records with the words “flood defence”" in said
    assert "all that the term" in done(two, "mute", "flood defence", "--until", "14d", "--subscriber", "Policy desk")
    assert "is told again of “flood defence”" in done(two, "unmute", "flood defence", *press)


def test_of_several_mutes_one_is_named_as_it_is_written(desk: Desk) -> None:
    for text in ("school trips", "School trips"):
        done(desk, "mute", text, "--until", "14d")
    assert "has several mutes of SCHOOL TRIPS. pqwatch mutes lists them." in refused(desk, 3, "unmute", "SCHOOL TRIPS")
    assert "is told again of “School trips”" in done(desk, "unmute", "School trips")


def test_no_mutes(desk: Desk) -> None:
    assert rows(desk, "mutes") == []
    assert "Nothing is muted." in desk.run("mutes").stderr


# -- notes ------------------------------------------------------------------------------------------------------------


def test_the_team_reads_and_searches_notes(two: Desk) -> None:
    assert "Noted by Press desk on UIN 140002, Floods" in done(
        two, "note", "140002", "Ask the council", "--subscriber", "Press desk"
    )
    done(two, "note", "140001", "Clean at last.\nSay so.", "--subscriber", "Policy desk")
    assert [row["text"] for row in rows(two, "notes")] == ["Clean at last.\nSay so.", "Ask the council"]
    assert [row["record"] for row in rows(two, "notes", "COUNCIL", "floods")] == ["q-140002"]
    assert [row["record"] for row in rows(two, "notes", "press")] == ["q-140002"]
    assert [row["record"] for row in rows(two, "notes", "--subscriber", "Policy desk")] == ["q-140001"]
    assert [row["record"] for row in rows(two, "notes", "--on", "140001")] == ["q-140001"]
    [note, _] = rows(two, "notes")
    assert list(note) == ["schema", "number", "author", "record", "title", "promise", "text", "written_at"]
    text = done(two, "notes", "clean")
    assert "Policy desk, 10 February 2021" in text or "Policy desk, " in text
    assert "  Say so." in text
    shown = done(two, "show", "140001")
    assert "Note by Policy desk, " in shown
    assert "Clean at last. Say so." in shown
    assert json.loads(done(two, "show", "140001", "--json"))["notes"] == [note]
    assert json.loads(done(two, "show", "140002", "--json"))["notes"][0]["author"] == "Press desk"


def test_hostile_notes_do_not_steer_the_terminal(desk: Desk) -> None:
    done(desk, "note", "140010", "red \x1b[31m alert")
    assert "\x1b[31m" not in done(desk, "notes") + done(desk, "show", "140010")


def test_json_of_a_note(desk: Desk) -> None:
    assert json.loads(done(desk, "note", "140002", "one", "two", "--json"))["text"] == "one two"
