"""Parliament for the state machine: questions as the API sends them, and the ways in which they change.

There is no socket: the source reads the replies of the stand-in directly. All texts are invented.
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
    """Client that asks the stand-in without a network. It raises the errors of the real client."""

    def __init__(self, parliament: Parliament, clock: Callable[[], datetime]) -> None:
        self._parliament, self._clock = parliament, clock

    def get_json(
        self, url: str, params: Mapping[str, str] | None = None, *, seconds: float = 0
    ) -> tuple[Response, Any]:
        """Get a reply and parse it."""
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
        """Get several replies, each with its address."""
        for url in urls:
            try:
                yield url, self.get_json(url)[0]
            except FetchError as exc:
                yield url, exc


@dataclass(slots=True)
class Question:
    """A question and every state that was published. `before_withdrawal` is its state before it was withdrawn."""

    value: Value
    is_there: bool = True
    before_withdrawal: Value = field(default_factory=dict)
    states: list[Value] = field(default_factory=list)
    changes: int = 0
    published_at: datetime | None = None

    @property
    def key(self) -> str:
        """Key of the question at the source."""
        return str(self.value["id"])

    @property
    def uin(self) -> str:
        """UIN of the question."""
        return str(self.value["uin"])

    @property
    def day(self) -> date:
        """Day of the newest official event."""
        v = self.value
        return date.fromisoformat((v["dateAnswerCorrected"] or v["dateAnswered"] or v["dateTabled"])[:10])

    @property
    def tabled_on(self) -> date:
        return date.fromisoformat(self.value["dateTabled"][:10])

    @property
    def answered_on(self) -> date | None:
        """Day of the answer, if the question is published with one."""
        day = self.value["dateAnswered"]
        return date.fromisoformat(day[:10]) if day and self.is_there and not self.value["isWithdrawn"] else None

    @property
    def is_answered(self) -> bool:
        """True if there is an answer that is more than a holding answer."""
        return bool(self.value["dateAnswered"]) and not self.value["answerIsHolding"]

    @property
    def is_open(self) -> bool:
        """True if the question waits for its answer."""
        return self.is_there and not self.value["isWithdrawn"] and not self.is_answered

    def new_word(self) -> str:
        """Return a word that stands nowhere else, by which a state can be recognised."""
        self.changes += 1
        return f"m{self.key[-3:]}v{self.changes}"


class Published:
    """All that Parliament publishes, and the changes to it."""

    def __init__(self, clock: Callable[[], datetime], take: int) -> None:
        self.questions: dict[str, Question] = {}
        self.parliament = Parliament()
        self.source = QuestionsSource(
            Wire(self.parliament, clock),  # type: ignore[arg-type]  # it has the methods that the source calls
            "http://parliament.example",
            (House.COMMONS,),
            take,
        )
        self.misread: set[str] = set()

    def serve(self) -> None:
        """Let the stand-in serve what is published now."""
        values = [question.value for question in self.questions.values() if question.is_there]
        served = [{**v, "dateForAnswer": "soon"} if str(v["id"]) in self.misread else v for v in values]
        self.parliament.entries = [StoreEntry(base=value) for value in served]

    def _changed(self, question: Question, **keys: Any) -> None:
        question.value = {**question.value, **keys}
        question.states.append(question.value)

    # -- what happens to a question -----------------------------------------------------------------------------------

    def table(self, words: str, on: date, now: datetime) -> Question:
        """Table a question with these words."""
        number = 501 + len(self.questions)
        question = Question(value=_a_value(number, on), published_at=now)
        question.value["questionText"] = (
            f"To ask the Secretary of State, what he does for the {words} {question.new_word()}."
        )
        question.states.append(question.value)
        self.questions[question.key] = question
        return question

    def answer(self, question: Question, on: date, words: str, *, holding: bool = False) -> None:
        """Answer a question, or give a holding answer."""
        text = f"An answer on the {words} {question.new_word()} will follow." if holding else _answer(question, words)
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
        """Replace the answer by another, with a date or with only the flag."""
        self._changed(
            question,
            originalAnswerText=question.value["answerText"],
            answerText=f"<p>{_answer(question, words)}</p>",
            dateAnswerCorrected=_iso(on) if on else question.value["dateAnswerCorrected"],
            answerIsCorrection=True,
            correctingMemberId=9002,
        )

    def edit(self, question: Question, *, far: bool) -> None:
        """Change the words of an answer without notice, at its beginning or behind the part that lists show."""
        text = question.value["answerText"]
        old = text.split()[-1 if far else 0]
        new = old.replace("</p>", "").replace("<p>", "").rstrip(".").split("-")[0]
        changed = f"{new}-{question.new_word()}"
        if far:
            self._changed(question, answerText=f"{text.rsplit(' ', 1)[0]} {changed}.</p>")
        else:
            self._changed(question, answerText=f"<p>{changed} {text.split(' ', 1)[1]}")

    def withdraw(self, question: Question) -> None:
        """Withdraw a question with its texts."""
        question.before_withdrawal = question.value
        self._changed(question, isWithdrawn=True, questionText="", answerText="", heading="")

    def bring_back(self, question: Question) -> None:
        """Publish a question again as it was."""
        if question.value["isWithdrawn"]:
            self._changed(question, **question.before_withdrawal)
        question.is_there = True

    def transfer(self, question: Question) -> None:
        """Transfer a question to another body."""
        bodies = sorted(BODIES)
        number = bodies[(bodies.index(question.value["answeringBodyId"]) + 1) % len(bodies)]
        self._changed(question, answeringBodyId=number, answeringBodyName=BODIES[number])

    def reword(self, question: Question) -> None:
        """Change the question's words, but not those that are watched."""
        start = question.value["questionText"].rsplit(" ", 1)[0]
        self._changed(question, questionText=f"{start} {question.new_word()}.")

    def regroup(self, first: Question, second: Question) -> None:
        """Group a question with another that shares its answer."""
        self._changed(first, groupedQuestions=[second.uin], groupedQuestionsDates=[])

    def title(self, question: Question) -> None:
        """Give a question a heading."""
        self._changed(question, heading=f"Samples: {question.new_word()}")

    def attach(self, question: Question) -> None:
        """Add a file to an answer."""
        file = {"title": f"Table {question.new_word()}", "url": None, "fileType": "pdf", "fileSizeBytes": 4096}
        self._changed(question, attachments=[*question.value["attachments"], file], attachmentCount=1)


def _answer(question: Question, words: str) -> str:
    return f"He looks after the {words} {question.new_word()}. {FILLER}So far {question.new_word()}."


def _iso(day: date) -> str:
    return f"{day}T00:00:00"


def _a_value(number: int, tabled_on: date) -> Value:
    """Return a question without its answer, with the thirty keys of the API."""
    return {
        "id": 1_600_000 + number,
        "askingMemberId": 9001 + number % 2,
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
