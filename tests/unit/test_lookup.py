"""Forms in which people write or paste a reference to a record."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.records import House, Kind
from monitor.research import references
from monitor.research.reference_parser import Sought, gid_key, page_key, sought
from tests.builders import a_question

OFFICIAL = "https://questions-statements.parliament.uk/written-questions/detail"
PUBLICATIONS = "http://www.publications.parliament.uk/pa/cm200405/cmhansrd"
HISTORIC = "https://api.parliament.uk/historic-hansard"


def reference_of(text: str) -> str | None:
    """Reference that the archive looks up; None for no reference, or for only the address of a page."""
    found = sought(text)
    return found.known_as or None if found else None


@pytest.mark.parametrize(
    ("typed", "reference"),
    [
        ("3283", "3283"),
        (" hl1234 ", "HL1234"),
        ("2024-08-30/3283", "2024-08-30/3283"),
        ("2024-08-30/hl12", "2024-08-30/HL12"),
        ("q-1725947", "q-1725947"),
        ("Q-1725947", "q-1725947"),
        ("hh-S6CV0089P0-04896", "hh-s6cv0089p0-04896"),
        ("HCWS123", "HCWS123"),
        ("S6W-12345", "spq-s6w-12345"),
        ("AQW 49327/22-27", "AQW 49327/22-27"),
        ("aqw49327/22-27", "AQW 49327/22-27"),
        ("gid:wrans/2009-10-26.294925", "gid:wrans/2009-10-26.294925"),
        ("ref:commons:2009-10-27:committee:125", "ref:commons:2009-10-27:committee:125"),
        (f"{OFFICIAL}/2024-08-30/3283", "2024-08-30/3283"),
        (f"{OFFICIAL}/2024-08-30/hl3/", "2024-08-30/HL3"),
        (f"<{OFFICIAL}/2024-08-30/3283?a=b#c>", "2024-08-30/3283"),
        ("questions-statements.parliament.uk/written-statements/detail/2024-08-30/hcws9", "2024-08-30/HCWS9"),
        ("https://www.parliament.scot/x/question?ref=S6W-12345", "spq-s6w-12345"),
        ("https://aims.niassembly.gov.uk/questions/printquestionsummary.aspx?docid=42", "ni-42"),
        ("https://aims.niassembly.gov.uk/questions/search.aspx", None),
        ("https://questions-statements.parliament.uk/about", None),
        ("https://example.org/written-questions/detail/2024-08-30/3283", None),
        ("https://[bad/2024-08-30/3283", None),
        ("National Crime Agency", None),
        ("NHTCU", None),
        ("3283 3284", None),
        ("x" * 301, None),
        ("", None),
    ],
)
def test_numbers_ids_and_the_official_page(typed: str, reference: str | None) -> None:
    assert reference_of(typed) == reference


@pytest.mark.parametrize(
    ("typed", "number", "on"),
    [
        ("UIN 22195, answered 14 January 2025", "22195", date(2025, 1, 14)),
        ("UIN HL5, tabled 3 May 2024", "HL5", date(2024, 5, 3)),
        ("Written statement HCWS751, 14 January 2025", "HCWS751", date(2025, 1, 14)),
        ("S6W-12345, answered 3 May 2016", "spq-s6w-12345", date(2016, 5, 3)),
        ("AQO 123/17-22, answered 3 May 2018", "AQO 123/17-22", date(2018, 5, 3)),
        ("[151420]", "151420", None),
        ("151420R", "151420", None),
        ("PQ 22195", "22195", None),
        ("225322 [of Session 2014-15] on Spirits given on 3 March 2015", "225322", date(2015, 3, 3)),
        ("HC Written Answer UIN 140001, 1 February 2021", "140001", date(2021, 2, 1)),
        ("HL Written Statement HLWS7, 14 January 2025", "HLWS7", date(2025, 1, 14)),
        ("SP Written Answer S6W-12345, 3 May 2016", "spq-s6w-12345", date(2016, 5, 3)),
        ("Question No. 22195", "22195", None),
    ],
)
def test_a_number_with_words_and_its_day(typed: str, number: str, on: date | None) -> None:
    assert sought(typed) == Sought(number, on=on)


@pytest.mark.parametrize(
    "typed",
    ["question 5 of the survey", "question 5", "22195, in part", "UIN", "number 12", "40 officers on 3 May 2004"],
)
def test_words_with_a_number_are_no_reference(typed: str) -> None:
    assert sought(typed) is None


def test_day_selects_one_of_several_records_with_one_number() -> None:
    asked = sought("UIN 140001, answered 1 February 2021")
    assert asked is not None
    assert asked.is_meant(a_question())
    assert not asked.is_meant(a_question(answered_on=date(2017, 2, 1)))
    made = sought("Written statement HCWS1, 3 May 2024")
    assert made is not None
    statement = a_question(kind=Kind.STATEMENT, tabled_on=None, answered_on=None, made_on=date(2024, 5, 3))
    assert made.is_meant(statement)


@pytest.mark.parametrize(
    ("typed", "reference"),
    [
        ("2005-12-07/1366W", "commons/2005-12-07/1366W"),
        ("2005-12-07/c1366w", "commons/2005-12-07/1366W"),
        ("commons/2005-12-07/171", "commons/2005-12-07/171"),
        ("Lords/2004-03-15/WA15", "lords/2004-03-15/15WA"),
        ("2005-13-07/1366W", None),
        ("HC Deb 7 December 2005 c1366W", "commons/2005-12-07/1366W"),
        ("HC Deb 03 February 2004 vol 417 c808W", "commons/2004-02-03/808W"),
        ("HC Deb, 3 Feb 2004, col. 808W", "commons/2004-02-03/808W"),
        ("HC Deb (3 February 2004), vol. 417, col. 808W", "commons/2004-02-03/808W"),
        ("HL Deb 15 March 2004 vol 659 cc15-6WA", "lords/2004-03-15/15WA"),
        ("HL Deb 15 March 2004 vol 659 cc15-6", "lords/2004-03-15/15"),
        ("HC Deb 29 April 2003 vol 404 c2WH", "commons/2003-04-29/2WH"),
        ("HC Deb 29 April 2003 cc21-3WS", "commons/2003-04-29/21WS"),
        ("Official Report, 7 December 2005; Vol. 440, c. 1366W", "commons/2005-12-07/1366W"),
        ("[Official Report, 7 December 2005; Vol. 440, c. 171.]", "2005-12-07/171"),
        ("Official Report, House of Lords, 15 March 2004, cols. WA 15-16", "lords/2004-03-15/15WA"),
        ("7 Dec 2005 : Column 1366W", "commons/2005-12-07/1366W"),
        ("Hansard, 7th December 2005, columns 1366W to 1367W", "commons/2005-12-07/1366W"),
        ("PBC Deb 27 October 2009 c125 (Child Poverty Bill)", "ref:commons:2009-10-27:committee:125"),
        ("SC Deb 11 January 2005 c67", "ref:commons:2005-01-11:committee:67"),
        ("SC Deb (D) 11 January 2005, col 68", "ref:commons:2005-01-11:committee:68"),
        ("SC Deb (D) 11 January 2005 c68 (Railways Bill)", "ref:commons:2005-01-11:committee:68"),
        ("Health Bill Deb 30 January 2007, cols 12\u201315", "ref:commons:2007-01-30:committee:12"),
        ("Water Bill [Lords] Deb 30 January 2007, col 12", "ref:commons:2007-01-30:committee:12"),
        ("The Water Bill was in Deb 30 January 2007, col 12", None),
        ("HL Deb 10 December 2012 vol 741 cc189-190WA", "lords/2012-12-10/189WA"),
        ("HL Deb 21 July 2005, vol 673, col WA261", "lords/2005-07-21/261WA"),
        ("HC Deb 31 February 2005 c1W", None),
        ("HC Deb 7 December c1366W", None),
        ("HC Deb 7 December 2005", None),
        ("number of officers in column 5 on 3 May 2004", None),
    ],
)
def test_columns_in_their_usual_forms(typed: str, reference: str | None) -> None:
    assert reference_of(typed) == reference


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("uk.org.publicwhip/wrans/2009-10-26f.294925.h", "gid:wrans/2009-10-26.294925"),
        ("wrans/2009-10-26.294925.q1", "gid:wrans/2009-10-26.294925"),
        ("uk.org.publicwhip/wrans/2009-10-26aa.HL5813.r0", "gid:wrans/2009-10-26.HL5813"),
        ("uk.org.publicwhip/debate/2009-10-26b.171.1", "gid:debate/2009-10-26b.171.1"),
        (
            "uk.org.publicwhip/standing/standing2009-10-20_SAMPLE_06-0_2009-10-27a.3.4",
            "gid:standing/standing2009-10-20_SAMPLE_06-0_2009-10-27a.3.4",
        ),
        ("https://www.theyworkforyou.com/wrans/?id=2009-10-26f.294925.h", "gid:wrans/2009-10-26.294925"),
        ("http://theyworkforyou.com/debates/?id=2009-10-26b.171.1&s=x#g171.1", "gid:debate/2009-10-26b.171.1"),
        ("https://www.theyworkforyou.com/whall/?gid=2009-10-27a.3.0", "gid:westminhall/2009-10-27a.3.0"),
        ("https://www.theyworkforyou.com/spwrans/?id=2009-10-27.S3W-27820.h", "gid:spwa/2009-10-27.S3W-27820"),
        (
            "https://www.theyworkforyou.com/pbc/?id=2009-10-20_SAMPLE_06-0_2009-10-27a.3.4",
            "gid:standing/standing2009-10-20_SAMPLE_06-0_2009-10-27a.3.4",
        ),
        ("https://www.theyworkforyou.com/mp/?id=10001", None),
        ("https://www.theyworkforyou.com/wrans/?id=x", None),
    ],
)
def test_ids_and_pages_of_theyworkforyou(typed: str, key: str | None) -> None:
    assert reference_of(typed) == key


def test_letter_of_a_version_is_kept_if_the_id_needs_it() -> None:
    assert gid_key("wrans", "2009-10-26f.294925.q0") == gid_key("wrans", "2009-10-26a.294925.h")
    assert gid_key("debate", "2009-10-26a.171.1") != gid_key("debate", "2009-10-26b.171.1")


@pytest.mark.parametrize(
    ("typed", "reference"),
    [
        (f"{PUBLICATIONS}/vo051207/text/51207w27.htm#column_1366", "commons/2005-12-07/1366W"),
        (f"{PUBLICATIONS}/vo051207/debtext/51207-01.htm#column_171", "commons/2005-12-07/171"),
        (f"{PUBLICATIONS}/cm051207/halltext/51207h01.htm#column_2", "commons/2005-12-07/2WH"),
        (
            "https://publications.parliament.uk/pa/ld200304/ldhansrd/vo040315/text/40315w01.htm#column_WA15",
            "lords/2004-03-15/15WA",
        ),
        (f"{HISTORIC}/written_answers/2004/feb/03/kites#column_808w", "commons/2004-02-03/808W"),
        (f"{HISTORIC}/written_answers/2004/feb/03/kites#S6CV0417P1-01234", "hh-s6cv0417p1-01234"),
        (f"{HISTORIC}/written_answers/2004/feb/31/kites#column_808w", None),
        ("https://publications.parliament.uk/pa/cm200405/index.htm", None),
    ],
)
def test_pages_of_hansard_with_a_column(typed: str, reference: str | None) -> None:
    assert reference_of(typed) == reference


def test_page_of_hansard_is_looked_up_by_day_and_address() -> None:
    page = f"{PUBLICATIONS}/vo051207/text/51207w27.htm"
    asked = sought(f"{page}#51207w27.html_wqn8")
    assert asked is not None
    assert (asked.known_as, asked.on) == ("", date(2005, 12, 7))
    assert reference_of(f"{page}#51207w27.html_wqn8") is None
    there = a_question(answered_on=date(2005, 12, 7), url=f"{page.replace('http:', 'https:')}#51207w27.html_wqn8")
    assert asked.is_meant(there)
    assert not asked.is_meant(a_question(answered_on=date(2005, 12, 7), url=f"{page}#51207w27.html_wqn9"))
    assert not asked.is_meant(a_question(url=f"{page}#51207w27.html_wqn8"))
    whole = sought(page)
    assert whole is not None
    assert whole.is_meant(there)
    assert not whole.is_meant(a_question(answered_on=date(2005, 12, 7), url=None))


def test_day_of_a_page_may_be_in_its_name_alone() -> None:
    lords = "http://www.publications.parliament.uk/pa/ld200809/ldhansrd/text"
    for name in ("91026-0006.htm", "91026w0002.htm", "91026-wms0001.htm", "91026-gc0001.htm"):
        asked = sought(f"{lords}/{name}#09102629000242")
        assert asked is not None
        assert (asked.on, asked.known_as) == (date(2009, 10, 26), "")
    assert sought(f"{lords}/91326-0006.htm") is None


def test_addresses_of_one_page_are_equal() -> None:
    assert page_key("http://www.parliament.example/a/?q=1#b") == page_key("parliament.example/a#b")
    assert page_key("no address") == ""


def test_house_follows_from_its_columns() -> None:
    assert reference_of("2004-03-15/15WA") == f"{House.LORDS}/2004-03-15/15WA"
    assert reference_of("commons/2004-03-15/15WA") == f"{House.LORDS}/2004-03-15/15WA"


_PIECES = "HC Deb column c UIN HL S PQ theyworkforyou.com gid uk.org.publicwhip - . ( W".split()  # noqa: SIM905 - reads best so


@given(st.lists(st.sampled_from(_PIECES) | st.text(st.characters(exclude_categories=["Nd"], exclude_characters=":/?"))))
def test_text_without_digits_is_a_reference_only_as_an_address_or_key(pieces: list[str]) -> None:
    """A search does not load the parser of references for it."""
    for separator in ("", " "):
        text = separator.join(pieces)
        assert sought(text) is None
        assert not references._MAY_BE_REFERENCE.search(text)
