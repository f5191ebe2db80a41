"""`cite` and `check` on an archive of invented questions."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import main, pqwatch
from monitor.errors import LetterError
from monitor.model.letters import LARGEST
from monitor.research.quotations.selection import split_references
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import Desk, make_desk, without_option

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


def check(desk: Desk, letter: str, *words: str, name: str = "letter.txt") -> Result:
    path = desk.folder / name
    path.write_text(letter, encoding="utf-8")
    return desk.run("check", str(path), *words)


# -- cite -------------------------------------------------------------------------------------------------------------


def test_cite_gives_the_newest_answer_with_its_reference(desk: Desk) -> None:
    result = desk.run("cite", "140009")
    assert result.exit_code == 0
    assert result.stderr == "Also: 2019-03-04/140009  An old one\n"
    assert result.stdout == (
        "\u201cSamples taken:\n\n\u201cPlace\tSamples\nNorth Sample\t12\nSouth Sample\t1,204\u201d\n\n"
        "UIN 140009, answered 3 February 2021\n"
    )


def test_cite_gives_a_question_before_there_is_an_answer(desk: Desk) -> None:
    result = desk.run("cite", "140002", "--style", "oscola")
    assert "what flood defences there are.\u201d" in result.stdout
    assert result.stdout.endswith("\n\nHC Written Question UIN 140002, tabled 26 January 2021\n")


def test_cite_quotes_from_the_given_first_to_last_words(desk: Desk) -> None:
    result = desk.run("cite", "140001", "--quote", "no bathing waters ... clean", "--json")
    citation = json.loads(result.stdout)
    assert citation == {
        "id": "q-140001",
        "style": "hansard",
        "reference": "UIN 140001, answered 1 February 2021, corrected 5 February 2021",
        "quotation": "No bathing waters were clean.",
        "part": "answer",
        "start": citation["start"],
        "end": citation["start"] + 29,
        "said_by": "Ben Placeholder",
        "date": "2021-02-05",
        "url": "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001",
        "citation": "\u201cNo bathing waters were clean.\u201d\n\n" + citation["reference"],
    }


def test_several_records_are_cited_one_after_the_other(desk: Desk) -> None:
    result = desk.run("cite", "140001", "2019-03-04/140009", "140001", "UIN", "140002", "--style", "bibtex")
    assert result.exit_code == 0
    entries = result.stdout.strip().split("\n\n")
    assert [entry.splitlines()[0] for entry in entries] == [
        "@misc{placeholder-2021-140001,", "@misc{placeholder-2019-140009,", "@misc{sample-2021-140002,",
    ]  # fmt: skip
    citations = json.loads(desk.run("cite", "140001", "140002", "--json").stdout)
    assert [entry["id"] for entry in citations] == ["q-140001", "q-140002"]
    ris = desk.run("cite", "140001", "140002", "--style", "ris").stdout
    assert ris.count("\nER  - \n") == 2


@pytest.mark.parametrize(
    ("words", "refs"),
    [
        (["HC", "Deb", "7", "December", "2005", "c1366W"], ["HC Deb 7 December 2005 c1366W"]),
        (["14205", "HL12", "HC Deb 7 December 2005 c1366W"], ["14205", "HL12", "HC Deb 7 December 2005 c1366W"]),
        (["UIN", "22195,", "answered", "14", "January", "2025", "14205"],
         ["UIN 22195, answered 14 January 2025", "14205"]),
        (["14205", "no", "such"], ["14205", "no such"]),
        (["no", "such", "14205"], ["no such 14205"]),
    ],
)  # fmt: skip
def test_references_are_split_at_their_words(words: list[str], refs: list[str]) -> None:
    assert split_references(words) == refs


def test_missing_record_among_several_is_named_and_nothing_is_printed(desk: Desk) -> None:
    result = desk.run("cite", "140001", "999999")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "No record goes by 999999." in result.stderr


def test_cite_names_who_asked(desk: Desk) -> None:
    result = desk.run("cite", "140001", "--quote", "what steps he is taking", "--style", "Markdown")
    assert result.stdout.startswith("> what steps he is taking.\n\n\u2014 Ada Example, [UIN 140001")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["99"], 3, "No record goes by 99.\n"),
        (["clean water"], 3, "To look for these words: pqwatch search 'clean water'\n"),
        (["140001", "--quote", "all bathing waters were clean"], 3, "Nearest: No bathing waters were clean."),
        (["140001", "--quote", "zebra"], 3, "These words don't stand in 140001 as they are given.\n"),
        (["140001", "--quote", "..."], 2, "there is no word in it"),
        (["140001", "--style", "mla"], 2, "'mla' is not one of"),
    ],
)
def test_records_that_cannot_be_cited(desk: Desk, words: list[str], code: int, said: str) -> None:
    result = desk.run("cite", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in without_option(result.stderr)


def test_cite_prints_no_control_characters(desk: Desk) -> None:
    result = desk.run("cite", "140010", "--style", "bibtex")
    assert "bathing water" in result.stdout
    assert "\x1b" not in result.stdout


# -- check ------------------------------------------------------------------------------------------------------------


def test_check_gives_a_verdict_for_each_quotation(desk: Desk) -> None:
    letter = (
        'You said "Nothing to see in this sentence" and "I refer the hon. Member to the reply given on 2 February 2021" '
        '(UIN 140011), "all bathing waters [of ours] clean", "a bathing beach for everyone in each and every town" '
        'and "not so fine".'
    )
    result = check(desk, letter)
    assert result.exit_code == 1
    head, *found = result.stdout.split("\n\n")
    assert head.endswith(
        "letter.txt: 5 quotations: 1 exact, 1 altered, 1 corrected since, 1 not found, 1 too short to check"
    )
    exact, altered, corrected, missing, short = (entry.splitlines() for entry in found)
    assert exact[0] == "1. Exact  (paragraph 1)"
    assert exact[2] == "    UIN 140001, answered 1 February 2021, corrected 5 February 2021, by Ben Placeholder"
    assert altered[4:] == [
        "    Figures: 1, quoted as 2.",
        '    After "hon. Member to the" the record has "answer", the letter "reply".',
        '    After "the answer given on" the record has "1", the letter "2".',
        "    As the letter says: 140011.",
    ]
    assert '    [of ours] stands for "were".' in corrected
    assert "    So it stood in revision 1, before the correction of 5 February 2021." in corrected
    assert '    Now: "No bathing waters were clean"' in corrected
    assert '    "all" became "No".' in corrected
    assert missing[2] == "    Nothing in the archive is near it."
    assert short == ["5. Too short to check  (paragraph 1)", '    "not so fine"', "    It stands nowhere like that."]


def test_similar_passage_is_shown_with_its_likeness(desk: Desk) -> None:
    said = check(desk, '"Nothing to hear in that sentence, but in each of ours there was something to be seen"').stdout
    assert "1. Not found" in said
    assert re.search(r'\n    Nearest, with \d\d% of its words: "\w', said)


def test_check_with_json_prints_only_a_list(desk: Desk) -> None:
    result = check(desk, '"Steps are being taken."', "--json")
    assert result.exit_code == 0
    [checked] = json.loads(result.stdout)
    assert (checked["verdict"], checked["likeness"], checked["now"], checked["records"]) == ("exact", 1, None, 1)
    assert checked["passage"] == "Steps are being taken"


@pytest.mark.parametrize(
    ("letter", "words", "code"),
    [
        ("No quotation here.", (), 0),
        ('"All bathing waters were clean"', (), 0),
        ('"All bathing waters were clean"', ("--strict",), 1),
        ('"South Sample 1,204" (UIN 140001)', (), 0),
        ('"Place Samples North Sample 12" (UIN 140001)', ("--strict",), 1),
        ('"Place Samples North Sample 12" (UIN 140009)', ("--strict",), 0),
        ('"Place Samples South Sample 12"', (), 1),
        ('"of no such word"', ("--strict",), 0),
    ],
)
def test_exit_codes_of_check(desk: Desk, letter: str, words: tuple[str, ...], code: int) -> None:
    assert check(desk, letter, *words).exit_code == code


def test_a_letter_without_quotations_says_so(desk: Desk) -> None:
    assert check(desk, "None.").stdout.endswith("letter.txt: no quotations\n")
    assert json.loads(check(desk, "None.", "--json").stdout) == []


def test_check_reads_from_stdin(desk: Desk) -> None:
    words = ["check", "-", "--config", str(desk.folder / "config.toml")]
    result = CliRunner().invoke(pqwatch, words, input=b'"Steps are being taken."')
    assert result.stdout.startswith("-: 1 quotation: 1 exact\n")


def test_unreadable_file_is_a_usage_error(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pqwatch", "check", str(tmp_path / "no.txt")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "can't be read" in str(desk.run("check", str(tmp_path / "no.txt")).exception)


def test_a_pipe_and_a_device_are_no_letters(desk: Desk, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in (str(pipe), "/dev/zero", str(tmp_path)):
        said = str(desk.run("check", name).exception)
        assert said == f"{name} is no file: name a file, or pass its text to stdin and name -"
    assert "can't be read" in str(desk.run("check", "a\0b").exception)


def test_endless_stdin_is_read_up_to_the_limit(desk: Desk) -> None:
    words = ["check", "-", "--config", str(desk.folder / "config.toml")]
    result = CliRunner().invoke(pqwatch, words, input=cast("Any", Endless()))
    assert str(result.exception).startswith("- has more than 20 MB, the most that is read")


class Endless(io.RawIOBase):
    """Stream of zeros without end. It refuses to give very many at once."""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert 0 <= size <= 2 * LARGEST
        return bytes(size)


def test_check_ends_when_its_time_is_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cli.check.MOST_SECONDS", -1)
    result = check(desk, '"Steps are being taken." and "All bathing waters were clean"')
    assert isinstance(result.exception, LetterError)
    assert str(result.exception).startswith("0 of 2 quotations were checked in the time that a check may take")


@pytest.mark.parametrize(
    ("letter", "said"),
    [
        ('"one two three" ' * 2_001, "the letter has more than 2,000 quotations"),
        (f'So "{"word " * 10_001}".', "the quotation in paragraph 1 has more than 50,000 characters"),
    ],
)
def test_number_of_checked_quotations_is_limited(desk: Desk, letter: str, said: str) -> None:
    result = check(desk, letter)
    assert isinstance(result.exception, LetterError)
    assert str(result.exception).startswith(said)


def test_gloss_title_and_other_speaker_are_reported_in_plain_words(desk: Desk) -> None:
    letter = (
        'Mr. Smith told the hon. Member that "No bathing waters (BW) were clean" (UIN 140002). '
        'See the report "Keeping Every Bathing Water Clean", and '
        '\u00abNo bathing waters were clean\u00bb. Some "experts" said so.'
    )
    result = check(desk, letter)
    head, gloss, title, exact = result.stdout.split("\n\n")
    assert result.exit_code == 0
    assert head.endswith("3 quotations: 1 exact, 1 exact but for a gloss, 1 a title, not checked")
    assert gloss.splitlines()[0] == "1. Exact but for a gloss  (paragraph 1)"
    said = [line.strip() for line in gloss.splitlines()]
    assert "(BW) is the letter's own." in said
    warnings = [line for line in said if line.startswith("Warning: ")]
    assert warnings[0].startswith("Warning: The letter names 140002; this is 140001; 140002 is another record, ")
    assert warnings[1].startswith("Warning: The letter names Mr. Smith; this was answered by Ben Placeholder")
    assert title.splitlines()[2] == "    It stands nowhere like that."
    assert exact.splitlines()[0] == "3. Exact  (paragraph 1)"
    assert check(desk, letter, "--strict").exit_code == 1


def test_square_brackets_may_stand_in_the_record_itself(tmp_path: Path) -> None:
    own = make_desk(tmp_path)
    archive = app.archive(app.configuration(str(tmp_path / "config.toml"), env={}))
    try:
        store(
            archive,
            a_question(uin="140077", answer="The report says that it is so [sic] and will be so [Annex 3] here."),
        )
    finally:
        archive.close()
    letter = (
        '"The report says that it is so [sic] and will be so [Annex 3] here." [1] and "it is so [and so it] will be so '
        '[Annex 3] there"\n\nReferences\n\n1. UIN 140077'
    )
    found = json.loads(check(own, letter, "--json").stdout)
    assert [finding["verdict"] for finding in found] == ["exact", "altered"]
    assert found[0]["agreed"] == ["140077"]
