"""TheyWorkForYou: which files count, what their records are, and what becomes of files that are broken or hostile."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.errors import FetchError, ParseError
from monitor.model.records import House, Member, Proceeding
from monitor.model.sources import FileRef, Payload
from monitor.research.reference_parser import gid_key
from scrapers.folders import LocalFolder, WebFolder
from scrapers.hansard.notation import body_name, scottish_party_name
from scrapers.theyworkforyou import TheyWorkForYou
from scrapers.theyworkforyou.documents import MAX_BYTES, open_document
from scrapers.theyworkforyou.files import FILE_KINDS, read_change_dates, read_file_name
from scrapers.theyworkforyou.gids import Redirects, read_gid
from scrapers.theyworkforyou.source import WESTMINSTER
from tests.scrapers.faulty import Asked, FaultyServer, Reply, http
from tests.scrapers.golden import as_plain, check
from tests.scrapers.source_kit import InventedRegister, MemoryCache

if TYPE_CHECKING:
    from monitor.model.sources import Parsed
    from scrapers.http.client import Client

EXAMPLES = Path(__file__).parent / "examples" / "theyworkforyou"
NOW = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)
FILES = sorted(str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("*/*.xml"))


def local(root: Path = EXAMPLES, *kinds: str) -> TheyWorkForYou:
    return TheyWorkForYou(LocalFolder(root, lambda: NOW), InventedRegister(), kinds=kinds or tuple(FILE_KINDS))


def read(name: str, body: bytes | None = None) -> list[Parsed]:
    """The records of an example as it lies there, or of another body under its name."""
    body = (EXAMPLES / name).read_bytes() if body is None else body
    payload = Payload(source="theyworkforyou", key=name, url="file:///x", fetched_at=NOW, body=body)
    return list(local().records(payload))


def proceedings_in(name: str, body: bytes | None = None) -> list[Proceeding]:
    return [parsed.proceeding for parsed in read(name, body) if parsed.proceeding is not None]


def record(body: str, name: str = "wrans/answers2006-03-07a.xml") -> Proceeding:
    found = proceedings_in(name, f'<publicwhip scrapeversion="a" latest="yes">{body}</publicwhip>'.encode())
    assert len(found) == 1
    return found[0]


def a_question(reply: str = "<p>Yes.</p>", ques: str = '<p qnum="50901">To ask.</p>', at: str = 'colnum="1W"') -> str:
    gid = "uk.org.publicwhip/wrans/2006-03-07a.50901"
    return f'<ques id="{gid}.q0" speakername="Ann Otherly" {at}>{ques}</ques><reply id="{gid}.r0" {at}>{reply}</reply>'


# Records


@pytest.mark.parametrize("name", FILES)
def test_example_is_understood_as_expected(name: str) -> None:
    """Read it through the source, so that the current version has the redirects of those before it."""
    source = local()
    payload = source.fetch(FileRef(name=name))
    found = [
        {"key": parsed.key, "error": str(parsed.error)} if parsed.error else as_plain_of(parsed)
        for parsed in source.records(payload)
    ]
    check(found, EXAMPLES / name.replace(".xml", ".expected.json"))


def as_plain_of(parsed: Parsed) -> object:
    assert parsed.proceeding is not None
    assert parsed.key == parsed.proceeding.id
    return as_plain(parsed.proceeding)


def test_ids_do_not_hang_on_the_version() -> None:
    """A speech came in between, and the ids after it moved: the records stay, and only the new one is new."""
    body = (EXAMPLES / "debates/debates2006-03-07b.xml").read_bytes()
    first = body.replace(b"2006-03-07b", b"2006-03-07a").replace(b"701.5", b"799.1").replace(b"701.6", b"701.5")
    before = {
        record.text: record.id
        for record in proceedings_in("debates/debates2006-03-07a.xml", first)
        if record.text != "And on lids."
    }
    source = local()
    payload = source.fetch(FileRef(name="debates/debates2006-03-07b.xml"))
    after = {parsed.proceeding.text: parsed.key for parsed in source.records(payload) if parsed.proceeding}
    assert after["And on lids."] == "sp-debate-2006-03-07b-701-5"
    del after["And on lids."]
    assert after["No."] == "sp-debate-2006-03-07-702-0"
    assert before.pop("No.") == "sp-debate-2006-03-07-703-0"
    del after["No."]
    assert after == before


def test_superseded_file_tells_no_records() -> None:
    assert read("wrans/answers2006-03-06a.xml") == []


def test_same_question_has_one_id_in_every_version() -> None:
    body = (EXAMPLES / "wrans/answers2006-03-06b.xml").read_bytes()
    other = proceedings_in("wrans/answers2006-03-06zz.xml", body.replace(b"2006-03-06b", b"2006-03-06zz"))
    ours = proceedings_in("wrans/answers2006-03-06b.xml", body)
    assert [(found.id, found.keys) for found in other] == [(found.id, found.keys) for found in ours]


def test_gid_keys_are_those_that_a_look_up_makes() -> None:
    for name in FILES:
        for found in proceedings_in(name):
            kind, _, of = (found.gid or "").removeprefix("uk.org.publicwhip/").partition("/")
            is_named_by_another = found.grouped_with or found.id == "pq-commons-2006-03-07-23w-1" or not found.uin
            assert gid_key(kind, of) in found.keys or is_named_by_another, (name, found.id)


def test_old_column_ids_of_answers_are_kept_as_keys() -> None:
    redirect = (
        '<gidredirect oldgid="uk.org.publicwhip/wrans/2004-03-07.5W.2" '
        'newgid="uk.org.publicwhip/wrans/2006-03-07a.50901.q0" matchtype="oldwransgid"/>'
    )
    assert "gid:wrans/2004-03-07.5W.2" in record(redirect + a_question()).keys


def test_holding_mark_without_a_date_code_is_read_from_its_words() -> None:
    reply = '<p class="holdinganswer">holding answer 28 February 2006</p><p>Yes.</p>'
    assert record(a_question(reply)).holding_on == date(2006, 2, 28)


@pytest.mark.parametrize(
    ("said", "reference"),
    [
        ("<i>Official Report</i>, column 12W", "ref:commons:2005-12-07:written_answers:12W"),
        ("<i>Official Report</i>, House of Lords, cols. WA 12-14", "ref:lords:2005-12-07:written_answers:12WA"),
    ],
)
def test_reference_names_its_house(said: str, reference: str) -> None:
    reply = f'<p>See <phrase class="offrep" id="wrans/2005-12-07.12">{said}</phrase>.</p>'
    assert record(a_question(reply)).refers == (reference,)


@pytest.mark.parametrize("id", ["wrans/2005-02-31.12", "regmem/2005-12-07.12", "somewhere"])
def test_reference_that_names_nothing_is_none(id: str) -> None:  # noqa: A002 - what the attribute is called
    assert record(a_question(f'<p>See <phrase class="offrep" id="{id}">there</phrase>.</p>')).refers == ()


def test_answer_that_takes_up_an_earlier_one_refers_to_its_column_with_the_suffix() -> None:
    reply = '<p class="pursuant">[pursuant to the reply, 24 February 2006, Official Report, c. 756]</p><p>Yes.</p>'
    assert record(a_question(reply)).refers == ("ref:commons:2006-02-24:written_answers:756W",)


def test_what_nobody_says_counts_in_no_column() -> None:
    """Files of before 2001 do not mark such words as procedure; Historic Hansard counts speakers alone."""
    said = '<speech id="uk.org.publicwhip/debate/1940-03-20a.1953.%d" colnum="1953" %s><p>%s</p></speech>'
    body = said % (1, "", "The House met.") + said % (2, 'speakername="Ann Otherly"', "I rise.")
    found = proceedings_in("debates/debates1940-03-20a.xml", f"<publicwhip>{body}</publicwhip>".encode())
    assert [record.keys[1:] for record in found] == [(), ("col:commons:1940-03-20:debates:1953:1",)]


def test_witness_is_nobody_that_is_looked_for() -> None:
    """A member may have the same name."""
    speech = '<speech id="uk.org.publicwhip/debate/2006-03-07a.1.1" nospeaker="true" %s><p>Yes.</p></speech>'
    body = speech % 'speakername="Ann Otherly" person_id="uk.org.publicwhip/person/9901"'
    found = record(body, "debates/debates2006-03-07a.xml")
    assert found.made_by == Member(name="Ann Otherly")


def test_files_that_end_a_statement_are_attachments() -> None:
    gid = "uk.org.publicwhip/wms/2016-05-10.hcws9.0"
    body = f'<speech id="{gid}" speakername="Ann Otherly"><p>So.</p><p><a href="x.pdf">A list</a> (PDF, 1.5KB)</p></speech>'
    found = record(body, "wms/ministerial2016-05-10.xml")
    assert (found.text, found.links) == ("So.", ())
    assert [(file.title, file.size_bytes, file.url) for file in found.attachments] == [("A list", 1536, "x.pdf")]


def test_lords_refer_to_the_commons_where_they_say_so() -> None:
    body = (
        '<speech id="uk.org.publicwhip/wms/2006-03-07a.93.1" speakername="Baroness Beam" colnum="93"><p>'
        '<phrase class="offrep" id="wms/2006-02-15.30"><I>Official Report</I>, Commons, col. 30WS</phrase> and '
        '<phrase class="offrep" id="wms/2006-02-16.31"><I>Official Report</I>, col. WS 31</phrase> and '
        '<phrase class="offrep" id="lords/2006-02-16.7"><I>Official Report</I>, col. GC 7</phrase></p></speech>'
    )
    assert record(body, "lordswms/lordswms2006-03-07a.xml").refers == (
        "ref:commons:2006-02-15:written_statements:30WS",
        "ref:lords:2006-02-16:written_statements:31WS",
        "ref:lords:2006-02-16:grand_committee:7GC",
    )


def test_session_is_that_of_the_page_else_of_the_day() -> None:
    url = 'colnum="1W" url="http://www.publications.parliament.uk/pa/cm200405/cmhansrd/x.htm"'
    assert record(a_question(at=url)).id == "pq-commons-2004-05-50901"
    assert record(a_question()).id == "pq-commons-2005-06-50901"


def test_answer_ends_before_the_column_of_what_follows() -> None:
    after = '<minor-heading id="uk.org.publicwhip/wrans/2006-03-07a.5.h" colnum="4W">Next</minor-heading>'
    assert record(a_question() + after).column_to == "3W"
    assert record(a_question()).column_to is None


def test_stem_that_is_a_sentence_stands_apart() -> None:
    ques = '<p>There are two parts.</p><p qnum="50901">To ask.</p>'
    assert record(a_question(ques=ques)).question == "There are two parts.\n\nTo ask."


def test_first_paragraph_that_only_begins_with_brackets_is_no_mark() -> None:
    found = record(a_question("<p>[R] Yes, on 28 February 2006.</p>"))
    assert (found.holding_on, found.corrected_on, found.answer) == (None, None, "[R] Yes, on 28 February 2006.")


def test_holding_day_that_is_none_is_left_out() -> None:
    gid = "uk.org.publicwhip/spwa/2009-03-09.S3W-99101.q0"
    body = f'<ques id="{gid}" speakername="X" spid="S3W-99101" holdingdate="2009-02-30"><p>To ask.</p></ques>'
    assert record(body, "sp-written/spwa2009-03-09.xml").holding_on is None


def test_page_of_an_unknown_kind_is_none() -> None:
    said = '<speech id="uk.org.publicwhip/lmq/2006-03-07.1.1" speakername="X"><p>Yes.</p></speech>'
    assert record(said, "ni/ni2006-03-07.xml").url is None


def test_numbers_of_plain_characters_are_left_alone() -> None:
    assert record(a_question("<p>&#121;&#x79;es&#x92;</p>")).answer == "yyes\u2019"


def test_broken_heading_is_read_as_words() -> None:
    heading = "<minor-heading>Fish <i>&amp; chips</minor-heading>"
    assert record(heading + a_question()).heading == "Fish & chips"


@pytest.mark.parametrize(
    ("table", "answer"),
    [
        ("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "a b\tc"),
        ("<table><caption>Of a</caption><tr><td></td><td>c</td></tr></table>", "Of a\n\n\tc"),
        (
            "<table><thead><tr><th>a</th></tr></thead><tr><td><i>x</i> y<br/>z</td></tr><tr><td/></tr></table>",
            "a\nx y z",
        ),
    ],
)
def test_tables_of_any_make_have_a_line_for_each_row(table: str, answer: str) -> None:
    assert record(a_question(table)).answer == answer


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("<p>10<sup>6</sup> litres, Credit<SUP>5</SUP></p>", "10\u2076 litres, Credit\u2075"),
        (
            "<table><tr><td>23<sup>2</sup></td><td>40 <i>\u03bcg/m<sup>3</sup></i></td></tr></table>",
            "23\u00b2\t40 \u03bcg/m\u00b3",
        ),
        ("<p>2009<sup>(1)</sup></p>", "2009(1)"),
    ],
)
def test_raised_figures_make_no_other_number(reply: str, answer: str) -> None:
    assert record(a_question(reply)).answer == answer
    assert record(f'<minor-heading id="h">CO<sup>2</sup></minor-heading>{a_question()}').heading == "CO\u00b2"


def test_question_without_any_paragraph_is_read() -> None:
    assert record(a_question(ques="To ask <i>why</i>.")).question == "To ask why."


def test_question_without_a_reply_is_kept() -> None:
    assert record(a_question().partition("<reply")[0]).answer is None


def test_answer_without_any_paragraph_is_read() -> None:
    assert record(a_question("Yes.<br/>Quite.", at="")).answer == "Yes.\nQuite."


@pytest.mark.parametrize(
    "last",
    [
        "<p>See <a href='https://x.example/a.pdf'>a</a> (pdf, 1KB)</p>",
        "<p><a href='https://x.example/a.pdf'>a</a></p>",
        "<p><a href='https://x.example/a.pdf'>a</a> (pdf, 1.2.3KB)</p>",
        "<p><a href='https://x.example/a.pdf'></a> (pdf, 1KB)</p>",
    ],
)
def test_last_paragraph_that_is_no_attachment_stays_in_the_answer(last: str) -> None:
    found = record(a_question(f"<p>Yes.</p>{last}", ques='<p qnum="1234">To ask</p>', at=""))
    assert found.attachments == ()
    assert found.answer is not None
    assert found.answer != "Yes."


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('<ques id="nonsense" colnum="1W"><p>To ask.</p></ques>', "no id that can be read"),
        ('<ques id="uk.org.publicwhip/wrans/2006-13-07a.5.q0" colnum="1W"><p>To ask.</p></ques>', "no id"),
        ('<ques id="uk.org.publicwhip/wrans/2006-03-07.x-y.q0"><p>To ask.</p></ques>', "has no number"),
    ],
)
def test_question_that_can_not_be_placed_is_an_error(body: str, complaint: str) -> None:
    parsed = read("wrans/answers2006-03-07a.xml", f"<publicwhip>{body}</publicwhip>".encode())
    assert [complaint in str(found.error) for found in parsed] == [True]


@pytest.mark.parametrize("gid", ["nonsense", "uk.org.publicwhip/debate/2006-03-07a.70x"])
def test_speech_that_can_not_be_placed_is_an_error_under_its_headings(gid: str) -> None:
    body = (
        "<publicwhip><bill>Teapots Bill</bill><minor-heading>Old</minor-heading><major-heading>Committee</major-heading>"
        f'<speech id="{gid}"><p>No.</p></speech></publicwhip>'
    )
    (parsed,) = read("standing/standing2006-02-28_TEAPOTS_03-0_2006-03-07a.xml", body.encode())
    assert "no id that can be read" in str(parsed.error)
    assert parsed.excerpt.count(b"heading>") == 2
    assert b"Teapots Bill" in parsed.excerpt


def test_record_that_comes_twice_counts_once() -> None:
    asked = a_question(ques='<p qnum="1234">To ask</p>', at="")
    assert len(read("wrans/answers2016-03-07.xml", f"<publicwhip>{asked}{asked}</publicwhip>".encode())) == 1
    other = asked.replace("Yes", "No")
    parsed = read("wrans/answers2016-03-07.xml", f"<publicwhip>{asked}{other}</publicwhip>".encode())
    assert [found.key for found in parsed] == ["pq-commons-2006-03-07-1234", "pq-commons-2006-03-07-1234-again"]
    assert "twice, in different words" in str(parsed[1].error)
    assert b"No" in parsed[1].excerpt
    said = '<speech id="uk.org.publicwhip/debate/2006-03-07a.1.1" speakername="X"><p>Yes.</p></speech>'
    twice = f"<publicwhip>{said}{said}{said.replace('Yes', 'No')}</publicwhip>"
    parsed = read("debates/debates2006-03-07a.xml", twice.encode())
    assert [found.key for found in parsed] == ["sp-debate-2006-03-07-1-1", "sp-debate-2006-03-07-1-1x2"]
    keys_of_records = [found.proceeding.keys for found in parsed if found.proceeding]
    assert [sum(key.startswith("gid:") for key in keys) for keys in keys_of_records] == [1, 0]


def test_scottish_question_without_its_number_is_an_error() -> None:
    body = '<ques id="uk.org.publicwhip/spwa/2009-03-09.1.q0" speakername="X" spid="S3W"><p>To ask.</p></ques>'
    (parsed,) = read("sp-written/spwa2009-03-09.xml", f"<publicwhip>{body}</publicwhip>".encode())
    assert "has no number" in str(parsed.error)


def test_scottish_question_is_known_by_its_id_alone() -> None:
    body = '<ques id="uk.org.publicwhip/spwa/2009-03-09.S3W-99101.q0" speakername="X"><p>To ask.</p></ques>'
    found = record(body, "sp-written/spwa2009-03-09.xml")
    assert (found.id, found.uin, found.tabled_on) == ("spq-s3w-99101", "S3W-99101", None)


def test_bill_of_any_name_makes_an_id() -> None:
    sitting = "standing2006-02-28_TEA&POTS_03-0_2006-03-07"
    body = f'<speech id="uk.org.publicwhip/standing/{sitting}a.2.1" speakername="X"><p>Yes.</p></speech>'
    found = record(body.replace("&", "&amp;"), f"standing/{sitting}a.xml")
    assert found.id == "sp-standing-2006-02-28_tea-pots_03-0_2006-03-07-2-1"


@pytest.mark.parametrize(
    ("file", "minor", "heading"),
    [
        ("debates/debates2006-03-07a.xml", "Topical Questions", "Teapots and Kettles: Topical Questions"),
        ("debates/debates2006-03-07a.xml", "Lids Bill", "Lids Bill"),
        ("debates/debates2006-03-07a.xml", "", "Teapots and Kettles"),
        ("westminhall/westminster2006-03-07a.xml", "Lids", "Lids"),
        ("lordspages/daylord2006-03-07a.xml", "Clause 1", "Teapots and Kettles: Clause 1"),
    ],
)
def test_major_heading_counts_where_it_is_sure(file: str, minor: str, heading: str) -> None:
    headings = f"<major-heading>TEAPOTS AND KETTLES</major-heading><minor-heading>{minor}</minor-heading>"
    said = '<speech id="uk.org.publicwhip/debate/2006-03-07a.1.1" speakername="X"><p>Yes.</p></speech>'
    assert record(headings + said, file).heading == heading


@pytest.mark.parametrize(
    "minor",
    [
        "[Ann Otherly in the Chair] \u2014 Lids",
        "Lids \u2014 [Ann Otherly in the Chair]",
        "Lids",
    ],
)
def test_who_is_in_the_chair_is_no_part_of_a_heading(minor: str) -> None:
    said = '<speech id="uk.org.publicwhip/westminhall/2006-03-07a.1.1" speakername="X"><p>Yes.</p></speech>'
    body = f"<minor-heading>{minor}</minor-heading>{said}"
    assert record(body, "westminhall/westminster2006-03-07a.xml").heading == "Lids"


def test_speech_has_a_page_at_theyworkforyou_where_parliament_has_none() -> None:
    assert proceedings_in("ni/ni2009-03-09.xml")[0].url == "https://www.theyworkforyou.com/ni/?id=2009-03-09.1.2"


def test_who_took_the_floor_with_an_office_holds_it_all_the_day() -> None:
    said = "".join(
        f'<speech id="uk.org.publicwhip/debate/2006-03-07a.1.{place}" speakername="{name}"{office}>'
        f"<p>Yes {place}.</p></speech>"
        for place, name, office in (
            (1, "Ann Otherly", ""),
            (2, "Ann Otherly", ' speakeroffice="The Minister for Lids"'),
            (3, "Bob Backbencher", ""),
            (4, "Ann Otherly", ""),
        )
    )
    body = f"<publicwhip>{said}</publicwhip>".encode()
    speakers = [found.made_by for found in proceedings_in("debates/debates2006-03-07a.xml", body)]
    offices = [speaker and (speaker.office, speaker.is_minister) for speaker in speakers]
    assert offices[1:] == [("The Minister for Lids", True), (None, False), ("The Minister for Lids", True)]


def test_department_in_capitals_is_printed_as_words() -> None:
    assert body_name("BUSINESS, ENTERPRISE AND REGULATORY REFORM") == "Business, Enterprise and Regulatory Reform"
    assert body_name("HM TREASURY") == "HM Treasury"
    assert body_name("WALES (TRANSFER OF FUNCTIONS)") == "Wales (Transfer of Functions)"
    assert body_name("MEMBERS' CO-OPERATION") == "Members' Co-Operation"
    assert body_name("Department for Teapots") == "Department for Teapots"


# Broken and hostile files


@pytest.mark.parametrize(
    "reply",
    ["<p>One<br>two &amp; three</p>", "<p>One<BR />two & three<hr></p>", "<p>One<br></br>two &amp; three<br></p>"],
)
def test_element_without_the_end_that_html_does_not_ask_for_is_read(reply: str) -> None:
    assert record(a_question(reply)).answer == "One\ntwo & three"


def test_broken_block_is_given_up_alone_and_can_be_read_again() -> None:
    good, bad = "pq-commons-2005-06-50302", "gid:wrans/2006-03-08.50301"
    parsed = read("wrans/answers2006-03-08a.xml")
    assert [found.key for found in parsed] == [bad, good]
    assert [found.error is None for found in parsed] == [False, True]
    mended = parsed[0].excerpt.replace(b"<i>as before", b"as before")
    (again,) = proceedings_in(f"wrans/answers2006-03-08a.xml#{bad}", mended)
    assert (again.id, again.heading, again.answer) == ("pq-commons-2005-06-50301", "Ponds & Pools", "One, as before.")


def test_broken_speech_is_given_up_alone() -> None:
    body = (EXAMPLES / "debates/debates2006-03-07b.xml").read_bytes()
    parsed = read("debates/debates2006-03-07b.xml", body.replace(b"<i>pour</i>", b"<i>pour"))
    errors = [found for found in parsed if found.error]
    assert [found.key for found in errors] == ["gid:debate/2006-03-07b.701.6"]
    assert len(parsed) - 1 == len(read("debates/debates2006-03-07b.xml")) - 1
    again = proceedings_in("debates/debates2006-03-07b.xml", errors[0].excerpt.replace(b"<i>pour", b"pour"))
    assert [(found.heading, found.made_by and found.made_by.name) for found in again] == [
        ("Spouts", "Ian Example")  # that it answers a question stands outside of it
    ]


def test_broken_words_of_a_witness_are_an_error() -> None:
    said = '<speech id="uk.org.publicwhip/debate/2006-03-07a.1.1" nospeaker="true" speakername="X"><p>Yes.</speech>'
    (parsed,) = read("debates/debates2006-03-07a.xml", f"<publicwhip>{said}</publicwhip>".encode())
    assert "is not well-formed" in str(parsed.error)


def test_broken_procedure_is_no_record() -> None:
    body = (EXAMPLES / "debates/debates2006-03-07b.xml").read_bytes()
    parsed = read("debates/debates2006-03-07b.xml", body.replace(b"was asked&#8212;", b"was asked <i>"))
    assert all(found.error is None for found in parsed)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"<html><p>Not found</p></html>", "is no file of TheyWorkForYou"),
        (b"", "is no file of TheyWorkForYou"),
        (b"<hansard><publicwhip/></hansard>", "is no file of TheyWorkForYou"),
        ("\ufeff<!DOCTYPE publicwhip SYSTEM 'x'><publicwhip/>".encode("utf-16"), "is no file of TheyWorkForYou"),
        (b"\xff\xfe\0<publicwhip>\0", "is no file of TheyWorkForYou"),
        (b"<publicwhip><ques id='x'>", "is cut short"),
        (b'<!DOCTYPE publicwhip SYSTEM "file:///etc/passwd"><publicwhip/>', "declares more than characters"),
        (
            b'<!DOCTYPE publicwhip [<!ENTITY a SYSTEM "file:///etc/passwd">]><publicwhip>&a;</publicwhip>',
            "declares more",
        ),
        (b'<!DOCTYPE publicwhip [<!ENTITY a "&b;&b;"><!ENTITY b "&a;">]><publicwhip>&a;</publicwhip>', "declares more"),
        (b'<!DOCTYPE publicwhip [<!ENTITY % a "b">%a;]><publicwhip/>', "declares more"),
        (b'<!DOCTYPE publicwhip [<!ENTITY a "' + b"b" * 100 + b'">]><publicwhip/>', "declares more"),
        (b'<!DOCTYPE publicwhip []><!DOCTYPE publicwhip [<!ENTITY a "b">]><publicwhip/>', "declares more"),
    ],
)
def test_what_is_no_file_of_theirs_is_refused(body: bytes, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        read("wrans/answers2006-03-07a.xml", body)


def test_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(ParseError, match="more than any file"):
        open_document(b" " * (MAX_BYTES + 1), "wrans/answers2006-03-07a.xml")


def test_name_that_is_none_of_theirs_is_refused() -> None:
    with pytest.raises(ParseError, match="is no name of a file"):
        read("wrans/notes.xml", b"<publicwhip/>")


def test_comments_and_declared_entities_are_harmless() -> None:
    body = b'<!DOCTYPE publicwhip [<!-- a -- >-->\n<!ENTITY a "b"> ]><publicwhip/>'.replace(b"-- >", b"")
    assert open_document(body, "x").blocks == []


def test_entities_of_another_file_do_not_help() -> None:
    heading = "<minor-heading>Caf&eacute; &Bogus; AT&T &#233;</minor-heading>"
    assert record(heading + a_question()).heading == "Caf\u00e9 &Bogus; AT&T \u00e9"


# Files


def test_current_versions_are_listed_newest_first() -> None:
    assert [(ref.name, str(ref.day)) for ref in local(EXAMPLES, "wrans", "debates").files()] == [
        ("wrans/answers2016-05-10.xml", "2016-05-10"),
        ("debates/debates2016-05-10a.xml", "2016-05-10"),
        ("wrans/answers2006-03-08a.xml", "2006-03-08"),
        ("wrans/answers2006-03-07a.xml", "2006-03-07"),
        ("debates/debates2006-03-07b.xml", "2006-03-07"),
        ("wrans/answers2006-03-06b.xml", "2006-03-06"),
    ]


def test_days_asked_for_are_both_included() -> None:
    files = local(EXAMPLES, "wrans").files(date(2006, 3, 7), date(2006, 3, 8))
    assert [ref.day for ref in files] == [date(2006, 3, 8), date(2006, 3, 7)]


def test_stamp_changes_with_the_newest_line_of_the_day(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "scrapedxml")
    changes = tmp_path / "scrapedxml/wrans/changedates.txt"

    def stamp() -> str:
        return {ref.day: ref.stamp for ref in local(tmp_path, "wrans").files()}[date(2006, 3, 6)]

    before = stamp()
    assert before.startswith("1141862400:")
    changes.write_text(changes.read_text() + "1141999999,answers2006-03-06a.xml\n")
    assert stamp().startswith("1141999999:")
    (tmp_path / "scrapedxml/wrans/answers2006-03-06b.xml").write_bytes(b"<publicwhip/>")
    assert stamp().partition(":")[2] != before.partition(":")[2]


def test_place_may_be_the_folder_above(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "scrapedxml")
    source = local(tmp_path, "wrans")
    names = [ref.name for ref in source.files()]
    assert names == [ref.name for ref in local(EXAMPLES, "wrans").files()]
    assert source.fetch(FileRef(name=names[0])).key == names[0]


def test_folders_that_are_not_there_are_passed_over(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "ni", tmp_path / "ni")
    assert [ref.name for ref in local(tmp_path).files()] == ["ni/ni2009-03-09.xml"]


def test_place_without_any_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"has no folder wrans: path or base_url is to name pwdata"):
        list(local(tmp_path).files())


def test_houses_are_those_of_the_folders() -> None:
    assert local(EXAMPLES, *WESTMINSTER).houses == (House.COMMONS, House.LORDS)
    assert local(EXAMPLES, "ni").houses == (House.NORTHERN_IRELAND,)


@pytest.mark.parametrize(
    "name", ["answers2006-02-31a.xml", "answers2006.xml", "changedates.txt", "answers2006-03-07a.html"]
)
def test_name_without_a_day_is_no_version(name: str) -> None:
    assert read_file_name(name) is None


def test_two_letters_come_after_one() -> None:
    versions = [read_file_name(f"answers2006-03-07{letter}.xml") for letter in ("z", "aa", "", "b")]
    assert [record.letter for record in sorted(filter(None, versions), key=lambda record: record.rank)] == [
        "",
        "b",
        "z",
        "aa",
    ]


def test_changes_count_by_sitting() -> None:
    text = "7,standing2006-02-28_A_03-0_2006-03-07a.xml\r\n9,standing2006-02-28_A_04-0_2006-03-07a.xml\n8,x.pdf\n,\n"
    assert read_change_dates(text) == {
        "standing2006-02-28_A_03-0_2006-03-07": 7,
        "standing2006-02-28_A_04-0_2006-03-07": 9,
    }


def test_redirects_lead_through_chains_and_end_in_circles() -> None:
    def gid(of: str) -> str:
        return f"uk.org.publicwhip/debate/2006-03-07{of}"

    pairs = [("a.1.1", "b.1.2"), ("b.1.2", "c.1.3"), ("x.1.1", "y.1.1"), ("y.1.1", "x.1.1"), ("aa.1.1", "c.1.3")]
    redirects = Redirects({"oldgid": gid(old), "newgid": gid(new), "matchtype": "changes"} for old, new in pairs)
    assert redirects.earlier(gid("c.1.3")) == [gid("a.1.1"), gid("b.1.2"), gid("aa.1.1")]
    current = read_gid(gid("c.1.3"))
    assert current is not None
    assert redirects.first(current).text == gid("a.1.1")


# Over HTTP


def serve(asked: Asked) -> Reply:
    """A web server as TheyWorkForYou's, from our examples."""
    path = EXAMPLES / asked.target.removeprefix("/pwdata/scrapedxml/")
    if not asked.target.startswith("/pwdata/scrapedxml/") or not path.exists():
        return http(b"not here", 404)
    if path.is_dir():
        links = "".join(f'<a href="{child.name}">{child.name}</a>\n' for child in path.iterdir())
        return http(f'<pre><a href="../">..</a><a href="?C=N;O=D">Name</a>{links}</pre>'.encode())
    tag = f'"{path.stat().st_size}"'
    if asked.headers.get("if-none-match") == tag:
        return http(b"", 304)
    return http(path.read_bytes(), headers=[f"ETag: {tag}"])


def test_the_web_tells_the_same_as_a_copy(client: Client) -> None:
    shelf = MemoryCache()
    with FaultyServer(serve) as server:
        place = WebFolder(client, f"{server.url}/pwdata", shelf)
        for _ in range(2):
            source = TheyWorkForYou(place, InventedRegister(), kinds=("wrans", "debates"))
            refs = list(source.files())
        assert [ref.name for ref in refs] == [ref.name for ref in local(EXAMPLES, "wrans", "debates").files()]
        assert {ref.day: ref.stamp for ref in refs}[date(2006, 3, 6)] == "1141862400"
        for ref in refs:
            found = [parsed.key for parsed in source.records(source.fetch(ref))]
            assert found == [parsed.key for parsed in local().records(local().fetch(ref))]
            source.fetch(ref)
    asked = [record for record in server.asked if "if-none-match" in record.headers]
    assert [record.target.rpartition("/")[2] for record in asked] == [
        "changedates.txt",
        "answers2016-05-10.xml",
        "debates2016-05-10a.xml",
        "debates2006-03-07b.xml",
    ]
    assert not any("answers2006-03-06b" in url for url in shelf.kept)


@pytest.mark.parametrize(
    ("printed", "party"),
    [
        ("Lab", "Scottish Labour"),
        ("SNP", "Scottish National Party"),
        ("Con", "Scottish Conservative and Unionist Party"),
        ("LD", "Scottish Liberal Democrats"),
        ("Green", "Scottish Green Party"),
        ("Ind", "Independent"),
        ("Scottish Labour", "Scottish Labour"),
        ("Fishers", "Fishers"),
        (None, None),
    ],
)
def test_codes_of_scottish_parties_are_parties(printed: str | None, party: str | None) -> None:
    assert scottish_party_name(printed) == party
