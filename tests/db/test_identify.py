"""One question, one record: which readings are of the same, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import groupby, permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.collect.identify import alias_keys
from monitor.collect.revisions import store_readings
from monitor.model.records import House, Kind, Proceeding
from monitor.parliament.identifiers import column_key, number_key
from tests.builders import NOW, a_question
from tests.db.several_sources import (
    API,
    HISTORIC,
    NUMBER_KEY,
    THEIRS,
    UIN_KEY,
    as_told,
    printed,
    reading,
    records,
    tell,
)
from tests.fakes import Clock, new_archive

if TYPE_CHECKING:
    from pathlib import Path

    from db.archive import Archive

COLUMN = column_key(House.COMMONS, date(1985, 12, 9), "written_answers", "492W", 1)


def a_volume(question: str, **facts: Any) -> Proceeding:
    """A question without a number, as a bound volume has it."""
    given: dict[str, Any] = {
        "id": "hh-s6cv0088p0-00001",
        "source": HISTORIC,
        "kind": Kind.QUESTION,
        "house": House.COMMONS,
        "question": question,
        "answer": "No.",
        "answered_on": date(1985, 12, 9),
        "keys": (COLUMN,),
    }
    return Proceeding(**(given | facts))


def test_keys_strongest_first() -> None:
    question = as_told(API, keys=(NUMBER_KEY, UIN_KEY))
    assert alias_keys(question) == ["q-1", UIN_KEY, NUMBER_KEY]
    statement = Proceeding(
        id="s-1", source="statements", kind=Kind.STATEMENT, house=House.LORDS, uin="hlws4", made_on=date(2024, 1, 8)
    )
    assert alias_keys(statement) == ["s-1", "uin:lords:2024-01-08:HLWS4"]


@pytest.mark.parametrize("sources", list(permutations([API, THEIRS, HISTORIC])))
def test_whoever_comes_first_it_is_one_record_by_the_id_of_the_best(archive: Archive, sources: tuple[str, ...]) -> None:
    tell(archive, *(printed(source) for source in sources))
    [one] = records(archive)
    assert one["id"] == "q-294961"
    assert one["aliases"] == sorted([NUMBER_KEY, "h-294961", "q-294961", "t-294961"])
    assert [source for source, *_ in one["told"]] == sorted(sources)
    assert one["counts"].source == API
    for name in one["aliases"]:
        assert archive.cross_references.find(name) == [1]


def test_a_uin_and_a_number_may_name_the_same_of_one_source_twice(archive: Archive) -> None:
    """Then they are two records: the source says so."""
    tell(archive, as_told(API, id="q-1"), as_told(API, id="q-2"), as_told(THEIRS))
    assert [(record["id"], record["known"]) for record in records(archive)] == [
        ("q-1", ["q-1", "t-1"]),
        ("q-2", ["q-2"]),
    ]


def test_what_names_one_record_by_its_strongest_key_joins_that_one(archive: Archive) -> None:
    tell(archive, as_told(API, id="q-1"), as_told(API, id="q-2", uin="140002", keys=(NUMBER_KEY,)))
    tell(archive, as_told(THEIRS, keys=(NUMBER_KEY,)))
    assert [(record["id"], record["known"]) for record in records(archive)] == [
        ("q-1", ["q-1", "t-1"]),
        ("q-2", ["q-2"]),
    ]


def test_a_question_for_another_session_has_the_same_number(archive: Archive) -> None:
    later = number_key(House.COMMONS, "2009-10", "294961")
    assert later
    tell(archive, printed(), printed(HISTORIC, keys=(later,), answered_on=date(2010, 1, 11)))
    assert len(records(archive)) == 2


def test_a_revised_day_changes_gids_not_records(archive: Archive) -> None:
    before = printed(gid="uk.org.publicwhip/debate/2009-10-26b.171.1", keys=("gid:debate/2009-10-26b.171.1",))
    after = replace(before, gid="uk.org.publicwhip/debate/2009-10-26c.170.4", keys=("gid:debate/2009-10-26c.170.4",))
    added = tell(archive, before, after)
    assert [one.number for one in added] == [1]  # nothing that a reader is told
    [one] = records(archive)
    assert one["aliases"] == ["gid:debate/2009-10-26b.171.1", "gid:debate/2009-10-26c.170.4", "t-294961"]


def test_in_one_place_of_a_column_the_words_decide(archive: Archive) -> None:
    """Sources do not count the places in a column alike."""
    asked = "To ask the Secretary of State for Defence how many submarines were at sea on 1 December."
    reworded = "asked the Secretary of State for Defence how many submarines were at sea on 1 December."
    other = "To ask the Secretary of State for Defence what plans he has for his submarines."
    volume = a_volume(asked)
    page = replace(volume, id="p-1", source="publications", question=reworded)
    third = replace(volume, id="t-1", source=THEIRS, question=other)
    tell(archive, volume, page, third)
    assert [(record["id"], record["known"]) for record in records(archive)] == [
        ("p-1", ["hh-s6cv0088p0-00001", "p-1"]),
        ("t-1", ["t-1"]),
    ]


def test_a_column_without_words_names_nothing() -> None:
    assert alias_keys(a_volume("", answer=None)) == ["hh-s6cv0088p0-00001"]
    spoken = a_volume("", answer=None, text="I am grateful to my hon. Friend.")
    assert [name.partition("#")[0] for name in alias_keys(spoken)] == ["hh-s6cv0088p0-00001", COLUMN]


def test_one_source_prints_the_number_and_another_does_not(archive: Archive) -> None:
    """Then what is asked in the column says that it is one; whoever is asked may be printed in another way."""
    bare = printed(HISTORIC, uin=None, keys=(), question="asked the Secretary of State what steps he is taking. ")
    tell(archive, printed(question="To ask the Secretary of State what steps he is taking."), bare)
    assert len(records(archive)) == 2  # the words before are among the last twenty
    long = f"To ask the Secretary of State what steps he is taking {'and when ' * 10}."
    numbered = printed(number="294962", question=long)
    for other in (
        replace(bare, id="h-2", question=f"asked {long[7:]}"),
        replace(bare, id="p-2", source="publications"),
    ):
        tell(archive, numbered, replace(other, question=long.replace("To ask", "asked"), column="108"))
    assert [record["known"] for record in records(archive)] == [["h-294961"], ["t-294961"], ["h-2", "p-2", "t-294962"]]


@pytest.mark.parametrize("facts", [{"uin": "294962"}, {"column": "109W"}, {"answered_on": date(2009, 10, 27)}])
def test_the_same_words_under_another_number_or_elsewhere_are_another_question(
    archive: Archive, facts: dict[str, Any]
) -> None:
    bare = printed(HISTORIC, uin=None, keys=())
    tell(archive, printed(), replace(bare, **facts))
    assert len(records(archive)) == 2


def test_what_is_asked_merges_no_numbers(archive: Archive) -> None:
    bare = printed(HISTORIC, keys=(), uin=None)
    tell(archive, replace(bare, column="1W"), printed(), replace(bare, uin="294962"))
    assert len(records(archive)) == 2
    tell(archive, replace(bare, uin="294961R"))
    assert len(records(archive)) == 1


def test_a_better_source_under_an_id_that_is_known_already(archive: Archive) -> None:
    """Two sources may make the same id of the same number; a third one's came between."""
    same = "pq-commons-2008-09-294961"
    tell(archive, printed(HISTORIC, id=same), printed("publications"), printed(THEIRS, id=same))
    [one] = records(archive)
    assert (one["id"], one["counts"].source) == (same, THEIRS)


def test_a_file_is_kept_once_for_all_its_records(archive: Archive) -> None:
    first, second = (reading(printed(number=number)) for number in ("294961", "294962"))
    readings = [first, replace(second, payload=first.payload)]
    store_readings(archive, readings, today=NOW.date(), is_news=lambda *_: True)
    assert [one.key for one in archive.payloads.newest()] == ["a-file.xml"]
    assert [record["known"] for record in records(archive)] == [["t-294961"], ["t-294962"]]


# -- any order --------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from([(), ("num",), ("gid",), ("num", "gid"), ("uin", "num"), ("uin",)])


@st.composite
def a_history(draw: st.DrawFn) -> list[Proceeding]:
    """Readings of two sources of some questions: of each question each source has a record, and keys from which to know it.

    What a source tells at one reading it may leave out at the next; in the end the keys it told link the two.
    """
    told = []
    for number in range(draw(st.integers(1, 3))):
        for source in (API, THEIRS):
            some = draw(st.lists(NAMES, max_size=2))
            told += [_told(source, number, names) for names in (*some, ("num",))]
    return told


def _told(source: str, number: int, names: tuple[str, ...]) -> Proceeding:
    keys = {"num": f"num:commons:2021:{number + 1}", "gid": f"gid:wrans/2021-02-01.{number + 1}"}
    uin = f"14000{number}" if "uin" in names else None
    day = date(2021, 1, 26)
    return a_question(
        id=f"{source[0]}-{number}",
        source=source,
        uin=uin,
        keys=tuple(keys[name] for name in names if name in keys),
        tabled_on=day,
        question=f"To ask the Prime Minister, what number {number} is.",
    )


@given(st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
def test_any_order_of_arrival_ends_in_the_same_records(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    history = data.draw(a_history())
    other = data.draw(st.permutations(history))
    assert _names_of(tmp_path_factory, history) == _names_of(tmp_path_factory, other)


def _names_of(folders: pytest.TempPathFactory, history: list[Proceeding]) -> list[Any]:
    folder: Path = folders.mktemp("order")
    archive = new_archive(folder, Clock())
    try:
        for _, some in groupby(history, key=lambda one: one.source):  # what comes together is stored together
            readings = [reading(one) for one in some]
            store_readings(archive, readings, today=NOW.date(), is_news=lambda *_: False)
        return [
            (record["id"], record["aliases"], record["known"], record["counts"].source) for record in records(archive)
        ]
    finally:
        archive.close()
