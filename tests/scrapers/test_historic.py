"""Historic Hansard: what is made of volumes, parts of days and pages, and which files there are."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from monitor.errors import ConfigError, GoneError, ParseError
from monitor.model.records import House, Kind
from monitor.model.sources import FileRef, Payload
from monitor.parliament import identifiers
from monitor.parliament.abbreviations import PARTIES
from scrapers.folders import LocalFolder, WebFolder
from scrapers.hansard.notation import (
    column_name,
    find_day,
    read_speaker,
    split_asker,
    split_note,
    split_question,
    split_speaker,
)
from scrapers.historic import Historic, HistoricPages
from scrapers.historic.pages import SectionPages, slug
from scrapers.historic.source import read_file
from scrapers.http.client import Client
from tests.scrapers.faulty import Asked, FaultyServer, Reply, Time, http
from tests.scrapers.golden import as_plain, check
from tests.scrapers.source_kit import InventedRegister

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model.records import Proceeding
    from monitor.model.sources import Parsed

EXAMPLES = Path(__file__).parent / "examples" / "historic"
NOW = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)
CASES = sorted(path.name for path in EXAMPLES.iterdir() if path.suffix in (".xml", ".html"))


def read(body: bytes | str, key: str = "part.xml", url: str = "https://historic.example/x") -> list[Parsed]:
    body = body.encode() if isinstance(body, str) else body
    return list(read_file(Payload(source="historic", key=key, url=url, fetched_at=NOW, body=body), InventedRegister()))


def proceedings_in(records: Iterable[Parsed]) -> list[Proceeding]:
    return [record.proceeding for record in records if record.proceeding]


def answers(inner: str, *, before: str = "<col>1</col>") -> list[Proceeding]:
    """Parse a section of written answers of 1987."""
    body = f"{before}<date format='1987-03-10'/><section><title>Oil</title>{inner}</section>"
    return proceedings_in(read(f"<writtenanswers>{body}</writtenanswers>"))


def speeches(inner: str) -> list[Proceeding]:
    body = f"<col>7</col><date format='1987-03-10'/><debates><section><title>Oil</title>{inner}</section></debates>"
    return proceedings_in(read(f"<housecommons>{body}</housecommons>"))


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(case: str) -> None:
    found = [
        as_plain(record.proceeding) if record.proceeding else {"key": record.key, "error": str(record.error)}
        for record in read((EXAMPLES / case).read_bytes(), case)
    ]
    check(found, EXAMPLES / f"{case}.expected.json")


@pytest.mark.parametrize(
    ("member", "name", "office", "seat", "party"),
    [
        ("Ann Otherly (Exton and Wye) (Con)", "Ann Otherly", None, "Exton and Wye", "Conservative"),
        (
            "Ann Otherly <memberconstituency>(Exton) (Lab/Co-op)</memberconstituency>",
            "Ann Otherly",
            None,
            "Exton",
            "Labour",
        ),
        ("Ann Otherly <memberconstituency>(Exton, E.)</memberconstituency>", "Ann Otherly", None, "Exton, E.", None),
        ("THE FIRST LORD (THE EARL OF EXTON)", "THE EARL OF EXTON", "THE FIRST LORD", None, None),
    ],
)
def test_party_and_capitals_beside_a_name(
    member: str, name: str, office: str | None, seat: str | None, party: str | None
) -> None:
    [speech] = speeches(f"<p>3. <member>{member}</member><membercontribution>: Why?</membercontribution></p>")
    assert speech.made_by is not None
    assert speech.made_by.name == name
    assert (speech.made_by.office, speech.made_by.constituency) == (office, seat)
    assert (speech.made_by.party or "").partition(" (")[0] == (party or "")
    assert speech.text == "3. Why?"


@pytest.mark.parametrize(
    ("speech", "text"),
    [
        ("*<member>MR. PLOVER</member><membercontribution>: Why?</membercontribution>", "Why?"),
        ("<sup>*</sup><member>MR. PLOVER</member><membercontribution>: Why?</membercontribution>", "Why?"),
        ("<member>MR. PLOVER</member><sup>*</sup><membercontribution>: Why?</membercontribution>", "Why?"),
        (
            "(11.19.) <member>MR. PLOVER</member>: <membercontribution>Sir, why?</membercontribution>",
            "(11.19.) Sir, why?",
        ),
        ("<member>MR. PLOVER</member>: At 12:30 it was *dark.", "At 12:30 it was *dark."),
    ],
)
def test_marks_between_a_speaker_and_his_words_are_none_of_them(speech: str, text: str) -> None:
    [found] = speeches(f"<p>{speech}</p>")
    assert found.made_by is not None
    assert (found.made_by.name, found.text) == ("MR. PLOVER", text)


def test_a_subject_beside_its_department_is_none() -> None:
    """In some volumes of 2003 the section of a subject ends that of its department, and holds the subjects behind it."""

    def asked(name: str) -> str:
        return f"<p><member>{name}</member>: To ask the Minister why.</p><p><member>Mr. Brine</member>: No.</p>"

    inner = (
        f"<section><title>LIGHTHOUSES</title><section><title>Lamps</title>{asked('Mr. Plover')}</section></section>"
        f"<section><title>FOGHORNS</title>{asked('Miss Finch')}"
        f"<section><title>Keepers</title>{asked('Sir Basil Thrift')}</section></section>"
        f"<section><title>HARBOURS</title><section><title>Quays</title>{asked('Mrs. Quill')}</section></section>"
    )

    def bodies(day: str) -> list[tuple[str | None, str | None]]:
        found = read(f"<writtenanswers><col>1W</col><date format='{day}'/>{inner}</writtenanswers>")
        return [(question.body, question.heading) for question in proceedings_in(found)]

    assert bodies("2003-05-06") == [
        ("Lighthouses", "Lamps"),
        ("Lighthouses", "FOGHORNS"),
        ("Lighthouses", "Keepers"),
        ("Harbours", "Quays"),
    ]
    # In old volumes the title above may be that of a subject.
    assert bodies("1929-02-11")[1:3] == [(None, "FOGHORNS"), (None, "Keepers")]


@pytest.mark.parametrize("case", CASES)
def test_ids_are_public_ids_each_once(case: str) -> None:
    records = proceedings_in(read((EXAMPLES / case).read_bytes(), case))
    assert all(re.fullmatch(r"[a-z]+-[\w.:-]*\d", record.id) and record.id == record.id.lower() for record in records)
    for names in ([record.id for record in records], [key for record in records for key in record.keys]):
        assert max(Counter(names).values(), default=1) == 1


# What is odd


def test_word_that_a_column_cuts_at_its_hyphen_is_whole() -> None:
    [record] = speeches("<p><member>Mr. Plover</member>: the long-\n<image src='x'/>\n<col>8</col>\nrange horn</p>")
    assert (record.text, record.column, record.column_to) == ("the long-range horn", "7", "8")


def test_hyphen_before_a_name_is_left_alone() -> None:
    [record] = speeches("<p><member>Mr. Plover</member>: the years 1986- <col>8</col> March</p>")
    assert record.text == "the years 1986- March"


def test_sentence_that_ended_does_not_go_on_behind_a_column() -> None:
    found = speeches("<p><member>Mr. Plover</member>: It ended.</p><col>8</col><p>Question put.</p>")
    assert [record.text for record in found] == ["It ended.", "Question put."]
    assert [record.made_by is None for record in found] == [False, True]


def test_raised_figures_make_no_other_number() -> None:
    [record] = speeches("<p><member>Mr. Plover</member>: 10<sup>6</sup> tons<sup> 2</sup>, the 1<sup>st</sup></p>")
    assert record.text == "10\u2076 tons \u00b2, the 1st"


def test_words_of_a_division_are_no_speech_but_its_columns_count() -> None:
    division = "<division><table><tr><td>Plover, F.</td></tr></table><col>9</col></division>"
    found = speeches(f"<p><member>Mr. Plover</member>: Divide!</p>{division}<p><member>Mr. Reed</member>: Done.</p>")
    assert [(record.text, record.column) for record in found] == [("Divide!", "7"), ("Done.", "9")]


def test_words_beside_paragraphs_belong_to_what_they_follow() -> None:
    [record] = speeches("<p><member>Mr. Plover</member>: See:</p><quote>the Act</quote> and nothing <!-- note --> else")
    assert record.text == "See:\n\nthe Act\n\nand nothing\n\nelse"


def test_a_heading_over_two_columns_covers_both() -> None:
    rows = "<tr><td/><td colspan='2'>1985</td><td>1986</td></tr><tr><td>Oil</td><td>1</td><td>2</td><td>3</td></tr>"
    table = f"<table>{rows}</table>"
    [answer] = answers(
        f"<p><member>Mr. Ames</member> asked how much.</p><p><member>Mr. Bell</member>: So much:{table}</p>"
    )
    assert (answer.answer or "").split("\n\n")[-1] == "\t1985\t\t1986\nOil\t1\t2\t3"


def test_member_named_within_a_sentence_is_no_speaker() -> None:
    [record] = speeches("<p>The Chair called <member>Mr. Plover</member> to order.</p>")
    assert (record.made_by, record.text) == (None, "The Chair called Mr. Plover to order.")


def test_office_before_a_member_in_brackets_is_his() -> None:
    [record] = speeches("<p>The Minister for Lamps <member>(Dr. Opal Finch)</member>: They are lit.</p>")
    assert record.made_by is not None
    assert (record.made_by.name, record.made_by.office, record.text) == (
        "Dr. Opal Finch",
        "The Minister for Lamps",
        "They are lit.",
    )


def test_speaker_alone_says_what_follows() -> None:
    [record] = speeches("<p><member>Mr. Plover</member></p><p>I rise.</p>")
    assert record.made_by is not None
    assert (record.made_by.name, record.text) == ("Mr. Plover", "I rise.")


def test_a_reply_may_end_with_the_number_of_another_question() -> None:
    reply = "I refer the hon. Member to the answer that I gave him on 3 March. [9000]"
    first, second = answers(
        "<p><member>Mr. Plover</member>: To ask the Minister why. [9001]</p>"
        f"<p><member>Mr. Brine</member>: {reply}</p>"
        "<p><member>Miss Finch</member>: To ask the Minister when. [9002]</p><p><member>Mr. Brine</member>: Soon.</p>"
    )
    assert (first.uin, first.answer, second.uin, second.answer) == ("9001", reply, "9002", "Soon.")


def test_reply_without_question_and_question_without_reply_are_kept() -> None:
    found = answers("<p><member>Mr. Brine</member>: No.</p><p>Mr. Reed asked the Minister why.</p>")
    assert [(record.question, record.answer) for record in found] == [(None, "No."), ("asked the Minister why.", None)]
    assert all(record.answered_on == date(1987, 3, 10) for record in found)


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Mr. Heron:", "Mr. Heron"),
        ("MR. HERON:", "MR. HERON"),
        ("*Sir Edward Heron :", "Sir Edward Heron"),
        ("The Earl of Heron:", "The Earl of Heron"),
        ("Colonel SEELY-HERON:\u2014", "Colonel SEELY-HERON"),
        ("The Under-Secretary of State for War (Mr. Heron):", "Mr. Heron"),
    ],
)
def test_a_member_whom_no_mark_up_names_begins_to_speak(printed: str, name: str) -> None:
    asked = "<p><member>Mr. Plover</member>: To ask the Secretary of State for War whether it rained.</p>"
    [record] = answers(f"{asked}<p>{printed} It did.</p><p>It stopped at noon: so I am told.</p>")
    assert record.question == "To ask the Secretary of State for War whether it rained."
    assert record.answer == "It did.\n\nIt stopped at noon: so I am told."
    assert record.answered_by is not None
    assert record.answered_by.name == name
    _, said = speeches(f"<p><member>Mr. Plover</member>: It rained.</p><p>{printed} It did.</p>")
    assert (said.text, said.made_by.name if said.made_by else None) == ("It did.", name)


@pytest.mark.parametrize(
    "text",
    [
        "The following answer was given: it rained.",
        "The House divided: Ayes, 3.",
        "Mr. Heron said in 1908: it rains.",
        "Mrs. Heron; and others: none.",
        "Lord Heron's Act, 1908: none.",
        "General remarks: none.",
        "Major works: none.",
        "Group A: none.",
        "Air pollution: none.",
        "The Minister of Health: none.",
    ],
)
def test_other_words_with_a_colon_name_no_speaker(text: str) -> None:
    assert split_speaker(text) is None


def test_second_minister_is_named_in_the_answer() -> None:
    reply = "<p><member>Mr. Brine</member>: No.</p><p><member>Mr. Reed</member>: I agree.</p>"
    [record] = answers(f"<p>Mr. Plover asked the Minister why.</p>{reply}")
    assert record.answer == "No.\n\nMr. Reed: I agree."


def test_question_printed_twice_word_for_word_is_told_once() -> None:
    pair = "<p><member>Mr. Reed</member>: To ask why. [990001]</p><p><member>Mr. Brine</member>: So.</p>"
    assert [record.uin for record in answers(pair + pair)] == ["990001"]


def test_column_goes_on_from_part_to_part_of_a_series() -> None:
    part = "<housecommons>{}<date format='{}'/><debates><p id='S6CV0901P0-0000{}'>Prayers.</p></debates></housecommons>"
    days = [part.format("<col>7</col>", "1987-03-10", 1), part.format("", "1987-03-11", 2)]
    found = proceedings_in(read(f"<hansard>{''.join(days)}</hansard>", "S6CV0901P0.xml"))
    assert [(record.column, record.made_on, record.volume) for record in found] == [
        ("7", date(1987, 3, 10), 901),
        ("7", date(1987, 3, 11), 901),
    ]


def test_answers_of_a_volume_of_the_lords_are_theirs() -> None:
    inner = "<col>15</col><date format='1987-03-10'/><p>Lord Thrift asked the Minister why.</p>"
    [record] = proceedings_in(read(f"<writtenanswers>{inner}</writtenanswers>", "S5LV0485P0.xml"))
    assert (record.house, record.column) == (House.LORDS, "15WA")


def test_of_two_sections_with_one_title_the_first_has_the_address() -> None:
    pages_of_site = SectionPages()
    where = (House.LORDS, identifiers.DEBATES, date(1987, 3, 1))
    pages = [pages_of_site.page_of(*where, title) for title in ("Bees", "BEES.", "  ", None)]
    assert pages == ["lords/1987/mar/01/bees", None, None, None]


def test_slug_is_made_by_the_rules_of_the_site() -> None:
    assert (
        slug("Café owls: a second_report -- & what came of it after all") == "cafe-owls-a-second-report-what-came-of-i"
    )


# What is refused


def test_id_that_can_be_no_public_one_is_left_out() -> None:
    [record] = speeches("<p id='S6CV^1'><member>Mr. Plover</member>: So.</p>")
    assert (record.id, record.keys) == ("hh-commons-1987-03-10-debates-7-1", ("col:commons:1987-03-10:debates:7:1",))


def test_empty_part_tells_nothing_and_front_matter_neither() -> None:
    assert read("<housecommons>\n</housecommons>") == []
    assert read("<hansard><titlepage><p>TITLE</p></titlepage></hansard>") == []
    assert read("<index><title>INDEX</title></index>") == []


@pytest.mark.parametrize("body", ["", "<writtenanswers><p></writtenanswers>", "<housecommons>&owl;</housecommons>"])
def test_what_is_not_well_formed_is_refused_before_anything_is_told(body: str) -> None:
    with pytest.raises(ParseError, match="is not well-formed XML"):
        read(body)


def test_entities_of_a_file_are_not_resolved() -> None:
    declared = '<!DOCTYPE housecommons [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    body = "<housecommons><date format='1987-03-10'/><p>Loud &b; laughter &f;.</p></housecommons>"
    assert [record.text for record in proceedings_in(read(declared + body))] == ["Loud laughter ."]


def test_other_xml_is_refused() -> None:
    with pytest.raises(ParseError, match="is no volume of Historic Hansard: it begins with 'rss'"):
        read("<rss/>")


def test_page_without_citation_is_refused() -> None:
    with pytest.raises(ParseError, match="it has no citation"):
        read("<html><body><h1>Not found</h1></body></html>")


def test_part_without_date_is_an_error_whose_excerpt_is_a_file_of_its_own() -> None:
    bad, good = read((EXAMPLES / "part_without_date.xml").read_bytes(), "v.xml")
    assert (bad.key, bad.proceeding) == ("v.xml#1", None)
    assert good.proceeding is not None
    [again] = read(bad.excerpt, bad.key)
    assert (again.key, str(again.error)) == (bad.key, str(bad.error))
    [mended] = proceedings_in(
        read(bad.excerpt.replace(b"</title>", b"</title><date format='2003-05-12'/>", 1), bad.key)
    )
    assert (mended.text, mended.made_on) == ("I am content.", date(2003, 5, 12))


# What is printed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wednesday, 21st August, 1889.", date(1889, 8, 21)),
        ("31 February 2004", None),
        ("29 Feb and 3 Sept. 2004", date(2004, 2, 29)),
        ("in May", None),
    ],
)
def test_printed_day(text: str, expected: date | None) -> None:
    assert find_day(text, date(2004, 12, 1) if "Feb and" in text else None) == expected


def test_day_without_year_is_the_last_of_its_name() -> None:
    note, rest = split_note("[holding answer 19 December]: Yes.", date(2005, 1, 10))
    assert note is not None
    assert (note.holding_on, rest) == (date(2004, 12, 19), "Yes.")


@pytest.mark.parametrize(
    "text",
    [
        "[R] Yes.",
        "[holding answer soon]: Yes.",
        "[Laughter.] Yes.",
        "[pursuant to her reply, 13 December 1985]: Yes.",  # may be the first answer
        "Yes.",
    ],
)
def test_other_brackets_are_words(text: str) -> None:
    assert split_note(text, date(2005, 1, 10)) == (None, text)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("c. 756W", ("756W",)),
        ("columns 756-58W", ("756W", "757W", "758W")),
        ("col. 12", ("12",)),
        ("Official Report", ()),
    ],
)
def test_reply_that_takes_up_an_earlier_one_names_its_columns(columns: str, expected: tuple[str, ...]) -> None:
    note, _ = split_note(f"[pursuant to the reply, 24 February 2005, {columns}]: No.", date(2005, 3, 1))
    assert note is not None
    assert (note.replied_on, note.columns) == (date(2005, 2, 24), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("To ask why.", [("To ask why.", None)]),
        ("To ask (1) why; (2) when.", [("To ask (1) why; (2) when.", None)]),
        ("To ask if section 5(1) holds. [9001]", [("To ask if section 5(1) holds.", "9001")]),
        ("To ask (1) why; [9001]\n\n(2) when. [9002R]", [("To ask (1) why;", "9001"), ("To ask (2) when.", "9002")]),
        ("To ask (1) why; [9001](2) when.", [("To ask (1) why;", "9001"), ("To ask (2) when.", None)]),
        ("To ask (1) why; and\n\n(2) when. [9002]", [("To ask (1) why; and", None), ("To ask (2) when.", "9002")]),
        ("To ask why. [9001] [9002] [9001]", [("To ask why.", "9001"), ("To ask why.", "9002")]),
        ("To ask of [2004] reports. [9001]", [("To ask of [2004] reports.", "9001")]),
        ("To ask (1) why and (2) when. [9001]", [("To ask (1) why and (2) when.", "9001")]),
    ],
)
def test_question_parts(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(part.text, part.number) for part in split_question(text)] == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sir Basil Thrift asked the Minister why.", "Sir Basil Thrift"),
        ("The Earl of Reed asked Her Majesty's Government why.", "The Earl of Reed"),
        ("Mr. D. E. Plover (Exton) asked the Minister why.", "Mr. D. E. Plover (Exton)"),
        ("The hon. Member asked the Minister why.", None),
        ("Exshire Water asked the Minister why.", None),
        ("Mr. Plover said: he asked the Minister why.", None),
    ],
)
def test_unmarked_asker(text: str, name: str | None) -> None:
    found = split_asker(text)
    assert (found[0] if found else None) == name


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("The Minister of State (Mr. Brine):", ("Mr. Brine", "The Minister of State", None)),
        ("Mr. Plover (Sandport, North)", ("Mr. Plover", None, "Sandport, North")),
        ("Mr. PLOVER (by Private Notice)", ("Mr. PLOVER", None, None)),
        ("The Attorney-General", ("The Attorney-General", None, None)),
        ("The Minister for Owls (Ann Otherly", ("Ann Otherly", "The Minister for Owls", None)),
    ],
)
def test_name_office_and_constituency_of_a_printed_speaker_are_told_apart(
    printed: str, expected: tuple[str, str | None, str | None]
) -> None:
    found = read_speaker(printed)
    assert found is not None
    assert (found.name, found.office, found.constituency) == expected


def test_column_name_has_the_suffix_of_its_series_behind_it() -> None:
    commons, lords = House.COMMONS, House.LORDS
    assert column_name("1", commons, identifiers.WRITTEN_ANSWERS) == "1W"
    assert column_name("WA 45", lords, identifiers.WRITTEN_ANSWERS) == "45WA"
    assert column_name("GC 1", lords, identifiers.GRAND_COMMITTEE) == "1GC"
    assert column_name("701", commons, identifiers.DEBATES) == "701"
    assert column_name("preface", commons, identifiers.DEBATES) is None


# Which files there are


def test_files_are_those_of_a_folder_newest_volume_first(tmp_path: Path) -> None:
    for name in ("S5CV0774P0.xml", "S6CV0089P0.xml", "S6CV0417P1.xml", "notes.txt", "day.html"):
        (tmp_path / name).write_text("<housecommons/>")
    source = Historic(LocalFolder(tmp_path, lambda: NOW), InventedRegister())
    refs = list(source.files(date(2004, 1, 1)))
    assert [ref.name for ref in refs] == ["S6CV0417P1.xml", "S6CV0089P0.xml", "S5CV0774P0.xml", "day.html"]
    assert all(ref.stamp and ref.day is None for ref in refs)
    payload = source.fetch(refs[0])
    assert (payload.source, payload.key, payload.body) == ("historic", "S6CV0417P1.xml", b"<housecommons/>")
    assert list(source.records(payload)) == []


def test_volumes_may_lie_in_folders_zipped_as_they_are_offered(tmp_path: Path) -> None:
    folder = tmp_path / "archive" / "The_Official_Report,_House_of_Commons_(6th_Series)_Vol_1_(March_1981)_to_2004"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "S6CV0417P2.zip", "w") as archive:
        archive.writestr("S6CV0417P2.xml", "<housecommons/>")
    (tmp_path / "S5CV0774P0.xml").write_text("<housecommons/>")
    source = Historic(LocalFolder(tmp_path, lambda: NOW), InventedRegister())
    refs = list(source.files())
    assert [ref.name.rpartition("/")[2] for ref in refs] == ["S6CV0417P2.xml", "S5CV0774P0.xml"]
    assert source.fetch(refs[0]).body == b"<housecommons/>"


def test_sections_of_a_day_are_read_from_the_site() -> None:
    page = (EXAMPLES / "written_answers_page.html").read_bytes()
    links = [
        '<a href="/historic-hansard/written-answers/2003/may/07/owls">Owls</a>',
        '<a href="/historic-hansard/written-answers/2003/may/07/owls#column_809w">again</a>',
        '<a href="/historic-hansard/written_answers/2003/may/06/mice">another day</a>',
        '<a href="/historic-hansard/people/mr-plover">a Member</a>',
    ]

    def answer(asked: Asked) -> Reply:
        if asked.target.endswith("/sittings/2003/may/07"):
            return http("".join(links).encode())
        return http(page) if asked.target.endswith("/owls") else http(b"", 404)

    time = Time()
    with (
        FaultyServer(answer) as server,
        Client("x", "1", clock=time.clock, sleep=time.sleep, now=lambda: NOW) as client,
    ):
        source = HistoricPages(WebFolder(client, f"{server.url}/historic-hansard"), InventedRegister())
        refs = list(source.files(date(2003, 5, 6), date(2003, 5, 8)))
        found = proceedings_in(source.records(source.fetch(refs[0])))
    assert refs == [FileRef(name="written-answers/2003/may/07/owls", day=date(2003, 5, 7), stamp="1")]
    assert [record.uin for record in found] == ["990151", "990152"]
    assert found[0].keys[-1] == "hansard:written_answers/2003/may/07/owls:1"


def test_site_is_read_for_named_days_only(tmp_path: Path) -> None:
    source = HistoricPages(LocalFolder(tmp_path), InventedRegister())
    with pytest.raises(ConfigError, match="read for single days"):
        list(source.files())
    assert list(source.files(date(2006, 1, 1))) == []
    with pytest.raises(GoneError):
        source.fetch(FileRef(name="lords/2003/may/07/bees"))


def test_page_and_volume_tell_of_one_question() -> None:
    url = "https://api.parliament.uk/historic-hansard/written-answers/2003/may/07/owls"
    volume = proceedings_in(read((EXAMPLES / "written_answers_2003_with_numbers.xml").read_bytes()))
    page = proceedings_in(read((EXAMPLES / "written_answers_page.html").read_bytes(), url=url))
    assert [set(record.keys) & set(other.keys) != set() for record, other in zip(volume, page, strict=False)] == [
        True,
        True,
    ]
    assert [record.id for record in page] == [record.id for record in volume[:2]]
    assert [record.question for record in page] == [record.question for record in volume[:2]]


# Recorded files

BROKEN = {
    "commons_written_answers_1889_08_21.xml",
    "housecommons_paras_without_ids.xml",
    "index_example.xml",
    "search_result_example.xml",
}
NO_WORDS = {"division", "col", "image", "title", "date", "titlepage", "frontmatter", "tablecontents"}
WORD = re.compile(r"\w+")


def words_of(element: ET.Element, unseen: set[str] = NO_WORDS) -> Counter[str]:
    """The words of an element, without those of elements that are no contributions."""
    found: Counter[str] = Counter() if element.tag in unseen else Counter(WORD.findall(element.text or ""))
    for child in element:
        if element.tag not in unseen:
            found += words_of(child, unseen) + Counter(WORD.findall(child.tail or ""))
    return found


def test_badly_formed_recorded_files_are_refused(shared_data: Path) -> None:
    refused = set()
    for path in sorted((shared_data / "historic-hansard").glob("*.xml")):
        try:
            read(path.read_bytes(), path.name)
        except ParseError:
            refused.add(path.name)
    assert refused == BROKEN


def test_no_word_of_a_recorded_contribution_is_lost(shared_data: Path) -> None:
    count = 0
    for path in sorted((shared_data / "historic-hansard").glob("*.xml")):
        if path.name in BROKEN:
            continue
        records = proceedings_in(read(path.read_bytes(), path.name))
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - our own recorded files
        if root.tag == "hansard":
            assert not records
            continue
        kept: Counter[str] = Counter()
        for record in records:
            texts = [record.question, record.answer, record.text]
            # An answer that several questions share is counted with each: more than enough never hides what is lost,
            # for no recorded section of this kind is grouped.
            for member in (record.asked_by, record.made_by, record.answered_by):
                texts += [member.name, member.office, member.constituency] if member else []
                texts += [PARTIES[member.party]] if member and member.party else []
            kept += Counter(WORD.findall(" ".join(filter(None, texts))))
        assert words_of(root) - kept == Counter(), path.name
        count += len(records)
    assert count > 700


def test_recorded_day_of_answers_is_as_counted(shared_data: Path) -> None:
    body = (shared_data / "historic-hansard" / "writtenanswers_example.xml").read_bytes()
    found = proceedings_in(read(body, "writtenanswers_example.xml"))
    asked = len(re.findall(rb"<p id=[^>]*>(?:M[rs]s?|Sir|Dr|Miss)\.? [^<:]{1,40} asked the ", body))
    replies = body.count(b"<member>")
    assert len(found) == asked == replies == 55
    assert all(
        record.kind is Kind.QUESTION and record.question and record.answer and record.asked_by for record in found
    )
    assert {record.body for record in found} == {
        "Agriculture, Fisheries and Food",
        "Attorney-General",
        "Prime Minister",
        "Home Department",
        "Environment",
    }
    assert all(record.answered_on == date(1985, 12, 16) and not record.corrected_on for record in found)
    assert sum("[pursuant to her reply, 13 December 1985]" in str(record.answer) for record in found) == 2


def test_recorded_day_of_debates_is_as_counted(shared_data: Path) -> None:
    body = (shared_data / "historic-hansard" / "housecommons_example.xml").read_bytes()
    found = proceedings_in(read(body, "housecommons_example.xml"))
    root = ET.fromstring(body)  # noqa: S314 - our own recorded files
    spoken = sum(p.find("member") is not None for p in root.iter("p"))
    assert sum(record.made_by is not None for record in found) == spoken
    seats = set(re.findall(rb"<memberconstituency>\(?([^<)]+)\)?</memberconstituency>", body))
    told_seats = {record.made_by.constituency for record in found if record.made_by and record.made_by.constituency}
    assert told_seats >= {seat.decode().strip() for seat in seats}
    columns = [int(mark) for mark in re.findall(rb"<col>(\d+)</col>", body)]
    assert {int(record.column or 0) for record in found} <= set(columns)
    assert found[0].text == "The House met at half-past Two o'clock"
