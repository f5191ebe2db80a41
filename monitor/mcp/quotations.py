"""Tools that quote: cite, check_quotations."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from monitor import app
from monitor.mcp.answers import Answer, Item, address_of, fitted, known_by, mark_of, mark_of_revision
from monitor.mcp.calls import Calls, find_records, noted
from monitor.mcp.fields import RefusedCallError, chosen, make_item
from monitor.mcp.parameters import LONGEST_REFERENCE, Fields
from monitor.presentation.citation import cite
from monitor.presentation.wording import count_of
from monitor.research.quotations.checking import check
from monitor.research.quotations.citing import citation_json, cited_record, selection_of
from monitor.research.quotations.outcomes import QuotationFinding
from monitor.research.quotations.report import as_json, verdict_counts
from monitor.research.quotations.styles import Style, citations

MOST_REFERENCES: Final = 20
CHECK_SECONDS: Final = 30.0
LONGEST_TEXT: Final = 200_000
LONGEST_QUOTE: Final = 50_000

CHECK_FIELDS: Final = (
    "number", "paragraph", "verdict", "likeness", "quotation", "passage", "said_by", "date", "part", "start", "end",
    "changes", "insertions", "records", "is_more", "agreed", "warnings", "notes", "now",
)  # fmt: skip
_CHECK_USUAL: Final = (
    "number",
    "verdict",
    "likeness",
    "quotation",
    "passage",
    "said_by",
    "date",
    "changes",
    "warnings",
    "notes",
    "now",
)
_CITE_FIELDS: Final = ("style", "part", "start", "end", "date", "quotation", "said_by", "citation")


class QuotationTools:
    """Tools that quote: cite, check_quotations."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def cite(
        self,
        references: Annotated[
            list[Annotated[str, Field(max_length=LONGEST_REFERENCE)]],
            Field(min_length=1, max_length=MOST_REFERENCES, description="References as `read` takes them."),
        ],
        style: Style = Style.HANSARD,
        quote: Annotated[
            str,
            Field(
                max_length=LONGEST_QUOTE,
                description='Words to quote, of one record: whole, or "first words ... last words". They must stand there.',
            ),
        ] = "",
    ) -> Answer:
        """Give the official reference of records with the words quoted: the answer or text whole, or `quote`.

        A quotation that does not stand in the record word for word is refused, with the nearest words.
        """
        desk = self._calls.desk()
        if quote.strip() and len(references) > 1:
            raise RefusedCallError("`quote` is of one record: name one reference with it.")
        hits = {hit.proceeding_id: hit for hit in (find_records(desk, reference)[0] for reference in references)}
        try:
            selections = [selection_of(hit.revision.proceeding, quote.strip() or None) for hit in hits.values()]
        except ValueError as exc:
            raise RefusedCallError(f"quote: {exc}.") from exc
        cited = [
            cited_record(hit.revision.proceeding, selection)
            for hit, selection in zip(hits.values(), selections, strict=True)
        ]
        rows = zip(hits.values(), cited, selections, citations(cited, style), strict=True)
        items = []
        for hit, record, selection, text in rows:
            values = citation_json(record, selection, style, text)
            known = (hit.revision.proceeding.id, values["reference"], address_of(hit.revision.proceeding))
            mark = mark_of_revision(hit.revision)
            items.append(make_item(values, _CITE_FIELDS, known_by=known, revision=mark))
        how = "Quote fewer words with `quote`, or read them with `read`."
        return noted(desk, fitted(Answer(items=items), range(len(items)), how, rest="name fewer references"))

    def check_quotations(
        self,
        text: Annotated[
            str,
            Field(
                min_length=1,
                max_length=LONGEST_TEXT,
                description="A letter or draft, as plain text or Markdown, with its quotations in quotation marks.",
            ),
        ],
        after: Annotated[int, Field(ge=0, description="Go on after the quotation of this number.")] = 0,
        fields: Fields = None,
    ) -> Answer:
        """Check every quotation of a text against the archive, word for word, before it is sent.

        The verdict is exact, exact_but_for_a_gloss, altered (with the words that differ), corrected (it stood so until the
        record was corrected), not_found, title or not_checked. "not_found" means: not in what this archive has read. The
        record and passage are then the nearest, and `likeness` is the share of words in common.
        """
        desk, shown = self._calls.desk(), chosen(fields, CHECK_FIELDS, _CHECK_USUAL)
        letter = app.letter("The text", text.encode("utf-8", "replace"))
        found = check(desk.archive, letter, is_over=self._calls.time_limit(CHECK_SECONDS))
        items = [_finding(number, finding, shown) for number, finding in enumerate(found, 1)][after:]
        total = (
            f"{count_of(len(found), 'quotation')}: {verdict_counts(found)}"
            if found
            else "There are no quotations in it"
        )
        answer = Answer(items=items, notes=[f"{total}."], not_read=self._calls.not_read(desk))
        places = list(range(after + 1, len(found) + 1))
        return noted(desk, fitted(answer, places, "`read` gives the record's own words."))


def _finding(number: int, finding: QuotationFinding, fields: tuple[str, ...]) -> Item:
    values: dict[str, Any] = as_json("", number, finding)
    place = finding.place
    if place is None:
        return make_item(values, fields, known_by=(None, None, None), revision=None)
    record_id, _, url = known_by(place.record)
    mark = mark_of(place.revision, number=place.number, seen_at=None)
    return make_item(values, fields, known_by=(record_id, cite(place.record), url), revision=mark)
