"""The register over recorded files: members of 2009, peers, persons and ministers of 2015, days of October 2009."""

from __future__ import annotations

import gzip
import re
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from monitor.model.records import House
from scrapers.people import People

if TYPE_CHECKING:
    from pathlib import Path

HOUSES = {
    "wrans": House.COMMONS,
    "wms": House.COMMONS,
    "debates": House.COMMONS,
    "westminhall": House.COMMONS,
    "standing": House.COMMONS,
    "lordswrans": House.LORDS,
    "lordswms": House.LORDS,
    "lordspages": House.LORDS,
}
DAY = date(2004, 12, 1)


@pytest.fixture(scope="module")
def people(shared_data: Path) -> People:
    return People((path.name, path.read_bytes()) for path in (shared_data / "members").glob("*.xml.gz"))


@pytest.fixture(scope="module")
def commons(shared_data: Path) -> list[dict[str, str]]:
    """The members of the Commons as another parser reads them."""
    [path] = (shared_data / "members").glob("all-members*.gz")
    return [element.attrib for element in ET.fromstring(gzip.decompress(path.read_bytes())).iter("member")]  # noqa: S314 (recorded)


def known(people: People, printed: str, house: House, day: date) -> int | None:
    return people.by_name(printed, house, day).person_id


def test_the_two_of_the_origin(people: People) -> None:
    for number, day in (("member/854", DAY), ("member/1649", date(2007, 1, 1)), ("person/10854", DAY)):
        found = people.by_number(f"uk.org.publicwhip/{number}", None, day)
        assert (found.person_id, found.member_id, found.name) == (10854, 1425, "Jonathan Djanogly")
        assert (found.party, found.constituency) == ("Conservative", "Huntingdon")
    for number, day in (("member/889", DAY), ("member/1543", date(2007, 1, 1)), ("person/10202", DAY)):
        found = people.by_number(f"uk.org.publicwhip/{number}", None, day)
        assert (found.person_id, found.member_id, found.name) == (10202, 389, "Caroline Flint")
        assert (found.party, found.constituency) == ("Labour", "Don Valley")


@pytest.mark.parametrize(
    ("printed", "house", "day", "person"),
    [
        ("Mr. Djanogly", House.COMMONS, DAY, 10854),
        ("Mr. Jonathan Djanogly (Huntingdon) (Con):", House.COMMONS, DAY, 10854),
        ("Mr Jonathan Djanogly", House.COMMONS, date(2011, 7, 19), None),
        ("Mr. Djanogly", House.COMMONS, date(2001, 5, 1), None),
        (
            "The Parliamentary Under-Secretary of State for the Home Department (Caroline Flint)",
            House.COMMONS,
            DAY,
            10202,
        ),
        ("The Prime Minister", House.COMMONS, DAY, 10047),
        ("The Attorney-General", House.LORDS, DAY, 12924),
        ("The Attorney-General", House.COMMONS, DAY, None),
        ("Helen Brinton", House.COMMONS, DAY, 10109),
        ("Lembit Opik", House.COMMONS, DAY, 10465),
        ("Michael Foster", House.COMMONS, DAY, None),
        ("Michael Foster (Worcester)", House.COMMONS, DAY, 10209),
        ("Mr. Foster", House.COMMONS, DAY, None),
        ("Lord Faulkner", House.LORDS, DAY, 12847),
        ("Lord Smith", House.LORDS, DAY, None),
        ("The Countess of Mar", House.LORDS, DAY, 12904),
        ("Mr. Speaker", House.COMMONS, DAY, None),
    ],
)
def test_known_names(people: People, printed: str, house: House, day: date, person: int | None) -> None:
    assert known(people, printed, house, day) == person


def test_a_member_who_became_a_peer_stays_one_person(people: People) -> None:
    as_member = people.by_number("uk.org.publicwhip/member/689", None, DAY)
    as_peer = people.by_number("uk.org.publicwhip/lord/100867", None, date(2009, 10, 26))
    assert (as_member.name, as_peer.name) == ("Irene Adams", "Baroness Adams of Craigielea")
    assert as_member.person_id == as_peer.person_id == 10003


def test_every_number_of_the_files_is_known(people: People, shared_data: Path) -> None:
    numbers: set[str] = set()
    for path in (shared_data / "members").glob("*.xml.gz"):
        if path.name.startswith(("all-members", "peers-ucl", "people")):
            numbers.update(
                re.findall(
                    r'"(uk\.org\.publicwhip/(?:member|lord)/\d+)"', gzip.decompress(path.read_bytes()).decode("latin-1")
                )
            )
    unknown = [number for number in numbers if people.by_number(number, None, DAY).person_id is None]
    assert (len(numbers) > 40_000, unknown) == (True, [])


def test_speakers_of_recorded_days_by_name_are_who_they_are_by_number(people: People, shared_data: Path) -> None:
    outcomes: Counter[str] = Counter()
    wrong, unknown = set[tuple[str, str]](), Counter[str]()
    for path in (shared_data / "theyworkforyou" / "scrapedxml").glob("*/*.xml"):
        house = HOUSES.get(path.parent.name)
        if house is None:
            continue
        day = date.fromisoformat(re.findall(r"\d{4}-\d\d-\d\d", path.name)[-1])
        text = path.read_bytes().decode("latin-1")
        said = re.findall(r'speakerid="(uk[^"]*)"[^>]*?speakername="([^"]*)"', text)
        voted = re.findall(r'<mpname id="(uk[^"]*)"[^>]*>([^<]*)<', text)  # as printed: "Sample, rh Mr. John"
        for number, name in {*said, *voted}:
            by_number, by_name = people.by_number(number, name, day).person_id, known(people, name, house, day)
            assert by_number is not None
            outcome = "unknown" if by_name is None else "same" if by_name == by_number else "wrong"
            outcomes[outcome] += 1
            wrong.update({(name, number)} if outcome == "wrong" else ())
            unknown.update([name] if outcome == "unknown" else ())
    share = outcomes["same"] / outcomes.total()
    assert not wrong, wrong
    assert outcomes.total() > 1000
    assert share > 0.98, f"{share:.1%} of {outcomes.total()} are known by name; not: {unknown.most_common(20)}"


@pytest.mark.parametrize("day", [date(1999, 6, 1), date(2003, 6, 2), date(2008, 6, 2)])
def test_a_surname_is_known_where_one_member_has_it(people: People, commons: list[dict[str, str]], day: date) -> None:
    bearers: dict[str, list[str]] = defaultdict(list)
    for member in commons:
        if member["fromdate"] <= str(day) <= member["todate"]:
            bearers[member["lastname"]].append(member["id"])
    single = {name: ids[0] for name, ids in bearers.items() if len(ids) == 1}
    found = {name: person for name in bearers if (person := known(people, f"Mr. {name}", House.COMMONS, day))}
    assert set(found) <= set(single)
    assert all(people.by_number(single[name], None, day).person_id == person for name, person in found.items())
    assert len(found) > 0.97 * len(single) > 400, sorted(set(single) - set(found))


def test_a_full_name_is_never_somebody_else(people: People, commons: list[dict[str, str]]) -> None:
    known_by_name = 0
    for member in commons:
        day = date.fromisoformat(member["fromdate"])
        person = known(people, f"{member['firstname']} {member['lastname']}", House.COMMONS, day)
        assert person in (None, people.by_number(member["id"], None, day).person_id)
        known_by_name += person is not None
        with_seat = f"{member['firstname']} {member['lastname']} ({member['constituency']})"
        assert known(people, with_seat, House.COMMONS, day) == people.by_number(member["id"], None, day).person_id
    assert known_by_name > 0.98 * len(commons)
