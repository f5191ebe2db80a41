"""publications.parliament.uk: what is made of its pages of two generations, and how a day of them is found."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import House, Kind
from monitor.model.sources import FileRef, Payload
from scrapers.folders import LocalFolder, WebFolder
from scrapers.historic.source import read_file
from scrapers.http.client import Client
from scrapers.publications import Publications
from scrapers.publications.addresses import MAX_PAGES, SERIES, find_next_page, find_pages, read_path
from scrapers.publications.by_date import read_list
from scrapers.publications.pages import join_pages, read_pages
from scrapers.theyworkforyou import TheyWorkForYou
from tests.scrapers.faulty import Asked, FaultyServer, Reply, Time, http
from tests.scrapers.golden import as_plain, check
from tests.scrapers.source_kit import InventedRegister

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.records import Proceeding
    from monitor.model.sources import Parsed

EXAMPLES = Path(__file__).parent / "examples" / "publications"
ONE_DAY = Path(__file__).parent / "examples" / "one_day"
NOW = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)
CASES = sorted(path.name for path in EXAMPLES.glob("*.html"))
FOLDER = "https://publications.example/pa/cm200405/cmhansrd/vo050203/text"
MARK = "<i>3 Feb 2005 : Column 756W</i>"
ASKED = "<p><b>Mr. Plover:</b> To ask why. [999001]</p>"


def payload(body: bytes | str, url: str = f"{FOLDER}/50203w04.htm", key: str = "page.htm") -> Payload:
    body = body.encode("cp1252") if isinstance(body, str) else body
    return Payload(source="publications", key=key, url=url, fetched_at=NOW, body=body)


def proceedings_in(records: Iterable[Parsed]) -> list[Proceeding]:
    return [record.proceeding for record in records if record.proceeding]


def read(body: bytes | str, url: str = f"{FOLDER}/50203w04.htm", key: str = "page.htm") -> list[Proceeding]:
    return proceedings_in(read_pages(payload(body, url, key), "publications", InventedRegister()))


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(case: str) -> None:
    found = [
        as_plain(record) for record in read((EXAMPLES / case).read_bytes(), f"https://publications.example/{case}")
    ]
    check(found, EXAMPLES / f"{case}.expected.json")


@pytest.mark.parametrize("case", CASES)
def test_ids_are_public_ids_each_once(case: str) -> None:
    records = read((EXAMPLES / case).read_bytes())
    assert all(re.fullmatch(r"[a-z]+-[\w.:-]*\d", record.id) and record.id == record.id.lower() for record in records)
    assert len({record.id for record in records}) == len(records)


# What is odd


def test_answer_goes_on_where_a_page_ends() -> None:
    first = f"{MARK}{ASKED}<p><b>Mr. Brine:</b> It was raining</p><a href='50203w05.htm'>Next Section</a>"
    second = (
        "<table><tr><td><a href='50203w04.htm'>Previous Section</a> | <a href='../index/50203-x.htm'>Index</a></td></tr>"
        "</table><i>3 Feb 2005 : Column 757W&#151;continued</i><p>and cold.</p><p>It froze.</p>"
    )
    [record] = read(
        join_pages([("https://x.example/1.htm", first.encode()), ("https://x.example/2.htm", second.encode())])
    )
    assert (record.answer, record.column, record.column_to) == ("It was raining and cold.\n\nIt froze.", "756W", "757W")
    assert record.url == "https://x.example/1.htm"


def test_raised_figures_make_no_other_number() -> None:
    [record] = read(f"{MARK}{ASKED}<p><b>Mr. Brine:</b> 10<sup>6</sup> tons<sup>2</sup> on the 1<sup>st</sup>.</p>")
    assert record.answer == "10\u2076 tons\u00b2 on the 1st."


@pytest.mark.parametrize(
    "mark",
    [
        "<P>\n<P><I>3 Feb 2005 : Column 757W</I><P>\n<P>",
        "</UL><P><I>3 Feb 2005 : Column 757W</I><P><UL>",
        "<br>&nbsp;<br><i>3 Feb 2005 : Column 757W</i><br>&nbsp;<br>",
        "<br>&nbsp;<br><b>3 Feb 2005 : Column 757W</b><br>&nbsp;<br>",
        "\n[3 Feb 2005 : Column 757W]\n",
        '</p><a class="anchor-column" name="column_757W"> </a><p><b>3 February 2005 : Column 757W</b></p><p>',
    ],
)
def test_sentence_cut_by_a_mark_is_whole_again(mark: str) -> None:
    [record] = read(f"{MARK}{ASKED}<p><b>Mr. Brine:</b> The child{mark}protection unit.</p>")
    assert (record.answer, record.column_to) == ("The child protection unit.", "757W")


def test_table_behind_a_mark_is_no_part_of_a_sentence() -> None:
    table = "<table border=1><tr><td>Owls</td><td>4</td></tr></table>"
    [record] = read(f"{MARK}{ASKED}<p><b>Mr. Brine:</b> Owls by number<p><i>3 Feb 2005 : Column 757W</i><p>{table}")
    assert record.answer == "Owls by number\n\nOwls\t4"


def test_first_page_without_its_first_mark_begins_in_the_column_before_the_next() -> None:
    asked = ASKED.replace("<p>", '<p><a name="50203w01.htm_wqn0"></a>')
    first, second = read(f"<h3>OWLS</h3>{asked}<p><b>Mr. Brine:</b> So.</p>{MARK}{ASKED.replace('001', '002')}")
    assert (first.column, second.column) == ("755W", "756W")
    assert read(f"<h3>OWLS</h3>{asked}", "file:///x.htm", "commons/2005-02-03/written_answers")[0].column is None


def test_what_stands_below_a_page_is_no_answer() -> None:
    below = "<hr><a href='x.htm'>Index</a><p>&#169; Parliamentary copyright 2005</p><p>Prepared 4 February 2005</p>"
    [record] = read(f"{MARK}{ASKED}<p><b>Mr. Brine:</b> So.</p>{below}")
    assert record.answer == "So."


def test_table_with_a_rule_below_does_not_end_a_page() -> None:
    table = "<table border=1><tr><td>Owls</td></tr></table><hr><p>They are few.</p>"
    page = f"<!--end of page header--><table><tr><td>{MARK}{ASKED}<p><b>Mr. Brine:</b> So.</p>{table}</td></tr></table><hr>"
    [record] = read(f"{page}<table><tr><td>What else there is</td></tr></table>")
    assert record.answer == "So.\n\nOwls\n\nThey are few."


@pytest.mark.parametrize(
    "name",
    [
        "<b> Mr. Plover: </b>",
        "<b>Mr. Plover</b>:",
        "<b>Mr. Plover</b>",
        "23 <b>Mr. Plover:</b>",
        "<b> 23 Mr. Plover: </b>",
        "<b>23. Mr. Plover:</b>",
        "<strong>Mr. Plover:</strong>",
        "<b>Mr.</b> <b>Plover:</b>",
        "Mr. Plover:",
    ],
)
def test_asker_is_found_however_his_name_is_set(name: str) -> None:
    [record] = read(f"{MARK}<p>{name} To ask the Minister: why. [999001]</p><p><b>Mr. Brine:</b> So.</p>")
    assert record.asked_by is not None
    assert (record.asked_by.name, record.question, record.answer) == ("Mr. Plover", "To ask the Minister: why.", "So.")


def test_bold_that_ends_behind_the_name_is_no_part_of_it() -> None:
    [record] = read(f"{MARK}<p><b>Mr. Plover: To</b> ask the Minister why. [999001]</p><p><b>Mr. Brine:</b> So.</p>")
    assert record.asked_by is not None
    assert (record.asked_by.name, record.question) == ("Mr. Plover", "To ask the Minister why.")


def test_bold_words_and_colons_in_an_answer_are_no_names() -> None:
    reply = (
        "<p><b>Mr. Brine:</b> So.</p><p><b>Owls counted</b></p><p>The rule is: count.</p><p><b>Note</b> that well.</p>"
        "<p><b>10 largest owls:</b> none.</p>"
    )
    [record] = read(f"{MARK}{ASKED}{reply}")
    assert record.answer == "So.\n\nOwls counted\n\nThe rule is: count.\n\nNote that well.\n\n10 largest owls: none."


def test_an_anchor_of_a_question_without_words_makes_none_of_the_reply() -> None:
    empty = '<p><a name="50203w04.html_wqn2"><b>  </b>\n<P>\n'
    [record] = read(f'{MARK}{ASKED}{empty}<p><a name="50203w04.html_spnew2"><b>Mr. Brine:</b> So.</p>')
    assert record.answered_by is not None
    assert (record.uin, record.answered_by.name, record.answer) == ("999001", "Mr. Brine", "So.")


def test_a_reply_may_end_with_the_number_of_another_question() -> None:
    reply = "<p><b>Mr. Brine:</b> I refer the hon. Member to the answer I gave on 2 February [999000]</p>"
    [record] = read(f"{MARK}{ASKED}{reply}")
    assert (record.uin, record.answer) == (
        "999001",
        "I refer the hon. Member to the answer I gave on 2 February [999000]",
    )


def test_question_whose_first_words_are_lost_is_one_by_its_anchor_or_number() -> None:
    by_anchor = '<p><a name="50203w04.html_wqn1"><b>Mr. Plover:</b> the Minister why.</p><p><b>Mr. Brine:</b> So.</p>'
    by_number = "<p><b>Mr. Reed:</b> the Minister when. [999002]</p><p><b>Mr. Brine:</b> Soon.</p>"
    found = read(f"{MARK}{by_anchor}{by_number}")
    assert [(record.question, record.answer) for record in found] == [
        ("the Minister why.", "So."),
        ("the Minister when.", "Soon."),
    ]


def test_number_that_two_questions_have_stays_with_the_first() -> None:
    other = ASKED.replace("why", "when")
    reply = "<p><b>Mr. Brine:</b> So.</p>"
    found = read(f"{MARK}{ASKED}{reply}{other}{reply}")
    assert [record.uin for record in found] == ["999001", "999001"]
    assert [record.keys for record in found] == [
        ("num:commons:2004-05:999001",),
        ("col:commons:2005-02-03:written_answers:756W:2",),
    ]


def test_bytes_are_windows_1252_whatever_they_are_called_and_utf_8_where_they_are() -> None:
    reply = "<p><b>Mr. Brine:</b> \u201cNo\u201d \u2014 \u00a35 &#147;or&#148; &#163;6.</p>"
    page = f'<meta http-equiv="Content-Type" content="text/html; charset=%s">{MARK}{ASKED}{reply}'
    for declared, encoding in (("iso-8859-1", "cp1252"), ("utf-8", "utf-8"), ("utf-8", "cp1252")):
        [record] = read((page % declared).encode(encoding))
        assert record.answer == "\u201cNo\u201d \u2014 \u00a35 \u201cor\u201d \u00a36."


def test_department_and_subject_are_told_apart_by_anchor_style_or_capitals() -> None:
    heads = [
        '<a name="x_dpthd0"><h3 align=center>Home Department&#151;continued</h3><a name="x_sbhd0"><h3>OWLS</h3>',
        "<h3 align=center>HOME DEPARTMENT</h3><h3 align=center>OWLS</h3>",
        '<h3 style="text-transform:uppercase">Home Department</h3><h3 align="center">OWLS</h3>',
    ]
    found = [read(f"{MARK}{head}{ASKED}")[0] for head in (heads[0], heads[2])]
    assert {(record.body, record.heading) for record in found} == {("Home Department", "OWLS")}
    assert read(f"{MARK}{heads[1]}{ASKED}")[0].body == "Owls"  # without anchors capitals mean a department


def test_department_goes_on_behind_its_heading() -> None:
    heading = '<a name="50203w04.html_dpthd0"><H3><center>OWLS, LIGHTHOUSES AND</center></H3>\n\n\nTHE REGIONS\n\n<P>'
    [record] = read(f"{MARK}{heading}<h4>Lamps</h4>{ASKED}<p><b>Mr. Brine:</b> So.</p>")
    assert (record.body, record.heading, record.answer) == ("Owls, Lighthouses and the Regions", "Lamps", "So.")


def test_day_is_that_of_the_address_else_of_a_mark_else_of_a_heading() -> None:
    heading = "<h4><i>Friday 4 February 2005</i></h4>"
    assert read(f"{MARK}{heading}{ASKED}", f"{FOLDER.replace('050203', '050207')}/x.htm")[0].day == date(2005, 2, 7)
    assert read(f"{MARK}{heading}{ASKED}", "file:///x.htm")[0].day == date(2005, 2, 3)
    assert read(f"{MARK}{ASKED}", f"{FOLDER.replace('050203', '051399')}/x.htm", "2005-13-99")[0].day == date(
        2005, 2, 3
    )
    assert read(f"{heading}{ASKED}", "file:///x.htm")[0].day == date(2005, 2, 4)
    assert read(f"{heading}{ASKED}", "file:///x.htm", "commons/2005-02-08/written_answers")[0].day == date(2005, 2, 8)


def test_session_is_that_of_the_address_else_of_the_day() -> None:
    assert read(f"{MARK}{ASKED}", f"{FOLDER.replace('200405', '200304')}/x.htm")[0].session == "2003-04"
    assert read(f"{MARK}{ASKED}", "file:///x.htm")[0].session == "2004-05"
    folder = FOLDER.replace("050203", "110705").replace("200405", "201011")
    assert read(f"{MARK}{ASKED}", f"{folder}/x.htm")[0].session == "2010-12"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html><body><h1>The page you asked for</h1></body></html>", "has no date"),
        (f"{MARK}<h3>OWLS</h3>".encode(), "holds no question and no statement"),
        (f'{MARK}<h3>OWLS</h3><a href="/x.htm">Nests</a>'.encode(), "holds no question and no statement"),
        (f"{MARK.replace('756W', '756')}{ASKED}".encode(), "has no column of answers"),
        (f"{MARK.replace('756W', '7MC')}{ASKED}".encode(), "has no column of answers"),
    ],
)
def test_page_that_is_none_of_hansard_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(body, "file:///x.htm")


# How a day is found


def index(*pages: str) -> bytes:
    return "".join(f'<a href="../text/{page}#x_sbhd0">Owls</a>' for page in pages).encode()


def page(number: int, following: str = "") -> bytes:
    more = f'<a href="{following}"><b>Next Section</b></a>' if following else ""
    words = f"<p><b>Mr. Plover:</b> To ask why. [99900{number}]</p><p><b>Mr. Brine:</b> So.</p>"
    return f"<i>3 Feb 2005 : Column {number}W</i>{words}{more}".encode()


def mirror(root: Path, folder: str, files: dict[str, bytes]) -> None:
    for name, body in files.items():
        path = root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def test_day_is_read_from_the_better_edition_with_pages_that_the_index_passes_over(tmp_path: Path) -> None:
    mirror(tmp_path, "pa/cm200405/cmhansrd/cm050203", {"index/50203-x.htm": b"", "text/50203w01.htm": b"daily part"})
    bound = {
        "index/50203-x.htm": index("50203w01.htm", "50203w04.htm"),
        "text/50203w01.htm": page(1, "50203w02.htm"),
        "text/50203w02.htm": page(2),
        "text/50203w04.htm": page(4, "50203w05.htm"),
        "text/50203w05.htm": page(5, "../debtext/50203-01.htm"),
    }
    mirror(tmp_path, "pa/cm200405/cmhansrd/vo050203", bound)
    source = Publications(LocalFolder(tmp_path, lambda: NOW), InventedRegister())
    [ref] = source.files(date(2005, 2, 1), date(2005, 2, 8))
    assert (ref.name, ref.day, ref.stamp[:3]) == ("commons/2005-02-03/written_answers", date(2005, 2, 3), "vo-")
    found = proceedings_in(source.records(source.fetch(ref)))
    assert [record.uin for record in found] == ["999001", "999002", "999004", "999005"]
    assert [record.column for record in found] == ["1W", "2W", "4W", "5W"]
    assert found[3].url == "https://publications.parliament.uk/pa/cm200405/cmhansrd/vo050203/text/50203w05.htm"


LORDS = b"<i>5 July 2011 : Column WA9</i><p><b>Lord Thrift</b> asked the Minister why. [HL9]</p>"
STATEMENT = b"<p><b>5 July 2011 : Column 9WS</b></p><h3>LAMPS</h3><p><b>Mr Brine:</b> Lamps are lit.</p>"
LORDS_STATEMENT = STATEMENT.replace(b"9WS", b"WS9").replace(b"Mr", b"Lord")
DAY_OF_2011 = {
    "commons/2011-07-05/written_answers": (House.COMMONS, Kind.QUESTION, "1W"),
    "commons/2011-07-05/written_statements": (House.COMMONS, Kind.STATEMENT, "9WS"),
    "lords/2011-07-05/written_answers": (House.LORDS, Kind.QUESTION, "9WA"),
    "lords/2011-07-05/written_statements": (House.LORDS, Kind.STATEMENT, "9WS"),
}
PAGES_OF_2011 = {
    "cm201011/cmhansrd/cm110705/text/110705w0001.htm": b"<i>5 July 2011 : Column 1W</i>" + ASKED.encode(),
    "cm201011/cmhansrd/cm110705/wmstext/110705m0001.htm": STATEMENT,
    "ld201011/ldhansrd/text/110705w0001.htm": LORDS,
    "ld201011/ldhansrd/text/110705-wms0001.htm": LORDS_STATEMENT,
}


def of_2011(source: Publications) -> dict[str, tuple[House, Kind, str | None]]:
    found = {}
    for ref in source.files(date(2011, 7, 4), date(2011, 7, 6)):
        [record] = proceedings_in(source.records(source.fetch(ref)))
        assert (record.session, ref.day) == ("2010-12", date(2011, 7, 5))
        found[ref.name] = (record.house, record.kind, record.column)
    return found


def test_mirror_is_read_wherever_it_lies_and_without_any_index(tmp_path: Path) -> None:
    mirror(tmp_path, "mirrors/www.publications.parliament.uk/pa", PAGES_OF_2011)
    mirror(tmp_path, "mirrors/www.publications.parliament.uk/pa/cm201011/cmhansrd/cm110705", {"debtext/x.htm": b""})
    source = Publications(LocalFolder(tmp_path, lambda: NOW), InventedRegister())
    assert of_2011(source) == DAY_OF_2011
    again = Publications(LocalFolder(tmp_path, lambda: NOW), InventedRegister())
    name = "commons/2011-07-05/written_answers"
    [record] = proceedings_in(again.records(again.fetch(FileRef(name=name, day=date(2011, 7, 5)))))
    assert record.url == "https://publications.parliament.uk/pa/cm201011/cmhansrd/cm110705/text/110705w0001.htm"
    with pytest.raises(GoneError, match="has no pages of"):
        again.fetch(FileRef(name=name.replace("05", "06"), day=date(2011, 7, 6)))


@pytest.mark.parametrize(
    ("path", "day", "edition"),
    [
        ("pa/cm200405/cmhansrd/vo050203/text/50203w01.htm", date(2005, 2, 3), "vo"),
        ("cm200405/cmhansrd/cm050203/text/50203W01.HTM.html", date(2005, 2, 3), "cm"),
        ("x/cm200708/cmhansrd/cm080227a/text/80227w0001.htm", date(2008, 2, 27), "cm"),
        ("cm199900/cmhansrd/vo991118/text/91118w01.htm", date(1999, 11, 18), "vo"),
        ("ld200708/ldhansrd/text/80403w0001.htm", date(2008, 4, 3), ""),
    ],
)
def test_path_of_a_page_tells_its_day_and_edition(path: str, day: date, edition: str) -> None:
    page = read_path(path)
    assert page is not None
    assert (page.day, page.edition) == (day, edition)


@pytest.mark.parametrize(
    "path",
    [
        "cm200405/cmhansrd/vo050203/text/50203-x.htm",
        "cm200405/cmhansrd/vo050203/debtext/50203-01.htm",
        "cm200405/cmhansrd/vo059903/text/59903w01.htm",
        "ld200405/ldhansrd/vo050203/text/50203m01.htm",
    ],
)
def test_other_paths_are_none_of_a_page(path: str) -> None:
    assert read_path(path) is None


def test_loose_pages_of_a_folder_are_files_of_unknown_day(tmp_path: Path) -> None:
    mirror(tmp_path, "", {"b.html": page(1), "notes.txt": b""})
    source = Publications(LocalFolder(tmp_path, lambda: NOW), InventedRegister())
    [ref] = source.files(date(2013, 1, 1))
    assert (ref.name, ref.day) == ("b.html", None)
    [record] = proceedings_in(source.records(source.fetch(ref)))
    assert (record.uin, record.url) == ("999001", None)


@contextmanager
def site(files: dict[str, bytes]) -> Iterator[tuple[Publications, FaultyServer]]:
    """The source, and the server that it asks for these files of the folder `pa`."""

    def answer(asked: Asked) -> Reply:
        name = asked.target.removeprefix("/pa/")
        return http(files[name]) if name in files else http(b"", 404)

    time = Time()
    with (
        FaultyServer(answer) as server,
        Client("x", "1", clock=time.clock, sleep=time.sleep, now=lambda: NOW) as client,
    ):
        yield Publications(WebFolder(client, f"{server.url}/pa"), InventedRegister()), server


def test_site_is_asked_for_the_index_of_each_day_and_followed() -> None:
    folder = "cm200405/cmhansrd/vo050203"
    files = {
        f"{folder}/index/50203-x.htm": index("50203w01.htm"),
        f"{folder}/text/50203w01.htm": page(1, "50203w02.htm"),
        f"{folder}/text/50203w02.htm": page(2, "50203w01.htm"),
    }
    with site(files) as (source, _):
        [ref] = source.files(date(2005, 2, 3), date(2005, 2, 3))
        found = proceedings_in(source.records(source.fetch(ref)))
    assert [record.uin for record in found] == ["999001", "999002"]


def test_folders_of_the_site_are_those_of_their_time() -> None:
    indexes = {
        "cm201011/cmhansrd/cm110705/index/110705-x.htm": b"110705w0001.htm",
        "cm201011/cmhansrd/cm110705/wmsindx/110705-x.htm": b"110705m0001.htm",
        "ld201011/ldhansrd/index/110705.html": b"110705-0001.htm 110705-wms0001.htm 110705w0001.htm",
    }
    with site(PAGES_OF_2011 | indexes) as (source, _):
        assert of_2011(source) == DAY_OF_2011


def test_site_is_asked_for_weekdays_only_and_no_further_than_is_taken() -> None:
    files = {f"cm200405/cmhansrd/vo0502{day}/index/502{day}-x.htm": index(f"502{day}w01.htm") for day in ("03", "07")}
    with site(files) as (source, server):
        refs = source.files(date(2005, 1, 1), date(2005, 2, 7))
        assert next(refs).day == date(2005, 2, 7)
        assert [asked.target.rpartition("/")[2] for asked in server.asked] == [
            "commons_by_date.html",
            "lords_by_date.html",
            "50207-x.htm",
        ]
        assert next(refs).day == date(2005, 2, 3)
    asked = {match[1] for record in server.asked if (match := re.search(r"/(?:cm|vo)(05\d{4})/", record.target))}
    assert asked == {"050207", "050204", "050203"}


def test_pages_are_listed_from_the_first_to_the_last_of_the_day_alone() -> None:
    answers, day = SERIES[0], date(2006, 6, 5)
    assert find_pages(answers, day, b"60602w0045.htm 60605w0602.htm 60605w0604.htm") == [
        f"60605w060{number}.htm" for number in (2, 3, 4)
    ]
    assert find_pages(answers, day, index("60605w03.htm"))[0] == "60605w01.htm"
    assert len(find_pages(answers, day, index("60605w01.htm", "60605w9999.htm"))) == MAX_PAGES


@pytest.mark.parametrize("link", ["<b>Next Section</b></a>", "Next</a>", "NEXT SECTION</A>"])
def test_next_page_is_what_its_link_says(link: str) -> None:
    assert find_next_page(SERIES[0], f'<a href="../text/50203w02.htm#x">{link}'.encode()) == "50203w02.htm"
    assert (
        find_next_page(SERIES[0], f'<a href="50203w02.htm">{link.replace("N", "Con").replace("n", "con")}'.encode())
        is None
    )


def by_date(*days: int, house: str = "Commons", today: int = 0, links: str = "") -> bytes:
    """A list of February 2005, as the site's pages are; 31 January and 1 March stand around it."""

    def cell(day: int) -> str:
        if day in days:
            return f'<td class=" content-available" data-month="1" data-year="2005"><a href="#">{day}</a></td>'
        return f'<td class="x {"ui-datepicker-today" if day == today else ""}"><span>{day}</span></td>'

    around = '<td class="ui-datepicker-other-month"><span>31</span></td>'
    after = '<td class="ui-datepicker-other-month content-available" data-month="2" data-year="2005"><a>1</a></td>'
    return (
        f"<html><head><title>{house} debates by date - UK Parliament</title></head><body>"
        '<span class="ui-datepicker-month">February</span>&nbsp;<span class="ui-datepicker-year">2005</span>'
        f'<table class="ui-datepicker-calendar"><tr>{around}{"".join(map(cell, range(1, 29)))}{after}</tr></table>'
        f'<div class="date-event-info">{links}</div></body></html>'
    ).encode()


def test_list_tells_the_days_of_a_month_and_indexes_of_one() -> None:
    links = "".join(
        f'<a href="http://www.publications.parliament.uk/pa/{path}">x</a>'
        for path in (
            "cm200405/cmhansrd/cm050203/index/50203-x.htm",
            "cm200405/cmhansrd/cm050203/wmsindx/50203-x.htm#start",
            "cm200405/cmhansrd/cm050203/debindx/50203-x.htm",
            "cm200405/cmhansrd/chan50.pdf",
        )
    )
    found = read_list(by_date(3, 5, today=20, links=links))
    assert found is not None
    assert found.house is House.COMMONS
    assert found.days == {date(2005, 2, 3), date(2005, 2, 5), date(2005, 3, 1)}
    assert found.silent == {date(2005, 2, day) for day in range(1, 20) if day not in (3, 5)}
    assert [found.tells_nothing_of(date(2005, 2, day)) for day in (3, 4, 20)] == [False, False, True]
    assert found.indexes == (
        "cm200405/cmhansrd/cm050203/index/50203-x.htm",
        "cm200405/cmhansrd/cm050203/wmsindx/50203-x.htm",
    )
    assert read_list(LISTED.encode()) is None


@pytest.mark.parametrize("old", [b'data-year="2005"', b"February", b">3<"])
def test_odd_list_tells_less_and_nothing_wrong(old: bytes) -> None:
    page = by_date(3, today=20)
    found = read_list(page.replace(old, old.replace(b"2005", b"none").replace(b"Feb", b"Fog").replace(b"3", b"33")))
    assert found is not None
    assert found.days <= {date(2005, 2, 3), date(2005, 3, 1)}
    assert all(day.month == 2 and day.day < 20 for day in found.silent)


def test_days_of_a_list_need_not_be_guessed() -> None:
    folder = "cm200405/cmhansrd/vo050205"
    files = {
        "commons_by_date.html": by_date(3, 5),  # the fifth is a Saturday
        "lords_by_date.html": by_date(house="Lords"),
        f"{folder}/index/50205-x.htm": index("50205w01.htm"),
    }
    with site(files) as (source, server):
        refs = list(source.files(date(2005, 1, 31), date(2005, 2, 28)))
    assert [ref.day for ref in refs] == [date(2005, 2, 5)]
    asked = {match[1] for record in server.asked if (match := re.search(r"/(?:cm|vo)(05\d{4})/", record.target))}
    assert asked == {"050203", "050205", "050131"}  # January is not in the list


def test_address_in_a_list_leads_to_a_folder_that_would_not_be_guessed() -> None:
    path = "cm209900/cmhansrd/cm050203"
    link = f'<a href="http://www.publications.parliament.uk/pa/{path}/index/50203-x.htm">Written Answers</a>'
    files = {
        "commons_by_date.html": by_date(3, links=link),
        f"{path}/index/50203-x.htm": index("50203w01.htm"),
        f"{path}/text/50203w01.htm": page(1),
    }
    with site(files) as (source, _):
        [ref] = source.files(date(2005, 2, 1), date(2005, 2, 4))
        assert [record.uin for record in proceedings_in(source.records(source.fetch(ref)))] == ["999001"]


def test_list_that_can_not_be_had_or_is_of_the_other_house_leaves_the_days_to_be_guessed() -> None:
    folder = "cm200405/cmhansrd/vo050203"
    files = {"commons_by_date.html": by_date(house="Lords"), f"{folder}/index/50203-x.htm": index("50203w01.htm")}
    with site(files) as (source, _):
        assert [ref.day for ref in source.files(date(2005, 2, 1), date(2005, 2, 4))] == [date(2005, 2, 3)]


def test_day_that_lost_its_index_or_its_pages_is_gone() -> None:
    with site({"cm200405/cmhansrd/vo050203/index/50203-x.htm": index("50203w01.htm")}) as (source, _):
        with pytest.raises(GoneError, match="leads to no page"):
            source.fetch(FileRef(name="commons/2005-02-03/written_answers", day=date(2005, 2, 3)))
        with pytest.raises(GoneError, match="has no index"):
            source.fetch(FileRef(name="commons/2005-02-04/written_answers", day=date(2005, 2, 4)))


ERROR_PAGE = (
    b"<html><head><title>UK Parliament</title></head><body><h1>Page cannot be found</h1><p>We are sorry.</p>"
    b"<p>Please use the <a href='/search/index.html'>search</a>.</p></body></html>"
)


def test_error_page_with_status_200_is_no_index_and_hides_none() -> None:
    folder = "cm200405/cmhansrd"
    files = {
        f"{folder}/vo050203/index/50203-x.htm": ERROR_PAGE,
        f"{folder}/cm050203/index/50203-x.htm": index("50203w01.htm"),
        f"{folder}/cm050203/text/50203w01.htm": page(1),
        f"{folder}/vo050204/index/50204-x.htm": ERROR_PAGE,
    }
    with site(files) as (source, _):
        [ref] = source.files(date(2005, 2, 3), date(2005, 2, 4))
        assert [record.uin for record in proceedings_in(source.records(source.fetch(ref)))] == ["999001"]
        with pytest.raises(FetchError, match=r"vo050204/index/50204-x\.htm is no index of Hansard"):
            list(source.files(date(2005, 2, 4), date(2005, 2, 4)))


def test_words_of_an_error_page_do_not_go_on_with_the_answer_before_it() -> None:
    folder = "cm200405/cmhansrd/vo050203"
    files = {
        f"{folder}/index/50203-x.htm": index("50203w01.htm", "50203w02.htm", "50203w03.htm"),
        f"{folder}/text/50203w01.htm": page(1),
        f"{folder}/text/50203w02.htm": ERROR_PAGE,
        f"{folder}/text/50203w03.htm": page(3),
    }
    with site(files) as (source, _):
        [ref] = source.files(date(2005, 2, 3), date(2005, 2, 3))
        error, *records = source.records(source.fetch(ref))
    assert [(record.proceeding.uin, record.proceeding.answer) for record in records if record.proceeding] == [
        ("999001", "So."),
        ("999003", "So."),
    ]
    assert error.error is not None
    assert "50203w02.htm is no page of Hansard" in str(error.error)
    assert (error.key, error.excerpt.strip()) == ("50203w02.htm", ERROR_PAGE)


# One question, one record


def test_a_question_has_one_key_whoever_tells_of_it() -> None:
    pages = read((ONE_DAY / "50203w04.htm").read_bytes())
    volume = Payload(
        source="historic", key="x.xml", url="file:///x.xml", fetched_at=NOW, body=(ONE_DAY / "volume.xml").read_bytes()
    )
    hansard = proceedings_in(read_file(volume, InventedRegister()))
    name = "wrans/answers2005-02-03a.xml"
    theirs = Payload(
        source="theyworkforyou", key=name, url="file:///x.xml", fetched_at=NOW, body=(ONE_DAY / name[6:]).read_bytes()
    )
    they = proceedings_in(TheyWorkForYou(LocalFolder(ONE_DAY), InventedRegister(), kinds=("wrans",)).records(theirs))
    numbers = [f"num:commons:2004-05:{number}" for number in ("999101", "999102", "999103")]
    unnumbered = "col:commons:2005-02-03:written_answers:757W:1"
    for records in (pages, hansard, they):
        keys = [set(record.keys) for record in records]
        assert all(number in keys_of_record for number, keys_of_record in zip(numbers, keys[:3], strict=True))
        assert unnumbered in keys[3]
        assert [record.id for record in records[:3]] == [f"pq-commons-2004-05-{number[-6:]}" for number in numbers]
        assert [record.uin for record in records] == ["999101", "999102", "999103", None]
    for same in zip(pages, hansard, they, strict=True):
        assert len({re.sub(r"\W+", " ", record.question or "") for record in same}) == 1
        assert len({re.sub(r"\W+", " ", record.answer or "").strip() for record in same}) == 1
        assert (
            len(
                {(record.heading, record.body, record.answered_on, record.holding_on, record.column) for record in same}
            )
            == 1
        )


# Recorded pages


def test_recorded_answers_are_as_counted(shared_data: Path) -> None:
    body = (shared_data / "publications-html" / "written_answers.html").read_bytes()
    found = read(body, "file:///written_answers.html")
    assert [record.uin for record in found] == [number.decode() for number in re.findall(rb"\[(\d{5})\]", body)]
    assert len(found) == body.count(b"htm_wqn") == body.count(b"htm_spnew")
    assert {record.body for record in found} == {"House of Commons Commission", "Home Department"}
    assert all(record.day == date(2011, 7, 19) and record.column == "773W" for record in found)
    assert Counter(record.session for record in found) == {"2010-12": 3}
    text = re.sub(r"\[\d{5}\]|\s+", " ", re.sub(r"<[^>]+>", "", body.decode()))
    kept = " ".join(" ".join(f"{record.question} {record.answer}" for record in found).split())
    said = text[text.index("To ask the hon.") :]
    assert set(re.findall(r"\w+", said)) - set(re.findall(r"\w+", kept)) <= set(re.findall(r"\w+", NOT_SAID))


NOT_SAID = (
    "Smartphone Applications Priti Patel John Thurso Home Department Animal Experiments Mr Bain Lynne Featherstone"
)
"""Headings and names of the recorded page."""


def test_recorded_statements_are_as_counted(shared_data: Path) -> None:
    body = (shared_data / "publications-html" / "wms.html").read_bytes()
    found = read(body, "file:///wms.html")
    assert len(found) == body.count(b"htm_spmin") == 2
    assert all(record.kind is Kind.STATEMENT and record.body == "Justice" for record in found)
    assert [(record.column, record.column_to) for record in found] == [("89WS", None), ("89WS", "109WS")]
    assert found[1].text is not None
    assert "express the Government\u2019s deep and abiding gratitude" in found[1].text
    assert sum(record.text.count("\n\n") for record in found if record.text) == body.count(b"htm_para")


# Pages that only lead to others


LISTED = "".join(
    f'<a href="/pa/cm200405/cmhansrd/vo050203/text/50203w0{page}.htm">Plovers on page {page}</a><br>'
    for page in range(9)
)


@pytest.mark.parametrize(
    "page",
    [
        f"<html><title>House of Commons Hansard Written Answers Index for 3 Feb 2005</title>{MARK}{LISTED}</html>",
        f"<html><head><title>Commons debates by date - UK Parliament</title></head>{LISTED}</html>",
        f"<html><body><h1>3 February 2005</h1>{MARK}<p>Prepared at noon</p>{LISTED}</body></html>",
    ],
)
def test_an_index_makes_no_record(page: str) -> None:
    assert read(page) == []


@pytest.mark.parametrize(
    "page",
    [
        f"<title>Written Answers Index 3 Feb 2005</title>{MARK}{ASKED}<p><b>Mr. Brine:</b> It did.</p>",
        f"<title>Written Answers</title>{MARK}{ASKED}<p><b>Mr. Brine:</b> See these pages: {LISTED}</p>",
    ],
)
def test_a_page_on_which_somebody_asks_is_no_index(page: str) -> None:
    [record] = read(page)
    assert record.uin == "999001"


def test_recorded_indexes_make_no_record(shared_data: Path) -> None:
    folder = shared_data / "publications-html"
    indexes = sorted((folder / "indexes").glob("*.html"))
    assert [read(path.read_bytes(), path.as_uri(), path.name) for path in indexes] == [[], [], []]
    assert all(read(path.read_bytes(), path.as_uri(), path.name) for path in folder.glob("*.html"))


@pytest.mark.parametrize(
    ("name", "house", "month", "known"),
    [
        ("commons_by_date.html", House.COMMONS, (2013, 9), 29),  # made on the 30th
        ("lords_by_date.html", House.LORDS, (2011, 1), 31),
    ],
)
def test_recorded_list_has_the_days_that_its_mark_up_has(
    shared_data: Path, name: str, house: House, month: tuple[int, int], known: int
) -> None:
    body = (shared_data / "publications-html" / "indexes" / name).read_bytes()
    cells = re.findall(rb'content-available[^>]*data-month="(\d+)" data-year="(\d{4})"><a[^>]*>(\d+)</a>', body)
    found = read_list(body)
    assert found is not None
    assert found.house is house
    assert found.days == {date(int(year), int(number) + 1, int(day)) for number, year, day in cells}
    of_month = {day for day in found.days | found.silent if (day.year, day.month) == month}
    assert of_month == {date(*month, day) for day in range(1, known + 1)}
    assert all(address.encode() in body for address in found.indexes)


def test_recorded_index_of_statements_leads_to_its_page(shared_data: Path) -> None:
    body = (shared_data / "publications-html" / "indexes" / "commons_wms_index_jan_2011.html").read_bytes()
    pages = set(re.findall(rb"\d{6}m\d{4}\.htm", body))
    assert [page.encode() for page in find_pages(SERIES[1], date(2011, 1, 10), body)] == sorted(pages)
    assert find_pages(SERIES[0], date(2011, 1, 10), body) == []
