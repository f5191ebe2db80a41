"""TheyWorkForYou on the recorded files of October 2009: counted, named and read in another way than by the parser."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import pytest

from monitor.model.records import Kind, Proceeding
from monitor.text.raised_figures import lower_figures
from scrapers.folders import LocalFolder
from scrapers.theyworkforyou import TheyWorkForYou
from scrapers.theyworkforyou.files import FILE_KINDS
from scrapers.theyworkforyou.gids import read_gid
from tests.scrapers.source_kit import InventedRegister

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from monitor.model.sources import FileRef

CURRENT = {
    "wrans/answers2009-10-26f.xml",
    "wrans/answers2009-10-27c.xml",
    "lordswrans/lordswrans2009-10-26a.xml",
    "lordswrans/lordswrans2009-10-27a.xml",
    "wms/ministerial2009-10-26c.xml",
    "wms/ministerial2009-10-27a.xml",
    "lordswms/lordswms2009-10-26a.xml",
    "lordswms/lordswms2009-10-27a.xml",
    "debates/debates2009-10-26b.xml",
    "debates/debates2009-10-27d.xml",
    "westminhall/westminster2009-10-27a.xml",
    "lordspages/daylord2009-10-26a.xml",
    "lordspages/daylord2009-10-27a.xml",
    "standing/standing2009-10-20_CHILDPOV_05-0_2009-10-27a.xml",
    "standing/standing2009-10-20_CHILDPOV_06-0_2009-10-27a.xml",
    "sp-written/spwa2009-10-26.xml",
    "sp-written/spwa2009-10-27.xml",
    "ni/ni2009-10-12.xml",
}
"""The highest letter of each day, by hand."""
QUESTIONS = sorted(name for name in CURRENT if name.startswith(("wrans", "lordswrans")))
SPOKEN = sorted(name for name in CURRENT if FILE_KINDS[name.split("/")[0]].record_kind is not Kind.QUESTION)
C1 = {number: bytes([number]).decode("cp1252", "ignore") for number in range(0x80, 0xA0)}


@cache
def records(root: Path, name: str) -> list[Proceeding]:
    source = TheyWorkForYou(
        LocalFolder(root, lambda: datetime(2031, 3, 12, tzinfo=UTC)), InventedRegister(), kinds=tuple(FILE_KINDS)
    )
    (ref,) = [ref for ref in refs(root) if ref.name == name]
    parsed = list(source.records(source.fetch(ref)))
    assert [found.error for found in parsed if found.error] == []
    return [found.proceeding for found in parsed if found.proceeding]


@cache
def refs(root: Path) -> list[FileRef]:
    source = TheyWorkForYou(
        LocalFolder(root, lambda: datetime(2031, 3, 12, tzinfo=UTC)), InventedRegister(), kinds=tuple(FILE_KINDS)
    )
    return list(source.files())


@cache
def tree(root: Path, name: str) -> ET.Element:
    """The file as the standard library reads it."""
    return ET.parse(root / "scrapedxml" / name).getroot()  # noqa: S314 (recorded, and known)


@pytest.fixture(scope="module")
def root(shared_data: Path) -> Path:
    return shared_data / "theyworkforyou"


def bare(parts: Iterable[str]) -> str:
    """A text without its white space, and raised figures as plain ones, so that only its words are compared."""
    return re.sub(r"\s", "", lower_figures("".join(parts)).translate(C1)).replace("\xad", "")


def spoken(root: Path, name: str) -> Iterator[ET.Element]:
    for speech in tree(root, name).iter("speech"):
        if speech.get("nospeaker", "").lower() != "true" and bare(speech.itertext()):
            yield speech


def test_the_newest_version_of_each_day_counts(root: Path) -> None:
    assert {ref.name for ref in refs(root)} == CURRENT


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_number_is_one_question(root: Path, name: str) -> None:
    raw = (root / "scrapedxml" / name).read_bytes()
    numbers = re.findall(rb'qnum="([^"]+)"', raw)
    found = [record.uin for record in records(root, name)]
    assert sorted(found, key=str) == sorted(number.decode() for number in numbers)
    assert len({record.id for record in records(root, name)}) == len(found)
    assert all(record.asked_by and record.asked_by.name for record in records(root, name))


def test_a_day_has_as_many_questions_and_answers_as_is_known(root: Path) -> None:
    raw = (root / "scrapedxml/wrans/answers2009-10-26f.xml").read_bytes()
    assert raw.count(b"<ques ") == 461
    found = records(root, "wrans/answers2009-10-26f.xml")
    assert len({record.gid for record in found}) == 461
    assert len({str(record.gid).rpartition(".")[0] for record in found}) == raw.count(b"<reply ") == 459


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_word_of_an_answer_is_lost(root: Path, name: str) -> None:
    """Nor of a question: each has its own words, behind those that it shares."""
    answers = [bare([record.answer or ""]) for record in records(root, name)]
    for reply in tree(root, name).iter("reply"):
        assert bare(reply.itertext()) in answers
    told = {record.uin: bare([record.question or ""]) for record in records(root, name)}
    for paragraph in tree(root, name).iterfind("ques/p[@qnum]"):
        assert told[paragraph.get("qnum")].endswith(bare(paragraph.itertext()))
    for ques in tree(root, name).iterfind("ques"):
        paragraphs = ques.findall("p")
        if len(paragraphs) > 1 and paragraphs[0].get("qnum") is None:
            stem = bare(paragraphs[0].itertext())
            assert all(told[record.get("qnum")].startswith(stem) for record in paragraphs if record.get("qnum"))


@pytest.mark.parametrize("name", ["sp-written/spwa2009-10-26.xml", "sp-written/spwa2009-10-27.xml"])
def test_scottish_answers_are_whole(root: Path, name: str) -> None:
    raw = (root / "scrapedxml" / name).read_bytes()
    assert [record.uin for record in records(root, name)] == [
        spid.decode() for spid in re.findall(rb'spid="([^"]+)"', raw)
    ]
    answers = [bare([record.answer or ""]) for record in records(root, name)]
    assert all(bare(reply.itertext()) in answers for reply in tree(root, name).iter("reply"))
    assert all(record.asked_by and "(" not in str(record.asked_by.name) for record in records(root, name))


@pytest.mark.parametrize("name", SPOKEN)
def test_each_speech_of_somebody_is_whole(root: Path, name: str) -> None:
    found = {record.gid: record for record in records(root, name)}
    expected = list(spoken(root, name))
    assert list(found) == [speech.get("id") for speech in expected]
    assert len({record.id for record in found.values()}) == len(expected)
    offices: dict[str | None, str] = {}  # an office that is printed once holds for the rest of the day
    for speech in expected:
        record = found[speech.get("id")]
        who = speech.get("person_id") or speech.get("speakerid")
        if office := speech.get("speakeroffice"):
            offices[who] = office
        assert bare([record.text or ""]) == bare(speech.itertext())
        assert record.made_by is not None
        assert record.made_by.name in (speech.get("speakername"), "Ann Otherly", "Ian Example")
        assert record.made_by.office == offices.get(who)


def test_every_holding_answer_has_its_day(root: Path) -> None:
    raw = (root / "scrapedxml/wrans/answers2009-10-26f.xml").read_text(encoding="latin-1")
    days = re.findall(r'class="holdinganswer">[^<]*<phrase class="date" code="([^"]+)"', raw)
    replies = {
        (record.answer, str(record.holding_on))
        for record in records(root, "wrans/answers2009-10-26f.xml")
        if record.holding_on
    }
    assert sorted(day for _, day in replies) == sorted(days)


@pytest.mark.parametrize("name", sorted(CURRENT - {"ni/ni2009-10-12.xml"}))
def test_every_marked_reference_is_resolved(root: Path, name: str) -> None:
    marked = {phrase.get("id", "").split("/")[1] for phrase in tree(root, name).iterfind(".//phrase[@class='offrep']")
              if not (phrase.get("id") or "").startswith("regmem")}  # fmt: skip
    refers = {
        reference for record in records(root, name) for reference in record.refers if reference.startswith("ref:")
    }
    named = {re.sub(r"ref:\w+:([\d-]+):\w+:(\d+)[A-Z]*", r"\1.\2", reference) for reference in refers}
    assert named == marked


def test_columns_and_sessions_are_those_printed(root: Path) -> None:
    for name in sorted(CURRENT):
        if name.startswith(("sp-written", "ni")):
            continue
        columns = {element.get("colnum") for element in tree(root, name) if element.get("colnum")}
        found = records(root, name)
        assert all(record.column in columns or re.sub(r"\D+$", "", str(record.column)) in columns for record in found)
        assert {record.session for record in found} == {"2008-09"}
        assert {record.day and record.day.isoformat() for record in found} == {name[-15:-5]}


@pytest.mark.parametrize(
    ("earlier", "current"),
    [
        ("debates/debates2009-10-26a.xml", "debates/debates2009-10-26b.xml"),
        ("debates/debates2009-10-27a.xml", "debates/debates2009-10-27d.xml"),
        ("wms/ministerial2009-10-26a.xml", "wms/ministerial2009-10-26c.xml"),
    ],
)
def test_what_stood_in_an_earlier_version_keeps_its_id(root: Path, earlier: str, current: str) -> None:
    """Check that every old id that a redirect leads to a present speech is a key of it, and the first gives it its id."""
    became: dict[str, str] = {}
    for path in sorted((root / "scrapedxml").glob(f"{earlier[:-5]}?.xml")):
        pairs = re.findall(r'oldgid="([^"]+)" newgid="([^"]+)"', path.read_text(encoding="latin-1"))
        became.update(pairs)
    found = {record.gid: record for record in records(root, current)}
    seen = 0
    for old in became:
        if not (gid := read_gid(old)) or gid.letter != "a":
            continue
        new = old
        while new in became:
            new = became[new]
        if new in found:
            seen += 1
            assert f"gid:{old.removeprefix('uk.org.publicwhip/')}" in found[new].keys
            assert found[new].id.endswith(f"2009-10-{current[-7:-5]}-{gid.place.replace('.', '-').lower()}")
    assert seen > 0
