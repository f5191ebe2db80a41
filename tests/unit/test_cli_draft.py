"""`draft`, and `check` on what it wrote: every quotation exact, every reference found. All records are invented."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document

from monitor import app
from monitor.model.records import House, Kind, Member
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import CONFIG, Desk, make_desk, without_option

if TYPE_CHECKING:
    from click.testing import Result

MINISTER = Member(name="Baroness Sample", office="Minister of State, Home Office")
OF_2005 = (
    a_question(
        id="uk.org.publicwhip/wrans/2005-02-07.1366.1",
        source="theyworkforyou",
        uin="212345",
        house=House.COMMONS,
        column="1366W",
        column_to="1367W",
        series="written_answers",
        url="https://www.theyworkforyou.com/wrans/?id=2005-02-07.1366.1",
        heading="Children (Internet)",
        question="To ask the Secretary of State for the Home Department what assessment she has made of the Sample Unit.",
        answer="The Sample Unit has 12 officers. We will publish its strategy in the spring of 2005, and I will write to "
        "the hon. Member with the figures for 2003-04.\n\nThe Unit is paid for by the police.",
        body="Home Department",
        tabled_on=None,
        answered_on=date(2005, 2, 7),
        answered_by=MINISTER,
        asked_by=Member(name="Ada Example", party="Labour"),
    ),
    a_question(
        uin="140050", heading="Quoted", body="Home Office",
        answer='The report says "it is so, and [sic] will be so" \u2013 and \u201cmore\u201d * of _it_. 1. So: \u00a31,204.',
    ),
    a_question(uin="140051", heading="Same", answer="Yes."),
    a_question(uin="140052", heading="Same again", answer="Yes."),
    a_question(uin="140053", heading="Withdrawn", answer="It is withdrawn now, as all can see.", is_withdrawn=True),
    a_question(uin="140054", heading="Held", answer="I will reply as soon as possible.", is_holding=True),
    a_question(
        id="hcws1", kind=Kind.STATEMENT, uin="HCWS751", question=None, answer=None, tabled_on=None, answered_on=None,
        text="We will publish the new code in due course.\n\n" + "It covers every beach and harbour in the vale. " * 20,
        made_on=date(2021, 2, 3), made_by=MINISTER, answered_by=None, asked_by=None, body="Home Office",
    ),
)  # fmt: skip


REPEATED = tuple(
    a_question(
        id=f"q-70000{number}", uin=f"70000{number}", heading="Register of sample boats", body="Home Office",
        tabled_on=date(2021, number, 1), answered_on=date(2021, number, 8),
        answer=f"The Government will publish the register of sample boats {when}.",
    )
    for number, when in enumerate(("in spring 2021", "in summer 2021", "in due course"), 1)
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("desk"), config=CONFIG)
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}))
    try:
        store(archive, *OF_2005, *REPEATED)
    finally:
        archive.close()
    assert desk.run("match").exit_code == 0
    return desk


ALL = (
    "2005-02-07/1366W", "140001", "140002", "140009", "140010", "140011", "140050", "140051", "140052", "140053", "140054",
    "HCWS751", "HL77",
)  # fmt: skip


def draft(desk: Desk, *words: str) -> Result:
    return desk.run("draft", *words, "--dated", "2021-06-03")


def test_the_secretarys_letter_of_2005(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    result = desk.run(
        "draft", "HC Deb 7 February 2005 c1366W", "--to", "Baroness Sample, Home Office", "--copy", "Ada Example MP",
        "--dated", "2005-02-27", "--output", str(path),
    )  # fmt: skip
    assert result.exit_code == 0, result.exception
    assert result.stdout == ""
    assert (
        without_option(result.stderr)
        == f"Wrote {path}. Fill in what stands in square brackets, then: pqwatch check {path}\n"
    )
    text = [paragraph.text for paragraph in Document(str(path)).paragraphs]
    assert "Dear Baroness Sample," in text
    assert "27 February 2005" in text
    assert any(line.endswith("On 7 February 2005 you answered:") for line in text)
    assert any(line.startswith("1.\tHC Deb 7 February 2005") for line in text)
    assert "Copies to:\nAda Example MP" in text
    checked = desk.run("check", str(path), "--strict", "--json")
    assert checked.exit_code == 0
    assert {found["verdict"] for found in json.loads(checked.stdout)} == {"exact"}
    assert all(found["agreed"] for found in json.loads(checked.stdout))


@pytest.mark.parametrize("style", ["hansard", "oscola", "apa"])
@pytest.mark.parametrize("ending", ["docx", "md", "html"])
def test_check_passes_every_draft_whole(desk: Desk, tmp_path: Path, ending: str, style: str) -> None:
    path = tmp_path / f"letter.{ending}"
    words = [*ALL, "--to", "Minister of State", "--style", style, "--json", "--output", str(path)]
    result = draft(desk, *words)
    assert result.exit_code == 0, result.exception
    parts = json.loads(result.stdout)
    checked = desk.run("check", str(path), "--strict", "--json")
    found = json.loads(checked.stdout)
    wrong = [finding for finding in found if finding["verdict"] != "exact" or finding["warnings"]]
    assert [(finding["quotation"], finding["warnings"]) for finding in wrong] == []
    assert checked.exit_code == 0, found
    quoted = {passage["record"] for passage in parts["passages"] if passage["quotation"]}
    assert {finding["id"] for finding in found} == quoted


def test_without_output_markdown_is_printed_and_the_writer_is_told_what_to_know(desk: Desk) -> None:
    result = draft(desk, "140053", "140054", "140001", "--to", "Home Secretary")
    assert result.stdout.startswith("**[Your name]**\\\n")
    assert "Dear Home Secretary," in result.stdout
    assert result.stderr == (
        "Note: UIN 140053 was withdrawn: say so, or leave it out.\n"
        "Note: UIN 140054 has a holding answer only: it says that the answer will follow.\n"
        "Note: UIN 140001 was corrected on 5 February 2021: the corrected answer is quoted.\n"
    )


def test_corrected_answer_is_quoted_by_what_the_terms_found(desk: Desk) -> None:
    said = draft(desk, "140001", "--to", "Home Secretary").stdout
    assert "> No bathing waters were clean. [1]" in said
    assert "on 5 February 2021 the answer was corrected. As corrected it says:" in said


def test_passages_can_be_named(desk: Desk) -> None:
    words = ["140001", "2005-02-07/1366W", "--to", "Home Secretary", "--quote", "The Sample Unit has ... officers"]
    parts = json.loads(draft(desk, *words, "--salutation", "Dear Ada", "--json").stdout)
    assert [passage["quotation"] for passage in parts["passages"]] == [
        "No bathing waters were clean.",
        "The Sample Unit has 12 officers.",
    ]
    assert parts["salutation"] == "Dear Ada"


def test_no_control_character_reaches_a_terminal_or_a_file(desk: Desk, tmp_path: Path) -> None:
    for ending in ("md", "html", "docx"):
        path = tmp_path / f"letter.{ending}"
        assert draft(desk, "140010", "--to", "A\x1b[31mda", "--output", str(path)).exit_code == 0
        assert b"\x1b" not in path.read_bytes() or ending == "docx"
    assert "\x1b" not in draft(desk, "140010", "--to", "A\x1b[31mda").stdout


def template(*paragraphs: str) -> bytes:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_own_templates_are_filled_in(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "ours.md").write_text("{{ salutation }}\n{{ passages[0].quotation }}\n", encoding="utf-8")
    assert draft(desk, "140051", "--to", "Ada", "--template", str(tmp_path / "ours.md")).stdout == "Dear Ada\nYes.\n"
    (tmp_path / "ours.docx").write_bytes(template("{{ salutation }}"))
    to = tmp_path / "out.docx"
    words = ["140051", "--to", "Ada", "--template", str(tmp_path / "ours.docx"), "--output", str(to)]
    assert draft(desk, *words).exit_code == 0
    assert Document(str(to)).paragraphs[0].text == "Dear Ada"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["999999"], 3, "No record goes by 999999.\n"),
        (["clean water"], 3, "To look for these words: pqwatch search 'clean water'\n"),
        (["140051", "--dated", "soon"], 2, "'soon' is no day"),
        (["140051", "--style", "bibtex"], 2, "'bibtex' is not one of"),
        (["140051", "--output", "letter.odt"], None, "letter.odt ends in .odt: a letter ends in .docx, .md or .html"),
        (["140051", "--output", "letter"], None, "letter has no ending: a letter ends in .docx, .md or .html"),
        (["140051", "--output", "no/such/letter.md"], None, "can't be written"),
        (["140051", "--to", " "], None, "there is no name to write to"),
        (["140051", "--quote", "zebras all"], None, "the words 'zebras all' don't stand in UIN 140051"),
        (["140051", "--template", "none.md"], None, "none.md can't be read"),
        (["140051", "--template", "none.txt"], None, "none.txt ends in .txt"),
    ],
)
def test_errors_say_what_to_do(desk: Desk, words: list[str], code: int | None, said: str) -> None:
    result = desk.run("draft", "--to", "Ada", *words)
    assert result.stdout == ""
    if code is None:
        assert said in str(result.exception)
    else:
        assert (result.exit_code, said in " ".join(without_option(result.stderr).split()) + "\n") == (code, True)


def test_a_letter_that_is_there_is_kept(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "letter.md"
    path.write_text("My own words.", encoding="utf-8")
    words = ["draft", "140051", "--to", "Ada", "--output", str(path)]
    result = desk.run(*words)
    assert result.exit_code == 2
    assert "is there already, perhaps with your own words: name another file, or add" in " ".join(result.stderr.split())
    assert path.read_text("utf-8") == "My own words."
    assert desk.run(*words, "--force").exit_code == 0
    assert "Dear Ada" in path.read_text("utf-8")


def test_template_and_output_agree(desk: Desk, tmp_path: Path) -> None:
    ours = tmp_path / "ours.docx"
    ours.write_bytes(template("{{ nothing }}"))
    said: dict[str, Any] = {}
    for words in ((), ("--output", "a.md")):
        result = desk.run("draft", "140051", "--to", "Ada", "--template", str(ours), *words)
        assert result.exit_code == 2
        said[" ".join(words)] = " ".join(result.stderr.split())
    assert said[""].endswith("A .docx is nothing for stdout: add --output letter.docx")
    assert said["--output a.md"].endswith("The letter ends as its template does: --output letter.docx")
    out = str(tmp_path / "a.docx")
    result = desk.run("draft", "140051", "--to", "Ada", "--template", str(ours), "--output", out)
    assert "in the paragraph '{{ nothing }}': 'nothing' is undefined" in str(result.exception)
    assert not (tmp_path / "a.docx").exists()
    ours.write_bytes(b"PK\x03\x04")
    result = desk.run("draft", "140051", "--to", "Ada", "--template", str(ours), "--output", out)
    assert "can't be read as a .docx file" in str(result.exception)


def test_the_manuals_template_is_filled_in_and_checked(desk: Desk, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "letters.md").read_text("utf-8")
    ours, to = tmp_path / "ours.md", tmp_path / "letter.md"
    ours.write_text(page.partition("```text\n")[2].partition("```")[0], encoding="utf-8")
    words = ["2005-02-07/1366W", "140050", "--to", "Ada", "--template", str(ours), "--output", str(to)]
    assert draft(desk, *words).exit_code == 0
    checked = desk.run("check", str(to), "--strict", "--json")
    assert checked.exit_code == 0
    assert [(found["verdict"], bool(found["agreed"])) for found in json.loads(checked.stdout)] == [("exact", True)] * 2


def test_a_promise_is_quoted_with_its_repetitions(desk: Desk, tmp_path: Path) -> None:
    listed = json.loads(desk.run("promises", "--all", "--json").stdout)
    [promise] = [entry for entry in listed if "sample boats" in entry["sentence"]]
    to = tmp_path / "letter.docx"
    result = draft(desk, promise["id"], "--to", "Home Secretary", "--json", "--output", str(to))
    assert result.exit_code == 0, result.exception
    passages = json.loads(result.stdout)["passages"]
    assert [passage["quotation"] for passage in passages] == [record.answer for record in REPEATED]
    assert [passage["record"] for passage in passages] == [record.id for record in REPEATED]
    assert [passage["promises"][0]["kind"] for passage in passages] == ["dated", "dated", "vague"]
    assert desk.run("check", str(to), "--strict").exit_code == 0
    unknown = draft(desk, "p-0000000000", "--to", "Home Secretary")
    assert (unknown.exit_code, unknown.stdout) == (3, "")
    assert "No promise goes by p-0000000000. To list all: pqwatch promises --all" in unknown.stderr
