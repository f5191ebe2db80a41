"""Tools that find and read records: search, read, story."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from monitor import app
from monitor.desk.desks import Desk
from monitor.desk.hits import MOST_SECONDS, TOO_LONG, find_hits
from monitor.desk.search import (
    LONGEST_PLACE,
    MOST_VALUES,
    ParsedSearch,
    SearchForm,
    Sort,
    flat,
    read_search,
)
from monitor.mcp.answers import Answer, Item, fitted, known_by, mark_of_revision
from monitor.mcp.calls import Calls, find_records, noted
from monitor.mcp.fields import RECORD, RefusedCallError, chosen, make_item
from monitor.mcp.parameters import Day, Fields, Limit, Name, Query, Reference, Topic
from monitor.model.records import House, Kind, Revision, State
from monitor.model.search import Hit
from monitor.parliament.answer_labels import RULES
from monitor.presentation.citation import cite
from monitor.presentation.excerpt import plain
from monitor.presentation.record_lines import passages
from monitor.presentation.source_differences import by_source
from monitor.presentation.wording import clean, count_of, listed
from monitor.research.parties import shared_word
from monitor.research.queries import count_of_more
from monitor.research.records import record_json, records_json
from monitor.research.suggestions import Suggestion, explain_no_results
from monitor.research.term_tools.doubts import doubts
from monitor.research.whole_record import hit_in_revision, whole_record

COUNT_SECONDS: Final = 0.5
EXCERPT: Final = 300
"""Characters of the words around a find."""

LONGEST_PART: Final = 12_000
"""Characters of one part of a record that are read at once."""

SEARCH_FIELDS: Final = (*RECORD, "excerpt")
_SEARCH_USUAL: Final = ("kind", "house", "state", "date", "heading", "body", "asked_by", "answered_by", "excerpt")
_READ_USUAL: Final = (
    "kind", "house", "state", "tabled_on", "due_on", "answered_on", "corrected_on", "made_on", "heading", "body",
    "asked_by", "answered_by", "made_by", "question", "answer", "text", "attachments",
)  # fmt: skip
STORY_FIELDS: Final = (
    "state", "due_on", "days_taken", "story", "revisions", "refers_to", "referred_by", "same_answers", "same_answer_as",
    "near_answers", "asked_before", "grouped_with", "letter_promised_on", "sources", "conflicts",
)  # fmt: skip
_STORY_USUAL: Final = (
    "state",
    "due_on",
    "days_taken",
    "story",
    "revisions",
    "refers_to",
    "referred_by",
    "same_answers",
)


class RecordTools:
    """Tools that find and read records."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def search(
        self,
        query: Query = "",
        since: Day = "",
        until: Day = "",
        house: Annotated[list[House] | None, Field(max_length=MOST_VALUES, description="Of these.")] = None,
        kind: Annotated[list[Kind] | None, Field(max_length=MOST_VALUES, description="Of these kinds.")] = None,
        state: Annotated[list[State] | None, Field(max_length=MOST_VALUES, description="In these states.")] = None,
        body: Name = "",
        lineage: Annotated[
            bool, Field(description="Follow bodies through time: what they were and became counts too.")
        ] = False,
        asker: Name = "",
        minister: Name = "",
        speaker: Name = "",
        party: Name = "",
        topic: Topic = "",
        label: Annotated[
            list[str] | None,
            Field(max_length=MOST_VALUES, description=f"Labels of the answer: {listed(list(RULES))}."),
        ] = None,
        sort: Annotated[Sort, Field(description="Order of the records.")] = "newest",
        limit: Limit = 10,
        after: Annotated[str, Field(max_length=LONGEST_PLACE, description="`next` of the answer before.")] = "",
        fields: Fields = None,
    ) -> Answer:
        """Search written questions and answers, statements, speeches and notices for exact words.

        Words are found as written, with plurals, spelling variants and known equivalents, never by meaning. A long query
        is one phrase: join separate words with AND. Excerpts show the words found; `read` gives whole texts.
        """
        desk, shown = self._calls.desk(), chosen(fields, SEARCH_FIELDS, _SEARCH_USUAL)
        form = SearchForm(
            words=flat(query),
            first=flat(since),
            last=flat(until),
            houses=tuple(house or ()),
            kinds=tuple(kind or ()),
            states=tuple(state or ()),
            body=flat(body),
            lineage=lineage,
            asker=flat(asker),
            minister=flat(minister),
            speaker=flat(speaker),
            party=flat(party),
            topic=flat(topic),
            labels=tuple(label or ()),
            sort=sort,
            after=flat(after),
        )
        asked = read_search(desk, form)
        found = find_hits(desk, asked, limit + 1, asked.after, self._calls.time_limit(MOST_SECONDS))
        if found.is_cut and not found.hits:
            raise RefusedCallError(TOO_LONG)
        hits, is_more = found.hits[:limit], len(found.hits) > limit or found.is_cut
        cut = [f"{TOO_LONG} There may be more than these."] if found.is_cut else []
        answer = Answer(
            items=_items(desk, hits, shown),
            next=str(hits[-1].place) if is_more else None,
            notes=self._notes(desk, form, asked, hits, is_more=is_more),
            not_read=self._calls.not_read(desk, *cut),
        )
        return noted(desk, fitted(answer, [str(hit.place) for hit in hits], "`read` gives them."))

    def _notes(self, desk: Desk, form: SearchForm, asked: ParsedSearch, hits: list[Hit], *, is_more: bool) -> list[str]:
        notes = []
        if asked.is_number:
            notes.append(
                f'Found by its number. For the figure {form.words} in the texts, put it in quotes: "{form.words}".'
            )
        elif asked.query is not None:
            found = doubts(form.words, app.record_counter(desk.config, desk.archive), desk.today)
            notes += [doubt.said for doubt in found if doubt.is_likely]
        shared = shared_word(desk.archive, asked.query, asked.filters)
        if shared is not None:
            notes.append(f"{shared.said}{f' {shared.alone}: {shared.better}.' if shared.better else ''}")
        if is_more and hits[-1].place is not None:
            is_over = self._calls.time_limit(COUNT_SECONDS)
            more = count_of_more(desk.archive, asked.query, asked.filters, hits[-1].place, must_end=is_over)
            notes.append(f"{more} than these.")
        if not hits and asked.after is None:
            is_over = self._calls.time_limit(MOST_SECONDS)
            advice = explain_no_results(
                desk.archive, desk.lexicon, asked.query, form.words, asked.filters, is_over=is_over
            )
            notes += advice.reasons
            notes += [f"{_words_of(other)} finds {count_of(other.count, 'record')}." for other in advice.suggestions]
        return notes

    def read(
        self,
        reference: Reference,
        revision: Annotated[int | None, Field(ge=1, description="As it was in this revision.")] = None,
        part: Annotated[
            Literal["", "heading", "question", "answer", "text"], Field(description="One part alone, from `offset` on.")
        ] = "",
        offset: Annotated[int, Field(ge=0, description="Character of the part to begin at.")] = 0,
        fields: Fields = None,
    ) -> Answer:
        """Read one record whole: question and answer, statement, speech or notice, word for word.

        Of several with one number it is the newest; the notes name the others. Of a long text ask for its `part` with
        `offset` to go on.
        """
        desk, shown = self._calls.desk(), chosen(fields, RECORD, _READ_USUAL)
        hit, *others = find_records(desk, reference)
        own = by_source(desk.archive.records.revisions(hit.proceeding_id))[hit.revision.proceeding.source]
        if revision is not None:
            hit = hit_in_revision(desk.archive, hit, own, revision)
        notes = [f"Also: {cite(other.revision.proceeding)} ({other.revision.proceeding.id})" for other in others]
        if hit.revision.number != own[-1].number:
            notes.append(f"As it was: revision {hit.revision.number} of {len(own)}.")
        if part:
            return noted(desk, _one_part(hit, part, offset, notes))
        values = record_json(desk.archive, hit, hit.matches, desk.due_date)
        answer = Answer(items=[_item(hit, values, shown)], notes=notes)
        return noted(desk, fitted(answer, [0], "Read one with `part`, and go on with `offset`."))

    def story(self, reference: Reference, fields: Fields = None) -> Answer:
        """Tell what happened to a record, day by day, with its revisions and the records that go with it.

        For a question: tabled, due, holding answer, answered, corrected, changed without notice, withdrawn, lapsed. Each
        revision has its number and hash; `compare` shows what changed between two.
        """
        desk, shown = self._calls.desk(), chosen(fields, STORY_FIELDS, _STORY_USUAL)
        [hit, *_] = find_records(desk, reference)
        revisions = desk.archive.records.revisions(hit.proceeding_id)
        values = whole_record(
            desk.archive, hit, desk.due_date, desk.today, matches=(), mentions=(), revisions=revisions
        )
        marks = [_revision(revision) for revision in revisions]
        answer = Answer(items=[_item(hit, {**values, "revisions": marks}, shown)])
        return noted(desk, fitted(answer, [0], "Ask for fewer `fields`."))


# -- items ----------------------------------------------------------------------------------------------------------------


def _words_of(suggestion: Suggestion) -> str:
    """Return the search that is suggested, in words."""
    if suggestion.without:
        return f"Without {listed(list(suggestion.without))}"
    return f"As {suggestion.by}, {suggestion.query}" if suggestion.by else suggestion.query


def _items(desk: Desk, hits: list[Hit], fields: tuple[str, ...]) -> list[Item]:
    rows = records_json(desk.archive, hits, lambda hit: hit.spans, desk.due_date)
    return [_item(hit, {**values, "excerpt": _excerpt(hit)}, fields) for hit, values in zip(hits, rows, strict=True)]


def _item(hit: Hit, values: dict[str, Any], fields: tuple[str, ...]) -> Item:
    return make_item(
        values, fields, known_by=known_by(hit.revision.proceeding), revision=mark_of_revision(hit.revision)
    )


def _excerpt(hit: Hit) -> list[str]:
    found = passages(hit.revision.proceeding, hit.spans, lambda _label: EXCERPT)
    return [passage.label + plain(tuple(passage.runs)) for passage in found]


def _revision(revision: Revision) -> dict[str, Any]:
    proceeding = revision.proceeding
    mark = mark_of_revision(revision).model_dump()
    return {
        **mark,
        "events": [event.value for event in revision.events],
        "state": proceeding.state.value if proceeding.kind is Kind.QUESTION else None,
    }


def _one_part(hit: Hit, part: str, offset: int, notes: list[str]) -> Answer:
    proceeding = hit.revision.proceeding
    whole = clean(proceeding.parts().get(part, ""))
    if not whole:
        raise RefusedCallError(f"It has no {part}. There are: {listed(list(proceeding.parts()))}.")
    if offset >= len(whole):
        raise RefusedCallError(f"The {part} has {len(whole):,} characters: offset is a number below that.")
    shown = whole[offset : offset + LONGEST_PART]
    end = offset + len(shown)
    item = make_item(
        {part: shown}, [part], known_by=known_by(proceeding), revision=mark_of_revision(hit.revision)
    ).model_copy(update={"cut": {part: len(whole)} if len(shown) < len(whole) else None})
    is_more = end < len(whole)
    cut = [f"Characters {offset:,} to {end:,} of {len(whole):,}."] if len(shown) < len(whole) else []
    if is_more:
        cut.append(f"Go on with offset = {end}.")
    return Answer(items=[item], next=end if is_more else None, notes=notes, cut=cut)
