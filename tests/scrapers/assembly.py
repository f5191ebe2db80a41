"""Stand-in for the Northern Ireland Assembly's service: it has invented questions, and remembers what was asked."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.scrapers.faulty import as_json

if TYPE_CHECKING:
    from tests.scrapers.faulty import Asked, Reply

EXAMPLES = Path(__file__).parent / "examples" / "northern_ireland"


def question(case: str = "as_listed", **changes: Any) -> dict[str, Any]:
    """Return the question of an example, with some values changed."""
    found: dict[str, Any] = json.loads((EXAMPLES / f"{case}.json").read_text())["QuestionsList"]["Question"]
    return {**found, **changes}


def wrapped(found: Any) -> Any:
    """Wrap questions as the service does."""
    return {"QuestionsList": {"Question": found}}


def an_answer(number: int, tabled: date, answered: date | None, **changes: Any) -> dict[str, Any]:
    """Return the detail of a question, answered or not."""
    found = question("answered", DocumentId=str(900_000 + number), Reference=f"AQW {number}/27-32")
    found |= {
        "TabledDate": f"{tabled}T00:00:00+01:00",
        "AnsweredOnDate": f"{answered}T00:00:00+01:00" if answered else "",
    }
    if not answered:
        found |= {"AnswerPlainText": "", "AnswerHtml": ""}
    return found | changes


class Assembly:
    """The service: lists of questions by the days on which they were tabled and answered, and details."""

    def __init__(self, *questions: dict[str, Any]) -> None:
        self.questions = {asked["DocumentId"]: asked for asked in questions}
        self.ranges: list[tuple[str, int]] = []
        self.details: list[str] = []
        self.longest = 10_000

    def answer(self, asked: Asked) -> Reply:
        """Answer as the service does."""
        parts = urlsplit(asked.target)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if "documentId" in given:
            self.details.append(given["documentId"])
            return as_json(wrapped(self.questions.get(given["documentId"])))
        by = "answered" if "AnsweredInRange" in parts.path else "tabled"
        first, last = given["startDate"], given["endDate"]
        days = (date.fromisoformat(last) - date.fromisoformat(first)).days
        self.ranges.append((by, days))
        if days > self.longest:
            return as_json({"Error": "Execution Timeout Expired"})
        name = {"answered": "AnsweredOnDate", "tabled": "TabledDate"}[by]
        found = [asked for asked in self.questions.values() if first <= (asked.get(name) or "")[:10] <= last]
        if by == "tabled":
            found = [{key: asked[key] for key in question("as_listed")} for asked in found]
        if by == "answered":
            found = [{key: asked[key] for key in asked if key != "AnswerHtml"} for asked in found]
        return as_json(wrapped(found[0] if len(found) == 1 else found or None))
