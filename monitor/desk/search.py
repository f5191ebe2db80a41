"""A search as it is asked for: words, filters and order, read in the same way for the page, the API and assistants."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from monitor.errors import MonitorError
from monitor.model.search import Filters, SearchPosition
from monitor.model.watching import keys_named
from monitor.parliament.answer_labels import RULES
from monitor.presentation.wording import listed, one_line
from monitor.research.queries import is_place_of, read_query
from monitor.text.days import read_day
from monitor.text.similarity import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

    from monitor.desk.desks import Desk
    from monitor.model.records import House, Kind, State
    from monitor.terms.matcher import Query

LONGEST_QUERY: Final = 2_000
LONGEST_NAME: Final = 200
LONGEST_DAY: Final = 20
LONGEST_PLACE: Final = 30
"""Most characters of a query, a name, a day, and the place at which a page of results begins."""

MOST_VALUES: Final = 12
"""Most values of a filter that may be given several times."""

Sort = Literal["newest", "oldest", "relevance"]

NAME_FILTERS: Final = ("body", "asker", "minister", "speaker", "party")
PARAMETERS: Final = {
    "first": "from",
    "last": "to",
    "houses": "house",
    "kinds": "kind",
    "states": "state",
    **{name: name for name in NAME_FILTERS},
    "topic": "topic",
    "labels": "label",
}
"""The parameter of an address, and the option of the command line, for each field of `Filters`."""


class RefusedSearchError(MonitorError):
    """A value of a search that can't be used.

    `parameter`: the one that is wrong, "" for no single one; `problem`: the mistake without its name. `is_forbidden`: it may
    not be asked for on a public page.
    """

    def __init__(self, problem: str, *, parameter: str = "", name: str = "", is_forbidden: bool = False) -> None:
        super().__init__(f"{name}: {problem}" if name else problem)
        self.problem = problem
        self.parameter = parameter
        self.is_forbidden = is_forbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchForm:
    """A search as it was filled in. Days, places and names of topics are as typed, and not looked at yet."""

    words: str = ""
    first: str = ""
    last: str = ""
    houses: tuple[House, ...] = ()
    kinds: tuple[Kind, ...] = ()
    states: tuple[State, ...] = ()
    body: str = ""
    asker: str = ""
    minister: str = ""
    speaker: str = ""
    party: str = ""
    topic: str = ""
    labels: tuple[str, ...] = ()
    lineage: bool = False
    sort: Sort = "newest"
    after: str = ""

    @property
    def filters_given(self) -> list[str]:
        """Fields of the filters that are filled in."""
        return [name for name in PARAMETERS if getattr(self, name)]

    @property
    def is_empty(self) -> bool:
        """True where nothing at all is asked for."""
        return not self.words and not self.filters_given

    def with_field(self, name: str, value: Any) -> SearchForm:
        """Return the form with another value in a field; "" leaves the field empty."""
        changed: dict[str, Any] = {name: () if value == "" and isinstance(getattr(self, name), tuple) else value}
        return replace(self, **changed)

    def parameters(self, *, without: Collection[str] = (), **changed: Any) -> dict[str, Any]:
        """Return the parameters of an address that asks for the same, from the beginning of the list.

        `without`: fields of the filters that are left out; `changed`: other values for parameters.
        """
        given: dict[str, Any] = {"q": self.words}
        for name, parameter in PARAMETERS.items():
            value = "" if name in without else getattr(self, name)
            given[parameter] = [str(item) for item in value] if isinstance(value, tuple) else value
        given["lineage"] = "true" if self.lineage else ""
        given["sort"] = "" if self.sort == "newest" else self.sort
        return {**given, **changed}

    @property
    def command(self) -> str:
        """The command that finds the same."""
        options = [part for name, value in self._options() for part in (f"--{name}", value)]
        options += ["--lineage"] if self.lineage else []
        words = (["--"] if self.words.startswith("-") else []) + ([self.words] if self.words else [])
        return shlex.join(["pqwatch", "search", *options, *words])

    def _options(self) -> Iterator[tuple[str, str]]:
        for name, parameter in PARAMETERS.items():
            value = getattr(self, name)
            for item in value if isinstance(value, tuple) else (value,):
                if item:
                    yield parameter, one_line(str(item))
        if self.sort != "newest":
            yield "sort", self.sort


def flat(text: str) -> str:
    """Return a value that was typed in one line, with single spaces."""
    return " ".join(text.replace("\0", " ").split())


# -- read ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSearch:
    """A search that was read. `is_number`: the words are a number, by which records were found."""

    query: Query | None
    filters: Filters
    after: SearchPosition | None
    is_number: bool = False


def read_search(desk: Desk, form: SearchForm) -> ParsedSearch:
    """Read a form. Raises TermError for words that can't be read, RefusedSearchError for all else that can't be used."""
    filters = _filters(desk, form)
    asked = read_query(desk.archive, desk.lexicon, form.words, filters, desk.today)
    filters = replace(asked.filters, by_relevance=form.sort == "relevance" and asked.query is not None)
    return ParsedSearch(query=asked.query, filters=filters, after=_place(form, filters), is_number=asked.is_number)


def _filters(desk: Desk, form: SearchForm) -> Filters:
    first, last = (_day(desk.today, name, text) for name, text in (("From", form.first), ("To", form.last)))
    if first and last and first > last:
        raise RefusedSearchError(f"From {first} is after to {last}: exchange them.", parameter="to")
    unknown = [label for label in form.labels if label not in RULES]
    if unknown:
        raise RefusedSearchError(f"There is no label {one_line(unknown[0])[:40]}. There are: {listed(list(RULES))}.")
    return Filters(
        first=first,
        last=last,
        houses=[house.value for house in form.houses],
        kinds=[kind.value for kind in form.kinds],
        states=[state.value for state in form.states],
        topic=topic_key(desk, form.topic) if form.topic else None,
        labels=list(form.labels),
        oldest_first=form.sort == "oldest",
        lineage=form.lineage,
        body=form.body or None,
        asker=form.asker or None,
        minister=form.minister or None,
        speaker=form.speaker or None,
        party=form.party or None,
    )


def _day(today: date, name: str, text: str) -> date | None:
    day = read_day(text, today)
    if text and day is None:
        problem = f"{one_line(text)} is no day. Write 2024-11-26, today, yesterday or 30d."
        raise RefusedSearchError(problem, parameter=name.lower(), name=name)
    return day


def _place(form: SearchForm, filters: Filters) -> SearchPosition | None:
    if not form.after:
        return None
    place = SearchPosition.read(form.after)
    if place is None or not is_place_of(place, filters):
        raise RefusedSearchError(f"{one_line(form.after)} is no place in this list: begin with its first page.")
    return place


def topic_key(desk: Desk, given: str) -> str:
    """Return the key of a topic that is named by key or name. Raises RefusedSearchError, also on a public page."""
    if desk.config.web.public:
        raise RefusedSearchError("Topics are not shown on this page.", is_forbidden=True)
    found = keys_named({key: (name, flat(key), flat(name)) for key, name in desk.topic_names.items()}, given)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(map(one_line, found))
        raise RefusedSearchError(f"{len(found)} topics are called {one_line(given)}: name one by its id: {ids}.")
    near = nearest(given, desk.topic_names.values(), 1)
    hint = f" Did you mean {one_line(near[0])}?" if near else ""
    raise RefusedSearchError(f"There is no topic {one_line(given)}.{hint}")
