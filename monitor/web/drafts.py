"""Draft a letter to a minister from records and promises: a form, the letter as it would be, and the letter as a file.

Nothing of it is kept. On a public page the passages of a long answer are not chosen by watched terms, which would show them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response

from monitor.errors import LetterError, sentence
from monitor.presentation.citation import cite
from monitor.presentation.wording import one_line, shorten
from monitor.research.letters.address import address_lines
from monitor.research.letters.drafting import STYLES, DraftRequest, draft_letter
from monitor.research.letters.gathering import gather
from monitor.research.letters.layout import letter_blocks, parted, quotation_lines
from monitor.research.letters.passages import PassageError
from monitor.research.letters.writing import write_letter
from monitor.research.quotations.styles import Style
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem, Lines, find_too_long
from monitor.web.letters import STYLE_NAMES
from monitor.web.readers import Csrf
from monitor.web.rendering import page
from monitor.web.responses import WORD, attached
from monitor.web.security import check_own_form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from monitor.desk.desks import Desk
    from monitor.model.promises import FoundPromise
    from monitor.model.records import Proceeding
    from monitor.research.letters.drafting import Draft, QuotedPassage
    from monitor.research.letters.gathering import Gathered

router = APIRouter(include_in_schema=False)

MOST_REFERENCES: Final = 4_000
"""Characters of the references of a letter."""
MOST_NAMES: Final = 4_000
MOST_QUOTES: Final = 20_000
LONGEST_DEAR: Final = 300
_SHOWN_WORDS: Final = 240
_SOMEBODY: Final = "Name"
"""Reader of a letter that is drafted only for what it may quote."""

REFERENCES: Final = ("ref", "What it is about")
"""Id and label of a field of the form."""
TO: Final = ("to", "To")
COPIES: Final = ("copies", "Copies to")
STYLE: Final = ("style", "Style of the references")
DEAR: Final = ("dear", "It begins")
QUOTES: Final = ("quotes", "Other words to quote")

FORMATS: Final = {
    "docx": ("Word (.docx)", WORD),
    "md": ("Markdown", "text/markdown; charset=utf-8"),
    "html": ("HTML", "text/html; charset=utf-8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterForm:
    """The form of a letter. `offered`: keys of the passages that it showed; `kept`: of those among them that stay."""

    references: str = ""
    to: str = ""
    copies: str = ""
    style: str = Style.HANSARD.value
    dear: str = ""
    quotes: str = ""
    offered: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPassage:
    """A passage that the letter may quote, with the record that it is from. `words`: as the page shows it."""

    key: str
    record_id: str
    quotation: str
    words: str
    reference: str
    is_kept: bool


def letter_form(
    ref: Lines = "",
    to: Annotated[str, Form()] = "",
    copies: Lines = "",
    style: Annotated[str, Form()] = Style.HANSARD.value,
    dear: Annotated[str, Form()] = "",
    quotes: Lines = "",
    offered: Annotated[list[str], Form()] = [],  # noqa: B006 (FastAPI copies it)
    keep: Annotated[list[str], Form()] = [],  # noqa: B006 (FastAPI copies it)
) -> LetterForm:
    """Take a letter from the form."""
    return LetterForm(
        references=ref,
        to=to,
        copies=copies,
        style=style,
        dear=dear,
        quotes=quotes,
        offered=tuple(offered),
        kept=tuple(keep),
    )


# -- the page -----------------------------------------------------------------------------------------------------------


@router.get("/draft")
def show_form(
    request: Request,
    desk: DeskOf,
    ref: Annotated[list[Annotated[str, Query(max_length=500)]], Query(max_length=50)] = [],  # noqa: B006
) -> Response:
    """Show the form, with the minister who spoke last as the one to write to."""
    form = LetterForm(references="\n".join(map(one_line, ref)))
    problem = None
    if ref:
        try:
            form = LetterForm(references=form.references, to=_minister(desk, form))
        except LetterError as exc:
            problem = _problem_of(exc)
    return _page(request, form, problem=problem)


@router.post("/draft")
def draft(
    request: Request,
    desk: DeskOf,
    form: Annotated[LetterForm, Depends(letter_form)],
    output: Annotated[str, Form()] = "",
    csrf: Csrf = "",
) -> Response:
    """Show the letter, or give it as a file."""
    check_own_form(request, csrf)
    if output and output not in FORMATS:
        raise HTTPException(422, f"output: choose one of {', '.join(FORMATS)}.")
    if problem := _problem(form):
        return _refused(request, desk, form, problem)
    try:
        letter, offered = _drafted(desk, form)
    except LetterError as exc:
        return _refused(request, desk, form, _problem_of(exc))
    if output:
        return attached(write_letter(letter, output), f"letter.{output}", FORMATS[output][1])
    return _page(request, form, letter=letter, offered=offered)


def _problem(form: LetterForm) -> FieldProblem | None:
    """Say which field is wrong by itself; None if none is."""
    too_long = find_too_long(
        (form.references, MOST_REFERENCES, REFERENCES),
        (form.copies, MOST_NAMES, COPIES),
        (form.dear, LONGEST_DEAR, DEAR),
        (form.quotes, MOST_QUOTES, QUOTES),
    )
    if too_long:
        return too_long
    if not form.references.strip():
        nothing = "there is nothing to quote. Write the number of a question, or the id of a promise."
        return FieldProblem(nothing, *REFERENCES)
    for name, field in ((form.to, TO), *((copy, COPIES) for copy in _lines(form.copies))):
        try:
            address_lines(name)
        except LetterError as exc:
            return FieldProblem(_said(exc), *field)
    if form.style not in STYLES:
        return FieldProblem(f"choose one of {', '.join(STYLE_NAMES[style] for style in STYLES)}.", *STYLE)
    return None


def _problem_of(exc: LetterError) -> FieldProblem:
    """Return the problem of a letter that can't be drafted: words that no record has, or else its references."""
    return FieldProblem(_said(exc), *(QUOTES if isinstance(exc, PassageError) else REFERENCES))


def _said(exc: LetterError) -> str:
    return f"{one_line(str(exc)).rstrip('.')}."


def _refused(request: Request, desk: Desk, form: LetterForm, problem: FieldProblem) -> Response:
    """Show the form again with all that was written and chosen in it."""
    offered: list[OfferedPassage] = []
    if form.offered and problem.field != REFERENCES[0]:
        with suppress(LetterError):  # they name nothing any more: what was chosen goes with the form unseen
            plain = LetterForm(references=form.references, to=_SOMEBODY)
            offered = _offers(form, _draft_all(desk, plain, _gathered(desk, form)))
    return _page(request, form, problem=problem, offered=offered)


def _minister(desk: Desk, form: LetterForm) -> str:
    """Return the minister of the last record, else its body; "" where neither is known."""
    records = _gathered(desk, form).records
    if not records:
        return ""
    minister = records[-1].minister
    return one_line((minister.name if minister else "") or records[-1].body or "")


def _page(
    request: Request,
    form: LetterForm,
    *,
    problem: FieldProblem | None = None,
    letter: Draft | None = None,
    offered: Sequence[OfferedPassage] = (),
) -> Response:
    response = page(
        request,
        "draft.html",
        status=422 if problem else 200,
        form=form,
        styles={style: STYLE_NAMES[style] for style in STYLES},
        formats={name: words for name, (words, _) in FORMATS.items()},
        blocks=list(letter_blocks(letter)) if letter else [],
        warnings=[_warning(text) for text in letter.warnings] if letter else [],
        offered=offered,
        parted=parted,
        quotation_lines=quotation_lines,
        error=problem or FieldProblem(),
    )
    response.headers["Cache-Control"] = "no-store"  # so that a browser keeps nothing of a letter
    return response


def _warning(text: str) -> str:
    """Return a warning with the remedy of the page in place of that of the command line."""
    return sentence(one_line(text)).replace(
        "name them with --quote",
        "name them under \N{LEFT DOUBLE QUOTATION MARK}Other words\N{RIGHT DOUBLE QUOTATION MARK}",
    )


# -- the letter ---------------------------------------------------------------------------------------------------------


def _gathered(desk: Desk, form: LetterForm) -> Gathered:
    return gather(desk.archive, form.references.split(), desk.today)


def _drafted(desk: Desk, form: LetterForm) -> tuple[Draft, list[OfferedPassage]]:
    """Draft the letter, and list the passages that it may quote. Raises LetterError."""
    gathered = _gathered(desk, form)
    whole = _draft_all(desk, form, gathered)
    offered = _offers(form, whole)
    kept = [passage for passage in offered if passage.is_kept]
    quotes = _lines(form.quotes)
    if len(kept) == len(offered) and not quotes:
        return whole, offered
    if not kept and not quotes:
        raise PassageError("nothing is left to quote: keep a passage, or write other words")
    own = tuple((passage.record_id, passage.quotation) for passage in kept)
    names = {record_id for record_id, _ in own}
    records = [record for record in gathered.records if record.id in names or quotes]
    return _draft(desk, form, gathered, records, own, quotes=quotes), offered


def _draft_all(desk: Desk, form: LetterForm, gathered: Gathered) -> Draft:
    """Draft a letter with all that it may quote."""
    return _draft(desk, form, gathered, gathered.records, gathered.own_quotes)


def _offers(form: LetterForm, whole: Draft) -> list[OfferedPassage]:
    """List the passages of a letter with all that it may quote."""
    passages = {_key(passage): passage for passage in whole.passages if passage.selection is not None}
    return [
        OfferedPassage(
            key=key,
            record_id=passage.record.id,
            quotation=passage.quotation,
            words=shorten(one_line(passage.quotation), _SHOWN_WORDS),
            reference=cite(passage.record),
            is_kept=key in form.kept or key not in form.offered,
        )
        for key, passage in passages.items()
    ]


def _draft(
    desk: Desk,
    form: LetterForm,
    gathered: Gathered,
    records: Sequence[Proceeding],
    own_quotes: tuple[tuple[str, str], ...],
    *,
    quotes: tuple[str, ...] = (),
) -> Draft:
    from monitor.parliament.promises.find import find_promises  # noqa: PLC0415 (its rules take a moment to load)

    def promises_of(text: str, made_on: date) -> list[FoundPromise]:
        return find_promises(text, made_on, desk.calendar)

    request = DraftRequest(
        to=form.to,
        written_on=desk.today,
        copies=_lines(form.copies),
        quotes=quotes,
        own_quotes=own_quotes,
        style=Style(form.style),
        dear=form.dear,
    )
    return draft_letter(records, request, promises_of, {} if desk.config.web.public else gathered.matches)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _key(passage: QuotedPassage) -> str:
    selection: Any = passage.selection
    return f"{passage.record.id}:{selection.part}:{selection.start}:{selection.end}"
