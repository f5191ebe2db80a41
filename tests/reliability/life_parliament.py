"""What is published, in the machine's own words: questions as the API tells them, and the ways in which they change.

No socket: the source reads the stand-in's own replies. Everything in the texts is invented.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from monitor.demo.parliament import Parliament
from monitor.demo.store import StoreEntry
from monitor.errors import FetchError, GoneError
from monitor.model.records import House
from scrapers.http.exchange import Response
from scrapers.questions_statements.questions import QuestionsSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

Value = dict[str, Any]

BODIES = {13: "Department for Samples", 17: "Department for Examples", 29: "Specimen Office"}
FILLER = "Nothing more can be said of it before the review has come to its end. " * 4
"""Longer than the 255 characters of an answer that lists show."""


class Wire:
    """Stands where the client does, and asks the stand-in without a network. A failure is told as the client tells it."""

    def __init__(self, parliament: Parliament, clock: Callable[[], datetime]) -> None:
        self._parliament, self._clock = parliament, clock

    def get_json(
        self, url: str, params: Mapping[str, str] | None = None, *, seconds: float = 0
    ) -> tuple[Response, Any]:
        """One reply, understood."""
        del seconds
        target = f"{url}?{urlencode(params)}" if params else url
        reply = self._parliament.reply_to("GET", target, {})
        if reply.status in (404, 410):
            raise GoneError(f"{target} answered {reply.status}.", url=target)
        if reply.status != 200:
            raise FetchError(f"{target} answered {reply.status}.", url=target)
        response = Response(url=target, status=200, fetched_at=self._clock(), headers={}, body=reply.body)
        return response, json.loads(reply.body)

    def get_many(self, urls: Iterable[str]) -> Iterator[tuple[str, Response | FetchError]]:
        """Several replies, each with its address."""
        for url in urls:
            try:
                yield url, self.get_json(url)[0]
            except FetchError as exc:
                yield url, exc


@dataclass(slots=True)
class Question:
    """A question and every state in which it was published. `kept`: what it was before it was withdrawn."""

    value: Value
    is_there: bool = True
    kept: Value = field(default_factory=dict)
    states: list[Value] = field(default_factory=list)
    changes: int = 0
    since: datetime | None = None

    @property
    def key(self) -> str:
        """The source's key."""
        return str(self.value["id"])

    @property
    def uin(self) -> str:
        """Its number of the session."""
        return str(self.value["uin"])

    @property
    def day(self) -> date:
        """The day of its newest official event."""
        v = self.value
        return date.fromisoformat((v["dateAnswerCorrected"] or v["dateAnswered"] or v["dateTabled"])[:10])

    @property
    def tabled_on(self) -> date:
        """The day on which it was tabled."""
        return date.fromisoformat(self.value["dateTabled"][:10])

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer that is more than a promise."""
        return bool(self.value["dateAnswered"]) and not self.value["answerIsHolding"]

    @property
    def is_open(self) -> bool:
        """Whether it waits for its answer."""
        return self.is_there and not self.value["isWithdrawn"] and not self.is_answered

    def fresh_word(self) -> str:
        """A word that stands nowhere else: by it one state is told from another."""
        self.changes += 1
        return f"m{self.key[-3:]}v{self.changes}"


class Published:
    """All that Parliament publishes, and how it changes. `today` is the day in London on which it does."""

    def __init__(self, clock: Callable[[], datetime], take: int) -> None:
        self.questions: dict[str, Question] = {}
        self.parliament = Parliament()
        self.source = QuestionsSource(
            Wire(self.parliament, clock),  # type: ignore[arg-type]  # all that the source asks of a client
            "http://parliament.example",
            (House.COMMONS,),
            take,
        )
        self.misread: set[str] = set()

    def serve(self) -> None:
        """Let the stand-in tell what is published now."""
        values = [question.value for question in self.questions.values() if question.is_there]
        served = [{**v, "dateForAnswer": "soon"} if str(v["id"]) in self.misread else v for v in values]
        self.parliament.entries = [StoreEntry(base=value) for value in served]

    def _changed(self, question: Question, **keys: Any) -> None:
        question.value = {**question.value, **keys}
        question.states.append(question.value)

    # -- what happens to a question -----------------------------------------------------------------------------------

    def table(self, words: str, on: date, now: datetime) -> Question:
        """Table a question; `words` are in it."""
        number = 501 + len(self.questions)
        one = Question(value=_a_value(number, on), since=now)
        one.value["questionText"] = f"To ask the Secretary of State, what he does for the {words} {one.fresh_word()}."
        one.states.append(one.value)
        self.questions[one.key] = one
        return one

    def answer(self, question: Question, on: date, words: str, *, holding: bool = False) -> None:
        """Answer it, or only promise to."""
        text = f"An answer on the {words} {question.fresh_word()} will follow." if holding else _answer(question, words)
        keys: Value = {"dateHoldingAnswer": _iso(on)} if holding else {}
        self._changed(
            question,
            **keys,
            dateAnswered=_iso(on),
            answerText=f"<p>{text}</p>",
            answerIsHolding=holding,
            answeringMemberId=9002,
        )

    def correct(self, question: Question, on: date | None, words: str) -> None:
        """Put another answer in place of the answer, with a date or with nothing but the flag."""
        self._changed(
            question,
            originalAnswerText=question.value["answerText"],
            answerText=f"<p>{_answer(question, words)}</p>",
            dateAnswerCorrected=_iso(on) if on else question.value["dateAnswerCorrected"],
            answerIsCorrection=True,
            correctingMemberId=9002,
        )

    def edit(self, question: Question, *, far: bool) -> None:
        """Change the answer's words and say nothing of it, at its beginning or behind what lists show."""
        text = question.value["answerText"]
        old = text.split()[-1 if far else 0]
        new = old.replace("</p>", "").replace("<p>", "").rstrip(".").split("-")[0]
        changed = f"{new}-{question.fresh_word()}"
        if far:
            self._changed(question, answerText=f"{text.rsplit(' ', 1)[0]} {changed}.</p>")
        else:
            self._changed(question, answerText=f"<p>{changed} {text.split(' ', 1)[1]}")

    def withdraw(self, question: Question) -> None:
        """Take it back; its texts are taken back with it."""
        question.kept = question.value
        self._changed(question, isWithdrawn=True, questionText="", answerText="", heading="")

    def bring_back(self, question: Question) -> None:
        """Publish it again as it was."""
        if question.value["isWithdrawn"]:
            self._changed(question, **question.kept)
        question.is_there = True

    def transfer(self, question: Question) -> None:
        """Another body is to answer."""
        bodies = sorted(BODIES)
        number = bodies[(bodies.index(question.value["answeringBodyId"]) + 1) % len(bodies)]
        self._changed(question, answeringBodyId=number, answeringBodyName=BODIES[number])

    def reword(self, question: Question) -> None:
        """Change the question's words; those that are watched stay."""
        start = question.value["questionText"].rsplit(" ", 1)[0]
        self._changed(question, questionText=f"{start} {question.fresh_word()}.")

    def regroup(self, first: Question, second: Question) -> None:
        """Say that it shares its answer with another."""
        self._changed(first, groupedQuestions=[second.uin], groupedQuestionsDates=[])

    def title(self, question: Question) -> None:
        """Give it a heading."""
        self._changed(question, heading=f"Samples: {question.fresh_word()}")

    def attach(self, question: Question) -> None:
        """Add a file to its answer."""
        file = {"title": f"Table {question.fresh_word()}", "url": None, "fileType": "pdf", "fileSizeBytes": 4096}
        self._changed(question, attachments=[*question.value["attachments"], file], attachmentCount=1)


def _answer(question: Question, words: str) -> str:
    return f"He looks after the {words} {question.fresh_word()}. {FILLER}So far {question.fresh_word()}."


def _iso(day: date) -> str:
    return f"{day}T00:00:00"


def _a_value(number: int, tabled_on: date) -> Value:
    """A question without its answer, in the API's thirty keys."""
    return {
        "id": 1_600_000 + number,
        "askingMemberId": 9001,
        "askingMember": None,
        "house": "Commons",
        "memberHasInterest": False,
        "dateTabled": _iso(tabled_on),
        "dateForAnswer": _iso(tabled_on + timedelta(days=3)),
        "uin": f"{42_000 + number}",
        "questionText": "",
        "answeringBodyId": 13,
        "answeringBodyName": BODIES[13],
        "isWithdrawn": False,
        "isNamedDay": True,
        "groupedQuestions": [],
        "groupedQuestionsDates": [],
        "answerIsHolding": None,
        "answerIsCorrection": False,
        "answeringMemberId": None,
        "answeringMember": None,
        "correctingMemberId": None,
        "correctingMember": None,
        "dateAnswered": None,
        "answerText": None,
        "originalAnswerText": None,
        "comparableAnswerText": None,
        "dateAnswerCorrected": None,
        "dateHoldingAnswer": None,
        "attachmentCount": 0,
        "heading": "",
        "attachments": [],
    }
