"""Tools for what is watched: try_term, waiting, promises."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from monitor.desk.desks import Desk
from monitor.desk.promises import LedgerQuery, find_page, ledger_filters, reach_words
from monitor.desk.search import LONGEST_NAME, flat, topic_key
from monitor.desk.terms import find_doubts, try_term, words_not_found
from monitor.mcp.answers import Answer, Item, RevisionMark, address_of, fitted, known_by, mark_of_revision, tidy
from monitor.mcp.calls import Calls, noted
from monitor.mcp.fields import RECORD, RefusedCallError, chosen, make_item
from monitor.mcp.parameters import Day, Fields, Limit, Name, Topic
from monitor.model.search import Filters
from monitor.presentation.excerpt import plain
from monitor.presentation.passage import passage
from monitor.presentation.wording import count_of, one_line
from monitor.research.promises import PROMISE_ID, LedgerEntry, entry_json, find_candidates, find_entry, whole_json
from monitor.research.records import place_of, waiting_after, waiting_questions
from monitor.research.term_tools.topic_changes import likely_doubts, read_term
from monitor.research.term_tools.trial_sentences import found_sentence, months_or_years, new_sentence
from monitor.research.waiting import NOTHING_WAITS
from monitor.research.waiting import as_records as waiting_rows

LONGEST_TERM: Final = 2_000
MOST_EXCLUSIONS: Final = 20
MOST_FORMS: Final = 12
MOST_BESIDE: Final = 8
EXCERPT: Final = 300
MOST_BEFORE: Final = 20_000
"""Promises that may come before those asked for."""

WAITING_FIELDS: Final = (*RECORD, "days_late", "topics")
_WAITING_USUAL: Final = (
    "house", "state", "tabled_on", "due_on", "days_late", "letter_promised_on", "topics", "heading", "body", "asked_by",
)  # fmt: skip
PROMISE_FIELDS: Final = (
    "record", "sentence", "act", "expression", "due_from", "due_to", "kind", "state", "made_on", "made_by", "body",
    "topics", "heading", "house", "uin", "part", "start", "end", "why", "now", "repetitions", "drift", "decisions",
)  # fmt: skip
_PROMISE_USUAL: Final = (
    "record", "kind", "state", "due_from", "due_to", "made_on", "topics", "sentence", "made_by", "body", "heading", "why",
    "drift",
)  # fmt: skip

Term = Annotated[str, Field(max_length=LONGEST_TERM, description="A watch term: a phrase, or words with operators.")]


class WatchingTools:
    """Tools for what is watched."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def try_term(
        self,
        term: Term,
        topic: Annotated[str, Field(max_length=LONGEST_NAME, description="Where it would be added.")] = "",
        exclude: Annotated[
            list[Term] | None, Field(max_length=MOST_EXCLUSIONS, description="Where it would not count.")
        ] = None,
    ) -> Answer:
        """Try a watch term before a person saves it: how it is read, what it finds, how much of that is new.

        Also what exclusions would take away, and the words that stand beside it most, which show what is noise. Samples are
        the items. Nothing is saved.
        """
        desk = self._calls.desk()
        parsed, given = read_term(term), [read_term(text).source for text in exclude or ()]
        key = topic_key(desk, flat(topic)) if topic else ""
        target = next((watched for watched in desk.config.topics if watched.key == key), None)
        exclusions = list(dict.fromkeys([*(target.exclude if target else ()), *given]))
        report = try_term(desk, parsed, exclusions, target)
        doubts = [one_line(doubt.said) for doubt in likely_doubts(find_doubts(desk, parsed.source))]
        more = [new_sentence(report)] if report["records"] else words_not_found(desk, parsed)
        notes = [f"{found_sentence(report)}.", *more, *doubts]
        late = ["Reading ended when its time was over, so there may be more."] if report["is_cut"] else []
        answer = Answer(
            items=_samples(desk, report),
            facts=_trial_facts(report),
            notes=notes,
            not_read=self._calls.not_read(desk, *late),
        )
        return noted(desk, fitted(answer, range(len(answer.items)), "`read` gives them.", rest="`search` finds all"))

    def waiting(
        self,
        topic: Topic = "",
        limit: Limit = 20,
        after: Annotated[str, Field(max_length=LONGEST_NAME, description="`next` of the answer before.")] = "",
        fields: Fields = None,
    ) -> Answer:
        """List watched questions without an answer: days late first, then the longest wait, then promised letters.

        A question counts as late only where the sitting calendar is known.
        """
        desk, shown = self._calls.desk(), chosen(fields, WAITING_FIELDS, _WAITING_USUAL)
        keys = [topic_key(desk, flat(topic))] if topic else list(desk.topic_names)
        questions = waiting_questions(desk.archive, keys, desk.due_date, desk.today)
        behind = waiting_after(desk.archive, questions, after, desk.due_date, desk.today) if after else questions
        if behind is None:
            raise RefusedCallError(f"{one_line(after)} does not wait any more: begin with the first page.")
        page = behind[:limit]
        places = [place_of(waiting) for waiting in page]
        rows = [waiting.question.proceeding_id for waiting in page]
        marks = _marks(desk, rows)
        items = [
            make_item(values, shown, known_by=known_by(waiting.question.proceeding), revision=marks.get(row))
            for values, waiting, row in zip(waiting_rows(desk.archive, page, desk.due_date), page, rows, strict=True)
        ]
        total = f"{count_of(len(questions), 'record')} in all." if questions else NOTHING_WAITS
        answer = Answer(
            items=items,
            next=places[-1] if len(behind) > limit else None,
            notes=[total],
            not_read=self._calls.not_read(desk),
        )
        return noted(desk, fitted(answer, places, "`read` gives them."))

    def promises(
        self,
        promise: Annotated[str, Field(max_length=40, description="One promise whole, by its id: p-3f9a2c71d0.")] = "",
        topic: Topic = "",
        state: Literal["", "open", "due", "overdue", "kept", "dropped"] = "",
        body: Name = "",
        minister: Annotated[str, Field(max_length=LONGEST_NAME, description="The minister's whole name.")] = "",
        since: Day = "",
        everything: Annotated[
            bool, Field(description="Of every answer and statement, not of the watched topics alone.")
        ] = False,
        limit: Limit = 20,
        after: Annotated[int, Field(ge=0, le=MOST_BEFORE, description="`next` of the answer before.")] = 0,
        fields: Fields = None,
    ) -> Answer:
        """List what ministers promised, said last first; or show one promise with what may show that it was kept.

        Sentences are found by rules, and a person decides whether a promise was kept: candidates are offered, not taken for
        the deed.
        """
        desk = self._calls.desk()
        if promise:
            return noted(desk, self._one_promise(desk, promise, fields))
        shown = chosen(fields, PROMISE_FIELDS, _PROMISE_USUAL)
        query = LedgerQuery(
            topic=flat(topic),
            state=state,
            body=flat(body),
            minister=flat(minister),
            since=flat(since),
            is_all=everything,
        )
        found = find_page(desk, ledger_filters(desk, query), after, limit)
        late = ["Reading promises took too long: ask for a topic, a body or a day."] if found.is_cut else []
        answer = Answer(
            items=_entries(desk, found.entries, [entry_json(entry) for entry in found.entries], shown),
            next=after + limit if found.has_more else None,
            notes=[] if found.entries else ["No promise was found here."],
            not_read=self._calls.not_read(desk, *filter(None, [*late, reach_words(desk)])),
        )
        return noted(desk, fitted(answer, range(after + 1, after + limit + 1), "Ask for the promise by its id."))

    def _one_promise(self, desk: Desk, given: str, fields: list[str] | None) -> Answer:
        known = (*PROMISE_FIELDS, "candidates")
        shown = chosen(fields, known, known)
        public_id = given.strip()
        entry = find_entry(desk.archive, public_id, desk.today) if PROMISE_ID.fullmatch(public_id) else None
        if entry is None:
            said = f"No promise goes by {one_line(given)}."
            raise RefusedCallError(" ".join(filter(None, (said, reach_words(desk)))))
        values = whole_json(entry, find_candidates(desk.archive, desk.lexicon, entry), ())
        answer = Answer(
            items=_entries(desk, [entry], [values], shown),
            not_read=self._calls.not_read(desk, *filter(None, [reach_words(desk)])),
        )
        return fitted(answer, [0], "Ask for fewer `fields`.")


def _marks(desk: Desk, rows: list[int]) -> dict[int, RevisionMark]:
    """Return the mark of each record's current revision, by the record's row id."""
    hits = desk.archive.search.hits(None, Filters(ids=rows))
    return {hit.proceeding_id: mark_of_revision(hit.revision) for hit in hits}


def _entries(
    desk: Desk, entries: list[LedgerEntry], values: list[dict[str, Any]], fields: tuple[str, ...]
) -> list[Item]:
    marks = _marks(desk, [entry.first.proceeding_id for entry in entries])
    return [
        make_item(
            row,
            fields,
            known_by=(entry.first.id, row["reference"], address_of(entry.first.record)),
            revision=marks.get(entry.first.proceeding_id),
        )
        for entry, row in zip(entries, values, strict=True)
    ]


# -- a trial --------------------------------------------------------------------------------------------------------------


def _samples(desk: Desk, report: dict[str, Any]) -> list[Item]:
    items = []
    for sample in report["samples"]:
        rows = desk.archive.cross_references.find(sample["id"])
        [hit] = desk.archive.search.hits(None, Filters(ids=rows[:1]))
        values = {"which": sample["which"], "date": sample["day"], "part": sample["part"], "excerpt": _excerpt(sample)}
        known = known_by(hit.revision.proceeding)
        items.append(make_item(values, tuple(values), known_by=known, revision=mark_of_revision(hit.revision)))
    return items


def _excerpt(sample: dict[str, Any]) -> str:
    text, start = sample["text"] or "", sample["start"]
    spans = [(start, sample["end"])] if start is not None else [(0, 0)]
    return plain(tuple(passage(text, spans, EXCERPT))) if text else ""


def _trial_facts(report: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a trial. Words that stand in records are quoted."""
    beside = {place: words[:MOST_BESIDE] for place, words in report["beside"].items()}
    forms = [{"form": form["form"], "records": form["records"]} for form in report["forms"][:MOST_FORMS]]
    return {
        "term": report["term"],
        "read_as": report["read_as"],
        "in_words": [line["said"] for line in report["in_words"]],
        "records": report["records"],
        "is_more": report["is_more"],
        "looked_at": report["looked_at"],
        "kept": report["kept"],
        "known": report["known"],
        "known_to_topic": report["known_to_topic"],
        "excluded": report["excluded"],
        "by_month_or_year": months_or_years(report["months"]),
        "also_found_by": report["also_found_by"][:MOST_FORMS],
        "small_letters": report["small_letters"],
        "quoted": tidy({"forms": forms, "beside": beside}),
    }
