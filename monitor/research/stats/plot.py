"""A tally as an SVG plot: columns or lines over time, else bars. What is not known, often the most, has its number alone.

It has no script and loads nothing, says in words what it shows (`title`, `desc`), follows the reader's dark mode, and is
legible when drawn 320 pixels wide. Series differ in their dashes too, not by colour alone. Strangers' names stand in it as
text, through ElementTree, which escapes them. Within a page the style sheet of the page sets its colours.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from monitor.presentation.wording import one_line, shorten
from monitor.research.stats.tally import IN_TIME, missing_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from monitor.research.stats.tally import Measures, Row, Tally

    Measure = Callable[[Measures], float | None]

MOST_SERIES: Final = 6
"""More lines can't be told apart; what is left out is said in the plot."""

MOST_BARS: Final = 40

_WIDE, _LEFT, _RIGHT, _TOP = 640, 56, 16, 64
_HIGH = 260
_LEAST: Final = 2
_BAR, _LABEL = 30, 24
_LINE = 17
_MOST_OF_LINE: Final = 92
"""Characters of a quiet line that fit beside each other."""
_DASHES: Final = ("", "10 4", "3 3", "12 4 3 4", "6 6", "1 4")
_STYLE: Final = """
svg { background: #fdfdfb; color: #1d2430; font-family: Arial, Helvetica, sans-serif; font-size: 15px; }
text { fill: currentColor; } .quiet { font-size: 13px; opacity: .8; } h1, .head { font-size: 18px; font-weight: bold; }
.axis { stroke: currentColor; opacity: .25; } .mark { fill: #1f5f99; } .open { opacity: .5; }
.line { fill: none; stroke-width: 2.5; stroke-linecap: round; }
.s0 { stroke: #1f5f99; } .s1 { stroke: #a33b20; } .s2 { stroke: #2d7a3e; } .s3 { stroke: #7a4fa3; }
.s4 { stroke: #8a6d00; } .s5 { stroke: #a02f6d; }
@media (prefers-color-scheme: dark) {
svg { background: #16191f; color: #e6e8ec; } .mark { fill: #79b3e8; }
.s0 { stroke: #79b3e8; } .s1 { stroke: #f0937a; } .s2 { stroke: #7fcf92; } .s3 { stroke: #c3a0ee; }
.s4 { stroke: #dcbf55; } .s5 { stroke: #ef93c2; } }
"""


@dataclass(frozen=True, slots=True)
class Titles:
    """Words of a plot: heading, unit of one value ("records", "median days taken"), and lines that name the sources.

    `filters`: the conditions that all its records meet.
    """

    heading: str
    measure: str
    sources: Sequence[str]
    filters: Sequence[str] = ()

    @property
    def limits(self) -> str:
        """A sentence with the filters, a space before it; "" without any."""
        return f" Only {'; '.join(self.filters)}." if self.filters else ""

    @property
    def measured(self) -> str:
        """The measure, and the sentence with the filters."""
        return f"{self.measure}.{self.limits}" if self.filters else self.measure


def svg(
    found: Tally, measure: Measure, titles: Titles, unit: str = "", *, whole: Tally | None = None, is_part: bool = False
) -> bytes:
    """Return the plot as a UTF-8 SVG file, or as an element that is part of a page. `unit` follows each number.

    `whole`: the tally from which `found` was shortened, so that the plot says how much it leaves out.
    """
    whole = whole or found
    time = next((place for place, name in enumerate(found.by) if name in IN_TIME), None)
    if time is None:
        root = _bars(found, whole, measure, titles, unit)
    else:
        root = _over_time(found, whole, measure, titles, unit, place=time)
    if is_part:
        return _part_of_page(root)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written + b"\n"


def _part_of_page(root: Element) -> bytes:
    """Return the element without styles of its own, which a page with a strict policy refuses."""
    style = root.find("style")
    if style is not None:
        root.remove(style)
    root.set("class", "plot")
    del root.attrib["width"], root.attrib["xmlns"]
    indent(root)
    written: bytes = tostring(root, encoding="utf-8")
    return written


# -- bars -------------------------------------------------------------------------------------------------------------


def _bars(found: Tally, whole: Tally, measure: Measure, titles: Titles, unit: str) -> Element:
    known = [row for row in found.rows if None not in row.key]
    unknown = [row for row in found.rows if None in row.key]
    rows = [*known[:MOST_BARS], *unknown]
    values = [measure(row.measures) for row in rows]
    most = max((value for row, value in zip(rows, values, strict=True) if value and None not in row.key), default=1)
    left_out = len(whole.rows) - len(rows)
    root = _begun(_TOP + len(rows) * (_BAR + _LABEL) + 40, titles, _said(titles, found, left_out))
    for number, (row, value) in enumerate(zip(rows, values, strict=True)):
        top = _TOP + number * (_BAR + _LABEL)
        _text(root, _RIGHT, top + 16, shorten(_name(found, row.key), 66))
        room = _WIDE - 2 * _RIGHT - 90
        share = value / most if value and None not in row.key else 0
        if share:
            _add(root, "rect", x=_RIGHT, y=top + _LABEL - 2, width=round(room * share, 1), height=_BAR - 8,
                 class_="mark" if row.is_whole else "mark open")  # fmt: skip
        at = _RIGHT + (room * share + 8 if None not in row.key else 0)
        _text(root, at, top + _LABEL + 14, "not known" if value is None else f"{_number(value)}{unit}")
    _foot(root, titles, left_out, "value" if left_out == 1 else "values")
    return root


# -- over time --------------------------------------------------------------------------------------------------------


def _over_time(found: Tally, whole: Tally, measure: Measure, titles: Titles, unit: str, *, place: int) -> Element:
    times = sorted({row.key[place] or "" for row in found.rows} - {""})
    kept = {_rest(row.key, place) for row in found.rows}
    unknown, rows = _without_unknown(whole, place)
    sizes: Counter[tuple[str | None, ...]] = Counter()
    for row in rows:
        sizes[_rest(row.key, place)] += row.measures.records
    names = sorted(kept.intersection(sizes), key=lambda name: (-sizes[name], name))[:MOST_SERIES]
    left_out = len(sizes) - len(names)
    values = {(_rest(row.key, place), row.key[place]): measure(row.measures) for row in found.rows}
    is_alone = len(found.by) == 1
    legend = 0 if is_alone else 22 * len(names)
    high = _TOP + _HIGH + 46 + legend + (42 if unknown else 24)
    root = _begun(high, titles, f"{_said(titles, found, left_out)}{unknown}")
    shown = [value for (name, time), value in values.items() if name in names and time and value]
    skipped = {row.key[place] or "" for row in found.rows if row.folded}
    scale = _Scale(times, skipped, _nice(max(shown, default=1)))
    scale.draw(root, unit)
    if is_alone:
        for time, row in {row.key[place]: row for row in found.rows}.items():
            value = values[(), time] if row.measures.records else None
            if time and value is not None:
                _column(root, scale, time, value, is_whole=row.is_whole)
    else:
        for number, name in enumerate(names):
            _line(root, scale, [values.get((name, time)) for time in times], number)
            _legend(root, number, _named(found, name, place), _TOP + _HIGH + 46 + 22 * number)
    _foot(root, titles, left_out, "series", unknown.strip())
    return root


def _without_unknown(found: Tally, place: int) -> tuple[str, list[Row]]:
    """Return a sentence about records without a value, and the rows to draw."""
    others = [row for row in found.rows if None in _rest(row.key, place)]
    known = [row for row in found.rows if None not in _rest(row.key, place)]
    if not others or not known:
        return "", list(found.rows)
    names = dict.fromkeys(_named(found, _rest(row.key, place), place) for row in others)
    return f" Not drawn: {', '.join(names)} ({sum(row.measures.records for row in others):,} records).", known


def _rest(key: tuple[str | None, ...], place: int) -> tuple[str | None, ...]:
    return key[:place] + key[place + 1 :]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Positions of times and values. `skipped`: long runs of times without records, shown by an ellipsis."""

    times: Sequence[str]
    skipped: AbstractSet[str]
    most: float

    def x(self, number: int) -> float:
        """Return the middle of a time's place."""
        return round(_LEFT + (number + 0.5) * (_WIDE - _LEFT - _RIGHT) / max(len(self.times), 1), 1)

    def y(self, value: float) -> float:
        """Return the height of a value."""
        return round(_TOP + _HIGH - value / self.most * _HIGH, 1)

    @property
    def step(self) -> float:
        """The width of one time."""
        return (_WIDE - _LEFT - _RIGHT) / max(len(self.times), 1)

    def draw(self, root: Element, unit: str) -> None:
        """Lines for round values, and as many times as can be read."""
        for part in range(5):
            value = self.most * part / 4
            _add(root, "line", x1=_LEFT, x2=_WIDE - _RIGHT, y1=self.y(value), y2=self.y(value), class_="axis")
            _text(root, _LEFT - 6, self.y(value) + 5, f"{_number(value)}{unit}", class_="quiet", anchor="end")
        every = max(math.ceil(70 / self.step), 1)
        for number, time in enumerate(self.times):
            if time in self.skipped or not number % every:
                shown = "\u2026" if time in self.skipped else time
                _text(root, self.x(number), _TOP + _HIGH + 22, shown, class_="quiet", anchor="middle")


def _column(root: Element, scale: _Scale, time: str, value: float, *, is_whole: bool) -> None:
    """Draw a column; 0 is a line on the axis, so that it does not look like a time without records."""
    wide = max(scale.step * 0.8, 0.5)
    top = min(scale.y(value), _TOP + _HIGH - _LEAST)
    column = _add(root, "rect", x=round(scale.x(scale.times.index(time)) - wide / 2, 1), y=top, width=round(wide, 1),
                  height=round(_TOP + _HIGH - top, 1), class_="mark" if is_whole else "mark open")  # fmt: skip
    SubElement(column, "title").text = f"{time}: {_number(value)}{'' if is_whole else ' so far'}"


def _line(root: Element, scale: _Scale, values: Sequence[float | None], number: int) -> None:
    """Draw a line that is broken where nothing is known. A value between two breaks is a ring."""
    path, is_drawn = [], False
    for at, value in enumerate(values):
        if value is not None:
            path.append(f"{'L' if is_drawn else 'M'}{scale.x(at)} {scale.y(value)}")
            if not is_drawn and (at + 1 == len(values) or values[at + 1] is None):
                _add(root, "circle", cx=scale.x(at), cy=scale.y(value), r=5 + number, class_=f"line s{number}")
        is_drawn = value is not None
    line = _add(root, "path", d=" ".join(path) or f"M{_LEFT} {_TOP + _HIGH}", class_=f"line s{number}")
    if _DASHES[number]:
        line.set("stroke-dasharray", _DASHES[number])


def _legend(root: Element, number: int, name: str, top: float) -> None:
    line = _add(root, "line", x1=_LEFT, x2=_LEFT + 40, y1=top, y2=top, class_=f"line s{number}")
    if _DASHES[number]:
        line.set("stroke-dasharray", _DASHES[number])
    _text(root, _LEFT + 50, top + 5, shorten(name, 64))


# -- what all have ----------------------------------------------------------------------------------------------------


def _begun(high: float, titles: Titles, description: str) -> Element:
    high = round(high) + _LINE * max(len(titles.sources) - 1, 0)
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_WIDE} {high}",
                           "role": "img", "aria-labelledby": "t d", "lang": "en-GB", "width": "100%"})  # fmt: skip
    SubElement(root, "title", {"id": "t"}).text = one_line(f"{titles.heading}: {titles.measured}")
    SubElement(root, "desc", {"id": "d"}).text = one_line(description)
    SubElement(root, "style").text = _STYLE
    _text(root, _RIGHT, 26, shorten(titles.heading, 62), class_="head")
    _text(root, _RIGHT, 46, shorten(titles.measured, _MOST_OF_LINE), class_="quiet")
    return root


def _said(titles: Titles, found: Tally, left_out: int) -> str:
    more = f" {left_out} more not shown." if left_out else ""
    counted = f"{titles.measure} by {' and '.join(found.by)}, {found.total.records:,} records in all.{more}"
    return " ".join([f"{counted}{titles.limits}", *titles.sources])


def _foot(root: Element, titles: Titles, left_out: int, what: str, unknown: str = "") -> None:
    first, *others = titles.sources or ("",)
    top = int(root.attrib["viewBox"].split()[3]) - 10 - _LINE * len(others)
    if unknown:
        _text(root, _RIGHT, top - 18, unknown, class_="quiet")
    more = f"{left_out} more {what} not shown. " if left_out else ""
    for number, line in enumerate(filter(None, (f"{more}{first}".rstrip(), *others))):
        _text(root, _RIGHT, top + _LINE * number, line, class_="quiet")


def _text(root: Element, x: float, y: float, words: str, *, class_: str = "", anchor: str = "") -> None:
    made = _add(root, "text", x=round(x, 1), y=round(y, 1), class_=class_)
    if anchor:
        made.set("text-anchor", anchor)
    made.text = one_line(words)


def _add(root: Element, tag: str, *, class_: str = "", **values: object) -> Element:
    made = SubElement(root, tag, {name: str(value) for name, value in values.items()})
    if class_:
        made.set("class", class_)
    return made


def _name(found: Tally, key: Sequence[str | None]) -> str:
    return ", ".join(_value(name, value) for name, value in zip(found.by, key, strict=True))


def _named(found: Tally, rest: Sequence[str | None], place: int) -> str:
    """Return the name of a series: the value of the other dimension besides the time."""
    names = found.by[:place] + found.by[place + 1 :]
    return ", ".join(_value(name, value) for name, value in zip(names, rest, strict=True))


def _value(name: str, value: str | None) -> str:
    if value is None:
        return missing_value(name)
    return one_line(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:,.1f}"  # noqa: PLR2004 (two digits)


def _nice(most: float) -> float:
    """Return a round number that is at least as large and divisible by four."""
    size = 10.0 ** math.floor(math.log10(most)) if most > 0 else 1.0
    return next(size * step for step in (1, 2, 4, 6, 8, 10, 12) if size * step >= most)
