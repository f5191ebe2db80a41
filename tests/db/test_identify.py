"""One record for each question, whichever sources it is read from, on both databases."""

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
    printed,
    question_from,
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
    """Return a question without a number, as a bound volume prints it."""
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


def test_the_strongest_key_comes_first() -> None:
    question = question_from(API, keys=(NUMBER_KEY, UIN_KEY))
    assert alias_keys(question) == ["q-1", UIN_KEY, NUMBER_KEY]
    statement = Proceeding(
        id="s-1", source="statements", kind=Kind.STATEMENT, house=House.LORDS, uin="hlws4", made_on=date(2024, 1, 8)
    )
    assert alias_keys(statement) == ["s-1", "uin:lords:2024-01-08:HLWS4"]


@pytest.mark.parametrize("sources", list(permutations([API, THEIRS, HISTORIC])))
def test_sources_in_any_order_make_one_record_with_the_id_of_the_best_source(
    archive: Archive, sources: tuple[str, ...]
) -> None:
    tell(archive, *(printed(source) for source in sources))
    [record] = records(archive)
    assert record["id"] == "q-294961"
    assert record["aliases"] == sorted([NUMBER_KEY, "h-294961", "q-294961", "t-294961"])
    assert [source for source, *_ in record["revisions"]] == sorted(sources)
    assert record["counts"].source == API
    for name in record["aliases"]:
        assert archive.cross_references.find(name) == [1]


def test_two_records_of_one_source_with_the_same_key_stay_two(archive: Archive) -> None:
    """The source gives each its own id, so they are two questions."""
    tell(archive, question_from(API, id="q-1"), question_from(API, id="q-2"), question_from(THEIRS))
    assert [(record["id"], record["known"]) for record in records(archive)] == [
        ("q-1", ["q-1", "t-1"]),
        ("q-2", ["q-2"]),
    ]


def test_a_reading_joins_the_record_that_its_strongest_key_names(archive: Archive) -> None:
    tell(archive, question_from(API, id="q-1"), question_from(API, id="q-2", uin="140002", keys=(NUMBER_KEY,)))
    tell(archive, question_from(THEIRS, keys=(NUMBER_KEY,)))
    assert [(record["id"], record["known"]) for record in records(archive)] == [
        ("q-1", ["q-1", "t-1"]),
        ("q-2", ["q-2"]),
    ]


def test_the_same_number_in_another_session_is_another_question(archive: Archive) -> None:
    later = number_key(House.COMMONS, "2009-10", "294961")
    assert later
    tell(archive, printed(), printed(HISTORIC, keys=(later,), answered_on=date(2010, 1, 11)))
    assert len(records(archive)) == 2


def test_a_revised_day_changes_gids_but_no_records(archive: Archive) -> None:
    before = printed(gid="uk.org.publicwhip/debate/2009-10-26b.171.1", keys=("gid:debate/2009-10-26b.171.1",))
    after = replace(before, gid="uk.org.publicwhip/debate/2009-10-26c.170.4", keys=("gid:debate/2009-10-26c.170.4",))
    added = tell(archive, before, after)
    assert [revision.number for revision in added] == [1]  # a new gid is no news
    [record] = records(archive)
    assert record["aliases"] == ["gid:debate/2009-10-26b.171.1", "gid:debate/2009-10-26c.170.4", "t-294961"]


def test_questions_in_the_same_place_of_a_column_are_identified_by_their_words(archive: Archive) -> None:
    """Sources count the places in a column differently."""
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


def test_a_question_without_a_number_joins_by_its_column_and_words(archive: Archive) -> None:
    """Sources print the opening words about the minister differently, so these do not count."""
    bare = printed(HISTORIC, uin=None, keys=(), question="asked the Secretary of State what steps he is taking. ")
    tell(archive, printed(question="To ask the Secretary of State what steps he is taking."), bare)
    assert len(records(archive)) == 2  # the question is so short that its opening words count
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


def test_the_same_words_do_not_join_different_numbers(archive: Archive) -> None:
    bare = printed(HISTORIC, keys=(), uin=None)
    tell(archive, replace(bare, column="1W"), printed(), replace(bare, uin="294962"))
    assert len(records(archive)) == 2
    tell(archive, replace(bare, uin="294961R"))
    assert len(records(archive)) == 1


def test_two_sources_may_share_an_id_with_a_third_source_between_them(archive: Archive) -> None:
    """Two sources may derive the same id from a number. The better of the two is shown."""
    same = "pq-commons-2008-09-294961"
    tell(archive, printed(HISTORIC, id=same), printed("publications"), printed(THEIRS, id=same))
    [record] = records(archive)
    assert (record["id"], record["counts"].source) == (same, THEIRS)


def test_a_file_is_kept_once_for_all_its_records(archive: Archive) -> None:
    first, second = (reading(printed(number=number)) for number in ("294961", "294962"))
    readings = [first, replace(second, payload=first.payload)]
    store_readings(archive, readings, today=NOW.date(), is_news=lambda *_: True)
    assert [payload.key for payload in archive.payloads.newest()] == ["a-file.xml"]
    assert [record["known"] for record in records(archive)] == [["t-294961"], ["t-294962"]]


# -- any order --------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from([(), ("num",), ("gid",), ("num", "gid"), ("uin", "num"), ("uin",)])


@st.composite
def a_history(draw: st.DrawFn) -> list[Proceeding]:
    """Draw the readings that two sources give of up to three questions.

    A source may leave out at one reading a key that it gave at another. Its last reading always has the number, which links
    the two sources.
    """
    readings = []
    for number in range(draw(st.integers(1, 3))):
        for source in (API, THEIRS):
            earlier = draw(st.lists(NAMES, max_size=2))
            readings += [_question_with(source, number, names) for names in (*earlier, ("num",))]
    return readings


def _question_with(source: str, number: int, names: tuple[str, ...]) -> Proceeding:
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
def test_readings_in_any_order_make_the_same_records(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    history = data.draw(a_history())
    other = data.draw(st.permutations(history))
    assert _names_of(tmp_path_factory, history) == _names_of(tmp_path_factory, other)


def _names_of(folders: pytest.TempPathFactory, history: list[Proceeding]) -> list[Any]:
    folder: Path = folders.mktemp("order")
    archive = new_archive(folder, Clock())
    try:
        for _, group in groupby(history, key=lambda proceeding: proceeding.source):  # adjacent readings are one batch
            readings = [reading(proceeding) for proceeding in group]
            store_readings(archive, readings, today=NOW.date(), is_news=lambda *_: False)
        return [
            (record["id"], record["aliases"], record["known"], record["counts"].source) for record in records(archive)
        ]
    finally:
        archive.close()
