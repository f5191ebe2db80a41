"""`show`: a whole record, found by any of its references, and the heading of a question."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor import app
from monitor.cli.show import _facts
from monitor.presentation.citation import heading_of
from tests.builders import a_question
from tests.unit.cli_kit import CONFIG, NOW, Desk, make_desk, without_option
from tests.unit.test_record import KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.model.records import Proceeding

ALIKE = ["same_answers", "near_answers", "asked_before"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


@pytest.mark.parametrize(
    "reference",
    [
        "hl77",
        "2021-02-08/HL77",
        "https://questions-statements.parliament.uk/written-questions/detail/2021-02-08/HL77",
        "https://questions-statements.parliament.uk/written-questions/detail/2021-02-08/hl77/?x=1",
    ],
)
def test_every_reference_finds_the_record(desk: Desk, reference: str) -> None:
    result = desk.run("show", reference)
    assert result.exit_code == 0
    assert result.stdout.startswith("Foreshore\nUIN HL77, tabled 8 February 2021\nHouse of Lords, not answered yet\n")


def test_newest_of_several_records_with_one_uin_is_shown_and_the_others_listed(desk: Desk) -> None:
    result = desk.run("show", "140009")
    assert result.stdout.startswith("A new one\n")
    assert result.stderr == "Also: 2019-03-04/140009  An old one\n"
    assert desk.run("show", "2019-03-04/140009").stdout.startswith("An old one\n")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("99", "No record goes by 99.\n"),
        ("2021-02-30/140009", "No record goes by 2021-02-30/140009.\n"),
        ("bathing water", "No record goes by bathing water. To look for these words: pqwatch search 'bathing water'\n"),
    ],
)
def test_reference_to_a_missing_record(desk: Desk, reference: str, said: str) -> None:
    for output in ("table", "json"):
        result = desk.run("show", reference, "--format", output)
        assert (result.exit_code, result.stdout, without_option(result.stderr)) == (3, "", said)


def test_corrected_answer_is_shown_with_the_original(desk: Desk) -> None:
    out = desk.run("show", "140001").stdout
    assert "House of Commons, answered, and corrected since\n" in out
    assert "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001\n" in out
    assert "        5 Feb 2021  Answer corrected by Ben Placeholder (Con, Sample" in out
    answer = " ".join(out[out.index("\nAnswer\n") : out.index("\nTo quote it\n")].split())
    assert answer.count("Nothing to see in this sentence.") == 24
    assert "No *bathing waters* were clean." in answer
    earlier = " ".join(out[out.index("\nEarlier revisions\n") :].split())
    assert "Revision 1, seen 2 February 2021; replaced on 2 February 2021: corrected" in earlier
    assert "was [...] *All* bathing waters were clean. [...] now [...] *No* bathing waters were clean. [...]" in earlier
    found = earlier[earlier.index("Found by the watch terms") :]
    assert found == (
        "Found by the watch terms Water: Beaches (heading), by beach = foreshore"
        " Water: bathing waters (answer), by bathing water"
    )


def test_matches_of_former_terms_are_still_explained(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    changed = CONFIG.replace('"bathing water", ', "").replace('["sea water"]', '["foreshore"]')
    changed = changed.replace(
        'name = "Flood defences"\nterms = ["flood defence"]', 'name = "Floods"\nterms = ["flood"]'
    )
    (tmp_path / "config.toml").write_text(changed)
    assert desk.run("match").exit_code == 0

    def found(uin: str) -> str:
        return " ".join(desk.run("show", uin).stdout.partition("Found by the watch terms")[2].split())

    assert found("140001") == (
        "Water: Beaches (heading), by beach = foreshore"
        " Water: bathing waters (answer), by a term no longer watched: bathing water"
    )
    assert found("140002") == (
        "Floods: Floods (heading), flood (question), by flood"
        " Flood defences: flood defences (question), by a term no longer watched: flood defence"
    )
    assert found("hl77") == "Water: Foreshore (heading), by beach = foreshore, before its exclusions were changed"


def test_a_late_question_says_so(desk: Desk) -> None:
    out = desk.run("show", "140002").stdout
    assert "        1 Feb 2021  Due; 9 days late today.\n" in out
    assert "Asked by         Siân Sample (PC, Dyffryn)\n" in out
    assert "Earlier revisions" not in out


def test_tables_are_aligned(desk: Desk) -> None:
    assert (
        "   Place         Samples\n   North Sample       12\n   South Sample    1,204\n"
        in desk.run("show", "140009").stdout
    )


def test_attachments_and_links_are_listed(desk: Desk) -> None:
    out = desk.run("show", "140010").stdout
    assert "Grouped with     2021-01-26/140001\n" in out
    assert "Attachments, not read by pqwatch\n   Table[2J (pdf, 2.5 MB)\n   https://example.org/t\n" in out
    assert (
        "\nLinks\n   the[2J code of practice: https://www.gov.uk/code-of-practice\n   a:\n"
        f"   https://news.example/[2J{'a-long-name-of-a-page-' * 5}\n"
    ) in out
    out = " ".join(desk.run("show", "140011").stdout.split())
    assert " Refers to Beaches: Sample Vale: UIN 140001, answered 1 February 2021" in out
    assert " Referred to by " in " ".join(desk.run("show", "140001").stdout.split())


def test_json_is_one_object_with_revisions_and_story(desk: Desk) -> None:
    record = json.loads(desk.run("show", "140001", "--json").stdout)
    assert list(record) == [*KEYS, "referred_by", "revisions", "story", "told", *ALIKE, "notes"]
    assert [entry["number"] for entry in record["revisions"]] == [1, 2]
    assert [entry["event"] for entry in record["story"]] == ["tabled", "due", "answered", "corrected"]
    assert [(entry["topic"], entry["form"]) for entry in record["matches"]] == [
        ("water", "bathing waters"),
        ("water", "Beaches"),
    ]
    assert json.loads(desk.run("show", "140001", "--format", "jsonl").stdout) == record


def test_any_revision_is_shown_with_its_matches(desk: Desk) -> None:
    out = " ".join(desk.run("show", "140001", "--revision", "1").stdout.split())
    assert "House of Commons, answered https" in out
    assert "As it was: revision 1 of 2, seen 2 February 2021" in out
    assert "All *bathing waters* were clean." in out[out.index(" Answer ") : out.index(" Earlier revisions ")]
    assert "Answer corrected by Ben Placeholder" in out
    assert out.endswith("Water: bathing waters (answer), by bathing water")
    assert json.loads(desk.run("show", "140001", "--revision", "1", "--json").stdout)["state"] == "answered"
    assert "As it was" not in desk.run("show", "140001", "--revision", "2").stdout


def test_a_revision_that_is_not_there_is_refused_with_their_number(desk: Desk) -> None:
    result = desk.run("show", "140001", "--revision", "3")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", "It has no revision 3: there are 2.\n")


TODAY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        (a_question(heading=None, tabled_on=date(2026, 3, 16), question="To ask what is done."), "(no heading yet)"),
        (a_question(heading=None, tabled_on=date(2026, 1, 16), question="To ask what is done."), "To ask what is done"),
        (
            a_question(heading=None, source="scotland", tabled_on=date(2026, 3, 16), question="To ask what is done."),
            "To ask what is done",
        ),
        (a_question(heading="Beaches", tabled_on=date(2026, 3, 16)), "Beaches"),
    ],
)
def test_missing_heading_is_announced_only_if_one_may_come(question: Proceeding, shown: str) -> None:
    assert heading_of(question, TODAY) == shown


def test_question_cited_by_its_column_shows_its_number() -> None:
    printed = a_question(uin="293588", column="160W", tabled_on=None, answered_on=date(2009, 10, 26))
    assert ("Question number", "293588") in list(_facts(printed))
    assert "Question number" not in dict(_facts(a_question(uin="140001")))
