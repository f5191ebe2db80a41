"""Statistics: records grouped and counted, gaps, days taken, late answers, and plots."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.records import House, Kind, State
from monitor.model.search import Counted
from monitor.parliament.calendar import load_calendar
from monitor.research.stats import report
from monitor.research.stats.plot import MOST_BARS, MOST_SERIES, Titles, svg
from monitor.research.stats.report import label
from monitor.research.stats.tally import Measures, folded, newcomers, shortened, tally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from monitor.research.stats.tally import Tally

TODAY = date(2024, 12, 2)
SITTINGS = load_calendar()
SVG = "{http://www.w3.org/2000/svg}"


def a_record(answered_on: date | None = date(2024, 11, 20), *, took: int = 6, **other: Any) -> Counted:
    """Build an ordinary question of the Commons that was due on the day before its answer."""
    tabled_on = date.fromordinal((answered_on or date(2024, 11, 25)).toordinal() - took)
    record = Counted(
        kind=Kind.QUESTION,
        house=House.COMMONS,
        state=State.ANSWERED if answered_on else State.TABLED,
        day=answered_on or tabled_on,
        tabled_on=tabled_on,
        answered_on=answered_on,
        set_down_for=date.fromordinal(tabled_on.toordinal() + 3),
        named_day=False,
        named={},
    )
    return replace(record, **other)


def counted(records: Sequence[Counted], *by: str, span: tuple[date | None, date | None] = (None, None)) -> Tally:
    return tally(records, by, SITTINGS, TODAY, span)


def sizes(found: Tally) -> list[tuple[object, ...]]:
    return [(*row.key, row.measures.records) for row in found.rows]


def test_lateness_does_not_depend_on_the_order_of_records_in_a_likely_recess() -> None:
    likely = replace(SITTINGS, likely={House.LORDS: (date(2027, 1, 4), date(2027, 1, 20))})
    facts: dict[str, Any] = {"house": House.LORDS, "set_down_for": date(2027, 1, 4), "tabled_on": date(2026, 12, 20)}
    questions = [a_record(None, **facts), a_record(date(2027, 1, 6), **facts)]
    for records in (questions, questions[::-1]):
        found = tally(records, ["house"], likely, date(2027, 1, 20)).total
        assert (found.late, found.known_due) == (1, 1)


# -- counting ---------------------------------------------------------------------------------------------------------


def test_months_are_in_order_and_empty_ones_count_zero() -> None:
    found = counted([a_record(date(2024, 3, 5)), a_record(date(2023, 12, 20)), a_record(date(2024, 3, 6))], "month")
    assert sizes(found) == [("2023-12", 1), ("2024-01", 0), ("2024-02", 0), ("2024-03", 2)]


def test_only_questions_count_as_answered() -> None:
    statements = [a_record(kind=Kind.STATEMENT), a_record(kind=Kind.STATEMENT, state=State.WITHDRAWN)]
    assert sizes(counted([a_record(), *statements], "state")) == [("answered", 1), ("withdrawn", 1), (None, 1)]
    assert label("state", None, {}) == "none"


def test_months_begin_and_end_with_the_days_asked_for() -> None:
    found = counted([a_record(date(2024, 3, 5))], "month", span=(date(2024, 2, 1), date(2024, 4, 30)))
    assert sizes(found) == [("2024-02", 0), ("2024-03", 1), ("2024-04", 0)]


def test_table_of_two_dimensions_has_a_zero_for_each_empty_month() -> None:
    records = [
        a_record(date(2024, 1, 5), named={"body": ["Treasury"]}),
        a_record(date(2024, 2, 5), named={"body": ["Home Office"]}),
    ]
    assert sizes(counted(records, "month", "body")) == [
        ("2024-01", "Home Office", 0),
        ("2024-01", "Treasury", 1),
        ("2024-02", "Home Office", 1),
        ("2024-02", "Treasury", 0),
    ]


def test_names_are_sorted_by_count_and_unknown_is_last() -> None:
    named = [["Treasury"], ["Home Office"], ["Home Office"], [], [], []]
    found = counted([a_record(named={"body": names}) for names in named], "body")
    assert sizes(found) == [("Home Office", 2), ("Treasury", 1), (None, 3)]


def test_a_record_under_two_topics_counts_under_each_and_once_in_all() -> None:
    found = counted([a_record(named={"topic": ["water", "scams"]}), a_record(named={"topic": ["water"]})], "topic")
    assert sizes(found) == [("water", 2), ("scams", 1)]
    assert found.total.records == 2
    assert found.is_overlapping


def test_records_that_are_alike_count_as_many_whether_they_come_as_one_or_not() -> None:
    topics = {"topic": ("hotels", "visas")}
    alike = [
        a_record(records=3, named=topics),
        a_record(None, records=2, named={"topic": ()}),
        a_record(took=2, set_down_for=None, records=4, named=topics),
    ]
    alone = [replace(record, records=1) for record in alike for _ in range(record.records)]
    for by in ("month", "days", "topic"):
        assert counted(alike, by) == counted(alone, by)
    total = counted(alike, "month").total
    assert (total.records, total.answered, total.known_due, total.late) == (9, 7, 5, 2)


def test_a_month_that_is_not_over_is_marked() -> None:
    found = counted([a_record(date(2024, 11, 5)), a_record(date(2024, 12, 2))], "month")
    assert [row.is_whole for row in found.rows] == [True, False]


def test_days_taken_are_grouped_in_bands() -> None:
    records = [a_record(took=took) for took in (0, 2, 3, 14, 90)] + [a_record(None)]
    assert sizes(counted(records, "days")) == [
        ("0 to 2", 2), ("3 to 5", 1), ("11 to 20", 1), ("over 40", 1), (None, 1),
    ]  # fmt: skip


def test_a_limit_keeps_the_names_with_most_and_says_how_many_it_left_out() -> None:
    named = [["Treasury"], ["Home Office"], ["Home Office"], ["Cabinet Office"], ["Treasury"], ["Home Office"]]
    found = counted([a_record(named={"body": names}) for names in named], "body")
    shown, left_out = shortened(found, 2)
    assert (sizes(shown), left_out) == ([("Home Office", 3), ("Treasury", 2)], 1)
    assert shortened(found, 0) == (found, 0)


def test_a_limit_cuts_no_months() -> None:
    found = counted([a_record(date(2024, 1, 5)), a_record(date(2024, 6, 5))], "month")
    assert shortened(found, 2) == (found, 0)


def test_a_long_run_of_empty_years_is_one_line() -> None:
    found = folded(
        counted([a_record(date(1909, 3, 5)), a_record(date(2022, 3, 5)), a_record(date(2024, 3, 6))], "year")
    )
    assert sizes(found) == [("1909", 1), ("1910 to 2021", 0), ("2022", 1), ("2023", 0), ("2024", 1)]
    assert [row.folded for row in found.rows] == [0, 112, 0, 0, 0]


def test_a_long_run_of_empty_months_is_one_line_also_before_the_first_record() -> None:
    found = counted([a_record(date(2024, 3, 5)), a_record(date(2024, 9, 5))], "month", span=(date(2022, 1, 1), None))
    assert [row.key[0] for row in folded(found).rows][:3] == ["2022-01 to 2024-02", "2024-03", "2024-04"]
    assert len(folded(found).rows) == 8


def test_a_year_is_empty_where_no_name_has_records_in_it() -> None:
    records = [
        a_record(date(2001, 3, 5), named={"body": ["Treasury"]}),
        a_record(date(2005, 3, 5), named={"body": ["Home Office"]}),
        a_record(date(2009, 3, 5), named={"body": ["Treasury"]}),
    ]
    for by in (("year", "body"), ("body", "year")):
        found = folded(counted(records, *by))
        years = list(dict.fromkeys(row.key[by.index("year")] for row in found.rows))
        assert years == ["2001", "2002 to 2004", "2005", "2006 to 2008", "2009"]
        assert sum(row.measures.records for row in found.rows) == 3
    assert folded(counted(records, "body")) == counted(records, "body")


# -- days, and what is late -------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40), st.sampled_from([0.5, 0.9]))
def test_days_within_is_the_value_at_its_rank(days: list[int], share: float) -> None:
    measures = Measures()
    for day in days:
        measures.days[day] += 1
    within = measures.days_within(share)
    assert within in days
    assert sum(day <= within for day in days) >= share * len(days)
    assert sum(day < within for day in days) < share * len(days)


def test_a_statement_is_counted_and_takes_no_days() -> None:
    total = counted([a_record(kind=Kind.STATEMENT)], "year").total
    assert (total.records, total.answered, total.known_due, total.days_within(0.5)) == (1, 0, 0, None)


def test_a_holding_answer_is_no_answer() -> None:
    held = a_record(date(2024, 11, 20), state=State.HOLDING, set_down_for=date(2024, 11, 18), named_day=True)
    ended = replace(held, state=State.LAPSED)
    corrected = replace(held, state=State.CORRECTED)
    found = counted([held, ended, corrected], "days")
    assert (found.total.records, found.total.answered, found.total.days.total()) == (3, 1, 1)
    assert sizes(found) == [("6 to 10", 1), (None, 2)]
    assert (found.total.known_due, found.total.late) == (
        2,
        2,
    )  # questions that cannot be answered any more are never late


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (a_record(date(2024, 11, 20), set_down_for=date(2024, 11, 13)), (1, 0)),  # the fifth sitting day itself
        (a_record(date(2024, 11, 21), set_down_for=date(2024, 11, 13)), (1, 1)),
        (a_record(date(2024, 11, 14), set_down_for=date(2024, 11, 13), named_day=True), (1, 1)),
        (a_record(date(2024, 11, 14), set_down_for=date(2024, 11, 13), house=House.LORDS), (1, 1)),
        (a_record(date(2024, 11, 13), set_down_for=date(2024, 11, 13), house=House.LORDS), (1, 0)),
        (a_record(None, set_down_for=date(2024, 11, 20)), (1, 1)),  # the question waits, and is late today
        (a_record(None, set_down_for=date(2024, 11, 29)), (1, 0)),
        (a_record(None, set_down_for=date(2024, 11, 20), state=State.WITHDRAWN), (0, 0)),
        (a_record(None, set_down_for=date(2024, 11, 20), state=State.LAPSED), (0, 0)),
        (a_record(set_down_for=None), (0, 0)),
        (a_record(house=House.SCOTLAND), (0, 0)),
        (a_record(date(1999, 3, 20), set_down_for=date(1999, 3, 1)), (0, 0)),  # before the beginning of the calendar
    ],
)
def test_late_agrees_with_the_timeline(record: Counted, expected: tuple[int, int]) -> None:
    total = counted([record], "house").total
    assert (total.known_due, total.late) == expected


def test_no_share_without_known_due_days() -> None:
    assert counted([a_record(set_down_for=None)], "house").total.late_share is None


@given(
    st.lists(st.tuples(st.dates(date(2023, 1, 1), date(2024, 12, 1)), st.integers(0, 50), st.booleans()), max_size=30)
)
def test_disjoint_groups_add_up_to_the_total(made: list[tuple[date, int, bool]]) -> None:
    records = [a_record(day if is_answered else None, took=took) for day, took, is_answered in made]
    for by in (("month",), ("year", "house"), ("days",), ("state", "month")):
        found = counted(records, *by)
        total = Measures()
        for row in found.rows:
            total.add(row.measures)
        assert total == found.total


# -- the plot ---------------------------------------------------------------------------------------------------------


def drawn(found: Tally, **titles: str) -> Element:
    made = Titles(titles.get("heading", "Answers"), "Records", ["Source: an invented archive."])
    return fromstring(svg(found, lambda measures: measures.records, made))  # noqa: S314 (made a moment ago)


def words(root: Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def test_a_plot_of_months_has_a_column_for_each_with_records() -> None:
    found = counted([a_record(date(2024, 1, 5)), a_record(date(2024, 3, 5)), a_record(date(2024, 3, 6))], "month")
    columns = list(drawn(found).iter(f"{SVG}rect"))
    heights = [float(column.attrib["height"]) for column in columns]
    assert len(columns) == 2
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert [next(column.iter(f"{SVG}title")).text for column in columns] == ["2024-01: 1", "2024-03: 2"]


def test_a_plot_says_what_it_shows_in_words_and_runs_nothing() -> None:
    root = drawn(counted([a_record()], "month"), heading="<script>alert(1)</script> & co")
    assert root.attrib["role"] == "img"
    assert "1 records in all" in (root.findtext(f"{SVG}desc") or "")
    assert not list(root.iter(f"{SVG}script"))
    assert words(root)[0].startswith("<script>alert(1)")
    assert not re.search(r"https?:", "".join(words(root)))


def test_a_plot_names_each_source_on_a_line_of_its_own() -> None:
    found = counted([a_record()], "month")
    one, three = (
        fromstring(svg(found, lambda measures: measures.records, Titles("Answers", "Records", sources)))  # noqa: S314
        for sources in (("First.",), ("First.", "Second.", "Third."))
    )
    assert words(three)[-3:] == ["First.", "Second.", "Third."]
    lines = [float(line.attrib["y"]) for line in three.iter(f"{SVG}text")][-3:]
    assert lines == sorted(set(lines))
    high = [int(root.attrib["viewBox"].split()[3]) for root in (one, three)]
    assert high[1] - high[0] == lines[2] - lines[0]
    assert lines[-1] < high[1]
    assert "records in all. First. Second. Third." in (three.findtext(f"{SVG}desc") or "")


def test_bodies_with_one_abbreviation_are_written_out() -> None:
    media = ["Department for Digital, Culture, Media and Sport", "Department for Culture, Media and Sport"]
    found = counted([a_record(named={"body": [body]}) for body in (*media, "Department for Education")], "body")
    assert set(report.labels(found, 0, {}).values()) == {*media, "DfE"}


@pytest.mark.parametrize("by", ["month", "body"])
def test_a_plot_names_the_filters_below_its_heading_and_all_of_them_in_its_description(by: str) -> None:
    found = counted([a_record(named={"body": ["Home Office"]})], by)
    filters = ["party: Labour", "body: the Department for Education (since 12 May 2010), and what it was and became",
               "from 1 January 2024"]  # fmt: skip
    short, long, bare = (
        fromstring(svg(found, lambda measures: measures.records, Titles("Answers", "Records", (), given)))  # noqa: S314
        for given in (filters[:1], filters, ())
    )
    assert words(short)[1] == "Records. Only party: Labour."
    assert (
        words(long)[1] == "Records. Only party: Labour; body: the Department for Education (since 12 May 2010), and..."
    )
    assert words(bare)[1] == "Records"
    for part in ("title", "desc"):
        assert f" Only {'; '.join(filters)}." in (long.findtext(f"{SVG}{part}") or "")
        assert "Only" not in (bare.findtext(f"{SVG}{part}") or "")


def test_a_plot_of_names_over_time_has_a_line_for_each_and_says_what_it_leaves_out() -> None:
    records = [
        a_record(date(2024, month, 5), named={"body": [f"Body {number}"]})
        for number in range(MOST_SERIES + 2)
        for month in (1, 2, 3)
    ]
    root = drawn(counted(records, "month", "body"))
    assert len(list(root.iter(f"{SVG}path"))) == MOST_SERIES
    assert words(root)[-1].startswith("2 more series not shown.")


@pytest.mark.parametrize(("by", "what"), [(("body",), "values"), (("body", "month"), "series")])
def test_a_plot_says_which_names_the_limit_left_out(by: tuple[str, ...], what: str) -> None:
    records = [a_record(named={"body": [f"Body {number}"]}) for number in range(5)]
    made = report.plot(counted(records, *by), "records", "", {}, (), limit=2)
    root = fromstring(made)  # noqa: S314 (made a moment ago)
    assert words(root)[-1] == f"3 more {what} not shown."
    assert "5 records in all. 3 more not shown." in (root.findtext(f"{SVG}desc") or "")
    made = report.plot(counted(records, *by), "records", "", {}, (), limit=4)
    assert words(fromstring(made))[-1] == f"1 more {what.replace('values', 'value')} not shown."  # noqa: S314


def test_a_value_of_nought_is_drawn_and_a_month_without_records_is_not() -> None:
    records = [a_record(date(2024, 1, 5), took=0), a_record(date(2024, 3, 5), took=4)]
    made = svg(counted(records, "month"), lambda measures: measures.days_within(0.5), Titles("", "", ()))
    columns = list(fromstring(made).iter(f"{SVG}rect"))  # noqa: S314 (made a moment ago)
    assert [column.findtext(f"{SVG}title") for column in columns] == ["2024-01: 0", "2024-03: 4"]
    assert all(float(column.attrib["height"]) > 0 for column in columns)


def test_line_is_broken_where_values_are_unknown() -> None:
    records = [
        a_record(date(2024, 1, 5), named={"body": ["A"]}),
        a_record(date(2024, 3, 5), named={"body": ["A"]}),
    ]
    made = svg(counted(records, "month", "body"), lambda measures: measures.days_within(0.5), Titles("", "", ()))
    root = fromstring(made)  # noqa: S314 (made a moment ago)
    path = next(root.iter(f"{SVG}path")).attrib["d"]
    assert (path.count("M"), path.count("L")) == (2, 0)
    assert len(list(root.iter(f"{SVG}circle"))) == 2  # a value between two breaks is a ring


def test_bars_show_their_number_and_how_many_were_left_out() -> None:
    records = [a_record(named={"asker": [f"Member {number}"]}) for number in range(MOST_BARS + 3)]
    root = drawn(counted(records, "asker"))
    assert len(list(root.iter(f"{SVG}rect"))) == MOST_BARS
    assert "1" in words(root)
    assert words(root)[-1].startswith("3 more values not shown.")


def test_unknown_bar_has_its_number_and_does_not_flatten_others() -> None:
    named = [["Treasury"], ["Treasury"], ["Home Office"], *([] for _ in range(98))]
    root = drawn(counted([a_record(named={"body": names}) for names in named], "body"))
    widths = [float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect")]
    assert widths == [pytest.approx(2 * widths[1], abs=0.2), widths[1]]
    assert widths[0] > 400
    assert words(root)[-3:-1] == ["not known", "98"]


def test_unknown_values_are_no_line_of_a_plot_over_time() -> None:
    records = [a_record(date(2024, month, 5), named={"topic": ["Water"]}) for month in (1, 2)]
    others = [a_record(date(2024, 1, 5), named={"topic": []})] * 400
    root = drawn(counted([*records, *others], "month", "topic"))
    assert len(list(root.iter(f"{SVG}path"))) == 1
    assert words(root)[-2] == "Not drawn: none (400 records)."
    assert "400" not in words(root)
    only = drawn(counted(others, "month", "topic"))
    assert len([*only.iter(f"{SVG}path"), *only.iter(f"{SVG}circle")]) > 0


def test_a_plot_skips_a_long_run_without_records_and_marks_it() -> None:
    found = folded(counted([a_record(date(1909, 3, 5)), a_record(date(2024, 3, 5))], "year"))
    root = drawn(found)
    assert [word for word in words(root) if word in ("1909", "\u2026", "2024")] == ["1909", "\u2026", "2024"]
    assert [float(column.attrib["width"]) > 100 for column in root.iter(f"{SVG}rect")] == [True, True]


def test_newcomers_are_those_whose_first_record_is_of_these_days() -> None:
    records = [
        a_record(date(2024, 11, 20), named={"asker": ["Ada"]}),
        a_record(date(2024, 3, 20), named={"asker": ["Ada"]}),
        a_record(date(2024, 11, 21), named={"asker": ["Bo"]}),
        a_record(date(2024, 11, 28), named={"asker": ["Cy"]}),
        a_record(None, named={"asker": []}),
    ]
    found = counted(records, "asker")
    ada = found.rows[0]
    assert (ada.key, ada.measures.first_on, ada.measures.last_on) == (("Ada",), date(2024, 3, 14), date(2024, 11, 14))
    new = newcomers(found, date(2024, 11, 10), date(2024, 11, 30))
    assert [row.key for row in new.rows] == [("Cy",), ("Bo",)]
    assert new.total.records == 2
    assert newcomers(found, date(2024, 12, 1), date(2024, 12, 2)).rows == ()
