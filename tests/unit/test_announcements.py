"""Parliament's own calendar: what a reading changes, how far it reaches, and the sitting calendar made from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.model.announced_days import (
    AnnouncedKind,
    Announcement,
    CalendarState,
    HouseReach,
    KnownAnnouncements,
    RecessNews,
    StoredAnnouncement,
)
from monitor.model.records import House
from monitor.parliament.announcements import (
    is_changed,
    periods_of,
    plan_changes,
    reach_of,
    recess_news,
    session_ends,
)
from monitor.parliament.calendar import LONDON, Origin, load_calendar
from monitor.parliament.lifecycle import due_on, due_on_by_parliament
from monitor.parliament.likely_recess import likely_recess
from monitor.presentation.calendar_words import differing_due_days, likely_in_words, news_in_words
from tests.builders import a_question

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMONS, LORDS = House.COMMONS, House.LORDS
DAY = timedelta(days=1)
SHIPPED = load_calendar()
TODAY = date(2026, 11, 26)  # a Thursday, behind the shipped table
MONDAY = date(2026, 11, 23)
READ_AT = datetime(2026, 11, 26, 7, tzinfo=UTC)


def sitting(day: date, house: House = COMMONS) -> Announcement:
    return Announcement(kind=AnnouncedKind.SITTING, house=house, key=str(day), first_on=day, last_on=day)


def period(first: date, last: date, key: str = "1", **more: str) -> Announcement:
    given = {"name": "Christmas recess", "code": "REC"} | more
    return Announcement(kind=AnnouncedKind.PERIOD, house=COMMONS, key=key, first_on=first, last_on=last, **given)


def session(key: str, first: date, last: date | None) -> Announcement:
    return Announcement(kind=AnnouncedKind.SESSION, house=None, key=key, first_on=first, last_on=last)


def weekdays(first: date, last: date) -> list[date]:
    days = (first + number * DAY for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def stored(
    *announcements: Announcement, reach: HouseReach | None = None, seen_at: datetime = READ_AT
) -> KnownAnnouncements:
    rows = tuple(
        StoredAnnouncement(number=number, announcement=row, first_seen_at=seen_at, last_seen_at=seen_at, gone_at=None)
        for number, row in enumerate(announcements, 1)
    )
    return KnownAnnouncements(
        stored=rows, state=CalendarState(read_at=seen_at, reach={COMMONS: reach} if reach else {})
    )


def known_of(
    sat: Iterable[date], *periods: Announcement, first: date = MONDAY, last: date | None = None
) -> KnownAnnouncements:
    days = [sitting(day) for day in sat]
    ends = [row.last_on or row.first_on for row in (*days, *periods)]
    return stored(*days, *periods, reach=HouseReach(first_on=first, last_on=last or max(ends)))


# -- a reading against what is stored ---------------------------------------------------------------------------------

ASKED = {COMMONS: (MONDAY, date(2027, 11, 26))}


def test_a_second_reading_of_the_same_days_changes_nothing() -> None:
    read = [sitting(TODAY), period(date(2026, 12, 18), date(2027, 1, 4))]
    changes = plan_changes(stored(*read), read, ASKED)
    assert (changes.new, changes.seen, changes.gone) == ((), (1, 2), ())


def test_a_moved_recess_replaces_its_row_and_days_that_are_no_longer_listed_are_gone() -> None:
    known = stored(sitting(TODAY), sitting(date(2026, 12, 17)), period(date(2026, 12, 18), date(2027, 1, 4)))
    moved = period(date(2026, 12, 17), date(2027, 1, 4))
    changes = plan_changes(known, [sitting(TODAY), moved], ASKED)
    assert (changes.new, changes.seen, changes.gone) == ((moved,), (1,), (2, 3))


def test_what_was_not_asked_for_is_not_gone() -> None:
    old = date(2026, 10, 1)
    answer = Announcement(kind=AnnouncedKind.ANSWER, house=COMMONS, key="x", first_on=TODAY, last_on=TODAY)
    known = stored(sitting(old), sitting(TODAY, LORDS), session("9", old, None), answer)
    assert plan_changes(known, [sitting(TODAY)], ASKED).gone == ()


def test_a_session_that_the_list_lacks_is_gone() -> None:
    known = stored(session("9", date(2026, 5, 13), None))
    assert plan_changes(known, [session("10", date(2026, 5, 12), None)], {}).gone == (1,)


# -- how far it reaches -----------------------------------------------------------------------------------------------


def test_a_list_that_ends_by_itself_reaches_to_its_end() -> None:
    read = [sitting(day) for day in weekdays(MONDAY, date(2027, 2, 4))]
    reach = reach_of(read, ASKED[COMMONS], TODAY, None)
    assert reach == HouseReach(first_on=MONDAY, last_on=date(2027, 2, 4))


def test_a_list_without_an_end_counts_for_some_months_beyond_the_last_recess() -> None:
    read = [sitting(day) for day in weekdays(MONDAY, ASKED[COMMONS][1])]
    assert reach_of(read, ASKED[COMMONS], TODAY, None).last_on == date(2027, 3, 26)  # type: ignore[union-attr]
    easter = period(date(2027, 3, 25), date(2027, 4, 11))
    assert reach_of([*read, easter], ASKED[COMMONS], TODAY, None).last_on == date(2027, 4, 11)  # type: ignore[union-attr]


def test_a_service_that_leaves_out_what_is_over_speaks_of_no_earlier_days() -> None:
    reach = reach_of([sitting(TODAY)], (date(2026, 10, 26), ASKED[COMMONS][1]), TODAY, None)
    assert reach == HouseReach(first_on=MONDAY, last_on=TODAY)


def test_a_reach_joins_the_one_before_and_begins_anew_after_a_gap() -> None:
    before = HouseReach(first_on=date(2026, 9, 7), last_on=MONDAY, changes=3)
    joined = reach_of([sitting(MONDAY)], ASKED[COMMONS], TODAY, before)
    assert joined == HouseReach(first_on=date(2026, 9, 7), last_on=MONDAY, changes=3)
    far = replace(before, last_on=date(2026, 11, 1))
    assert reach_of([sitting(MONDAY)], ASKED[COMMONS], TODAY, far) == HouseReach(
        first_on=MONDAY, last_on=MONDAY, changes=3
    )
    assert reach_of([], ASKED[COMMONS], TODAY, before) is None


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ([sitting(MONDAY), sitting(TODAY)], False),
        ([sitting(MONDAY)], True),  # today's sitting is off
        ([sitting(TODAY)], False),  # a day that is over
        ([sitting(MONDAY), sitting(TODAY), sitting(TODAY + DAY)], True),  # one more within what it spoke of
        ([sitting(MONDAY), sitting(TODAY), sitting(date(2026, 12, 1))], False),  # the list grew longer
    ],
)
def test_only_changes_of_days_to_come_count(read: list[Announcement], expected: bool) -> None:
    known = stored(sitting(MONDAY), sitting(TODAY), reach=HouseReach(first_on=MONDAY, last_on=TODAY + DAY))
    assert is_changed(COMMONS, plan_changes(known, read, ASKED), known, TODAY) is expected


# -- the sitting calendar ---------------------------------------------------------------------------------------------


def test_a_service_that_tells_what_the_table_has_gives_the_same_calendar() -> None:
    rows, reach = [], {}
    for house in (COMMONS, LORDS):
        first, last = SHIPPED.known[house]
        first += (7 - first.weekday()) % 7 * DAY
        days = (first + number * DAY for number in range((last - first).days + 1))
        rows += [sitting(day, house) for day in days if SHIPPED.is_sitting_day(house, day)]
        reach[house] = HouseReach(first_on=first, last_on=rows[-1].first_on)
    known = replace(stored(*rows), state=CalendarState(reach=reach))
    calendar = load_calendar((), known)
    for house, spoken_of in reach.items():
        day = spoken_of.first_on
        while day <= spoken_of.last_on:
            assert calendar.is_sitting_day(house, day) == SHIPPED.is_sitting_day(house, day), (house, day)
            day += DAY
        assert calendar.weekend_sittings[house] == SHIPPED.weekend_sittings[house]


def test_a_friday_without_a_sitting_counts_and_a_stretch_does_not() -> None:
    sat = [day for day in weekdays(MONDAY, date(2026, 12, 10)) if day.weekday() != 4]
    calendar = load_calendar((), known_of([day for day in sat if day != date(2026, 12, 1)]))
    assert calendar.is_sitting_day(COMMONS, date(2026, 11, 27)) is True
    assert calendar.is_sitting_day(COMMONS, date(2026, 12, 1)) is False
    assert calendar.is_sitting_day(COMMONS, date(2026, 12, 11)) is None
    assert calendar.is_sitting_day(COMMONS, date(2026, 12, 12)) is False


def test_recesses_behind_the_listed_days_are_known_by_their_announcement() -> None:
    christmas = period(date(2026, 12, 18), date(2027, 1, 4))
    friday = period(date(2027, 1, 8), date(2027, 1, 8), "2", code="NSD")
    february = period(date(2027, 2, 12), date(2027, 2, 21), "3")
    known = known_of(weekdays(MONDAY, date(2026, 12, 17)), christmas, friday, february)
    calendar = load_calendar((), known)
    assert calendar.known_until(COMMONS) == date(2027, 2, 21)
    assert calendar.recess_until(COMMONS, date(2026, 12, 24)) == date(2027, 1, 5)
    assert calendar.is_sitting_day(COMMONS, date(2027, 1, 8)) is True
    assert calendar.nth_sitting_day_after(COMMONS, date(2026, 12, 16), 5) == date(2027, 1, 8)


def test_a_sitting_within_a_recess_is_a_recall_but_a_recess_full_of_sittings_is_a_recess() -> None:
    christmas = period(date(2026, 12, 18), date(2027, 1, 4))
    recalled = load_calendar(
        (), known_of([*weekdays(MONDAY, date(2026, 12, 17)), date(2026, 12, 30), date(2027, 1, 5)], christmas)
    )
    assert recalled.is_sitting_day(COMMONS, date(2026, 12, 30)) is True
    assert recalled.is_sitting_day(COMMONS, date(2026, 12, 29)) is False
    doubtful = load_calendar((), known_of(weekdays(MONDAY, date(2027, 1, 15)), christmas))
    assert doubtful.is_sitting_day(COMMONS, date(2026, 12, 30)) is False
    assert doubtful.is_sitting_day(COMMONS, date(2027, 1, 5)) is True


def test_days_of_which_no_one_speaks_are_not_known() -> None:
    calendar = load_calendar((), known_of(weekdays(MONDAY, date(2026, 12, 17))))
    assert calendar.gaps == {COMMONS: (date(2026, 9, 3), MONDAY - DAY)}
    assert calendar.is_sitting_day(COMMONS, date(2026, 10, 15)) is None
    assert calendar.nth_sitting_day_after(COMMONS, date(2026, 9, 1), 2) is None
    assert not calendar.is_known(COMMONS, date(2026, 10, 15))


def test_the_operator_vouches_for_all_days_before_a_configured_recess() -> None:
    known = known_of(weekdays(MONDAY, date(2026, 12, 17)))
    calendar = load_calendar([(date(2026, 12, 14), date(2027, 1, 5))], known)
    assert calendar.gaps == {}
    assert calendar.is_sitting_day(COMMONS, date(2026, 10, 15)) is True
    assert calendar.is_sitting_day(COMMONS, date(2026, 12, 15)) is False  # though Parliament lists it
    assert calendar.known_until(COMMONS) == date(2027, 1, 5)


def test_each_day_has_its_origin() -> None:
    known = known_of(weekdays(MONDAY, date(2026, 12, 17)))
    calendar = load_calendar([(date(2026, 12, 16), date(2026, 12, 20))], known)
    calendar = replace(calendar, likely={LORDS: (date(2026, 12, 22), date(2026, 12, 23))})
    assert calendar.origin_of(COMMONS, date(2024, 11, 26)) is Origin.TABLE
    assert calendar.origin_of(COMMONS, TODAY) is Origin.ANNOUNCED
    assert calendar.origin_of(COMMONS, date(2026, 12, 16)) is Origin.CONFIGURED
    assert calendar.origin_of(COMMONS, date(2026, 10, 15)) is Origin.CONFIGURED
    assert calendar.origin_of(LORDS, date(2026, 12, 22)) is Origin.LIKELY
    assert calendar.origin_of(COMMONS, date(2027, 3, 1)) is None
    assert calendar.origin_of(House.SENEDD, TODAY) is None


# -- sessions ---------------------------------------------------------------------------------------------------------

AFTER = date(2026, 5, 13)
END = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([session("1", AFTER, END)], []),  # nothing shows that it is over
        ([session("1", AFTER, END), session("2", date(2026, 12, 1), None)], [END]),
        ([session("1", AFTER, END), period(date(2026, 11, 21), date(2026, 11, 30), code="POR")], [END]),
        (
            [session("1", AFTER, END), period(date(2026, 11, 21), date(2026, 11, 30), name="Prorogation", code="3")],
            [END],
        ),
        ([session("1", AFTER, END), period(date(2026, 11, 20), date(2027, 1, 5), name="Dissolution - Commons")], [END]),
        ([session("1", AFTER, END), period(date(2026, 12, 21), date(2026, 12, 30), name="Prorogation", code="3")], []),
        ([session("1", AFTER, END), period(date(2026, 11, 21), date(2026, 11, 30))], []),
        ([session("1", AFTER, TODAY), session("2", date(2026, 12, 1), None)], []),  # not over when it was read
        ([session("1", AFTER, None), session("2", date(2026, 12, 1), None)], []),
        ([session("1", date(2024, 7, 17), date(2026, 4, 29)), session("2", AFTER, None)], []),  # the table has it
    ],
)
def test_a_session_ends_only_when_it_is_certain(rows: list[Announcement], expected: list[date]) -> None:
    assert session_ends(stored(*rows), AFTER, LONDON) == expected


def test_a_session_is_over_on_the_day_after_its_end_in_london() -> None:
    end, rows = date(2026, 7, 20), [session("1", AFTER, date(2026, 7, 20)), session("2", date(2026, 9, 1), None)]
    evening, night = (datetime(2026, 7, 20, hour, 30, tzinfo=UTC) for hour in (22, 23))
    assert session_ends(stored(*rows, seen_at=evening), AFTER, LONDON) == []
    assert session_ends(stored(*rows, seen_at=night), AFTER, LONDON) == [end]


def test_open_questions_lapse_at_the_end_that_parliament_tells() -> None:
    known = known_of([TODAY], session("1", AFTER, END), session("2", date(2026, 11, 23), None), last=TODAY)
    assert load_calendar((), known).last_session_end(TODAY) == END


# -- history of a recess ----------------------------------------------------------------------------------------------


def history(*days: tuple[date, date] | None) -> KnownAnnouncements:
    """Make a recess whose days were changed once a day; None at the end: it was taken back."""
    rows = []
    for number, stretch in enumerate(days):
        if stretch is None:
            continue
        is_last = number == len(days) - 1
        seen = READ_AT + number * DAY
        rows.append(
            StoredAnnouncement(
                number=number + 1,
                announcement=period(*stretch),
                first_seen_at=seen,
                last_seen_at=seen,
                gone_at=None if is_last else seen + DAY,
            )
        )
    return KnownAnnouncements(stored=tuple(rows))


CHRISTMAS = (date(2026, 12, 18), date(2027, 1, 4))
EARLIER = (date(2026, 12, 16), date(2027, 1, 4))
LONGER = (date(2026, 12, 18), date(2027, 1, 8))
JANUARY = (date(2027, 1, 2), date(2027, 1, 9))


def test_a_recess_keeps_its_first_name_and_counts_its_moves() -> None:
    [found] = periods_of(history(CHRISTMAS, JANUARY, EARLIER), COMMONS)
    assert (found.known_as, found.moves, found.was) == (CHRISTMAS[0], 2, JANUARY)
    assert found.told_at == READ_AT + 2 * DAY


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ([CHRISTMAS], "Announced recess of the House of Commons: 18 December 2026 to 4 January 2027."),
        (
            [CHRISTMAS, EARLIER],
            "Moved: the recess of the House of Commons begins on 16 December 2026, not on 18 December 2026.",
        ),
        ([CHRISTMAS, LONGER], "Moved: the recess of the House of Commons ends on 8 January 2027, not on 4 January 2027."),
        (
            [CHRISTMAS, JANUARY],
            "Moved: the recess of the House of Commons is 2 to 9 January 2027, not 18 December 2026 to 4 January 2027.",
        ),
        (
            [CHRISTMAS, None],
            "No longer announced: the recess of the House of Commons, 18 December 2026 to 4 January 2027.",
        ),
    ],
)  # fmt: skip
def test_news_of_a_recess_in_words(days: list[tuple[date, date] | None], sentence: str) -> None:
    periods = {COMMONS: periods_of(history(*days), COMMONS)}
    assert news_in_words(recess_news(periods, READ_AT - DAY, TODAY)) == [sentence]
    assert recess_news(periods, READ_AT + 9 * DAY, TODAY) == []
    assert recess_news(periods, READ_AT - DAY, date(2027, 2, 1)) == []


def test_many_new_recesses_make_one_sentence() -> None:
    news = [
        RecessNews(house=COMMONS, days=(TODAY + number * 30 * DAY, TODAY + (number * 30 + 9) * DAY))
        for number in range(5)
    ]
    [sentence] = news_in_words(news)
    assert sentence.endswith("25 January to 3 February 2027 and 2 later.")


def test_a_single_friday_is_no_recess_and_what_is_gone_before_a_first_digest_is_no_news() -> None:
    friday = stored(period(date(2026, 12, 4), date(2026, 12, 4)))
    assert recess_news({COMMONS: periods_of(friday, COMMONS)}, None, TODAY) == []
    assert recess_news({COMMONS: periods_of(history(CHRISTMAS, None), COMMONS)}, None, TODAY) == []


def test_a_bank_holiday_is_no_recess() -> None:
    new_year = date(2027, 1, 1)  # a Friday
    early_may = date(2027, 5, 3)
    known = known_of(
        weekdays(MONDAY, date(2026, 12, 17)), period(early_may, early_may, name="Bank Holiday", code="5"), first=MONDAY
    )
    calendar = load_calendar((), known)
    assert recess_news(calendar.periods, None, TODAY) == []
    assert calendar.recess_until(COMMONS, early_may) is None
    assert calendar.is_sitting_day(COMMONS, early_may) is False
    longer = known_of(weekdays(MONDAY, date(2026, 12, 17)), period(new_year - DAY, new_year))
    assert len(recess_news(load_calendar((), longer).periods, None, TODAY)) == 1


# -- a likely recess --------------------------------------------------------------------------------------------------

SINCE = date(2026, 9, 21)


def tabled(quiet_from: date, *, until: date = TODAY, count: int = 200) -> dict[date, int]:
    days = (SINCE + number * DAY for number in range((until - SINCE).days + 1))
    return {day: count if day.weekday() < 5 and day < quiet_from else 0 for day in days}


def test_days_without_questions_are_a_likely_recess() -> None:
    assert likely_recess(tabled(date(2026, 11, 20)), SHIPPED, COMMONS, TODAY) == (date(2026, 11, 20), TODAY)
    assert likely_recess(tabled(date(2026, 11, 21)), SHIPPED, COMMONS, TODAY) is None  # four working days only


def test_there_is_no_likely_recess_without_certain_signs() -> None:
    quiet = tabled(date(2026, 11, 9))
    assert likely_recess(quiet | {TODAY: 3}, SHIPPED, COMMONS, TODAY) is None  # it is over
    assert (
        likely_recess({day: n for day, n in quiet.items() if day != date(2026, 11, 25)}, SHIPPED, COMMONS, TODAY)
        is None
    )
    assert likely_recess(tabled(SINCE), SHIPPED, COMMONS, TODAY) is None  # there were never any questions
    assert (
        likely_recess({day: n for day, n in quiet.items() if day > date(2026, 11, 1)}, SHIPPED, COMMONS, TODAY) is None
    )
    assert likely_recess({}, SHIPPED, COMMONS, TODAY) is None
    known = load_calendar((), known_of(weekdays(MONDAY, date(2026, 12, 17))))
    assert likely_recess(quiet, known, COMMONS, TODAY) is None  # Parliament says that the House sits


def test_in_a_likely_recess_nothing_is_late() -> None:
    calendar = replace(SHIPPED, likely={COMMONS: (MONDAY, TODAY)})
    asked = a_question(answer=None, named_day=True, tabled_on=date(2026, 11, 18), date_for_answer=MONDAY)
    assert due_on(asked, SHIPPED) == MONDAY
    assert due_on(asked, calendar) is None
    assert due_on(replace(asked, house=LORDS), calendar) == MONDAY
    assert due_on(replace(asked, answered_on=TODAY, answer="Yes.", is_holding=False), calendar) == MONDAY
    assert "likely in recess or prorogued since 23 November 2026" in likely_in_words(COMMONS, MONDAY)


# -- due days by Parliament's calendar --------------------------------------------------------------------------------

NOVEMBER = {
    "answer": None,
    "tabled_on": date(2024, 11, 26),
    "date_for_answer": date(2024, 11, 28),
}


@pytest.mark.parametrize(
    ("facts", "first", "floor", "expected"),
    [
        ({"named_day": False}, date(2024, 11, 28), None, date(2024, 12, 5)),  # as the program has it
        ({"named_day": False}, date(2024, 12, 2), None, date(2024, 12, 9)),
        ({"named_day": True}, date(2024, 11, 27), None, date(2024, 11, 28)),  # a member may name a later day
        ({"named_day": True}, date(2024, 12, 2), None, date(2024, 12, 2)),
        ({"named_day": False}, date(2024, 11, 28), date(2024, 12, 3), date(2024, 12, 10)),  # transferred
        ({"named_day": False, "house": LORDS}, date(2024, 11, 28), None, None),
        ({"named_day": False, "tabled_on": date(2024, 11, 25)}, date(2024, 11, 28), None, None),
        ({"named_day": False, "date_for_answer": None}, date(2024, 11, 28), None, None),
    ],
)
def test_due_day_by_parliament(
    facts: dict[str, object], first: date, floor: date | None, expected: date | None
) -> None:
    asked = a_question(**(NOVEMBER | facts))
    days = {(date(2024, 11, 26), is_named): first for is_named in (True, False)}
    assert due_on_by_parliament(asked, replace(SHIPPED, answer_days=days), floor) == expected
    assert due_on_by_parliament(asked, SHIPPED, floor) is None


def test_both_due_days_are_said_where_they_differ() -> None:
    assert differing_due_days(date(2024, 12, 5), date(2024, 12, 5)) == ""
    assert differing_due_days(None, date(2024, 12, 5)) == ""
    both = differing_due_days(date(2024, 12, 5), date(2024, 12, 9))
    assert both == "5 December 2024; by Parliament's calendar 9 December 2024"
