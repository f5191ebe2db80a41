"""Facts of the API for the histories of questions, and texts that digests make of them."""

from __future__ import annotations

from datetime import date
from typing import Any

MONDAY = date(2024, 11, 11)
"""First day of the histories, in a month without a recess. The next Mondays are days 7 and 14."""

WAS = "In 2023 there were 4,210,000 samples."
NOW = "In 2023 there were 4,120,000 samples."


def answer(day: int, text: str = WAS, **facts: Any) -> dict[str, Any]:
    given = {"dateAnswered": day, "answerText": f"<p>{text}</p>", "answerIsHolding": False, "answerIsCorrection": False}
    return given | {"answeringMemberId": 9002} | facts


def holding(day: int, text: str = "It will not be possible to answer this question in time.") -> dict[str, Any]:
    return answer(day, text, answerIsHolding=True, dateHoldingAnswer=day)


def corrected(day: int, text: str = NOW, first: str = WAS) -> dict[str, Any]:
    return {
        "answerText": f"<p>{text}</p>",
        "answerIsCorrection": True,
        "dateAnswerCorrected": day,
        "correctingMemberId": 9002,
        "originalAnswerText": f"<p>{first}</p>",
    }


def edited(text: str) -> dict[str, Any]:
    return {"answerText": f"<p>{text}</p>"}


ASKED: dict[str, Any] = {"heading": "Water"}

UNANSWERED: dict[str, Any] = dict.fromkeys(
    ("dateAnswered", "answerText", "answerIsHolding", "answerIsCorrection", "answeringMemberId", "dateHoldingAnswer")
) | {"dateAnswerCorrected": None, "originalAnswerText": ""}
NOT_CORRECTED: dict[str, Any] = {"dateAnswerCorrected": None, "answerIsCorrection": False, "originalAnswerText": ""}
WITHDRAWN = {"isWithdrawn": True}
BACK = {"isWithdrawn": False}
HERE = {"gone": False}
TRANSFER: dict[str, Any] = {
    "answeringBodyId": 13,
    "answeringBodyName": "Department for Environment, Food and Rural Affairs",
}
REWORDED: dict[str, Any] = {"questionText": "To ask the Secretary of State, how clean river water is."}
FILE: dict[str, Any] = {
    "attachments": [
        {"title": "Letter to Ada Example", "fileType": "pdf", "fileSizeBytes": 20480, "url": "https://example.org/1"}
    ]
}
PROMISE = "I will write to the hon. Member and place a copy of my letter in the Library of the House."

QUESTION = (
    "NEW QUESTIONS: 1 ... | Water (UIN ...) ... asked the Home Office... Tabled ..., for answer ... Q how clean ... is."
)
LATE = "NEWLY LATE: 1 ... | "
BRIEF = "Water ... UIN ..., asked by Ada Example (Lab, Mid Sample)."
"""Short mention of a question with its asker."""
ANSWER = (
    "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due 14 Nov). ... A"
    " In 2023 there were 4,210,000 samples. ..."
)
CHANGED = "CHANGED SINCE YOU READ IT: 1 "
FIGURES = (
    "was: In 2023 there were *4,210,000* samples. now: In 2023 there were *4,120,000* samples."
    " Figures: 4,210,000 became 4,120,000"
)

CORRECTED_BEFORE_MAILED = "... *4,210,000* samples. ...Figures: 4,210,000 became 4,120,000"
"""Answer that was corrected before it was mailed, followed by the changed figures."""
