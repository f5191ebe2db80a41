"""Times that ministers name, and the days that they mean: "by the end of March", "this autumn", "in the coming weeks".

docs/promises.md has the rules. A time that names no day ("in due course", "after the election") gives no interval.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises import periods
from monitor.parliament.promises.named_periods import NEXT, YEAR_MONTHS, TimeWords, period_of
from monitor.parliament.promises.periods import DAY, Interval, Period
from monitor.parliament.promises.time_words import HINT, KINDS, NUMBERS, before, cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.parliament.calendar import SittingCalendar

_FARTHEST_BACK: Final = 48
"""Most code points of a preposition and what stands between it and its time."""


_DEADLINE: Final = frozenset(
    ("by", "between now and", "until", "till", "up to", "on or before", "within", "no later than", "not later than")
)
_BEFORE: Final = frozenset(("before", "ahead of", "prior to", "in time for"))
_NO_TIME: Final = frozenset(
    (
        "since",
        "after",
        "beyond",
        "following",
        "for",
        "of",
        "to",
        "as at",
        "not before",
        "not until",
        "no earlier than",
        "not earlier than",
        "no sooner than",
        "not sooner than",
    )
)
"""Words that make a time something else: a trigger, a past, a thing's own year, a limit from below."""

_SET_FOR: Final = re.compile(
    r"\b(?:set|scheduled|planned|due|expected|timetabled|booked|slated|earmarked|target(?:ed|ing)?|aiming|date|extended|rescheduled|confirmed|arranged)\s$",
    re.IGNORECASE,
)
_NOT_BEFORE: Final = re.compile(r"\b(?:will|is|are)\snot\b[^.;:]{3,80}$", re.IGNORECASE)
"""Words before "until" that name a day from which something is: "will not be set until Budget 2025"."""
_OF_EVENT: Final = re.compile(r"\s(?:of|after|from|following)\b", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"\s(?!(?:the|we|I|this|and|or|but|to|it|our|a|an|in|on|with|for|as|which|when|at)\b)[A-Za-z]"
)
"""A noun after "the 2025" that the year belongs to: "in the 2025 settlement"."""

_OWNED: Final = re.compile(r"(?:\b(?:its|the|our|their|his|her)\s|['\u2019]s?\s|\bthe\s)\w?$", re.IGNORECASE)

_LONGEST_RANGE: Final = 8
"""Months before the end of a range in which its beginning lies, where it has no year."""

_EVENT: Final = re.compile(
    r"\b(?:ahead\sof|before|prior\sto|in\sadvance\sof|(?P<in_time>in\s(?:good\s)?time\sfor))\s"
    r"(?!parliament\b|both\b|(?:the\s)?house\b|that\b|this\b|then\b|(?:an?\s|the\s|its\s)?(?:\w+\s)?(?:publication|announcement)\b|\w+ing\b)"
    r"(?!(?:[\w\u2019'-]+\s){0,4}(?:committee|board|panel|courts?)\b)"
    r"(?:(?!(?:will|is|are|and|to)\b)[\w\u2019'-]+\s){1,8}$",
    re.IGNORECASE,
)
"""An event before which something is done, whose time follows: "ahead of the launch in May"."""
_FARTHEST_EVENT: Final = 90
_AT: Final = frozenset(("in", "on", "at", ""))
_BEGINS: Final = frozenset(("date", "american", "financial", "academic"))
"""Times whose beginning is known to the day, so that an event in them does not begin later."""

_END: Final = frozenset(("end", "close"))
_START: Final = frozenset(("start", "beginning"))
_REST: Final = frozenset(("later", "course", "duration", "remainder", "rest", "lifetime"))
_THIRDS: Final = {"early": 0, "start": 0, "beginning": 0, "mid": 1, "middle": 1, "late": 2, "end": 2, "close": 2}
_TO: Final = (" to ", " or ", "-to-", "/", "-")
_THIRD_RANGES: Final = {f"early{to}mid": (0, 1) for to in _TO} | {f"mid{to}late": (1, 2) for to in _TO}
"""Two thirds of a period: "mid to late 2026"."""
_COMING: Final = {"days": (7, 0), "weeks": (56, 0), "months": (0, 6)}
"""Days and months of "the coming days", "weeks" and "months"."""


_DAYS: Final = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS: Final = {"month": 1, "year": 12, "decade": 120}


@dataclass(frozen=True, slots=True)
class Time:
    """A time in a sentence, with the place of its words from the preposition on. `word`: preposition; "" without one."""

    start: int
    end: int
    word: str
    interval: Interval


def times_in(sentence: str, on: date, calendar: SittingCalendar | None = None) -> Iterator[Time]:
    """Find the times of a sentence that end on the day on which it was said, or later."""
    hint = HINT.search(sentence)
    if not hint:
        return
    start = max(0, hint.start() - _FARTHEST_BACK)
    found = [_read(sentence, match) for match in cores().finditer(sentence, start)]
    skipped = -1
    for place, words in enumerate(found):
        if place == skipped:
            continue
        interval, end = _interval(words, on, calendar), words.match.end()
        if place + 1 < len(found) and _makes_range(sentence, words, found[place + 1]):
            interval, end = _range(words, found[place + 1], on), found[place + 1].match.end()
            skipped = place + 1
        if interval and (interval.last is None or interval.last >= max(on, interval.first)):
            time = Time(words.start, end, words.word, interval)
            yield _before_event(sentence, words, time, on) or time


def _before_event(sentence: str, words: TimeWords, time: Time, on: date) -> Time | None:
    """Return the deadline of "ahead of the launch in May": the day before a day or a year of accounts, else its end."""
    found = _EVENT.search(sentence, max(0, words.start - _FARTHEST_EVENT), words.start)
    if not found or words.word not in _AT:
        return None
    last = time.interval.last
    if words.kind in _BEGINS and not found["in_time"]:
        last = time.interval.first - DAY
    return Time(found.start(), time.end, "before", Interval(on, last)) if last is None or last >= on else None


def _read(sentence: str, match: re.Match[str]) -> TimeWords:
    left = before().search(sentence, max(0, match.start() - _FARTHEST_BACK), match.start())
    word = " ".join(((left and left["word"]) or "").lower().split())
    part = " ".join(((left and left["part"]) or "").lower().split())
    start = left.start() if left else match.start()
    kind = next(kind for kind in KINDS if match[kind] is not None)
    if word == "until" and _NOT_BEFORE.search(sentence, 0, start):
        word = "at"
    is_set_for = word == "for" and bool(_SET_FOR.search(sentence, max(0, start - 14), start))
    return TimeWords(kind, match, start, word, part, bool(left and left["the"]), is_set_for)


def _makes_range(sentence: str, words: TimeWords, second: TimeWords) -> bool:
    """Return whether two times are the ends of one: "from April to June", "in 2024-25 and 2025-26"."""
    if words.kind == second.kind == "financial" and words.word in ("in", "during", "over", "for"):
        return sentence[words.match.end() : second.match.start()] == " and "
    if words.part and second.part and not second.word:
        return sentence[words.match.end() : second.start].strip().lower() in ("or", "/", "and")
    if words.word not in ("from", "between") and words.kind not in ("date", "month"):
        return False
    between = sentence[words.match.end() : second.match.start()].strip().lower()
    if between in ("and", "and the end of"):
        return words.word == "between"
    return between in ("to", "until", "-", "\u2013", "to the end of", "until the end of")


def _range(words: TimeWords, second: TimeWords, on: date) -> Interval | None:
    last = period_of(second, on)
    if last and second.part:
        last = _part(second, last)
    first = period_of(words, periods.day_after_months(last.first, -_LONGEST_RANGE) if last else on)
    if first and words.part:
        first = _part(words, first)
    if not first or not last or first.first > last.last:
        return None
    has_begun = words.word == "between" and first.last < on
    return Interval(on if has_begun else first.first, last.last)


def _interval(words: TimeWords, on: date, calendar: SittingCalendar | None) -> Interval | None:
    if (words.word in _NO_TIME and not words.is_set_for and not _has_own_part(words)) or _is_name(words):
        return None
    special = _SPECIAL.get(words.kind)
    if (
        words.word in ("in", "over", "during", "within")
        and words["ru"] == "year"
        and words["rw"] in ("the next", "the coming", "this coming")
    ):
        return Interval(on, periods.day_after_months(on, YEAR_MONTHS))
    if special:
        return special(words, on, calendar)
    period = period_of(words, on)
    return _with_words(words, period, on) if period else None


def _has_own_part(words: TimeWords) -> bool:
    """Return whether a part makes a time of words that would be none: "for later this year", "of early 2026"."""
    return words.word in ("for", "to") and words.part in ("early", "later", "late", "mid")


def _is_name(words: TimeWords) -> bool:
    """Return whether a year only tells which thing is meant: "Act 2023", "in the 2025 settlement"."""
    is_bare = not words.word and not words.part
    match words.kind:
        case "year" | "financial":
            follows = _NAMED.match(words.match.string, words.match.end())
            return is_bare or (words.has_article and not words["fy"] and bool(follows) and not words.part)
        case "academic" | "coming" | "length" | "newyear":
            return is_bare
        case "month":
            return is_bare and (not (words["my"] or words["mr"]) or _is_adjective(words))
        case "season":
            return is_bare and not words["sy"] and not words["sr"]
        case "relative":
            return bool(words["rt"]) and not words.part and words.word not in ("during", "throughout", "within")
        case _:
            return False


def _is_adjective(words: TimeWords) -> bool:
    """Return whether a month tells which thing is meant: "its April 2025 recommendations"."""
    text = words.match.string
    return bool(_OWNED.search(text, 0, words.start + 1)) and bool(_NAMED.match(text, words.match.end()))


def _with_words(words: TimeWords, period: Period, on: date) -> Interval | None:
    """Apply the preposition and the part to a period."""
    if words.kind == "relative" and words["rt"] and not words["rr"] and _last_day(words, period) < on:
        period = _after(period)  # early in the financial year, said at its end
    if words.word in _DEADLINE:
        return Interval(on, _deadline(words, period))
    if words.word in _BEFORE:
        if words.kind == "season" and not words["sy"] and period.first <= on:
            period = periods.season(words["s1"], period.first.year + 1)  # the one that is to come
        is_end = words.part in _END or words.kind == "yearend"
        last = period.last if is_end else (_part(words, period).first - DAY)
        return Interval(on, last) if last >= on else None
    if words.word == "from" and words.part in _END:
        return Interval(period.last, period.last)
    if words.part == "turn":
        return Interval(max(on, date(period.last.year, 12, 1)), date(period.last.year + 1, 1, 31))
    period = _part(words, period)
    is_own = words.kind == "relative" and words["rw"] not in NEXT
    has_begun = words.part in _REST or is_own or _is_season_without_year(words)
    return Interval(max(on, period.first) if has_begun and period.last >= on else period.first, period.last)


def _last_day(words: TimeWords, period: Period) -> date:
    return _deadline(words, period) if words.word in _DEADLINE else _part(words, period).last


def _after(period: Period) -> Period:
    """Return the next period of the same length."""
    first = period.last + DAY
    return (
        periods.months_from(first.year, first.month, period.months)
        if period.months
        else Period(first, first + (period.last - period.first))
    )


def _is_season_without_year(words: TimeWords) -> bool:
    return words.kind == "season" and not words["sy"] and words["sr"] in (None, "", "this") and not words.part


def _deadline(words: TimeWords, period: Period) -> date:
    if words.part in _START:
        return period.first
    return period.last if words.part in _END else _part(words, period).last


def _part(words: TimeWords, period: Period) -> Period:
    """Return the part of a period that the words name: "early", "the second half of"."""
    name, _, noun = words.part.partition(" ")
    if noun == "half" or (noun == "part" and name in ("first", "second", "latter")):
        if period.months % 2:
            return period
        half = period.months // 2
        return periods.months_from(period.first.year, period.first.month + (0 if name == "first" else half), half)
    number = 0 if noun.endswith("months") else _THIRDS.get("late" if noun and name == "later" else name)
    if words.part in _THIRD_RANGES:
        first, last = _THIRD_RANGES[words.part]
        return Period(periods.third(period, first).first, periods.third(period, last).last)
    if name == "week":
        return Period(period.first, period.first + timedelta(days=6))
    if words.kind == "newyear" and number == 0:
        return period  # early in the new year is the new year, itself the first third of a year
    return period if number is None else periods.third(period, number)


def _coming(words: TimeWords, on: date, calendar: SittingCalendar | None) -> Interval | None:
    del calendar
    if words.word not in ("in", "over", "during", "within", "for", "by", "through", "throughout"):
        return None
    days, months = _COMING[words["cv"] or words["cu"] or words["ca"]]
    return Interval(on + DAY, periods.day_after_months(on, months) if months else on + timedelta(days=days))


def _length(words: TimeWords, on: date, calendar: SittingCalendar | None) -> Interval | None:
    """Return the days of "within six months", "over the next year", "in two weeks' time". It never depends on an event."""
    del calendar
    number, unit = words["l2"] or words["l1"] or "one", words["lu"]
    is_bound = bool(_OF_EVENT.match(words.match.string, words.match.end()))
    is_open = words["ln"] and not words["l1"] and words.match.group().endswith("s")  # in the coming years
    has_reach = words["ln"] or words["lt"] or (words["la"] and unit == "decade" and words.word != "over")
    has_reach = not is_open and (has_reach or (words.word == "within" and (words["l1"] or words["la"])))
    if words.word not in ("in", "over", "during", "within") or is_bound or not has_reach:
        return None
    count = int(number) if number.isdigit() else NUMBERS.get(number, 1)
    if unit in _DAYS:
        return Interval(on, on + timedelta(days=count * _DAYS[unit]))
    return Interval(on, periods.day_after_months(on, count * _MONTHS[unit]))


def _parliament(words: TimeWords, on: date, calendar: SittingCalendar | None) -> Interval | None:
    """Return the time to the end of a Parliament or session, which no one knows."""
    del calendar
    has_part = words.part in _END or words.part in _REST
    is_whole = words["pw"] != "the" or "first" in words.match.group().lower() or words.word in ("over", "throughout")
    is_in_it = is_whole and words.word in ("in", "during", "over", "within", "throughout", "")
    return Interval(on, None) if has_part or is_in_it else None


def _term(words: TimeWords, on: date, calendar: SittingCalendar | None) -> Interval | None:
    """Return the time to the end of a Government's first term, which no one knows."""
    del calendar
    return Interval(on, None) if words.word in ("in", "during", "over", "within", "throughout", "by") else None


def _recess(words: TimeWords, on: date, calendar: SittingCalendar | None) -> Interval | None:
    if words.word not in _BEFORE and words.word != "by":
        return None
    start = periods.recess_start(words["e1"] or words["e2"], on, calendar)
    return Interval(on, start - DAY) if start else None


def _christmas(words: TimeWords, on: date, calendar: SittingCalendar | None) -> Interval | None:
    del calendar
    day = date(on.year + (on > date(on.year, 12, 25)), 12, 25)
    if words.word not in _BEFORE and words.word != "by":
        return None
    return Interval(on, max(on, day - DAY * (words.word in _BEFORE)))


_SPECIAL: Final[dict[str, Callable[[TimeWords, date, SittingCalendar | None], Interval | None]]] = {
    "coming": _coming, "length": _length, "parliament": _parliament, "recess": _recess, "term": _term,
    "christmas": _christmas,
}  # fmt: skip
