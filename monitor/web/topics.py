"""The watched topics: their terms, what they find by month, and which terms need a look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response
from markupsafe import Markup

from monitor.config.editing import why_not_writable
from monitor.desk.terms import find_doubts
from monitor.errors import sentence
from monitor.model.watching import names_by_topic
from monitor.presentation.wording import clean, listed_briefly, long_day, one_line
from monitor.research.stats import report
from monitor.research.stats.tally import Measures, Row, Tally
from monitor.research.term_tools.review import Review
from monitor.research.term_tools.term_list import only_key, review_summary, term_rows
from monitor.research.term_tools.topic_changes import written_terms
from monitor.research.term_tools.trial import by_month
from monitor.text.tokens import folded
from monitor.web.desk import DeskOf
from monitor.web.rendering import page, path_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.desk.desks import Desk
    from monitor.model.watching import Topic
    from monitor.research.term_tools.checking import TermFinding

router = APIRouter(include_in_schema=False)

LONGEST_NAME: Final = 200
"""Characters of a topic's name or key."""

LONGEST_TERM: Final = 2_000
"""Characters of a term that are looked at: the parser takes fewer, and says so."""

TERM: Final = ("try-term", "Try a term")
"""Id and label of a field of the form."""
TOPIC: Final = ("try-topic", "For the topic")

MOST_TERMS: Final = 2_000
"""Terms of all topics together that the page of all topics lists. 100,000 made a page of ten megabytes in 22 seconds."""

DONE: Final = {
    "added": "The term was added to this topic. It is looked for at the next run.",
    "excluded": (
        "The term was added to what does not count for this topic. The topic is matched anew at the next run. "
        "What it found until the last run still comes with the next digest, unless it was mailed before."
    ),
    "there": "Nothing was changed: this topic has a term with the same meaning already.",
    "removed": "The term was removed from this topic. What it found stays in the archive.",
    "readmitted": "The term was removed from what does not count. The topic is matched anew at the next run.",
    "new": "The topic was added. Its terms are looked for at the next run.",
    "renamed": "The topic has its new name. Its history stays.",
    "topic-removed": "The topic was removed. What it found stays in the archive, and search finds it.",
}
"""Messages after a change, by the word that stands in the address."""

PUBLIC: Final = "Topics and terms are not shown here, because everyone may read this page."

_ODD_KEYS: Final = frozenset({"", ".", "..", "try", "topic"})
"""Keys of topics that can't stand in a path: browsers drop dots, and other pages have these addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """Records by month: a plot, and its figures as a table. `plot` is "" where nothing was found."""

    plot: Markup
    figures: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTerm:
    """A term in the list of its topic. `records` is "" before it was looked for; `problem`: why it needs a look."""

    term: str
    records: str = ""
    last_found: date | None = None
    since: date | None = None
    read_as: str = ""
    problem: str = ""
    is_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTopic:
    """A topic with what it finds. `findings`: pairs of a term, "" for the topic itself, and what to look at.

    `size`: number of its terms; where the page lists too many topics with their terms, only that is known of them.
    """

    key: str
    name: str
    path: str
    note: str
    readers: str
    records: int
    size: int
    terms: tuple[ListedTerm, ...]
    exclude: tuple[ListedTerm, ...]
    months: Months
    findings: tuple[tuple[str, str], ...]


@router.get("/topics")
def show_topics(request: Request, desk: DeskOf, done: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Show all topics."""
    if desk.config.web.public:
        return page(request, "topics.html", topics=(), is_public=True, public=PUBLIC, done="", **editing_facts(desk))
    reviewer = review(desk, desk.config.topics)
    size = sum(len(topic.terms) + len(topic.exclude) for topic in reviewer.topics)
    is_short = size > MOST_TERMS
    return page(
        request,
        "topics.html",
        topics=listed_topics(desk, reviewer, () if is_short else reviewer.quick_findings(), is_short=is_short),
        size=size,
        is_short=is_short,
        is_public=False,
        public=PUBLIC,
        done=DONE.get(done, ""),
        **editing_facts(desk),
    )


@router.get("/topics/topic")
def show_topic_by_parameter(
    request: Request,
    desk: DeskOf,
    key: Annotated[str, Query(max_length=LONGEST_NAME)] = "topic",
    done: Annotated[str, Query(max_length=40)] = "",
    check: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show a topic whose key can't stand in a path."""
    return show_topic(request, desk, key, done, check)


@router.get("/topics/{key:path}")
def show_topic(
    request: Request,
    desk: DeskOf,
    key: str,
    done: Annotated[str, Query(max_length=40)] = "",
    check: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show a topic. With `check`, every check is run on its terms, which takes some seconds."""
    topic = topic_of(desk, key)
    reviewer = review(desk, [topic])
    findings = reviewer.findings() if check else reviewer.quick_findings()
    [listed] = listed_topics(desk, reviewer, findings)
    return page(
        request,
        "topic.html",
        topic=listed,
        done=DONE.get(done, ""),
        is_checked=bool(check),
        checked=review_summary(findings, [topic]),
        check_path=topic_path(key, check="all"),
        **editing_facts(desk),
    )


# -- what other pages of topics need ------------------------------------------------------------------------------------


def topic_path(key: str, **parameters: str) -> str:
    """Return the address of a topic's page."""
    if key in _ODD_KEYS:
        return path_with("/topics/topic", {"key": key} | parameters)
    return path_with(f"/topics/{quote(key, safe='')}", parameters)


def topic_of(desk: Desk, key: str) -> Topic:
    """Return the topic with a key. Raises HTTPException where it is missing, or where topics are not shown."""
    if desk.config.web.public:
        raise HTTPException(403, PUBLIC)
    meant = [topic for topic in desk.config.topics if topic.key == key]
    meant = meant or [topic for topic in desk.config.topics if clean(topic.key) == key]  # as the forms hold it
    if meant:
        return meant[0]
    raise HTTPException(404, f"There is no topic {one_line(key)[:LONGEST_NAME]}. It may have been removed or renamed.")


def editing_facts(desk: Desk) -> dict[str, Any]:
    """Return what forms that change topics need: whether they may be shown, and which state of config.toml was seen."""
    refusal = why_not_editable(desk)
    return {
        "may_edit": not refusal,
        "refusal": refusal,
        "seen": desk.config.mark or "",
        "topic_names": topic_names(desk),
    }


def why_not_editable(desk: Desk) -> str:
    """Say why topics can't be changed here; "" where they can."""
    if desk.config.web.public:
        return "Nothing can be changed here, because everyone may read this page."
    if desk.problem:
        return "Nothing can be changed before config.toml is corrected."
    return why_not_writable(desk.config.path)


def topic_names(desk: Desk) -> dict[str, str]:
    """Return the names of topics by key; none where they are not shown."""
    return {} if desk.config.web.public else {key: one_line(name) for key, name in desk.topic_names.items()}


def review(desk: Desk, topics: Sequence[Topic]) -> Review:
    """Return what checks the terms of these topics."""
    return Review(topics, desk.config, desk.archive, desk.lexicon, desk.today, lambda term: find_doubts(desk, term))


# -- what is shown ------------------------------------------------------------------------------------------------------


def listed_topics(
    desk: Desk, reviewer: Review, findings: Iterable[TermFinding], *, is_short: bool = False
) -> list[ListedTopic]:
    """Return the topics that are reviewed, with what they find; if `is_short`, without their terms and months."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in () if is_short else term_rows(desk.config, reviewer.watched, reviewer.topics):
        rows.setdefault(row["topic"], []).append(row)
    span = None if is_short else desk.archive.search.days()
    days, found = desk.archive.matches.topic_days(only_key(reviewer.topics)), list(findings)
    readers = names_by_topic([*desk.config.subscribers, *(webhook.reader for webhook in desk.config.webhooks)])
    return [
        ListedTopic(
            key=topic.key,
            name=one_line(topic.name),
            path=topic_path(topic.key),
            note=topic.note,
            readers=listed_briefly([one_line(name) for name in readers.get(topic.key, ())]),
            records=sum(days.get(topic.key, {}).values()),
            size=len(topic.terms) + len(topic.exclude),
            terms=() if is_short else _terms(desk, topic, rows.get(topic.key, ()), is_exclude=False),
            exclude=() if is_short else _terms(desk, topic, rows.get(topic.key, ()), is_exclude=True),
            months=months_of_topic(topic.name, days.get(topic.key, {}), span, desk.today, f"topic-{number}"),
            findings=tuple(
                (finding.term, f"{sentence(one_line(finding.said))} {sentence(one_line(finding.remedy))}".strip())
                for finding in found
                if finding.topic == topic.key
            ),
        )
        for number, topic in enumerate(reviewer.topics, start=1)
    ]


def _terms(desk: Desk, topic: Topic, rows: Iterable[Mapping[str, Any]], *, is_exclude: bool) -> tuple[ListedTerm, ...]:
    """Return the terms of a topic, or its exclusions, also those that can't be read."""
    by_term = {row["term"]: row for row in rows if row["exclude"] == is_exclude}
    terms = written_terms(desk.config, topic, is_exclude=is_exclude)
    is_only = len(terms) == 1 and not is_exclude
    return tuple(_listed(term, by_term.get(term), is_only=is_only) for term in terms)


def _listed(term: str, row: Mapping[str, Any] | None, *, is_only: bool) -> ListedTerm:
    if row is None:
        return ListedTerm(term=term, problem="It can't be read and is switched off.", is_only=is_only)
    read_as = row["read_as"]
    return ListedTerm(
        term=term,
        records="" if row["records"] is None else f"{row['records']:,}",
        last_found=_day(row["last_found_on"]),
        since=_day(row["since"]),
        read_as=read_as if read_as is not None and folded(read_as) != folded(term) else "",
        problem=row["problem"] or "",
        is_only=is_only,
    )


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def months_of_topic(
    name: str, days: Mapping[date | None, int], span: tuple[date, date] | None, today: date, mark: str
) -> Months:
    """Return what a topic found by month. `span`: the days that the archive reaches, None to leave the months out."""
    counts = Counter[str]()
    for day, count in days.items():
        if day:
            counts[f"{day:%Y-%m}"] += count
    months = by_month((), *span) if span else {}
    return months_plot({month: counts[month] for month in months}, name, today, mark)


def months_plot(counts: Mapping[str, int], heading: str, today: date, mark: str) -> Months:
    """Draw counts by month ("2024-11"). `mark`: tells the plot from others of the page."""
    if not any(counts.values()):
        return Months(plot=Markup(), figures=())
    this_month = f"{today:%Y-%m}"
    rows = tuple(Row((month,), Measures(records=count), month < this_month) for month, count in counts.items())
    tally = Tally(("month",), rows, Measures(records=sum(counts.values())))
    drawn = report.plot(tally, "records", one_line(heading), {}).decode("utf-8")
    # The labels of each plot need names of their own. "<" stands nowhere in it but before a tag.
    named = drawn.replace('aria-labelledby="t d"', f'aria-labelledby="{mark}-t {mark}-d"', 1)
    named = named.replace('<title id="t">', f'<title id="{mark}-t">', 1).replace(
        '<desc id="d">', f'<desc id="{mark}-d">', 1
    )
    return Months(
        plot=Markup(named),  # noqa: S704 (made by ElementTree, which escapes the names in it)
        figures=tuple((_month_name(month, this_month), count) for month, count in counts.items()),
    )


def _month_name(month: str, this_month: str) -> str:
    _, _, name = long_day(date.fromisoformat(f"{month}-01")).partition(" ")
    return f"{name}, so far" if month == this_month else name
