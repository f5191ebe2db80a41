"""A search as an address asks for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from monitor.desk.search import (
    LONGEST_DAY,
    LONGEST_NAME,
    LONGEST_PLACE,
    LONGEST_QUERY,
    MOST_VALUES,
    SearchForm,
    Sort,
    flat,
)
from monitor.model.records import House, Kind, State
from monitor.parliament.answer_labels import RULES
from monitor.presentation.wording import listed


def search_form(
    q: Annotated[
        str,
        Query(
            max_length=LONGEST_QUERY,
            description="A term of the term language, or a reference to records: a UIN, an id, a citation.",
        ),
    ] = "",
    first: Annotated[
        str,
        Query(
            alias="from",
            max_length=LONGEST_DAY,
            description="No earlier than this day of the newest official event: 2024-11-26, today, yesterday or 30d.",
        ),
    ] = "",
    last: Annotated[str, Query(alias="to", max_length=LONGEST_DAY, description="No later than this day.")] = "",
    house: Annotated[list[House] | None, Query(max_length=MOST_VALUES, description="Of this House.")] = None,
    kind: Annotated[list[Kind] | None, Query(max_length=MOST_VALUES, description="Of a kind.")] = None,
    state: Annotated[list[State] | None, Query(max_length=MOST_VALUES, description="In this state.")] = None,
    body: Annotated[
        str, Query(max_length=LONGEST_NAME, description="Whose answering body has these words in its name.")
    ] = "",
    asker: Annotated[
        str, Query(max_length=LONGEST_NAME, description="Asked by a member with these words in the name.")
    ] = "",
    minister: Annotated[
        str, Query(max_length=LONGEST_NAME, description="Answered by somebody with these words in the name.")
    ] = "",
    speaker: Annotated[
        str, Query(max_length=LONGEST_NAME, description="Said by a member with these words in the name.")
    ] = "",
    party: Annotated[str, Query(max_length=LONGEST_NAME, description="Asked by a member of this party.")] = "",
    topic: Annotated[
        str, Query(max_length=LONGEST_NAME, description="That a term of this topic was found in; by its id or name.")
    ] = "",
    label: Annotated[
        list[str] | None,
        Query(max_length=MOST_VALUES, description=f"Whose answer has this label: {listed(list(RULES))}."),
    ] = None,
    lineage: Annotated[
        bool, Query(description="Follow answering bodies through time: what they were and became counts too.")
    ] = False,
    sort: Annotated[Sort, Query(description="Order.")] = "newest",
    after: Annotated[
        str, Query(max_length=LONGEST_PLACE, description="Go on after this place: `next` of the page before.")
    ] = "",
) -> SearchForm:
    """Take the parameters of an address together."""
    return SearchForm(
        words=flat(q),
        first=flat(first),
        last=flat(last),
        houses=tuple(house or ()),
        kinds=tuple(kind or ()),
        states=tuple(state or ()),
        body=flat(body),
        asker=flat(asker),
        minister=flat(minister),
        speaker=flat(speaker),
        party=flat(party),
        topic=flat(topic),
        labels=tuple(label or ()),
        lineage=lineage,
        sort=sort,
        after=flat(after),
    )
