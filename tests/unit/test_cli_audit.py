"""`pqwatch audit`: a briefing with planted gaps of each kind."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.cli import pqwatch
from monitor.errors import LetterError
from tests.unit.audit_kit import LACKING, OLD, SAME_HEADING, TOLD, make_audit_desk
from tests.unit.cli_kit import without_option

if TYPE_CHECKING:
    from click.testing import Result

    from monitor.model.records import Proceeding
    from tests.unit.cli_kit import Desk

ADDRESS = "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26"
BRIEFING = f"""\
# Monitoring report, 1 February 2021

## [Beaches: Sample Bay]({ADDRESS}/150001)

Ada Example asked about the coast.

## Beaches: Placeholder Sands

Answered on 1 February 2021 (UIN 150002).

## Headings alone

Coastal Towns

Swiming: Safety

## The rest

- Lidos, UIN 150005
- Jetties, UIN 150006
- Walls, UIN 150007
- Railways, UIN 150008
- Rainfall, UIN 150009
- Fertilisers, PQ 150010
- River gauges, PQ 150011
- Puffins, PQ 150012
- An old one, 2019-03-04/150013
- Harbours, UIN 150015
- Ponds, UIN 150016
- Canals, UIN 150017
- Herring, UIN 199999
- Cod, UIN 199998, answered 29 January 2021
- Plaice, UIN HL199
"""
DAYS = ("--from", "2021-02-01", "--to", "2021-02-01")
VERDICTS = {
    "Beaches: Sample Bay": "told",
    "Beaches: Placeholder Sands": "told",
    "Coastal Towns": "ambiguous",
    "Swiming: Safety": "told",
    "Lidos, UIN 150005": "muted",
    "Jetties, UIN 150006": "left_out",
    "Walls, UIN 150007": "excluded",
    "Railways, UIN 150008": "other_topic",
    "Rainfall, UIN 150009": "switched_off",
    "Fertilisers, PQ 150010": "switched_off",
    "River gauges, PQ 150011": "before",
    "Puffins, PQ 150012": "no_term",
    "An old one, 2019-03-04/150013": "history",
    "Harbours, UIN 150015": "skipped",
    "Ponds, UIN 150016": "owed",
    "Canals, UIN 150017": "not_matched",
    "Herring, UIN 199999": "not_in_archive",
    "Cod, UIN 199998, answered 29 January 2021": "not_read",
    "Plaice, UIN HL199": "not_read",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_audit_desk(tmp_path_factory.mktemp("desk"))


def audit(
    desk: Desk, briefing: str, *words: str, name: str = "briefing.md", reader: str | None = "Policy desk"
) -> Result:
    path = desk.folder / name
    path.write_text(briefing, encoding="utf-8")
    return desk.run("audit", str(path), *(["--subscriber", reader] if reader else []), *words)


def rows(desk: Desk, briefing: str, *words: str, **given: Any) -> list[dict[str, Any]]:
    result = audit(desk, briefing, *words, "--json", **given)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_each_planted_gap_is_named(desk: Desk) -> None:
    found = rows(desk, BRIEFING, "--from", "2021-02-01", "--to", "2021-02-02")
    assert {row["written"]: row["verdict"] for row in found if row["item"]} == VERDICTS
    assert [row["item"] for row in found if row["item"]] == list(range(1, len(VERDICTS) + 1))


def test_it_says_what_the_briefing_lacks(desk: Desk) -> None:
    without = BRIEFING.replace("Swiming: Safety\n", "")
    found = rows(desk, without, "--from", "2021-02-01", "--to", "2021-02-01")
    lacking = [row for row in found if row["item"] is None]
    assert [(row["id"], row["verdict"], row["written"]) for row in lacking] == [(LACKING.id, "told", None)]


def test_a_heading_that_several_records_have_names_them_all(desk: Desk) -> None:
    [row] = [row for row in rows(desk, BRIEFING) if row["verdict"] == "ambiguous"]
    assert row["candidates"] == [question.id for question in SAME_HEADING]
    assert row["id"] is None
    assert row["why"] == (
        "2 records may be meant: UIN 150003, answered 1 February 2021 and UIN 150004, answered 1 February 2021; "
        "2 of them told to you."
    )


def test_the_asker_tells_records_with_one_heading_apart(desk: Desk) -> None:
    briefing = "## Coastal Towns\n\nDi Specimen asked on 1 February 2021.\n"
    [row] = [row for row in rows(desk, briefing) if row["item"]]
    assert (row["id"], row["how"], row["verdict"]) == ("q-150004", "heading", "told")


def test_what_is_said_of_another_item_tells_nothing_apart(desk: Desk) -> None:
    briefing = "## 1 February 2021\n\n- Coastal Towns\n- Beaches: Sample Bay, asked by Di Specimen\n"
    assert [row["verdict"] for row in rows(desk, briefing) if row["item"]] == ["ambiguous"]


def test_the_first_words_of_a_question_name_it(desk: Desk) -> None:
    briefing = (
        "Of 1 February 2021:\n\nWhat he will do about beach number 150002 now. And more.\n\nwhat he will do about\n"
    )
    [row] = [row for row in rows(desk, briefing, name="briefing.txt") if row["item"]]
    assert (row["id"], row["how"]) == ("q-150002", "question")


def test_terms_that_would_find_it_are_tried(desk: Desk) -> None:
    [row] = [row for row in rows(desk, BRIEFING) if row["verdict"] == "no_term"]
    assert row["suggested_terms"] == [
        {
            "term": "flood NEAR/5 defence", "topic": "Floods", "records": 2,
            "why": "near the term flood defence: its words near each other, in either order",
        },
        {"term": "Conservation", "topic": None, "records": 1, "why": "words of its heading"},
        {"term": "Puffins", "topic": None, "records": 1, "why": "words of its heading"},
    ]  # fmt: skip
    assert "These would: flood NEAR/5 defence (2 in the archive)" in audit(desk, BRIEFING).stdout


@pytest.mark.parametrize(
    ("verdict", "why"),
    [
        ("told", "Told in digest 1 of 2 February 2021."),
        ("muted", "Kept out by what you muted: this record, until 1 March 2021."),
        (
            "left_out",
            "Found, and left out on 2 February 2021: you chose no new questions; small changes are never told.",
        ),
        ("excluded", "An exclusion of the topic Floods takes it away: flood defence wall."),
        ("other_topic", "Found by the topic Rail, which you do not get."),
        ("before", "Read on 2 February 2021, before its term was added on 2 February 2021."),
        ("history", "Read as history (a backfill, or before pqwatch began), which is never mailed."),
        ("skipped", "Marked as told without a mail on 2 February 2021 (digest skip)."),
        ("owed", "Owed to you: it goes into your next digest."),
        ("not_matched", "Your terms were not looked for in it yet: run: pqwatch match"),
        ("no_term", "No term of yours finds it."),
        ("not_in_archive", "The answers of Monday 1 February 2021 were read in full, and it is not among them."),
    ],
)
def test_each_verdict_has_its_reason(desk: Desk, verdict: str, why: str) -> None:
    assert next(row["why"] for row in rows(desk, BRIEFING, "--to", "2021-02-01") if row["verdict"] == verdict) == why


def test_reasons_of_what_is_switched_off_or_not_read(desk: Desk) -> None:
    why = {row["written"]: row["why"] for row in rows(desk, BRIEFING)}
    assert (
        why["Rainfall, UIN 150009"]
        == "A term whose words stand in it can't be read and finds nothing: \"storm overflow."
    )
    assert (
        why["Fertilisers, PQ 150010"]
        == "The term sewage sludge found it; it was removed or changed on 2 February 2021."
    )
    assert why["Cod, UIN 199998, answered 29 January 2021"] == (
        "Not read in full: answers of 29 January 2021 (no answer within 30 s)."
    )
    assert why["Plaice, UIN HL199"].endswith(" of the House of Lords were not read.")


def test_the_table_begins_with_one_sentence(desk: Desk) -> None:
    briefing = f"UIN 150001, UIN 150002 and UIN 150012 of 1 February 2021; {ADDRESS}/199999\n"
    result = audit(desk, briefing, name="briefing.txt")
    said, days, _, heads, *lines = result.stdout.splitlines()
    assert said == (
        "The briefing has 4 items: 2 were told to you, 1 no term of yours finds, 1 is not in the archive, and its day was "
        "not read; pqwatch had 6 that it lacks."
    )
    assert days == "Days: Monday 1 February 2021 (from its items)."
    assert heads.split() == ["item", "record", "verdict", "why"]
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "4", *"++++++"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "md", "xlsx"])
def test_every_format_has_every_row(desk: Desk, kind: str) -> None:
    path = desk.folder / f"audit.{kind}"
    result = audit(desk, BRIEFING, "--output", str(path))
    assert result.exit_code == 0
    assert "\nThe briefing has 19 items: 3 were told to you, " in result.stderr
    if kind == "csv":
        written = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        assert [row["verdict"] for row in written if row["item"]] == list(VERDICTS.values())
    elif kind == "jsonl":
        assert [set(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()] == [KEYS] * len(
            rows(desk, BRIEFING)
        )
    else:
        assert path.stat().st_size > 1000


KEYS = {
    "schema", "item", "written", "how", "given_reference", "verdict", "why", "id", "uin", "house", "heading", "date", "body",
    "reference", "url", "digest", "told_at", "topics", "terms", "candidates", "suggested_terms",
}  # fmt: skip


def test_a_paused_reader_is_told_so(desk: Desk) -> None:
    found = rows(desk, "UIN 150015 and UIN 150001", reader="Away desk", name="briefing.txt")
    assert [(row["verdict"], row["why"]) for row in found[:2]] == [
        ("paused", "Your digests were paused from 2 February 2021 on."),
        ("told", "Told in digest 2 of 2 February 2021."),
    ]


def test_a_subscriber_whom_no_run_has_seen_is_new(desk: Desk) -> None:
    config = desk.folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    try:
        config.write_text(
            f'{text}\n[[subscribers]]\nname = "New"\nemail = "n@example.org"\ntopics = ["*"]\n', encoding="utf-8"
        )
        [row] = rows(desk, "UIN 150001", reader="New", name="briefing.txt")
        assert row["verdict"] == "before"
        assert row["why"] == "You were added after the last run: the next run makes your first digest."
    finally:
        config.write_text(text, encoding="utf-8")


def test_titles_of_sections_are_named_as_such(desk: Desk) -> None:
    result = audit(desk, BRIEFING)
    assert result.stderr.splitlines()[-1] == (
        "Headings of no record of these days, taken for titles of sections: Monitoring report, 1 February 2021 and "
        "Headings alone."
    )


def test_everything_told_is_found_again(desk: Desk) -> None:
    told = [question.uin for question in (*TOLD, *SAME_HEADING, LACKING)]
    found = rows(desk, "\n\n".join(f"UIN {uin}, answered 1 February 2021" for uin in told), name="briefing.txt")
    assert [row["verdict"] for row in found if row["item"]] == ["told"] * 5


def test_a_leap_day_without_a_year_may_stand_beside_a_record_of_another_year(desk: Desk) -> None:
    [row, *_] = rows(desk, "- Beaches, UIN 150002, answered on 29 February\n")
    assert (row["id"], row["verdict"]) == ("q-150002", "told")


def test_days_that_are_not_known_are_asked_for(desk: Desk) -> None:
    result = audit(desk, f"{ADDRESS}/199999\n", name="briefing.txt")
    assert result.exit_code == 0
    assert "its days are not known, so what it lacks can't be said." in result.stdout
    assert "name them with --from and --to to see what it lacks." in result.stderr


# -- errors -----------------------------------------------------------------------------------------------------------


def test_a_file_without_items_is_said_with_exit_code_3(desk: Desk) -> None:
    result = audit(desk, "Good morning. Nothing today.\n", name="briefing.txt")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "no reference, address or day was found" in result.stderr
    assert "name these with --from and --to" in result.stderr
    result = audit(desk, "Good morning. Nothing today.\n", "--from", "2021-02-01", "--to", "2021-02-01", name="b.txt")
    assert result.exit_code == 3
    assert "neither a reference nor a heading of Monday 1 February 2021" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--subscriber", "Nobody"], "there is no subscriber 'Nobody'. There are: 'Policy desk' and 'Away desk'."),
        ([], "Say for whom: --subscriber NAME. There are: 'Policy desk' and 'Away desk'."),
        (["--subscriber", "Away desk", "--from", "2021-02-02", "--to", "2021-02-01"], "exchange them"),
        (["--subscriber", "Away desk", "--from", "soon"], "'soon' is no day"),
    ],
)
def test_wrong_use_says_what_to_do(desk: Desk, words: list[str], said: str) -> None:
    result = audit(desk, "UIN 150001", *words, reader=None, name="briefing.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_a_configuration_without_readers_is_said(tmp_path: Any) -> None:
    desk = make_audit_desk(tmp_path)
    config = desk.folder / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").partition("[[subscribers]]")[0], encoding="utf-8")
    result = audit(desk, "UIN 150001", reader=None, name="briefing.txt")
    assert result.exit_code == 2
    assert "No one gets digests yet: pqwatch subscribers add NAME EMAIL" in without_option(result.stderr)


def test_the_only_reader_needs_no_name(tmp_path: Any) -> None:
    desk = make_audit_desk(tmp_path)
    config = desk.folder / "config.toml"
    head, first, _ = config.read_text(encoding="utf-8").split("[[subscribers]]")
    config.write_text(f"{head}[[subscribers]]{first}", encoding="utf-8")
    result = audit(desk, "UIN 150001", reader=None, name="briefing.txt")
    assert (result.exit_code, OLD.id in result.stdout) == (0, False)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no.txt", "can't be read (No such file or directory)"),
        ("no", "the file no can't be read (No such file or directory): name one"),
        ("report.pdf", "is in a format that is not read"),
    ],
)
def test_files_that_cannot_be_read(desk: Desk, name: str, said: str) -> None:
    if name.endswith("pdf"):
        (desk.folder / name).write_bytes(b"%PDF-1.7")
    result = desk.run("audit", name if name == "no" else str(desk.folder / name), "--subscriber", "Away desk")
    assert result.exit_code != 0
    assert said in str(result.exception)


def test_very_many_references_end_with_the_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cli.audit.time_limit", lambda _seconds: lambda: True)
    result = audit(desk, "UIN 150001\n\nUIN 150002\n", name="briefing.txt")
    assert isinstance(result.exception, LetterError)
    assert str(result.exception) == (
        "1 of 2 references were looked up in the time that an audit may take: give the briefing in parts"
    )


FORMS = (
    ("{address}/{uin}", "txt"),
    ("UIN {uin}, answered 1 February 2021", "txt"),
    ("PQ {uin}", "md"),
    ("2021-01-26/{uin}", "txt"),
    ("[a link]({address}/{uin})", "md"),
    ("<p><a href='{address}/{uin}'>a link</a></p>", "html"),
    ("<tr><td>{uin}<td>", "html"),
)


@given(st.sets(st.sampled_from((*TOLD, *SAME_HEADING, LACKING)), min_size=1), st.sampled_from(FORMS))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_told_is_found_as_told(desk: Desk, told: set[Proceeding], form: tuple[str, str]) -> None:
    words, kind = form
    briefing = "\n\n".join(words.format(address=ADDRESS, uin=question.uin) for question in told)
    found = rows(desk, f"<table>{briefing}" if kind == "html" else briefing, *DAYS, name=f"told.{kind}")
    assert {row["id"]: row["verdict"] for row in found if row["item"]} == {question.id: "told" for question in told}


def test_a_briefing_comes_from_stdin(desk: Desk) -> None:
    config = str(desk.folder / "config.toml")
    words = ["audit", "-", "--subscriber", "Away desk", "--config", config]
    result = CliRunner().invoke(pqwatch, words, input="UIN 150001, answered 1 February 2021")
    assert result.exit_code == 0
    assert "1 was told to you" in result.stdout
