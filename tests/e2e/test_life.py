"""What a subscriber sees of every event and of every step from one state to another, from one end to the other."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from monitor.model import Event, State
from tests.e2e.life import GONE, Life, World, says

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MONDAY = date(2024, 11, 11)
"""In a month without a recess: the Mondays after are days 7 and 14."""

LOOK_BACK = 3
RUNS = (-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)

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

QUESTION = "NEW QUESTIONS: Water ..."
ANSWER = (
    "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due 14 Nov). ... A ..."
    " In 2023 there were 4,210,000 samples. ..."
)
CHANGED = "CHANGED SINCE YOU READ IT: 1 "
FIGURES = (
    "was: In 2023 there were *4,210,000* samples. now: In 2023 there were *4,120,000* samples."
    " Figures: 4,210,000 became 4,120,000"
)

BEFORE_TOLD = "... *4,210,000* samples. ...Figures: 4,210,000 became 4,120,000"
"""Of an answer that was corrected before it was told: shown whole, then what it was."""

LIVES: dict[str, Life] = {
    "tabled and late": Life(
        steps={0: ASKED},
        told={0: QUESTION, 4: "STILL WAITING: Water | UIN ..., ...: 1 day late (due 14 Nov 2024)"},
        waiting={
            0: "2024-11-14 Commons 3001 since 11 Nov Home Office Water Asked by Ada Example (Lab, Mid Sample). Topics: ...",
            3: "2024-11-14 Commons 3001 since 11 Nov ...",
            4: "2024-11-14 Commons 3001 1 day late ...",
        },
        show={
            4: "... Story 11 Nov 2024 Tabled by Ada Example (Lab, Mid Sample) to the Home Office, for answer on 14 November"
            " 2024, a named day. 11 Nov 2024 Told to tabled and late, ... 14 Nov 2024 Due; 1 day late today. ..."
        },
    ),
    "answered": Life(
        steps={0: ASKED, 1: answer(1)},
        told={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder answered on 12 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A ... In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "holding, again, answered": Life(
        steps={0: ASKED, 1: holding(1), 2: holding(2, "It is still not possible."), 3: answer(3)},
        told={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A ... It will not be possible to answer this question in time. ..."
            ),
            2: (
                f"{CHANGED}STILL NO ANSWER | Water Another holding answer. The one before was of 12 November 2024, in "
                "your digest of 12 November 2024. was: It *will* not *be possible to answer this question in "
                "time.* now: It *is still* not *possible.*"
            ),
            3: (
                f"{CHANGED}NOW ANSWERED | Water ... Ben Placeholder answered on 14 Nov 2024. Named day, on time (tabled "
                "11 Nov, due 14 Nov, holding answer 13 Nov). The answer after a holding answer. Your digest of "
                "13 November 2024 had the holding answer. ... A ... In 2023 there were 4,210,000 samples. ... "
                "Cite: UIN ..., answered 14 November 2024"
            ),
        },
        waiting={2: "... A holding answer was given. ...", 3: ""},
        show={
            3: "... 12 Nov 2024 Holding answer by Ben Placeholder (Lab, Sample Vale). 12 Nov 2024 Told to ... (revision 2)."
            " 13 Nov 2024 Holding answer ... (revision 3). 14 Nov 2024 Due; answered in time. 14 Nov 2024 Answered by"
            " Ben Placeholder (Lab, Sample Vale), 3 days after it was tabled. 14 Nov 2024 Told to ... (revision 4). ..."
        },
    ),
    "holding, corrected at once": Life(
        steps={0: ASKED, 1: holding(1), 2: answer(2) | corrected(3), 3: {}},
        told={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A ... It will not be possible to answer this question in time. ..."
            ),
            2: (
                f"{CHANGED}NOW ANSWERED | Water ... Ben Placeholder answered on 13 Nov 2024. Named day, on time (tabled "
                "11 Nov, due 14 Nov, holding answer 12 Nov). The answer after a holding answer. Your digest of "
                "12 November 2024 had the holding answer. Corrected on 14 November 2024 by Ben Placeholder. ... "
                f"A ... {BEFORE_TOLD} ... Cite: UIN ..., answered 13 November 2024, "
                "corrected 14 November 2024"
            ),
        },
    ),
    "holding, its words changed": Life(
        steps={0: ASKED, 1: holding(1), 2: edited("It will not be possible in time at all.")},
        told={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A ... It will not be possible to answer this question in time. ... Cite: UIN "
                "..., holding answer of 12 November 2024"
            ),
            2: (
                f"{CHANGED}CHANGED | Water The words of the holding answer of 12 November 2024 were changed. was: It will "
                "not be possible *to answer this question* in *time.* now: It will not be possible in *time at "
                "all.*"
            ),
            4: "STILL WAITING: Water | UIN ..., ...: 1 day late (due 14 Nov 2024)",
        },
    ),
    "holding, gone": Life(
        steps={0: ASKED, 1: holding(1), 2: UNANSWERED},
        told={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A ... It will not be possible to answer this question in time. ..."
            ),
            2: (
                f"{CHANGED}HOLDING ANSWER GONE | Water The holding answer of 12 November 2024 is no longer there. The "
                "question stands as not answered. It was in your digest of 12 November 2024. was: *It will not "
                "be possible to answer this question in time.* now: (nothing)"
            ),
            4: "STILL WAITING: Water | UIN ..., ...: 1 day late (due 14 Nov 2024)",
        },
    ),
    "holding, withdrawn, back": Life(
        steps={0: ASKED, 1: holding(1), 2: WITHDRAWN, 3: BACK},
        told={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A ... It will not be possible to answer this question in time. ..."
            ),
            2: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 12 November 2024. "
                "... Cite: UIN ..., holding answer of 12 November 2024, withdrawn"
            ),
            3: (
                f"{CHANGED}BACK | Water It was withdrawn, as your digest of 13 November 2024 said, and is published "
                "again."
            ),
            4: "STILL WAITING: Water | UIN ..., ...: 1 day late (due 14 Nov 2024)",
        },
    ),
    "corrected, figures only": Life(
        steps={0: answer(0), 2: corrected(2)},
        told={
            0: ANSWER,
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 13 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 13 November 2024 ..."
            ),
        },
    ),
    "corrected, white space": Life(
        steps={0: answer(0), 2: corrected(2, WAS.replace(" ", "&nbsp; "))},
        told={
            0: ANSWER,
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                "Corrected on 13 November 2024 by Ben Placeholder. No word of the answer differs. ... Cite: UIN "
                "..., answered 11 November 2024, corrected 13 November 2024"
            ),
        },
    ),
    "corrected before told": Life(
        steps={0: answer(-1) | corrected(0)},
        told={
            0: (
                "...| Water ... Ben Placeholder answered on 10 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). Corrected on 11 November 2024 by Ben Placeholder. The first answer was of 10 November "
                f"2024. ... A ... {BEFORE_TOLD} ..."
            )
        },
    ),
    "corrected before told, no original": Life(
        steps={5: answer(5), 6: corrected(6, first="")},
        told={
            7: (
                "...| Water ... Ben Placeholder answered on 16 Nov 2024. Named day, 2 days late (tabled 11 Nov, "
                "due 14 Nov). Corrected on 17 November 2024 by Ben Placeholder. The first answer was of 16 "
                f"November 2024. ... A ... {BEFORE_TOLD} ..."
            )
        },
    ),
    "corrected twice": Life(
        steps={0: answer(0), 1: corrected(1), 2: corrected(2, "In 2023 there were 4,121,000 samples.")},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024 ..."
            ),
            2: (
                f"{CHANGED}CORRECTED | Water ... You had it as corrected on 12 November 2024, in your digest of 12 "
                "November 2024. Corrected again on 13 November 2024 by Ben Placeholder. was: In 2023 there were "
                "*4,120,000* samples. now: In 2023 there were *4,121,000* samples. Figures: 4,120,000 became "
                "4,121,000 If you quoted it, quote this instead: UIN ..., answered 11 November 2024, corrected "
                "13 November 2024 ..."
            ),
        },
    ),
    "corrected, then edited": Life(
        steps={0: answer(0), 1: corrected(1), 2: edited("In 2023 there were 4,122,000 samples.")},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024 ..."
            ),
            2: (
                f"{CHANGED}CHANGED | Water ... You had it as corrected on 12 November 2024, in your digest of 12 November "
                "2024. Its text is now another; the source does not call it a correction. was: In 2023 there "
                "were *4,120,000* samples. now: In 2023 there were *4,122,000* samples. Figures: 4,120,000 "
                "became 4,122,000 If you quoted it, quote this instead: UIN ..., answered 11 November 2024, "
                "corrected 12 November 2024 ..."
            ),
        },
    ),
    "corrected, taken back": Life(
        steps={0: answer(0), 1: corrected(1), 2: NOT_CORRECTED | edited(WAS)},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024 ..."
            ),
            2: (
                f"{CHANGED}CHANGED | Water ... You had it as corrected on 12 November 2024, in your digest of 12 November "
                "2024. The correction was taken back. was: In 2023 there were *4,120,000* samples. now: In 2023 "
                "there were *4,210,000* samples. Figures: 4,120,000 became 4,210,000 If you quoted it, quote "
                "this instead: UIN ..., answered 11 November 2024 ..."
            ),
        },
    ),
    "edited": Life(
        steps={0: answer(0), 1: edited(NOW)},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}CHANGED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. Its "
                f"text is now another; the source does not call it a correction. {FIGURES} If you quoted it, quote this "
                "instead: UIN ..., answered 11 November 2024 ..."
            ),
        },
    ),
    "edited and back, A B A, each told": Life(
        steps={0: answer(0), 1: edited(NOW), 2: edited(WAS)},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}CHANGED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. Its "
                f"text is now another; the source does not call it a correction. {FIGURES} If you quoted it, quote this "
                "instead: UIN ..., answered 11 November 2024 ..."
            ),
            2: (
                f"{CHANGED}CHANGED | Water ... First answer 11 November 2024; you had it as changed since, in your digest "
                "of 12 November 2024. Its text is now another; the source does not call it a correction. was: In "
                "2023 there were *4,120,000* samples. now: In 2023 there were *4,210,000* samples. Figures: "
                "4,120,000 became 4,210,000 If you quoted it, quote this instead: UIN ..., answered 11 November "
                "2024 ..."
            ),
        },
    ),
    "edited and back over a weekend": Life(
        steps={4: answer(4), 5: edited(NOW), 6: edited(WAS)},
        told={
            4: (
                "...| Water ... Ben Placeholder answered on 15 Nov 2024. Named day, 1 day late (tabled 11 Nov, "
                "due 14 Nov). ... A ... In 2023 there were 4,210,000 samples. ..."
            ),
            7: (
                f"{CHANGED}CHANGED | Water First answer 15 November 2024, in your digest of 15 November 2024. It was "
                "changed for a time; no word of it differs now from what you were sent."
            ),
        },
    ),
    "edited, corrected, edited back over a weekend": Life(
        steps={4: answer(4), 5: edited(NOW), 6: corrected(6, "In 2023 there were 9 samples."), 7: edited(WAS)},
        told={
            4: (
                "...| Water ... Ben Placeholder answered on 15 Nov 2024. Named day, 1 day late (tabled 11 Nov, "
                "due 14 Nov). ... A ... In 2023 there were 4,210,000 samples. ..."
            ),
            7: (
                f"{CHANGED}CORRECTED | Water ... First answer 15 November 2024, in your digest of 15 November 2024. "
                "Corrected on 17 November 2024 by Ben Placeholder. It was changed for a time; no word of it "
                "differs now from what you were sent. ... Cite: UIN ..., answered 15 November 2024, corrected 17 "
                "November 2024"
            ),
        },
    ),
    "answer gone and back": Life(
        steps={0: answer(0), 1: UNANSWERED, 2: answer(0)},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}ANSWER GONE | Water The answer of 11 November 2024 is no longer there. The question stands as "
                "not answered. It was in your digest of 11 November 2024. was: *In 2023 there were 4,210,000 "
                "samples.* now: (nothing)"
            ),
            2: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). An answer that had gone is back. ... A ... In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "answer to holding": Life(
        steps={0: answer(0), 1: holding(1)},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}ANSWER TAKEN BACK | Water The answer of 11 November 2024 was replaced by a holding answer. It "
                "was in your digest of 11 November 2024. was: *In 2023 there were 4,210,000 samples.* now: *It "
                "will not be possible to answer this question in time.*"
            ),
            4: "STILL WAITING: Water | UIN ..., ...: 1 day late (due 14 Nov 2024)",
        },
    ),
    "correction to holding": Life(
        steps={0: answer(0), 1: corrected(1), 2: holding(2) | NOT_CORRECTED | {"answerIsHolding": True}},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024 ..."
            ),
            2: (
                f"{CHANGED}ANSWER TAKEN BACK | Water The answer of 11 November 2024 was replaced by a holding answer. It "
                "was in your digest of 12 November 2024. was: *In 2023 there were 4,120,000 samples.* now: *It "
                "will not be possible to answer this question in time.*"
            ),
            4: "STILL WAITING: Water | UIN ..., ...: 1 day late (due 14 Nov 2024)",
        },
    ),
    "correction gone": Life(
        steps={0: answer(0), 1: corrected(1), 2: UNANSWERED},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024 ..."
            ),
            2: (
                f"{CHANGED}ANSWER GONE | Water The answer of 11 November 2024 is no longer there. The question stands as "
                "not answered. It was in your digest of 12 November 2024. was: *In 2023 there were 4,120,000 "
                "samples.* now: (nothing)"
            ),
            4: "STILL WAITING: Water | UIN ..., ...: 1 day late (due 14 Nov 2024)",
        },
    ),
    "correction withdrawn, back": Life(
        steps={0: answer(0), 1: corrected(1), 2: WITHDRAWN, 3: BACK},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024 ..."
            ),
            2: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 12 November 2024. "
                "... Cite: UIN ..., answered 11 November 2024, corrected 12 November 2024, withdrawn"
            ),
            3: (
                f"{CHANGED}BACK | Water It was withdrawn, as your digest of 13 November 2024 said, and is published "
                "again. No word of the answer differs."
            ),
        },
    ),
    "answer withdrawn, back": Life(
        steps={0: answer(0), 1: WITHDRAWN, 2: BACK},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 11 November 2024. "
                "... Cite: UIN ..., answered 11 November 2024, withdrawn"
            ),
            2: (
                f"{CHANGED}BACK | Water It was withdrawn, as your digest of 12 November 2024 said, and is published "
                "again. No word of the answer differs."
            ),
        },
    ),
    "page gone, back with an answer": Life(
        steps={0: ASKED, 1: GONE, 2: {}, 3: HERE | answer(3)},
        told={
            0: QUESTION,
            2: (
                f"{CHANGED}NO LONGER PUBLISHED | Water ... This question is no longer published: its page is gone. It was "
                "in your digest of 11 November 2024. ... Cite: UIN ..., tabled 11 November 2024, no longer "
                "published"
            ),
            3: (
                "...| Water ... Ben Placeholder answered on 14 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). It was no longer published, as your digest of 13 November 2024 said, and is published "
                "again. ... A ... In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "withdrawn, back, over a weekend": Life(
        steps={4: answer(4), 5: WITHDRAWN, 6: BACK},
        told={
            4: (
                "...| Water ... Ben Placeholder answered on 15 Nov 2024. Named day, 1 day late (tabled 11 Nov, "
                "due 14 Nov). ... A ... In 2023 there were 4,210,000 samples. ..."
            ),
            7: (
                f"{CHANGED}BACK | Water It was taken back for a time and is published again. First answer 15 November "
                "2024, in your digest of 15 November 2024. No word of the answer differs."
            ),
        },
    ),
    "withdrawn, back": Life(
        steps={0: ASKED, 1: WITHDRAWN, 2: BACK},
        told={
            0: QUESTION,
            1: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 11 November 2024. "
                "... Cite: UIN ..., tabled 11 November 2024, withdrawn"
            ),
            2: (
                f"{CHANGED}BACK | Water It was withdrawn, as your digest of 12 November 2024 said, and is published "
                "again."
            ),
            4: "STILL WAITING: Water | UIN ..., ...: 1 day late (due 14 Nov 2024)",
        },
        waiting={1: "", 2: "2024-11-14 ..."},
    ),
    "withdrawn, back with an answer": Life(
        steps={0: ASKED, 1: WITHDRAWN, 2: BACK | answer(2)},
        told={
            0: QUESTION,
            1: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 11 November 2024. "
                "... Cite: UIN ..., tabled 11 November 2024, withdrawn"
            ),
            2: (
                "...| Water ... Ben Placeholder answered on 13 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). It was withdrawn, as your digest of 12 November 2024 said, and is published again. ... "
                "A ... In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "transferred, late, answered": Life(
        steps={0: ASKED, 2: TRANSFER | {"dateForAnswer": 4}, 8: answer(8)},
        told={
            0: QUESTION,
            2: (
                f"{CHANGED}TRANSFERRED | Water Transferred from the Home Office to the Department for Environment, Food "
                "and Rural Affairs."
            ),
            7: (
                "STILL WAITING: Water | UIN ..., Ada Example (Lab, Mid Sample) to the Department for "
                "Environment, Food and Rural Affairs: 3 days late (due 15 Nov 2024)"
            ),
            8: (
                "...| Water Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural "
                "Affairs Ben Placeholder answered on 19 Nov 2024. Named day, 4 days late (tabled 11 Nov, due 15 "
                "Nov). ... A ... In 2023 there were 4,210,000 samples. ..."
            ),
        },
        waiting={4: "2024-11-15 ... since 11 Nov ...", 7: "2024-11-15 ... 3 days late ...", 8: ""},
    ),
    "transferred back to the earlier day": Life(
        steps={0: ASKED, 1: TRANSFER | {"dateForAnswer": 8}, 2: {"dateForAnswer": 3}, 9: answer(9)},
        told={
            0: QUESTION,
            1: (
                f"{CHANGED}TRANSFERRED | Water Transferred from the Home Office to the Department for Environment, Food "
                "and Rural Affairs."
            ),
            9: (
                "...| Water Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural "
                "Affairs Ben Placeholder answered on 20 Nov 2024. Named day, 1 day late (tabled 11 Nov, due 19 "
                "Nov). ... A ... In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "transferred and reworded": Life(
        steps={4: {"dateTabled": 4, "dateForAnswer": 9}, 5: TRANSFER, 6: REWORDED},
        told={
            4: QUESTION,
            7: (
                f"{CHANGED}TRANSFERRED | Water Transferred from the Home Office to the Department for Environment, Food "
                "and Rural Affairs. The question's words were changed."
            ),
        },
    ),
    "reworded": Life(
        steps={0: ASKED, 1: REWORDED},
        told={
            0: QUESTION,
            1: (
                f"{CHANGED}REWORDED | Water The question's words were changed. was: To ask the Secretary of State, how "
                "clean *bathing* water ... is. now: To ask the Secretary of State, how clean *river* water is."
            ),
        },
    ),
    "titled, regrouped, rescheduled": Life(
        steps={0: ASKED, 1: {"heading": "Water: Bathing"}, 2: {"groupedQuestions": ["9"]}, 3: {"dateForAnswer": 8}},
        told={0: QUESTION, 9: "STILL WAITING: Water: Bathing | UIN ..., ...: 1 day late (due 19 Nov 2024)"},
    ),
    "file attached": Life(
        steps={0: answer(0), 1: FILE},
        told={
            0: ANSWER,
            1: (
                f"{CHANGED}FILE ATTACHED | Water First answer 11 November 2024, in your digest of 11 November 2024. Its "
                "text is unchanged: 1 file attached (Letter to Ada Example), not read by pqwatch."
            ),
        },
    ),
    "letter as a file": Life(
        steps={0: answer(0, PROMISE), 1: FILE},
        told={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A ... I will write to the hon. Member and place a copy of my letter in the Library "
                "of the House. It promises a letter. You are told when it is seen here. ..."
            ),
            1: (
                f"{CHANGED}LETTER | Water First answer 11 November 2024, in your digest of 11 November 2024. The letter "
                "promised on 11 November 2024 is there: Letter to Ada Example, not read by pqwatch."
            ),
        },
        waiting={
            0: "answered Commons ... letter owed Home Office Water Asked by Ada Example (Lab, Mid Sample)."
            " A letter was promised on 11 November 2024, not seen yet. Topics: letter as a file",
            1: "",
        },
        show={
            1: "... Answered by Ben Placeholder (Lab, Sample Vale), on the day it was tabled; it only promises a letter. ..."
            " seen 12 Nov 2024 File attached: ... seen 12 Nov 2024 The letter promised on 11 November 2024"
            " is there. 12 Nov 2024 Told to letter as a file, digest ... (revision 2). ..."
        },
    ),
    "letter as an edit": Life(
        steps={
            0: answer(0, PROMISE),
            1: edited("I have written to the hon. Member; a copy of my letter is in the Library."),
        },
        told={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A ... I will write to the hon. Member and place a copy of my letter in the Library "
                "of the House. It promises a letter. You are told when it is seen here. ..."
            ),
            1: (
                f"{CHANGED}LETTER | Water ... First answer 11 November 2024, in your digest of 11 November 2024. Its text "
                "is now another; the source does not call it a correction. The letter promised on 11 November "
                "2024 is there. was: I *will write* to the hon. *Member and place* a copy of my letter in the "
                "*Library of the House.* now: I *have written* to the hon. *Member;* a copy of my letter *is* in "
                "the *Library.* If you quoted it, quote this instead: UIN ..., answered 11 November 2024 ..."
            ),
        },
        waiting={0: "... A letter was promised on 11 November 2024, not seen yet. ...", 1: ""},
    ),
    "letter as a correction": Life(
        steps={0: answer(0, PROMISE), 1: corrected(1, WAS, PROMISE)},
        told={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A ... I will write to the hon. Member and place a copy of my letter in the Library "
                "of the House. It promises a letter. You are told when it is seen here. ..."
            ),
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                "Corrected on 12 November 2024 by Ben Placeholder. A letter was promised on 11 November 2024; "
                "the answer now stands in its place. was: *I will write to the hon. Member and place a copy of "
                "my letter in the Library of the House.* now: *In 2023 there were 4,210,000 samples.* Figures: "
                "2023, 4,210,000 is new If you quoted it, quote this instead: UIN ..., answered 11 November "
                "2024, corrected 12 November 2024 ..."
            ),
        },
    ),
    "one cause, one day": Life(
        steps={
            0: {u: answer(0) for u in ("4001", "4002", "4003")},
            2: {u: corrected(2) for u in ("4001", "4002", "4003")},
        },
        told={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A ... In 2023 there were 4,210,000 samples. One answer to 3 questions. Also asked: "
                "UIN 4002, Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4002 UIN 4003, "
                "Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4003 ..."
            ),
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 13 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "4001, answered 11 November 2024, corrected 13 November 2024 The same correction was made in 2 "
                "more answers: UIN 4002 (answered 11 November 2024) and UIN 4003 (answered 11 November 2024). "
                "..."
            ),
        },
        uins=("4001", "4002", "4003"),
    ),
    "one cause, two days": Life(
        steps={0: {u: answer(0) for u in ("4011", "4012")}, 1: {"4011": corrected(1)}, 2: {"4012": corrected(2)}},
        told={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A ... In 2023 there were 4,210,000 samples. One answer to 2 questions. Also asked: "
                "UIN 4012, Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4012 ..."
            ),
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "4011, answered 11 November 2024, corrected 12 November 2024 ..."
            ),
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 13 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "4012, answered 11 November 2024, corrected 13 November 2024 ..."
            ),
        },
        uins=("4011", "4012"),
    ),
    "one cause, two days, one digest": Life(
        steps={0: {u: answer(0) for u in ("4021", "4022")}, 5: {"4021": corrected(5)}, 6: {"4022": corrected(6)}},
        told={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A ... In 2023 there were 4,210,000 samples. One answer to 2 questions. Also asked: "
                "UIN 4022, Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4022 ..."
            ),
            7: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 16 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "4021, answered 11 November 2024, corrected 16 November 2024 The same correction was made in 1 "
                "more answer: UIN 4022 (answered 11 November 2024, corrected 17 November 2024). ..."
            ),
        },
        uins=("4021", "4022"),
    ),
    "one edit of a group": Life(
        steps={0: {u: answer(0) for u in ("4031", "4032")}, 2: {u: edited(NOW) for u in ("4031", "4032")}},
        told={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A ... In 2023 there were 4,210,000 samples. One answer to 2 questions. Also asked: "
                "UIN 4032, Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4032 ..."
            ),
            2: (
                f"{CHANGED}CHANGED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. Its "
                f"text is now another; the source does not call it a correction. {FIGURES} If you quoted it, quote this "
                "instead: UIN 4031, answered 11 November 2024 The same change was made in 1 more answer: UIN "
                "4032 (answered 11 November 2024). ..."
            ),
        },
        uins=("4031", "4032"),
    ),
    "tabled, corrected at once": Life(
        steps={4: {"dateTabled": 4, "dateForAnswer": 9}, 7: answer(6) | corrected(7)},
        told={
            4: QUESTION,
            7: f"...| Water ... answered on 17 Nov 2024. ... Corrected on 18 November 2024 by Ben Placeholder."
            f" The first answer was of 17 November 2024. ... {BEFORE_TOLD} ...",
        },
    ),
}


STEPS = {
    State.TABLED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.HOLDING: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.ANSWERED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.CORRECTED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.WITHDRAWN: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED),
}
"""What some life must show: every step but those of what lapsed, which has a world of its own."""


def wrong(lives: dict[str, Life], seen: dict[str, Any]) -> str:
    """What was seen and is not as it is written down, for people."""
    said = []
    for name, life in lives.items():
        of = seen[name]
        digests = {day: " || ".join(some) for day, some in of.digests.items()}
        for what, expected, got in (
            ("told", life.told, digests),
            ("waiting", life.waiting, of.waiting),
            ("show", life.show, of.show),
        ):
            said += [
                f"{name}, {what} on day {day}:\n   got: {got.get(day)}\n   not: {expected.get(day)}"
                for day in sorted({*expected, *got})
                if not (day in got and day in expected and says(got[day], expected[day]))
            ]
    return "\n".join(said)


def test_what_a_reader_sees_of_a_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = World(tmp_path, MONDAY, LIVES, look_back=LOOK_BACK, houses=["Commons"]).play(RUNS, monkeypatch)
    assert not wrong(LIVES, seen), wrong(LIVES, seen)
    happened = {event for of in seen.values() for events in of.events for event in events}
    assert happened == {*Event} - {Event.LAPSED}
    steps = {(one.value, other.value) for one, others in STEPS.items() for other in others}
    assert steps <= {step for of in seen.values() for step in pairwise(of.states)}


# -- the end of a session ---------------------------------------------------------------------------------------------

BEFORE_THE_END = date(2024, 5, 20)
"""A Monday: the session ended on the Friday, day 4."""

LAPSED = (
    "CHANGED SINCE YOU READ IT: 1 LAPSED | Water ... Not answered before the session ended, by prorogation or dissolution."
    " It will not be answered. A member may ask it again. It was in your digest of 20 May 2024. ..."
)
SESSION: dict[str, Life] = {
    "open at the end": Life(
        steps={0: ASKED | {"dateForAnswer": 3}},
        told={0: QUESTION, 4: "STILL WAITING: ...", 7: LAPSED},
        waiting={4: "2024-05-23 ... 1 day late ...", 7: "", 15: ""},
        show={
            15: "... lapsed without an answer ... seen 27 May 2024 Lapsed: the session ended before it was answered. ..."
        },
    ),
    "held at the end": Life(
        steps={0: ASKED, 1: holding(1)},
        told={
            0: QUESTION,
            1: "...| Water ... gave a holding answer on 21 May 2024. ...",
            4: "STILL WAITING: ...",
            7: "... LAPSED | Water ... Not answered but with the holding answer of 21 May 2024 before the session ended...",
        },
        waiting={7: ""},
    ),
    "answered all the same": Life(
        steps={0: ASKED, 8: answer(8)},
        told={
            0: QUESTION,
            4: "STILL WAITING: ...",
            7: LAPSED,
            8: "...| Water ... It had lapsed when the session ended, as your digest of 27 May 2024 said; this answer came"
            " all the same. ... A ...",
        },
    ),
    "answered after a holding answer all the same": Life(
        steps={0: ASKED, 1: holding(1), 8: answer(8)},
        told={
            0: QUESTION,
            1: "...",
            4: "STILL WAITING: ...",
            7: "... LAPSED | ...",
            8: "CHANGED SINCE YOU READ IT: 1 NOW ANSWERED | ... this answer came all the same. The answer after a holding"
            " answer. ... A ...",
        },
    ),
    "Lords": Life(
        steps={0: {"HL62": {}}, 4: {"HL62": answer(4, "I will write to the noble Lord.")}},
        told={
            0: QUESTION,
            4: "...| Water Lord Specimen ... in the House of Lords ... On time (tabled 20 May,"
            " due 3 Jun). ... I will write to the noble Lord. It promises a letter. You are told when it is seen here. ...",
        },
        waiting={15: "... A letter was promised on 24 May 2024, not seen yet. ..."},
        uins=("HL62",),
    ),
    "Lords at the end": Life(
        steps={0: {"HL61": {}}}, told={0: QUESTION, 7: LAPSED}, waiting={4: "2024-06-03 ...", 7: ""}, uins=("HL61",)
    ),
    "tabled after it": Life(
        steps={11: {"dateTabled": 11, "dateForAnswer": 14}}, told={11: QUESTION, 15: "STILL WAITING: ..."}
    ),
}


def test_what_is_open_when_the_session_ends_lapses_once_and_is_never_late_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = (-1, 0, 1, 4, 7, 8, 11, 15)
    seen = World(tmp_path, BEFORE_THE_END, SESSION, look_back=LOOK_BACK).play(runs, monkeypatch)
    assert not wrong(SESSION, seen), wrong(SESSION, seen)


# -- silent edits -----------------------------------------------------------------------------------------------------

LONG = "The water is tested each week. " * 10
"""More than lists show."""


def silent(*days: int) -> dict[int, Any]:
    """An answer of day 0 whose end is another from each of these days on."""
    return {
        0: answer(0, f"{LONG}It was clean."),
        **{day: edited(f"{LONG}It was clean from day {day}.") for day in days},
    }


SILENT: dict[str, Life] = {
    "after each reading": Life(
        steps=silent(2, 4, 8, 15, 31),
        told={
            0: "...",
            3: "... CHANGED | ...",
            7: "... CHANGED | ...",
            14: "... CHANGED | ...",
            30: "... CHANGED | ...",
            90: "... CHANGED | ...",
        },
    ),
    "on the day after": Life(steps=silent(1), told={0: "...", 1: "... CHANGED | ..."}),
    "later than all": Life(steps=silent(91), told={0: "..."}),
    "of nobody's interest": Life(
        steps={
            0: silent()[0] | {"questionText": "To ask the Secretary of State, how clean the air is."},
            2: edited(f"{LONG}It was so on day 2."),
            15: edited(f"{LONG}It was so on day 15."),
        },
        told={},
    ),
}


def test_an_edit_behind_what_lists_show_is_told_at_the_next_reading_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = (-1, 0, 1, 2, 3, 4, 7, 8, 14, 15, 30, 31, 90, 91)
    seen = World(tmp_path, MONDAY, SILENT, look_back=1, houses=["Commons"]).play(runs, monkeypatch)
    assert not wrong(SILENT, seen), wrong(SILENT, seen)
    # What matches nothing is told nobody, and read again for two weeks only.
    assert seen["of nobody's interest"].events == [("answered",), ("edited",)]


def test_one_reading_makes_up_for_those_that_a_machine_slept_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = {"asleep": Life(steps=silent(9), told={0: "...", 9: "... CHANGED | ..."})}
    seen = World(tmp_path, MONDAY, asleep, look_back=1, houses=["Commons"]).play((-1, 0, 9, 10, 11), monkeypatch)
    assert not wrong(asleep, seen), wrong(asleep, seen)
    assert seen["asleep"].events == [("answered",), ("edited",)]
