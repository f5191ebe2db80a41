"""Filters of a term (`name:value`): their names, and the meaning of their values."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.records import House, Kind
from monitor.terms.tree import Filter, term_error
from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

IN: Final = "in"
"""Name of the filter that chooses parts. It is read like a filter and becomes the `parts` of a Scope."""

PARTS: Final = ("question", "answer", "heading")

_CHOICES: Final = {IN: PARTS, "house": tuple(map(str, House)), "kind": tuple(map(str, Kind))}
_ALSO: Final = {
    "house of commons": House.COMMONS, "house of lords": House.LORDS, "peers": House.LORDS, "mps": House.COMMONS,
    "scottish": House.SCOTLAND, "scottish parliament": House.SCOTLAND, "holyrood": House.SCOTLAND,
    "northern ireland": House.NORTHERN_IRELAND, "ni": House.NORTHERN_IRELAND, "stormont": House.NORTHERN_IRELAND,
    "northern ireland assembly": House.NORTHERN_IRELAND,
    "wales": House.SENEDD, "welsh": House.SENEDD, "welsh parliament": House.SENEDD, "senedd cymru": House.SENEDD,
}  # fmt: skip
"""Other names that people use for a House or legislature."""
_DAYS: Final = ("from", "to")
_SINGLE: Final = ("house", "kind", *_DAYS)
"""Filters of which a record has one value."""

EXAMPLES: Final = {
    IN: "in:question", "house": "house:lords", "body": 'body:"Home Office"', "lineage": "lineage:Health",
    "asker": "asker:Smith", "minister": "minister:Smith", "party": "party:Labour", "kind": "kind:statement",
    "from": "from:2005-01-01", "to": "to:2005-03-31",
}  # fmt: skip
FILTER_NAMES: Final = tuple(EXAMPLES)
NAME_FILTERS: Final = ("body", "lineage", "asker", "minister", "party")
"""Filters whose value is one or more words of a name."""

_MEANT: Final = {
    "title": "in:heading", "heading": "in:heading", "question": "in:question", "answer": "in:answer",
    "chamber": "house:lords or house:commons", "type": "kind:", "department": "body:", "dept": "body:",
    "line": "lineage:", "member": "asker:", "by": "asker:", "since": "from:", "after": "from:", "until": "to:",
    "before": "to:",
}  # fmt: skip
"""Filters that people mean by other names."""

_BESIDE: Final = {"speaker": "speaker", "state": "state", "status": "state", "topic": "topic", "label": "label"}
"""Filters that searches have beside the words, and no term has among them, by the names that people give them."""


def refuse_unknown_filter(name: str, source: str, position: int, *, is_search: bool) -> None:
    """Refuse a filter with an unknown name. `position` is the place of its name."""
    beside = _BESIDE.get(name.casefold()) if is_search else None
    meant = None if name.casefold() in _BESIDE else _MEANT.get(name.casefold()) or _nearest(name, FILTER_NAMES, ":")
    if beside:
        wish = f"use --{beside} in place of it, or on the page the field of that name"
    elif meant:
        wish = f"write {meant} for the filter"
    else:
        wish = "known are " + ", ".join(f"{known}:" for known in FILTER_NAMES)
    raise term_error(
        f"{name}: looks like a filter, but no filter has this name",
        source,
        position,
        f"{wish}; write a space after the colon if it belongs to a phrase",
    )


_NO_NAME: Final = re.compile(r"[*?|;]|,(?=\S)")


def read_filter(name: str, value: str, source: str, position: int, today: date | None) -> Filter:
    """Read a filter. Raises TermError.

    `position` is the place of its value. `today` is None in a watch term.
    """
    value = " ".join(value.split())
    if name in _CHOICES:
        return Filter(name=name, value=_choice(name, value, source, position))
    if name in _DAYS:
        return Filter(name=name, value=_day(name, value, source, position, today).isoformat())
    if sign := _NO_NAME.search(value):
        raise term_error(
            f"{sign.group()} stands in no name",
            source,
            position,
            f"write whole words; for two names write ({name}:Smith) OR ({name}:Jones)",
        )
    if not any(token.text[0].isalnum() for token in tokens(value)):
        raise term_error(
            f"{name}: lacks a name", source, min(position, len(source) - 1), f"write it, as in {EXAMPLES[name]}"
        )
    return Filter(name=name, value=value)


def _choice(name: str, value: str, source: str, position: int) -> str:
    choices = _CHOICES[name]
    folded_value = value.casefold()
    if folded_value in choices:
        return folded_value
    spoken = re.sub("[_-]", " ", folded_value).removeprefix("the ")
    if name == "house" and (spoken in _ALSO or spoken.replace(" ", "_") in choices):
        return str(_ALSO.get(spoken, spoken.replace(" ", "_")))
    nearest = _nearest(value, choices)
    wish = [f"{name}:{choice}" for choice in ([nearest] if nearest else choices)]
    raise term_error(f"{name}: can't be {value or 'nothing'}", source, position, f"write {' or '.join(wish)}")


def _nearest(word: str, known: Sequence[str], ending: str = "") -> str:
    """Return the known word that was probably meant, with an ending; "" if no word is like it."""
    # Imported where a term is wrong: each start of the program would pay for it.
    from difflib import get_close_matches  # noqa: PLC0415

    return "".join(found + ending for found in get_close_matches(word.casefold(), known, n=1))


def _day(name: str, value: str, source: str, position: int, today: date | None) -> date:
    """Read a day. A watch term holds none: it would silently stop finding anything after it."""
    if today is None:
        raise term_error(
            f"{name}: narrows a search, not a watch term",
            source,
            position,
            "remove it; what is found in new answers can't be older",
        )
    if value.casefold() in {"today", "yesterday"}:
        return today - timedelta(days=value.casefold() == "yesterday")
    try:
        if ago := re.fullmatch(r"([0-9]{1,5})d", value):
            return today - timedelta(days=int(ago[1]))
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except (ValueError, OverflowError):
        pass
    raise term_error(
        f"{value or 'Nothing'} is no day",
        source,
        position,
        "write it as 2005-03-31, today, yesterday, or 7d for seven days ago",
    )


def check_together(filters: Iterable[tuple[Filter, int]], source: str) -> None:
    """Refuse filters of one pair of brackets that no record can pass. Each comes with its place."""
    seen: dict[str, str] = {}
    for condition, position in filters:
        name, value = condition.name, condition.value
        if name in _SINGLE and seen.setdefault(name, value) != value:
            raise term_error(
                f"No record is both {name}:{seen[name]} and {name}:{value}",
                source,
                position,
                f"write ({name}:{seen[name]}) OR ({name}:{value}) for either, or remove one",
            )
        if name in _DAYS and len(seen.keys() & set(_DAYS)) > 1 and seen["from"] > seen["to"]:
            raise term_error(
                f"from:{seen['from']} is later than to:{seen['to']}",
                source,
                position,
                "write the earlier day after from:",
            )
