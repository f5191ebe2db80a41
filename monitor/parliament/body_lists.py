"""Lists of bodies that come with pqwatch, read and merged into one table.

`data/bodies.tsv` is written by hand, with Acts and announcements; `text/data/offices.tsv` has departments and offices;
`data/bodies_govuk.tsv` is made from the registers of GOV.UK. Where they differ, the first that knows counts. GOV.UK also
names successors of bodies that have not ended, above all of those that belong to a devolved administration: these are kept
in the table, and not followed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from monitor.parliament.bodies import ENDS, NORTHERN_IRELAND, Bodies, Body, Change, first_day, legislature_of, name_key
from monitor.text.office_names import shipped_offices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.text.office_names import Office

GOVUK_SOURCE: Final = "register of organisations of GOV.UK, June 2026"
_OFFICE_SOURCE: Final = "announcement or Order on the machinery of government"

_DEPARTMENTS: Final = "Departments"
_ASSEMBLY: Final = "Northern Ireland: who answers in the Assembly"
_LEFT_OUT: Final = "Portfolios of junior ministers"
"""First words of the headings of the list of names: departments, bodies of the Assembly, and names that are no body's."""

_SAME_CHANGE: Final = timedelta(days=60)
"""Time within which the end of one body and the beginning of another are the same change."""

_PERSON: Final = re.compile(r"(?:deputy )?(?:First )?Minister\b")


@lru_cache(maxsize=1)
def shipped_bodies() -> Bodies:
    """Return the table that comes with pqwatch."""
    bodies = [*_by_hand(), *_of_offices()]
    by_name: dict[tuple[str, str], list[int]] = {}
    merged: list[Body] = []
    for body in bodies:
        place = _place_of(body, merged, by_name)
        if place is None:
            _add(body, merged, by_name)
        else:
            merged[place] = _joined(merged[place], body)
    for body, is_closed in _of_govuk():
        _add_govuk(body, merged, by_name, is_closed=is_closed)
    return Bodies(map(_with_other_facts, merged))


def _rows(name: str) -> Iterator[list[str]]:
    lines = files("monitor").joinpath(f"parliament/data/{name}").read_text(encoding="utf-8").split("\n")
    return (line.split("\t") for line in lines if line and not line.startswith("#"))


def _cell(text: str) -> tuple[str, ...]:
    return tuple(text.split("; ")) if text else ()


# -- by hand ----------------------------------------------------------------------------------------------------------


def _by_hand() -> Iterator[Body]:
    """Iterate over the bodies of the list by hand. Further lines of a name, without its first day, are further changes."""
    body: Body | None = None
    for name, abbreviations, others, began, on, how, became, source, note in _rows("bodies.tsv"):
        changes = (Change(on=on, how=how, became=_cell(became), source=source, is_followed=how in ENDS),) if how else ()
        if body is not None and body.name == name and not began:
            body = replace(body, changes=(*body.changes, *changes))
            continue
        if body is not None:
            yield body
        body = Body(
            name=name,
            abbreviations=_cell(abbreviations),
            others=_cell(others),
            began=began,
            changes=changes,
            source=source,
            note=note,
            is_answering=name.startswith(("Department ", "Ministry ")),
        )
    if body is not None:
        yield body


# -- departments and offices ------------------------------------------------------------------------------------------


def _of_offices() -> Iterator[Body]:
    """Iterate over the departments and offices of the list of names."""
    offices = [office for office in shipped_offices() if not office.group.startswith(_LEFT_OUT)]
    for office in offices:
        change = _change_of(office, offices) if office.became else None
        yield Body(
            name=office.name,
            legislature=NORTHERN_IRELAND if office.group == _ASSEMBLY else "",
            began=office.since,
            ended=office.until,
            changes=(change,) if change else (),
            source=_OFFICE_SOURCE,
            is_answering=office.group == _DEPARTMENTS or (office.group == _ASSEMBLY and not _PERSON.match(office.name)),
        )


def _change_of(office: Office, offices: list[Office]) -> Change:
    heirs = [other for other in offices if other.name in office.became and other.group == office.group]
    last = first_day(office.until)
    first_days = [first_day(heir.since) for heir in heirs]
    near = [
        heir.since
        for heir, day in zip(heirs, first_days, strict=True)
        if last and day and len(heir.since) >= len(office.until) and abs(day - last) <= _SAME_CHANGE
    ]
    came_from = [other for other in offices if set(other.became) & set(office.became) and other.until == office.until]
    how = "split" if len(office.became) > 1 else "merged" if len(came_from) > 1 or not near else "renamed"
    return Change(on=near[0] if near else office.until, how=how, became=office.became, source=_OFFICE_SOURCE)


def _add(body: Body, merged: list[Body], by_name: dict[tuple[str, str], list[int]]) -> None:
    for key in dict.fromkeys(map(name_key, body.names)):
        by_name.setdefault((key, body.legislature), []).append(len(merged))
    merged.append(body)


def _place_of(body: Body, merged: list[Body], by_name: dict[tuple[str, str], list[int]]) -> int | None:
    """Return the place of the hand-written body that is this office; None if that body is of another time."""
    for place in by_name.get((name_key(body.name), body.legislature), ()):
        known = merged[place]
        ended = first_day(known.changes[-1].on if known.changes else known.ended)
        began = first_day(body.began)
        if not (ended and began and ended <= began + _SAME_CHANGE):
            return place
    return None


def _joined(known: Body, body: Body) -> Body:
    """Add what is said of a body in a second list to what is said in a better one."""
    followed = any(change.is_followed for change in known.changes)
    return replace(
        known,
        others=tuple(dict.fromkeys([*known.others, *(name for name in body.names if name != known.name)])),
        abbreviations=tuple(dict.fromkeys([*known.abbreviations, *body.abbreviations])),
        began=known.began or body.began,
        ended=known.ended or body.ended,
        changes=(
            *known.changes,
            *(replace(change, is_followed=change.is_followed and not followed) for change in body.changes),
        ),
        is_answering=known.is_answering or body.is_answering,
    )


# -- GOV.UK -----------------------------------------------------------------------------------------------------------


def _of_govuk() -> Iterator[tuple[Body, bool]]:
    """Iterate over the bodies of GOV.UK, each with whether its pages were closed."""
    for name, abbreviation, on, how, became, status in _rows("bodies_govuk.tsv"):
        is_end = how in ENDS
        change = Change(on=on, how=how, became=_cell(became), source=GOVUK_SOURCE, is_followed=is_end)
        short = abbreviation.removesuffix(" (NI)")
        yield (
            Body(
                name=name,
                abbreviations=(short,) if short and short != name else (),
                legislature=legislature_of(name),
                ended=on if is_end or not became else "",
                changes=(change,) if became else (),
                source=GOVUK_SOURCE,
            ),
            status == "closed",
        )


def _add_govuk(body: Body, merged: list[Body], by_name: dict[tuple[str, str], list[int]], *, is_closed: bool) -> None:
    """Add a body of GOV.UK: to the body of this name that ended with it, or lives with it; else as a new one."""
    key = name_key(body.name)
    places = by_name.get((key, body.legislature)) or by_name.get((key, NORTHERN_IRELAND)) or []
    if not places:
        _add(body, merged, by_name)
        return
    alike = [place for place in places if merged[place].has_ended == is_closed]
    same_year = [place for place in alike if body.ended and _end(merged[place])[:4] == body.ended[:4]]
    place = (same_year or alike or places)[-1]
    merged[place] = _joined(merged[place], body)


def _end(body: Body) -> str:
    return next((change.on for change in reversed(body.changes) if change.is_followed), body.ended)


def _with_other_facts(body: Body) -> Body:
    """Give a body the abbreviations of Westminster's departments, and the day of its last change as its end."""
    is_department = not body.legislature and body.name in answering_names()
    abbreviations = answering_names()[body.name][1] if is_department else ()
    return replace(
        body,
        ended=_end(body),
        abbreviations=tuple(dict.fromkeys([*abbreviations, *body.abbreviations])),
        is_answering=body.is_answering or is_department,
    )


@lru_cache(maxsize=1)
def answering_names() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return, by the name of a department, the further names under which its answers are printed, and abbreviations."""
    return {name: (_cell(printed), _cell(short)) for name, printed, short in _rows("answering_names.tsv")}
