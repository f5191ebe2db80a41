"""Filters of a search in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from monitor.model.records import House
from monitor.parliament.answer_labels import RULES
from monitor.presentation.wording import day_in_words, house_name, listed, long_day, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from monitor.model.search import Filters
    from monitor.parliament.bodies import Body

_NO_TOPICS: Final = MappingProxyType[str, str]({})


def filters_in_words(filters: Filters, topics: Mapping[str, str] = _NO_TOPICS) -> Iterator[str]:
    """Iterate over the conditions of a search, to be set behind "Only" with semicolons between.

    `topics`: names of topics by key; without them the topic is left out, as where it is described by itself.
    """
    if filters.topic and filters.topic in topics:
        yield f"topic: {one_line(topics[filters.topic])}"
    if filters.houses:
        yield f"of the {listed([house_name(House(house)) for house in filters.houses])}"
    for name, value in (
        ("body", _body(filters)),
        ("member who asked", filters.asker),
        ("minister", filters.minister),
        ("member who spoke", filters.speaker),
        ("party", filters.party),
    ):
        if value:
            yield f"{name}: {one_line(value)}"
    labels = [RULES[label].said for label in filters.labels]
    for name, values in (("kind", filters.kinds), ("state", filters.states), ("label of the answer", labels)):
        if values:
            yield f"{name}: {listed(list(values))}"
    if filters.first:
        yield f"from {long_day(filters.first)}"
    if filters.last:
        yield f"to {long_day(filters.last)}"


def _body(filters: Filters) -> str | None:
    if filters.body and filters.lineage:
        return f"{body_followed(filters.body, filters.last) or filters.body}, and what it was and became"
    return filters.body


def body_followed(name: str, last: date | None = None) -> str:
    """Name the body that a search follows through time, with its days where others bore its name; "" for other words.

    `last`: the last day that is searched.
    """
    # Imported where a body is followed: the table of bodies takes its time, and most searches do without.
    from monitor.parliament.body_lines import bodies_named  # noqa: PLC0415

    return listed(list(map(_named, bodies_named(name, last))))


def _named(body: Body) -> str:
    from monitor.parliament.bodies import name_key  # noqa: PLC0415 (see above)
    from monitor.parliament.body_lists import shipped_bodies  # noqa: PLC0415 (see above)

    if body.legislature:
        return f"the {body.name.removeprefix('The ')} of Northern Ireland"
    namesakes = [
        other
        for other in shipped_bodies().all
        if other.is_answering and not other.legislature and name_key(other.name) == name_key(body.name)
    ]
    named = body.name if body.name.startswith("HM ") else f"the {body.name}"
    if len(namesakes) == 1:
        return named
    began, ended = day_in_words(body.began), day_in_words(body.ended) if body.ended else ""
    return f"{named} ({f'{began} to {ended}' if ended else f'since {began}'})"
