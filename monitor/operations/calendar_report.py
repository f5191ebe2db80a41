"""Report of the sitting calendar: to which day it is known of each legislature, by whom, what moved, and what differs."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from monitor.model.records import House
from monitor.parliament.announcements import recess_news
from monitor.parliament.calendar import LONDON, Origin
from monitor.parliament.lifecycle import due_day
from monitor.presentation.calendar_words import change_in_words, differing_due_days, likely_in_words
from monitor.presentation.wording import count_of, long_day, long_range, one_line, short_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.announced_days import CalendarState, RecessNews
    from monitor.parliament.calendar import SittingCalendar

ORIGINS: Final = {
    Origin.ANNOUNCED: "Parliament's calendar",
    Origin.TABLE: "the shipped table",
    Origin.CONFIGURED: "config.toml",
}
MOVED_WITHIN: Final = timedelta(days=30)
COMPARED_WITHIN: Final = timedelta(days=14)


def calendar_report(archive: Archive, config: Config, calendar: SittingCalendar, now: datetime) -> dict[str, Any]:
    """Return what is known of the sittings of each legislature, as `pqwatch status` shows it."""
    state, today = archive.announced_days.state(), now.astimezone(LONDON).date()
    set_down = archive.announced_days.set_down(today - COMPARED_WITHIN)
    return {
        "enabled": config.parliament_calendar.enabled,
        "read_at": state.read_at,
        "failing_since": state.failing_since,
        "failure": state.failure or None,
        "houses": [_house(calendar, house, state, today) for house in House],
        "moved": [_moved_json(news) | {"text": change_in_words(news)} for news in _moved(calendar, now, today)],
        "differing_due_days": list(_differing(set_down, calendar)),
    }


def _house(calendar: SittingCalendar, house: House, state: CalendarState, today: date) -> dict[str, Any]:
    until = calendar.known_until(house)
    origin = calendar.origin_of(house, until) if until else None
    reach, likely = calendar.announced.get(house), calendar.likely.get(house)
    coming = next((stretch for stretch in calendar.recesses_of(house) if stretch[1] >= today), None)
    period = calendar.period_of(house, coming) if coming else None
    return {
        "house": house.value,
        "known_until": until,
        "by": origin.value if origin else None,
        "announced_until": reach.last_on if reach else None,
        "is_silent": house in state.silent_on,
        "next_recess": coming
        and {"first_on": coming[0], "last_on": coming[1], "name": period.name if period else None},
        "likely_recess_since": likely[0] if likely else None,
    }


def _moved(calendar: SittingCalendar, now: datetime, today: date) -> list[RecessNews]:
    """Return the recesses that were moved or taken back of late, and are not over."""
    return [news for news in recess_news(calendar.periods, now - MOVED_WITHIN, today) if not news.is_new]


def _moved_json(news: RecessNews) -> dict[str, Any]:
    return {"house": news.house.value, "was": _days(news.was), "is": _days(news.days)}


def _days(days: tuple[date, date] | None) -> dict[str, date] | None:
    return {"first_on": days[0], "last_on": days[1]} if days else None


def _differing(set_down: Iterable[tuple[date, bool, date, int]], calendar: SittingCalendar) -> Iterator[dict[str, Any]]:
    """Give the days tabled for which Parliament's calendar gives another day than most questions are set down for.

    A member may name a later day, so of questions for a named day only an earlier one differs.
    """
    counts: dict[tuple[date, bool], Counter[date]] = {}
    for tabled_on, is_named, day, count in set_down:
        counts.setdefault((tabled_on, is_named), Counter())[day] += count
    for (tabled_on, is_named), days in sorted(counts.items()):
        [(set_down_for, count)] = days.most_common(1)
        first = calendar.answer_days.get((tabled_on, is_named))
        if first is None or (set_down_for >= first if is_named else set_down_for == first):
            continue
        yield {
            "tabled_on": tabled_on,
            "named_day": is_named,
            "questions": count,
            "date_for_answer": set_down_for,
            "date_for_answer_by_parliament": first,
            "due_on": due_day(House.COMMONS, set_down_for, calendar, named_day=is_named),
            "due_on_by_parliament": due_day(House.COMMONS, first, calendar, named_day=is_named),
        }


# -- in words ---------------------------------------------------------------------------------------------------------


def known_in_words(row: Mapping[str, Any]) -> str:
    """Return to which day the calendar of a House is known."""
    return short_day(row["known_until"]) if row["known_until"] else "not known"


def origin_in_words(row: Mapping[str, Any]) -> str:
    """Return who says so."""
    return ORIGINS[Origin(row["by"])] if row["by"] else ""


def recess_in_words(row: Mapping[str, Any]) -> str:
    """Return the days of the recess that is on, or the next one."""
    recess = row["next_recess"]
    if not recess:
        return "none known"
    name = f" ({one_line(recess['name'])})" if recess["name"] else ""
    return f"{long_range([recess['first_on'], recess['last_on']])}{name}"


def remarks(report: Mapping[str, Any]) -> list[str]:
    """Return what is to be said beside the table, one sentence each."""
    found = []
    if not report["enabled"]:
        found.append("Parliament's calendar is switched off: [sources.calendar] in config.toml.")
    elif report["failure"]:
        found.append(f"Parliament's calendar could not be read whole: {report['failure']} The next run tries again.")
    elif report["read_at"] is None:
        found.append("Parliament's calendar was not read yet: pqwatch run reads it once a day.")
    found += [likely_in_words(House(row["house"]), row["likely_recess_since"]) for row in report["houses"]
              if row["likely_recess_since"]]  # fmt: skip
    found += [moved["text"] for moved in report["moved"]]
    return found + _differing_in_words(report["differing_due_days"])


def _differing_in_words(differing: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{count_of(row['questions'], 'question')} {'for a named day ' if row['named_day'] else ''}tabled on "
        f"{long_day(row['tabled_on'])} {'is' if row['questions'] == 1 else 'are'} set down for "
        f"{long_day(row['date_for_answer'])}, but Parliament's calendar gives "
        f"{long_day(row['date_for_answer_by_parliament'])}.{_due_in_words(row)}"
        for row in differing
    ]


def _due_in_words(row: Mapping[str, Any]) -> str:
    days = differing_due_days(row["due_on"], row["due_on_by_parliament"])
    return f" Due {days}." if days else ""
