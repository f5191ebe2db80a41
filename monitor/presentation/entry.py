"""Entry of an item: everything that the templates need of it, in words.

This module cleans the texts that come from outside.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitor.model.records import House, Kind, State
from monitor.parliament.answer_labels import RULES, label_answer
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.parliament.promises.letters import letter_awaited_on, letter_promised_on
from monitor.presentation.changes import Change, change_of
from monitor.presentation.citation import cite, name_of
from monitor.presentation.differences import brief_exceptions
from monitor.presentation.excerpt import (
    Excerpt,
    Span,
    marked_in,
    question_around,
    question_start,
    quote,
    sentence_at,
    with_links,
)
from monitor.presentation.match_reasons import found_line
from monitor.presentation.own_lines import own_lines
from monitor.presentation.plain_text import inline
from monitor.presentation.promise_words import made_lines
from monitor.presentation.record_names import (
    answered,
    answerer,
    asker_of,
    author_name,
    authored,
    heading_of,
    is_of_feed,
    kind_of,
    line_of,
    title_of,
)
from monitor.presentation.shown_links import Linked, file_in_words, links_of, more_links
from monitor.presentation.since import since_shown
from monitor.presentation.wording import (
    house_short,
    listed,
    long_day,
    official_url,
    one_line,
    short_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from monitor.model.digests import Item, Waiting
    from monitor.model.records import Proceeding
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.presentation.question_groups import Asked

    Due = Callable[[Proceeding], date | None]


WHOLE_ANSWER = 150
WHOLE_QUESTION = 100
OTHER_QUESTION = 40
SHOWN_QUESTIONS = 5
MOST_PAGES = 30
"""Questions of one item that have a link each, further ones are named: the largest group of recorded answers has 27."""
SHOWN_LINKS = 10
SHOWN_PROMISES = 5
WORDS_OF_LINE = 20
"""Words of a question that is told of in a line."""
MOST_HEADINGS = 2
"""Headings besides the first that a line at a glance has room for."""
_LABELS = {Kind.QUESTION: "A"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A question's own page."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """Another question that the same answer was given to. `name`: what it is called, "UIN 143799".

    `but`: what becomes of the answer's words in its own, where that is only nearly the same.
    """

    name: str
    who: str
    heading: str
    question: Excerpt
    url: str
    but: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An earlier answer that an answer refers to."""

    heading: str
    cite: str
    url: str
    answer: Excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item in words; strings are "" where there is nothing to say. `number` is 0 in lists without numbers.

    `heading` stands for it in lists, `title` over the item itself, beneath which the question is read: where Parliament has
    given no heading yet, the first has a line of the question and the second only its number.
    `kind` is what it is where that is no answer ("speech"), `name` what lists call it ("UIN 143799"), `label_of_text` what
    stands before its text in a mail without mark-up. `others` names the further questions that it stands for, with each
    heading that differs; `headings` those headings alone.
    `answer_note` stands before the answer, `answer_more` behind it. `since`: what became of it since this version.
    `line_of` names question and asker where that is all that is said of them; `asked_line` is a line of a question that is
    not shown besides.
    `why` is a line for each topic; `sentence_why`, of a mention, is empty where its `sentence` says it all.
    `same_more` names the questions that `same` leaves out, and `further` has their pages.
    `record` is its id. `own`: lines that only its reader gets. `written`: what templates made of it, by form; copies that
    differ in their number alone share it.
    """

    number: int
    topic: str
    also: str
    heading: str
    title: str
    url: str
    kind: str
    house: str
    body: str
    name: str
    label_of_text: str
    questions: int
    others: str
    headings: str
    holding: str
    promise: str
    since: str
    author: str
    authored: str
    answerer: str
    answered: str
    notes: tuple[str, ...]
    links: tuple[Linked, ...]
    links_more: str
    question: Excerpt
    answer: Excerpt
    answer_note: str
    answer_more: str
    same: tuple[Same, ...]
    same_more: str
    further: tuple[PageLink, ...]
    same_said: str
    refers_to: Reference | None
    why: tuple[str, ...]
    cite: str
    record: str
    change: Change | None
    line_of: str
    asked_line: Excerpt
    sentence: Excerpt
    sentence_why: tuple[str, ...]
    own: tuple[str, ...] = ()
    promised: tuple[str, ...] = ()
    is_coming: bool = False
    written: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def numbered(self, number: int) -> Entry:
        """Return it with a number."""
        return replace(self, number=number)

    @property
    def label(self) -> str:
        """Text above the entry: what happened to it, otherwise its topic."""
        return (self.change.label if self.change else "") or self.topic

    @property
    def aside(self) -> str:
        """Notes after the heading in lists: House if not the Commons, kind, questions, promised letter, change since."""
        questions = f"{self.questions} questions{self.headings}" if self.questions > 1 else ""
        inside = [self.house, self.kind, questions, self.holding, self.promise, self.since]
        return f" ({', '.join(part for part in inside if part)})" if any(inside) else ""

    @property
    def placed(self) -> str:
        """Body and names of the records of the entry, for the brackets in lists: "DfE, UIN 144769"."""
        placed = ", ".join(part for part in (self.body, self.name) if part)
        return "; also ".join(part for part in (placed, self.others) if part)

    @property
    def pages(self) -> tuple[PageLink, ...]:
        """The pages of its record, and of the questions that it stands for."""
        return (*([PageLink(name=self.name, url=self.url)] if self.url else []), *self.other_pages)

    @property
    def other_pages(self) -> tuple[PageLink, ...]:
        """The pages of the further questions that it stands for."""
        shown = (PageLink(name=other.name, url=other.url) for other in self.same if other.url)
        return (*shown, *self.further)

    @property
    def feet(self) -> tuple[str, ...]:
        """The lines at the foot of an item: why it is there, and its reference unless that is told with its change."""
        return (*self.why, *([f"Cite: {self.cite}"] if self.is_cited else []))

    @property
    def is_cited(self) -> bool:
        """Return whether its reference stands at its foot: no one quotes what is still to come."""
        return not self.is_coming and not (self.change and self.change.instead)

    @property
    def is_whole(self) -> bool:
        """Return whether to show question and answer, not only what changed."""
        return self.change is None or self.change.is_answer

    @property
    def notes_shown(self) -> tuple[str, ...]:
        """The notes, or of an item that shows only what changed the promises newly made by it."""
        return self.notes if self.is_whole else self.promised


def entry_of(
    item: Item, topics: dict[str, str], due: Due, number: int = 0, *, hosts: Sequence[str] = OFFICIAL_HOSTS
) -> Entry:
    """Put an item into words; `topics` maps keys to names. `hosts`: those whose links may be clicked."""
    now = item.revision.proceeding
    first = main_topic(item)
    change = change_of(item)
    answer, note, more = _answer(now, item.matches, change)
    since = since_shown(item)
    links = links_of(now, hosts)
    others_asked = sorted(item.same_as, key=lambda other: is_same_answer(now, other))  # what differs is told of each
    question, sentence = _question(now, item.matches), _sentence(item)
    same = tuple(_same(other, now, item.found_in.get(other.id, ())) for other in others_asked[:SHOWN_QUESTIONS])
    is_whole = change is None or change.is_answer
    shown = [question, answer, *(entry.question for entry in same)] if is_whole else []
    headings = [heading_of(now), *(entry.heading for entry in same)]
    promised = made_lines(item.promises, SHOWN_PROMISES)
    return Entry(
        number=number,
        topic=one_line(topics.get(first, first)) or "Followed",
        also=_also(item, topics, change),
        heading=heading_of(now),
        title=title_of(now),
        url=official_url(now),
        kind=kind_of(now),
        house="" if now.house is House.COMMONS or is_of_feed(now) else house_short(now.house),
        body=short_body(now.body),
        name=name_of(now),
        label_of_text=_LABELS.get(now.kind, ""),
        questions=1 + len(item.same_as),
        others=_named(now, item.same_as),
        headings=_further_headings(now, item.same_as),
        holding="holding answer" if change is None and now.state is State.HOLDING else "",
        promise=_promise(item),
        since=since.words,
        author=author_name(now),
        authored=authored(now),
        answerer=answerer(now),
        answered=answered(now, due(now)),
        notes=(*_said_before(item), *_labelled(now, answer, promised), *_notes(item, promised)),
        links=tuple(links[:SHOWN_LINKS]),
        links_more=more_links(now, len(links) - SHOWN_LINKS),
        question=with_links(question, hosts),
        answer=with_links(answer, hosts),
        answer_note=" ".join(filter(None, (since.sentence, note))),
        answer_more=more,
        same=same,
        same_more=_named(now, others_asked[SHOWN_QUESTIONS:]),
        further=pages_of(others_asked[SHOWN_QUESTIONS : MOST_PAGES - 1]),
        same_said=_same_said(now, others_asked),
        refers_to=_reference(item.refers_to, hosts) if item.refers_to else None,
        why=_why(item, topics, change, [*headings, *_marked(shown)]),
        cite=cite(now),
        is_coming=now.occasion is not None,
        record=now.id,
        change=change,
        line_of=line_of(now) if change and change.is_brief else "",
        asked_line=_asked_line(item, change),
        sentence=with_links(sentence, hosts),
        sentence_why=_found(item, topics, [*headings, *_marked([sentence])], unnamed=first),
        own=own_lines(item, topics),
        promised=tuple(promised),
    )


def pages_of(questions: Iterable[Proceeding]) -> tuple[PageLink, ...]:
    """Return the pages of questions, of those that have one."""
    pages = (PageLink(name=name_of(question), url=official_url(question)) for question in questions)
    return tuple(page for page in pages if page.url)


def spans_in(matches: Sequence[Match], part: str) -> list[Span]:
    """Return where the matches of a part stand."""
    return [(match.start, match.end) for match in matches if match.part == part]


def _asked_line(item: Item, change: Change | None) -> Excerpt:
    """Quote a line of a question whose change is told without its words; where they are gone, as they were."""
    now = item.revision.proceeding
    if change is None or change.is_answer or now.kind is not Kind.QUESTION:
        return Excerpt()
    before = item.before.proceeding if item.before else None
    had_answer = before is not None and bool(before.answer)
    is_shown = change.difference is not None and not (had_answer or now.answer)  # the words that changed are its own
    is_short = change.is_brief or now.state in (State.WITHDRAWN, State.LAPSED) or not now.heading
    if is_shown or not is_short:
        return Excerpt()
    if now.question or before is None:
        return question_around(now, item.matches, WORDS_OF_LINE)
    return question_around(before, (), WORDS_OF_LINE)


def _question(now: Proceeding, matches: tuple[Match, ...], *, whole_up_to: int = WHOLE_QUESTION) -> Excerpt:
    text = now.question or ""
    cut = question_start(text)
    spans = [(max(start - cut, 0), end - cut) for start, end in spans_in(matches, "question") if end > cut]
    return quote(text[cut:], spans, whole_up_to=whole_up_to, opening=1)


def _answer(now: Proceeding, matches: tuple[Match, ...], change: Change | None) -> tuple[Excerpt, str, str]:
    """Quote the answer (or a statement's text), found and corrected words marked.

    With it, what the reader must know before it and after it.
    """
    part = "answer" if now.kind is Kind.QUESTION else "text"
    text = now.parts().get(part, "")
    spans = spans_in(matches, part)
    corrected = list(change.difference.places) if change and change.is_answer and change.difference else []
    shown = quote(text, spans + corrected, whole_up_to=WHOLE_ANSWER, opening=2)
    if any(match.form for match in matches) and not spans and shown.blocks and now.occasion is None:
        return shown, f"No match in the {part}{'; it begins' if shown.is_cut else ''}:", ""
    return shown, "", shown.note


def _sentence(item: Item) -> Excerpt:
    """Quote the sentence with the first match outside heading and question, every match in it marked."""
    parts = item.revision.proceeding.parts()
    for part in ("answer", "text", "question"):
        spans = spans_in(item.matches, part)
        if spans and part in parts:
            worded = [span for span in spans if span[0] < span[1]]
            return sentence_at(parts[part], min(worded or spans), spans)
    return Excerpt()


def other_heading(other: Proceeding, now: Proceeding) -> str:
    """Return the heading of a question in a group if it differs from the first heading; otherwise ""."""
    heading = one_line(other.heading)
    return "" if heading.casefold() == one_line(now.heading).casefold() else heading


def _named(now: Proceeding, others: Iterable[Proceeding]) -> str:
    """Name questions that stand with another, each heading that differs behind those that have it."""
    names: dict[str, list[str]] = {}
    for other in others:
        names.setdefault(other_heading(other, now), []).append(name_of(other))
    return "; ".join(f"{listed(uins)} ({heading})" if heading else listed(uins) for heading, uins in names.items())


def _further_headings(now: Proceeding, others: Iterable[Proceeding]) -> str:
    """Say under which other headings questions stand that have the same answer: all, or how many."""
    headings = list(dict.fromkeys(heading for other in others if (heading := other_heading(other, now))))
    if len(headings) > MOST_HEADINGS:
        return f" under {len(headings) + 1} headings"
    return f", also {listed(headings)}" if headings else ""


def _same(other: Proceeding, now: Proceeding, matches: tuple[Match, ...]) -> Same:
    return Same(
        name=name_of(other),
        who=asker_of(other),
        heading=other_heading(other, now),
        question=_question(other, matches, whole_up_to=OTHER_QUESTION),
        url=official_url(other),
        but="; ".join(_differing(now, other)),
    )


def _same_said(now: Proceeding, others: Sequence[Proceeding]) -> str:
    nearly = "" if all(is_same_answer(now, other) for other in others) else ", or nearly,"
    return f"One answer{nearly} to {len(others) + 1} questions. Also asked:" if others else ""


def _differing(first: Proceeding, second: Proceeding) -> list[str]:
    """Say how a nearly equal answer differs."""
    return brief_exceptions(first.answer or "", second.answer or "")


def _said_before(item: Item) -> list[str]:
    """Say that the answer is not new, or nearly not."""
    before, now = item.said_before, item.revision.proceeding
    if before is None or before.answered_on is None:
        return []
    answer = f"the answer of {long_day(before.answered_on)} ({name_of(before)})"
    differing = _differing(before, now)
    return [f"As {answer}, except: {'; '.join(differing)}." if differing else f"Same words as {answer}."]


def _labelled(now: Proceeding, shown: Excerpt, promised: Sequence[str]) -> list[str]:
    """Return the labels whose sentence is not shown, with the sentence. A promised letter has a note of its own.

    `promised`: lines on promises, which quote their sentences too.
    """
    if not shown.is_cut:
        return []
    text = " ".join([*inline(shown).replace("*", "").split(), *promised])
    answer = now.answer or ""
    labels = [
        (RULES[label.name].said, one_line(answer[label.start : label.end]))
        for label in label_answer(answer)
        if label.name != "letter"
    ]
    return [
        f"{name}: \u201c{sentence}\u201d"
        for name, sentence in labels
        if sentence.replace("*", "") not in text and sentence not in text
    ]


def _reference(earlier: Proceeding, hosts: Sequence[str]) -> Reference:
    answer = quote(earlier.answer or earlier.text or "", [], whole_up_to=WHOLE_ANSWER, opening=2)
    return Reference(
        heading=heading_of(earlier), cite=cite(earlier), url=official_url(earlier), answer=with_links(answer, hosts)
    )


def _promise(item: Item) -> str:
    if letter_promised_on(item.revision.proceeding):
        return "promises a letter"
    return "makes a promise" if item.promises else ""


def _notes(item: Item, promised: Sequence[str]) -> list[str]:
    """Return the notes of an entry: files, links, other questions with the same answer."""
    now = item.revision.proceeding
    known = {other.uin for other in item.same_as}
    grouped = [one_line(other.uin) for other in now.grouped_with if other.uin not in known]
    number = "UIN" if name_of(now).startswith("UIN ") else "question" if len(grouped) == 1 else "questions"
    notes = ["It promises a letter."] if letter_promised_on(now) else []
    if letter_awaited_on(now):
        notes = [f"{notes[0]} You will be told when the letter appears."]
    notes += promised
    notes += [f"Answered together with {number} {listed(grouped)}."] if grouped else []
    if now.attachments:
        files = "; ".join(file_in_words(file) for file in now.attachments)
        notes.append(f"Attached: {files}. Not read by pqwatch.")
    return notes


def _also(item: Item, topics: dict[str, str], change: Change | None) -> str:
    """Name the topics that do not stand over an item: all of them where what happened to it does."""
    first = main_topic(item)
    is_labelled = bool(change and change.label)
    names = [one_line(topics.get(key, key)) for key in item.topics if is_labelled or key != first]
    return f"{'Under' if is_labelled else 'Also under'} {listed(names)}." if names else ""


def _marked(excerpts: Iterable[Excerpt]) -> list[str]:
    return [text for excerpt in excerpts for text in marked_in(excerpt)]


def _why(item: Item, topics: dict[str, str], change: Change | None, shown: list[str]) -> tuple[str, ...]:
    """Say why the reader gets it, where neither the words shown in bold say so nor what is told of its change."""
    is_whole = change is None or change.is_answer
    if item.before is not None and not is_whole:
        return ()
    if not item.matches and not item.same_matches:
        if item.follows:
            return ()
        what = "question" if item.revision.proceeding.kind is Kind.QUESTION else "record"
        return (f"Why: you were told of this {what} before",)
    return _found(item, topics, shown, unnamed=main_topic(item))


def _found(item: Item, topics: dict[str, str], shown: list[str], *, unnamed: str) -> tuple[str, ...]:
    """Say in one line what found an item, as far as the words shown do not say it."""
    here = found_line(item.matches, topics, shown, unnamed=unnamed)
    there = found_line(item.same_matches, topics, shown, unnamed=unnamed, where=" in another question")
    line = "; ".join(part for part in (here, there[:1].lower() + there[1:] if here else there) if part)
    return (line,) if line else ()


def is_about(item: Item | Asked | Waiting | Hit, topic: str) -> bool:
    """Return whether a term of the topic stands in the heading or the question."""
    return any(match.topic == topic and match.part in ("heading", "question") for match in item.matches)


def main_topic(item: Item | Asked | Waiting) -> str:
    """Return the topic of an item: the first that it is about, otherwise the first; "" for a followed record."""
    about = [topic for topic in item.topics if is_about(item, topic)]
    return next(iter(about or item.topics), "")


def is_same_answer(first: Proceeding, second: Proceeding) -> bool:
    """Return whether two answers have the same words, as printed."""
    return (first.answer or "").split() == (second.answer or "").split()
