"""The register of who is who, on two generations of files that tell of the same invented people."""

from __future__ import annotations

import gzip
import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import House, Member
from scrapers.folders import FileEntry, LocalFolder, ReceivedFile
from scrapers.people import People
from scrapers.people import files as people_files
from scrapers.people.names import peer_form
from scrapers.people.register import COMPLETE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.ports import Register

EXAMPLES = Path(__file__).parent / "examples" / "people"
ENOUGH = dict.fromkeys(House, 5)
"""The invented Houses are small."""
DAY = date(2004, 3, 15)
COMMONS, LORDS = House.COMMONS, House.LORDS
ADA, BEN, BRIAN, EAST, WEST, ANNE, SIAN, IAIN = range(70001, 70009)
CORA, DAN, EVE, HUGO, IVO, JO, KIT, LEO, MAX = range(70010, 70019)


def files_of(generation: str) -> Iterator[tuple[str, bytes]]:
    return ((path.name, path.read_bytes()) for path in sorted((EXAMPLES / generation).iterdir()))


@pytest.fixture(scope="module", params=["to_2015", "since"])
def people(request: pytest.FixtureRequest) -> People:
    return People(files_of(request.param), complete=ENOUGH)


def number(what: str) -> str:
    return f"uk.org.publicwhip/{what}"


# Offices


@pytest.mark.parametrize(
    ("person", "day", "office"),
    [
        (ADA, date(2004, 3, 15), "Solicitor General, Law Officers' Department"),
        (ADA, date(2005, 5, 12), None),
        (BEN, date(2003, 1, 1), "Secretary of State, Department for Transport"),
        (BEN, date(2004, 1, 1), None),
        (WEST, date(2003, 1, 1), None),  # in the shadow cabinet
        (MAX, date(2004, 3, 15), "Parliamentary Secretary, HM Treasury; Minister of State, Home Office"),
        (MAX, date(2005, 5, 12), "Parliamentary Secretary, HM Treasury"),
        (None, date(2004, 3, 15), None),
    ],
)
def test_the_office_of_a_day(people: People, person: int | None, day: date, office: str | None) -> None:
    assert people.office_of(Member(person_id=person, name="Whoever"), day) == office


# By name


@pytest.mark.parametrize(
    ("printed", "person"),
    [
        ("Ada Example", ADA),
        ("The Rt. Hon. Ada Example, MP", ADA),
        ("Dr. ADA EXAMPLE, Q.C., M.P.:", ADA),
        ("Ada Example C.B.E.", ADA),
        ("Ada Example B", None),
        ("Example, rh Ms Ada", ADA),
        ("Specimen, Sir Brian H., Bt.", BRIAN),
        ("Mr.  PLACEHOLDER", BEN),
        ("Mr. Benjamin Placeholder", BEN),
        ("Mr. B. Specimen", BRIAN),
        ("Mr. J. Specimen", None),
        ("Sir Brian Specimen", BRIAN),
        ("Sir Brian H. Specimen", BRIAN),
        ("Brian Q Specimen", None),
        ("Ada Q. Example", ADA),
        ("Mr. Speciman", BRIAN),
        ("Sian O\N{RIGHT SINGLE QUOTATION MARK}Pattern Hill", SIAN),
        ("Ms O'Pattern-Hill", SIAN),
        ("Siân Pattern", SIAN),
        ("Mr. Double Barrel", IAIN),
        ("Mr. Barrel", None),
        ("Jane Twin", None),
        ("Jane Twin (Twinton, East) (Lab)", EAST),
        ("Ms Twin (Twinton West)", WEST),
        ("Jane W. Twin", WEST),
        ("J. Twinn", None),
        ("Ada Example (Sample Vale)", None),
        ("Ada Example (Sample-on-Sea) (Lab)", ADA),
        ("Ada Example (Urgent Question)", ADA),
        ("The Minister for Samples (Ms Ada Example)", ADA),
        ("The Minister for Samples (Mr. Nobody)", None),
        ("(Mr. Ben Placeholder)", BEN),
        ("The Keeper of the Samples (Mr. Ben Placeholder)", BEN),
        ("The", None),
        ("The Solicitor-General", ADA),
        ("Solicitor General", ADA),
        ("The Minister without Papers", ADA),
        ("The Secretary of State for Transport", EAST),
        ("The Minister of State, Home Office", None),
        ("The Shadow Secretary of State for Transport", None),
        ("The Chairman", None),
        ("Mr. Deputy Speaker", None),
        ("Mr. Deputy Speaker (Sir Brian Specimen)", BRIAN),
        ("Hon. Members", None),
        ("Lord Lonely of Moor", None),
        ("", None),
    ],
)
def test_a_name_in_the_commons(people: People, printed: str, person: int | None) -> None:
    assert people.by_name(printed, COMMONS, DAY).person_id == person


@pytest.mark.parametrize(
    ("printed", "person"),
    [
        ("Baroness Sample of Sampleton", CORA),
        ("BARONESS SAMPLE OF SAMPLETON", CORA),
        ("Baroness Sample of Sampleton (Lab)", CORA),
        ("Lady Sample of Sampleton", CORA),
        ("Baroness Sample", CORA),
        ("Lord Sample of Northway, QC", DAN),
        ("Lord Sample", None),
        ("Lord Lonely", MAX),
        ("Lord Lonley of Moor", MAX),
        ("Lord Patch", KIT),
        ("Lord Patch of Barn", LEO),
        ("The Earl of Placeham", HUGO),
        ("Earl of Placeham", HUGO),
        ("The Lord Bishop of Sampleton", IVO),
        ("The Bishop of Sampleton", IVO),
        ("The Lady Sample of Sampleton", CORA),
        ("The Rt. Hon. the Lord Patch", KIT),
        ("The Parliamentary Secretary, Samples Office (Lord Lonely of Moor)", MAX),
        ("The Lord Privy Seal (Lord Patch)", KIT),
        ("The Lord Privy Seal", None),
        ("The Parliamentary Secretary to the Treasury", None),
        ("Noble Lords", None),
        ("Cora Sample", None),
    ],
)
def test_a_name_in_the_lords(people: People, printed: str, person: int | None) -> None:
    assert people.by_name(printed, LORDS, DAY).person_id == person


@pytest.mark.parametrize(
    ("printed", "form"),
    [
        ("Baroness Bishop of Vale", "baroness bishop of vale"),
        ("The Marquis of Vale", "marquess of vale"),
        ("Lord", ""),
        ("Cora Sample", ""),
        ("", ""),
    ],
)
def test_the_form_of_a_peers_name_has_a_rank_and_a_name(printed: str, form: str) -> None:
    assert peer_form(printed) == form


@pytest.mark.parametrize(
    ("printed", "house", "day", "person"),
    [
        pytest.param("Ada Example", COMMONS, "2001-06-06", None, id="before the seat"),
        pytest.param("Ada Example", COMMONS, "2001-06-07", ADA, id="first day of the seat"),
        pytest.param("Ada Example", COMMONS, "2005-04-11", ADA, id="last day of the seat"),
        pytest.param("Ada Example", COMMONS, "2005-04-12", None, id="between two seats"),
        pytest.param("Ben Placeholder", LORDS, "2004-03-15", None, id="in the other House"),
        pytest.param("Lord Placeholder of Vale", LORDS, "2005-07-01", BEN, id="a member who became a peer"),
        pytest.param(
            "Lord Placeholder of Vale and Moor", LORDS, "2005-07-01", BEN, id="a peer with the whole of his place"
        ),
        pytest.param("Lord Placeholder of Vale", LORDS, "2005-06-01", None, id="a peer before he was one"),
        pytest.param("The Lord Bishop of Sampleton", LORDS, "2004-04-15", None, id="a see whose bishop retired"),
        pytest.param("The Lord Bishop of Sampleton", LORDS, "2004-05-15", JO, id="a see with its next bishop"),
        pytest.param("Anne Maiden", COMMONS, "2003-04-30", ANNE, id="the name before the wedding"),
        pytest.param("Anne Maiden", COMMONS, "2003-05-01", None, id="the name before the wedding, used after it"),
        pytest.param("Anne Wedlock", COMMONS, "2003-05-01", ANNE, id="the name after the wedding"),
        pytest.param(
            "The Secretary of State for Transport",
            COMMONS,
            "2003-06-13",
            None,
            id="two holders on the day of the change",
        ),
        pytest.param(
            "The Secretary of State for Transport", COMMONS, "2003-06-12", BEN, id="the holder before the change"
        ),
        pytest.param(
            "The Solicitor-General", COMMONS, "2003-06-12", None, id="an office before anybody is known to have held it"
        ),
        pytest.param(
            "The Secretary of State for Transport",
            COMMONS,
            "2006-01-15",
            None,
            id="an office after the files were written",
        ),
        pytest.param("The Minister without Papers", COMMONS, "2003-06-12", None, id="an alias before it held"),
        pytest.param("Mr. Double Barrel", COMMONS, "2005-12-02", None, id="a surname after the files were written"),
        pytest.param("Iain Double Barrel", COMMONS, "2010-05-05", IAIN, id="a full name after the files were written"),
        pytest.param("Iain Double Barrel", COMMONS, "2010-05-06", None, id="a full name after the next election"),
        pytest.param("Lord Lonely of Moor", LORDS, "2031-01-01", MAX, id="a life peer long after"),
        pytest.param("Lord Lonely", LORDS, "2031-01-01", None, id="a life peer's short title long after"),
        pytest.param("The Earl of Placeham", LORDS, "2005-12-02", None, id="a title that is inherited, after"),
        pytest.param("Lord Lonely", LORDS, "1999-11-10", None, id="a short title before the House was reformed"),
        pytest.param("Lord Lonely of Moor", LORDS, "1999-11-10", MAX, id="a whole title before the House was reformed"),
    ],
)
def test_a_name_goes_by_the_day(people: People, printed: str, house: House, day: str, person: int | None) -> None:
    assert people.by_name(printed, house, date.fromisoformat(day)).person_id == person


def test_a_surname_counts_only_where_the_house_is_known_whole() -> None:
    few = People(files_of("to_2015"))
    assert COMPLETE[COMMONS] == 600
    assert few.by_name("Mr. Double Barrel", COMMONS, DAY) == Member(name="Mr. Double Barrel")
    assert few.by_name("Mr. Speciman", COMMONS, DAY).person_id is None
    assert few.by_name("Lord Lonely", LORDS, DAY).person_id is None
    assert few.by_name("Iain Double Barrel", COMMONS, DAY).person_id == IAIN
    assert few.by_name("Lord Lonely of Moor", LORDS, DAY).person_id == MAX


def test_the_seat_and_the_office_that_a_source_tells_apart_decide_too(people: People) -> None:
    assert people.by_name("Jane Twin", COMMONS, DAY, constituency="Twinton West").person_id == WEST
    assert people.by_name("Ms Twin", COMMONS, DAY, office="The Secretary of State for Transport").person_id == EAST
    assert people.by_name("Ms Twin", COMMONS, DAY, office="The Minister for Nothing").person_id is None


def test_what_is_told_of_whoever_is_known(people: People) -> None:
    found = people.by_name("The Minister for Samples (Sir B. Specimen)", COMMONS, DAY)
    assert found == Member(
        member_id=9003,
        person_id=BRIAN,
        name="Sir Brian H Specimen",
        party="Liberal Democrat",
        constituency="Sampleton North and Moor",
        printed="Sir B. Specimen",
        office="The Minister for Samples",
    )
    alone = people.by_name("The Solicitor-General", COMMONS, DAY)
    assert (alone.name, alone.printed, alone.office) == (
        "Ada Example",
        "The Solicitor-General",
        "The Solicitor-General",
    )


def test_what_is_told_of_whoever_is_not(people: People) -> None:
    assert people.by_name("Mr. Nobody", COMMONS, DAY) == Member(name="Mr. Nobody")
    assert people.by_name("Mr. Nobody (Twinton, East) (Con)", COMMONS, DAY) == Member(
        name="Mr. Nobody", party="Conservative", constituency="Twinton, East"
    )
    assert people.by_name("Mr. Nobody (by Private Notice)", COMMONS, DAY) == Member(name="Mr. Nobody")
    assert people.by_name("Mr. Nobody (Urgent Question)", COMMONS, DAY) == Member(name="Mr. Nobody")
    assert people.by_name("The Minister (Mr. Nobody)", COMMONS, DAY) == Member(name="Mr. Nobody", office="The Minister")
    assert people.by_name("The Chairman", COMMONS, DAY) == Member(name="The Chairman")
    assert people.by_name("", COMMONS, DAY) == Member()


def test_a_party_is_that_of_the_day(people: People) -> None:
    """On the day of the change both memberships hold: the later counts."""
    days = [date(2003, 2, 27), date(2003, 2, 28), date(2003, 3, 1)]
    told = [people.by_name("Siân O'Pattern-Hill", COMMONS, day).party for day in days]
    assert told == ["Labour (Co-op)", "Independent", "Independent"]
    by_person = [people.by_number(number(f"person/{SIAN}"), None, day).party for day in days]
    assert by_person == told


# By number


def test_a_number_is_decisive(people: People) -> None:
    found = people.by_number(number("member/605"), "Somebody Else", DAY)
    assert (found.person_id, found.member_id, found.name) == (EAST, 9004, "Jane Twin")
    assert (found.party, found.constituency, found.printed) == ("Labour", "Twinton, East", "Somebody Else")
    assert people.by_number(number("member/605"), "Jane Twin", DAY).printed is None
    assert people.by_number(number("member/604"), None, date(2010, 5, 5)).party == "Liberal Democrat"
    assert people.by_number(number("member/604"), None, date(2010, 5, 6)).party is None  # of the next Parliament
    assert people.by_number(number("lord/7005"), None, date(2031, 1, 1)).party == "Conservative"


def test_a_person_is_who_he_is_on_the_day(people: People) -> None:
    ben = number(f"person/{BEN}")
    as_member, as_peer = (people.by_number(ben, None, day) for day in (DAY, date(2005, 7, 1)))
    assert (as_member.name, as_member.constituency) == ("Ben Placeholder", "Sample Vale")
    assert (as_peer.name, as_peer.constituency) == ("Lord Placeholder of Vale", None)
    assert as_member.person_id == as_peer.person_id == BEN
    assert as_member.member_id == as_peer.member_id == 9002


def test_a_number_on_a_day_without_a_seat_has_a_name_and_no_party(people: People) -> None:
    between = people.by_number(number("member/603"), "Mr Placeholder", date(2005, 5, 1))
    assert between == Member(member_id=9002, person_id=BEN, name="Ben Placeholder", printed="Mr Placeholder")
    assert people.by_number(number(f"person/{BEN}"), None, date(2005, 6, 19)).name == "Lord Placeholder of Vale"


def test_a_number_whose_membership_is_in_no_file_has_its_person() -> None:
    people = People(files_of("to_2015"), complete=ENOUGH)
    assert people.by_number(number("member/699"), "A Wedlock", date(2011, 1, 1)) == Member(
        member_id=9006, person_id=ANNE, name="Anne Wedlock", printed="A Wedlock"
    )
    alone = People([("people.xml", _xml(f'<person id="{number("person/7")}" latestname="Lord Late">'
                                        f'<office id="{number("member/8")}"/></person>'))])  # fmt: skip
    assert alone.by_number(number("member/8"), "Len Early", DAY) == Member(person_id=7, name="Len Early")
    assert alone.by_number(number("member/8"), None, DAY).name == "Lord Late"
    bare = People([("people.xml", _xml(f'<person id="{number("person/7")}" latestname="Lord Late"/>'))])
    assert bare.by_number(number("person/7"), None, DAY) == Member(person_id=7, name="Lord Late")


def test_a_redirect_is_followed_and_a_ring_of_them_ends() -> None:
    people = People(files_of("since"), complete=ENOUGH)
    assert people.by_number(number("person/70901"), None, DAY).person_id == ADA
    assert people.by_number(number("member/699"), None, DAY).person_id == ANNE
    assert people.by_number(number("person/70902"), "Mr. Nobody", DAY) == Member(name="Mr. Nobody")


@pytest.mark.parametrize(
    ("what", "printed", "person"),
    [
        ("unknown", "Ada Example", ADA),
        ("unknown", "Lord Lonely of Moor", MAX),
        (number("person/0"), "Lord Lonely of Moor", MAX),
        (number("member/99"), "Ada Example", ADA),
        (number("member/99"), "Lord Lonely of Moor", None),
        (number("member/80999"), "Ada Example", None),
        (number("lord/99"), "Lord Lonely of Moor", MAX),
        (number("lord/99"), "Ada Example", None),
        ("unknown", "Jane Twin", None),
        ("unknown", "Mr. Placeholder", None),
    ],
)
def test_an_unknown_number_leaves_the_full_name(people: People, what: str, printed: str, person: int | None) -> None:
    assert people.by_number(what, printed, DAY).person_id == person
    assert people.by_number(what, None, DAY) == Member()


def test_a_seat_that_stands_empty_is_nobodys() -> None:
    people = People(files_of("since"), complete=ENOUGH)
    assert people.by_number(number("member/698"), "Mr. Nobody", date(2005, 6, 1)) == Member(name="Mr. Nobody")


def test_whoever_sits_now_sits_until_an_election_is_known() -> None:
    people = People([("all-members_2031-01-01.xml", _xml(_member(1, "Now", "2024-07-04")))])
    assert people.by_name("Jo Now", COMMONS, date(2033, 1, 1)).name == "Jo Now"


def test_two_numbers_of_parliament_for_one_person_are_none(people: People) -> None:
    found = people.by_name("Ms O'Pattern-Hill", COMMONS, DAY)
    assert (found.person_id, found.member_id) == (SIAN, None)
    assert people.by_name("Ada Example", COMMONS, DAY).member_id == 9001  # though another register has a number too


def test_a_name_of_the_day_where_the_files_tell_names_by_day() -> None:
    people = People(files_of("since"), complete=ENOUGH)
    assert people.by_number(number("member/607"), None, date(2003, 4, 30)).name == "Anne Maiden"
    assert people.by_number(number("member/607"), None, date(2003, 5, 1)).name == "Anne Wedlock"


def test_a_member_of_two_parliaments_is_who_he_is_printed_as() -> None:
    people = People(files_of("since"), complete=ENOUGH)
    day = date(2008, 1, 15)
    assert people.by_name("Ada Example", House.SCOTLAND, date(2007, 5, 3)).person_id is None  # as of 2005, who knows
    assert people.by_number(number(f"person/{ADA}"), None, day).constituency == "Sample Glen"
    assert people.by_number(number("member/602"), None, day).constituency == "Mid Sample"


def test_who_is_in_no_people_file_has_no_number() -> None:
    [members] = [(name, body) for name, body in files_of("to_2015") if name.startswith("all-members")]
    assert People([members]).by_name("Ada Example", COMMONS, DAY) == Member(
        name="Ada Example", party="Labour", constituency="Mid Sample"
    )


def test_without_files_nobody_is_known() -> None:
    nobody: Register = People()
    assert nobody.by_name("Ada Example", COMMONS, DAY) == Member(name="Ada Example")
    assert nobody.by_number(number("member/601"), "Ada Example", DAY) == Member(name="Ada Example")


# Files


def _xml(inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<publicwhip>{inner}</publicwhip>'.encode()


def _member(key: int, surname: str, first: str = "2001-06-07", last: str = "9999-12-31") -> str:
    return (
        f'<member id="{number(f"member/{key}")}" house="commons" title="" firstname="Jo" lastname="{surname}" '
        f'constituency="Vale" party="Lab" fromdate="{first}" todate="{last}"/>'
    )


def test_files_are_read_from_a_folder_packed_or_not(tmp_path: Path) -> None:
    for name, body in files_of("to_2015"):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(body))
    (tmp_path / "wrans.xml").write_bytes(b"no list of members")
    people = People.read(LocalFolder(tmp_path, lambda: datetime(2031, 1, 1, tzinfo=UTC)))
    assert people.by_name("Ada Example", COMMONS, DAY).person_id == ADA
    assert people.by_name("Lord Lonley of Moor", LORDS, DAY).person_id == MAX
    packed = People((f"{name}.gz", gzip.compress(body)) for name, body in files_of("since"))
    assert packed.by_name("Ada Example", COMMONS, DAY).person_id == ADA


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="is no folder"):
        People.read(LocalFolder(tmp_path / "members"))


class Unlisted:
    """An address whose server lists no folder, as that of a code hosting site."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def entries(self, folder: str = "") -> list[FileEntry]:
        raise GoneError("It is not there.", url=folder)

    def read(self, name: str, *, keep: bool = True) -> ReceivedFile:
        assert keep
        if name not in self._files:
            raise GoneError("It is not there.", url=name)
        return ReceivedFile(self._files[name], name, datetime(2031, 1, 1, tzinfo=UTC))


def test_where_nothing_is_listed_the_files_of_today_are_asked_for_by_name() -> None:
    people = People.read(Unlisted({"members/people.json": json.dumps(POPOLO).encode()}), "members")
    assert people.by_number(number("person/1"), None, DAY).name == "Jo Vale"
    with pytest.raises(GoneError):
        People.read(Unlisted({}))


def test_a_folder_without_files_on_people_is_no_register(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("We will be back soon.")
    with pytest.raises(GoneError, match="has no files on people"):
        People.read(LocalFolder(tmp_path))


def test_of_a_file_that_is_there_twice_the_newer_counts() -> None:
    old = ("all-members_2005-01-01.xml", _xml(_member(1, "Older")))
    new = ("all-members_2006-01-01.xml.gz", _xml(_member(1, "Newer")))
    other = ("all-members-2010.xml", _xml(_member(2, "Other", "2010-05-06")))
    for files in ([old, new, other], [new, other, old]):
        people = People(files)
        assert people.by_number(number("member/1"), None, DAY).name == "Jo Newer"
        assert people.by_number(number("member/2"), None, date(2011, 1, 1)).name == "Jo Other"


def test_what_an_old_file_calls_open_ends_though_a_newer_one_is_beside_it() -> None:
    old = ("all-members_2006-01-01.xml", _xml(_member(1, "Leaver") + _member(2, "Stayer")))
    new = ("all-members-2010_2012-01-01.xml", _xml(_member(3, "Stayer", "2010-05-06")))
    people = People([old, new], complete=dict.fromkeys(House, 1))
    assert people.by_name("Jo Leaver", COMMONS, date(2010, 5, 5)).name == "Jo Leaver"
    assert people.by_name("Jo Leaver", COMMONS, date(2011, 1, 1)) == Member(name="Jo Leaver")
    assert people.by_name("Mr. Stayer", COMMONS, date(2009, 1, 1)) == Member(name="Mr. Stayer")
    assert people.by_name("Mr. Stayer", COMMONS, date(2011, 1, 1)).name == "Jo Stayer"


def test_of_a_membership_in_two_files_the_newer_counts() -> None:
    old = ("all-members_2006-01-01.xml", _xml(_member(1, "Older")))
    membership = POPOLO["memberships"][0] | {"end_date": "2008-01-01"}
    new = ("people_2010-01-01.json", json.dumps(POPOLO | {"memberships": [membership]}).encode())
    for files in ([old, new], [new, old]):
        people = People(files)
        assert people.by_name("Jo Vale", COMMONS, date(2007, 1, 1)).person_id == 1
        assert people.by_name("Jo Older", COMMONS, date(2007, 1, 1)).person_id is None


def test_a_file_without_its_date_is_as_old_as_the_newest_day_in_it() -> None:
    inner = _member(1, "Early") + _member(2, "Late", "2004-02-01", "2004-03-14")
    people = People([("all-members.xml", _xml(inner))], complete=dict.fromkeys(House, 1))
    assert people.by_name("Mr. Early", COMMONS, date(2004, 3, 14)).name == "Jo Early"
    assert people.by_name("Mr. Early", COMMONS, date(2004, 3, 15)) == Member(name="Mr. Early")
    odd = People([("all-members_2004-99-99.xml", _xml(inner))], complete=dict.fromkeys(House, 1))
    assert odd.by_name("Mr. Early", COMMONS, date(2004, 3, 14)).name == "Jo Early"


def test_the_devolved_parliaments_have_elements_of_their_own() -> None:
    seats = [
        _member(1, "Glen").replace("<member ", "<member_sp "),
        _member(2, "Lough").replace("<member ", "<member_ni "),
    ]
    alias = '<alias fullname="Jo Lough" alternate="Joe Lough"/>'
    people = People([("sp-members.xml", _xml("".join(seats))), ("ni-aliases.xml", _xml(alias))])
    day = date(2001, 6, 7)
    assert people.by_name("Jo Glen (Vale) (Lab)", House.SCOTLAND, day).constituency == "Vale"
    assert people.by_name("Joe Lough", House.NORTHERN_IRELAND, day).name == "Jo Lough"
    assert people.by_name("Joe Lough", COMMONS, day) == Member(name="Joe Lough")


def test_entries_that_are_not_understood_are_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    for generation, counts in (("to_2015", [1, 1]), ("since", [1])):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            people = People(files_of(generation), complete=ENOUGH)
        assert [record.args[-1] for record in caplog.records if isinstance(record.args, tuple)] == counts
        assert people.by_number(number("member/611"), "No Days", DAY) == Member(name="No Days")


POPOLO: Any = {
    "persons": [{"id": number("person/1"), "other_names": [{"note": "Main", "given_name": "Jo", "family_name": "Vale"}]}],
    "memberships": [{"id": number("member/1"), "person_id": number("person/1"), "organization_id": "house-of-commons",
                     "start_date": "2001"}],
}  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"persons": "none"},
        {"persons": [None, {"id": number("person/2")}, {}]},
        {"posts": [{}], "organizations": {"a": 1}},
        {"persons": [{"id": number("person/1"), "other_names": [{"note": "Main"}], "identifiers": [1]}]},
        {"memberships": [*POPOLO["memberships"], 1, {}, {"id": number("member/2")}]},
        {"memberships": [*POPOLO["memberships"], {"id": number("member/2"), "person_id": "x", "start_date": 7}]},
    ],
)
def test_json_of_another_shape_is_read_as_far_as_it_goes(changed: dict[str, Any]) -> None:
    People([("people.json", json.dumps(POPOLO | changed).encode())])


def test_memberships_of_older_json_have_the_name_themselves() -> None:
    membership = POPOLO["memberships"][0] | {"name": {"given_name": "Joan", "family_name": "Vale"}}
    people = People([("people.json", json.dumps(POPOLO | {"memberships": [membership]}).encode())])
    assert people.by_number(number("member/1"), None, DAY).name == "Joan Vale"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><p>Not found", "neither XML nor JSON"),
        (b"", "neither XML nor JSON"),
        (b'{"persons": [', "neither XML nor JSON"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'><body><p>Not found</p></body></html>", "neither XML nor JSON"),
        (b'{"message": "Not found"}', "has no list of people"),
        (b'{"a":' * 100_000, "neither XML nor JSON"),
        (gzip.compress(b"<publicwhip/>", mtime=0)[:-9], "is cut short"),
        (b"\x1f\x8b and no gzip", "can't be unpacked"),
    ],
    ids=["a page", "nothing", "no end", "a well-formed page", "a report", "deep", "half a gzip", "no gzip"],
)
def test_a_file_that_can_not_be_read_is_told(body: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=f"people.xml.*{words}") as caught:
        People([("people.xml", body)])
    assert caught.value.key == "people.xml"


def test_a_file_of_any_size_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_files, "MAX_BYTES", 1000)
    for body in (b" " * 1001, gzip.compress(b" " * 100_000)):
        with pytest.raises(ParseError, match="more than any list"):
            People([("people.xml", body)])


def test_entities_come_from_the_file_alone_and_never_many(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Secret")
    outside = f'<!DOCTYPE p [<!ENTITY x SYSTEM "{secret.as_uri()}">]><p>{_member(1, "A")}&x;</p>'
    with pytest.raises(ParseError):
        People([("all-members.xml", outside.encode())])
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE p [<!ENTITY e0 "ha">{bomb}]><p>{_member(1, "&e9;")}</p>'
    with pytest.raises(ParseError):
        People([("all-members.xml", laughs.encode())])
