"""Keys that several sources share."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.model.records import House
from monitor.parliament.identifiers import (
    column_key,
    column_parts,
    column_reference,
    id_of_number,
    number_key,
    number_of_id,
    session_called,
    session_on,
    sessions,
    uin_key,
)

DAY = date(2009, 10, 26)


def test_keys_of_each_kind() -> None:
    assert uin_key(House.LORDS, DAY, "hl5669") == "uin:lords:2009-10-26:HL5669"
    assert number_key(House.COMMONS, "2008-09", "294961") == "num:commons:2008-09:294961"
    assert column_key(House.COMMONS, DAY, "debates", "171", 2) == "col:commons:2009-10-26:debates:171:2"
    assert column_reference(House.COMMONS, DAY, "written_answers", "1w") == "ref:commons:2009-10-26:written_answers:1W"


@pytest.mark.parametrize(("printed", "key"), [("12345R", "12345"), ("hl5813", "HL5813"), (" 7 ", "7")])
def test_number_in_every_printed_form(printed: str, key: str) -> None:
    assert number_key(House.COMMONS, "2004-05", printed) == f"num:commons:2004-05:{key}"


@pytest.mark.parametrize("printed", ["0", "", "HL0", "W12", "123456789", "12 34"])
def test_invalid_number_makes_no_key(printed: str) -> None:
    assert number_key(House.COMMONS, "2004-05", printed) is None


def test_a_number_printed_before_1979_makes_no_key() -> None:
    assert number_key(House.COMMONS, "1978-79", "12") is None
    assert number_key(House.COMMONS, "1979-80", "12") == "num:commons:1979-80:12"


def test_every_session_since_1801_is_listed_once_and_in_order() -> None:
    assert len(sessions()) == 240
    assert len({session.name for session in sessions()}) == 240
    days = [day for session in sessions() for day in (session.first_on, session.last_on) if day]
    assert days == sorted(days)
    assert [session.name for session in sessions() if session.last_on is None] == ["2026-27"]


def test_columns_have_a_number_and_a_suffix() -> None:
    assert column_parts("1366w") == (1366, "W")
    assert column_parts("21WS") == (21, "WS")
    assert column_parts("171") == (171, "")
    assert column_parts("W") is None


@pytest.mark.parametrize(
    ("day", "session"),
    [
        (date(1801, 1, 21), None),
        (date(1801, 1, 22), "1801"),
        (date(1841, 9, 1), "1841, session II"),
        (date(1931, 3, 10), "1930-31"),
        (date(2005, 2, 3), "2004-05"),
        (date(2009, 11, 30), "2009-10"),
        (date(2009, 11, 15), "2008-09"),  # printed after the prorogation
        (date(2014, 9, 1), "2014-15"),
        (date(2019, 10, 20), "2019"),
        (date(2026, 5, 12), "2024-26"),
        (date(2026, 5, 13), "2026-27"),
    ],
)
def test_the_session_of_a_day(day: date, session: str | None) -> None:
    assert session_on(day) == session


def test_folder_without_the_name_of_a_session_has_no_session() -> None:
    assert session_called("200809", date(2009, 11, 25)) == "2008-09"
    assert session_called("201011", date(2011, 7, 5)) == session_called("201212", date(2012, 3, 13)) == "2010-12"


@pytest.mark.parametrize(
    ("key", "public_id"),
    [("num:commons:2008-09:294961", "pq-commons-2008-09-294961"), ("num:lords:2004-05:HL12", "pq-lords-2004-05-hl12")],
)
def test_id_that_is_a_number_gives_its_key(key: str, public_id: str) -> None:
    assert (id_of_number(key), number_of_id(public_id)) == (public_id, key)


@pytest.mark.parametrize(
    "public_id", ["pq-commons-2009-10-26-808w-2", "pq-commons-2014-10-01-1234", "q-12", "spq-s6o-1"]
)
def test_other_ids_give_no_key(public_id: str) -> None:
    assert number_of_id(public_id) is None


@pytest.mark.parametrize(
    "key", ["uin:commons:2024-08-30:3283", "gid:wrans/2009-10-26.1", "q-1", "col:commons:2009:8W:1"]
)
def test_ids_give_no_other_keys(key: str) -> None:
    assert id_of_number(key) is None
