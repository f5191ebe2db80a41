"""Histories of questions that go and come back, are transferred, get a file or letter, or share an answer."""

from __future__ import annotations

from tests.e2e.history_facts import (
    ANSWER,
    ASKED,
    BACK,
    BRIEF,
    CHANGED,
    CORRECTED_BEFORE_MAILED,
    FIGURES,
    FILE,
    HERE,
    LATE,
    NOT_CORRECTED,
    NOW,
    PROMISE,
    QUESTION,
    REWORDED,
    TRANSFER,
    UNANSWERED,
    WAS,
    WITHDRAWN,
    answer,
    corrected,
    edited,
    holding,
)
from tests.e2e.history_world import GONE, QuestionHistory

CHANGE_HISTORIES: dict[str, QuestionHistory] = {
    "answer gone and back": QuestionHistory(
        steps={0: answer(0), 1: UNANSWERED, 2: answer(0)},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}ANSWER GONE | {BRIEF} The answer of 11 November 2024 is no longer there. "
                "The question stands as "
                "not answered. It was in your digest of 11 November 2024. Q how clean ... is. was: "
                "*In 2023 there were 4,210,000 "
                "samples.* now: (nothing)"
            ),
            2: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). An answer that had gone is back. ... A In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "answer to holding": QuestionHistory(
        steps={0: answer(0), 1: holding(1)},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}ANSWER TAKEN BACK | {BRIEF} The answer of 11 November 2024 was replaced "
                "by a holding answer. It "
                "was in your digest of 11 November 2024. Q how clean ... is. was: *In 2023 there "
                "were 4,210,000 samples.* now: *It "
                "will not be possible to answer this question in time.*"
            ),
            4: f"{LATE}Water (UIN ...) ... 1 day late (due 14 Nov 2024), with a holding answer of 12 Nov 2024. ... is.",
        },
    ),
    "correction to holding": QuestionHistory(
        steps={0: answer(0), 1: corrected(1), 2: holding(2) | NOT_CORRECTED | {"answerIsHolding": True}},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024..."
            ),
            2: (
                f"{CHANGED}ANSWER TAKEN BACK | {BRIEF} The answer of 11 November 2024 was replaced "
                "by a holding answer. It "
                "was in your digest of 12 November 2024. Q how clean ... is. was: *In 2023 there "
                "were 4,120,000 samples.* now: *It "
                "will not be possible to answer this question in time.*"
            ),
            4: f"{LATE}Water (UIN ...) ... 1 day late (due 14 Nov 2024), with a holding answer of 13 Nov 2024. ... is.",
        },
    ),
    "correction gone": QuestionHistory(
        steps={0: answer(0), 1: corrected(1), 2: UNANSWERED},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024..."
            ),
            2: (
                f"{CHANGED}ANSWER GONE | {BRIEF} The answer of 11 November 2024 is no longer there. "
                "The question stands as "
                "not answered. It was in your digest of 12 November 2024. Q how clean ... is. was: "
                "*In 2023 there were 4,120,000 "
                "samples.* now: (nothing)"
            ),
            4: f"{LATE}Water (UIN ...) ... 1 day late (due 14 Nov 2024). ... is.",
        },
    ),
    "correction withdrawn, back": QuestionHistory(
        steps={0: answer(0), 1: corrected(1), 2: WITHDRAWN, 3: BACK},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024..."
            ),
            2: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 12 November 2024. "
                "... Cite: UIN ..., answered 11 November 2024, corrected 12 November 2024, withdrawn"
            ),
            3: (
                f"{CHANGED}BACK | {BRIEF} It was withdrawn, as your digest of 13 November 2024 said, and is published "
                "again. The words of the answer are unchanged. Q how clean ... is."
            ),
        },
    ),
    "answer withdrawn, back": QuestionHistory(
        steps={0: answer(0), 1: WITHDRAWN, 2: BACK},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 11 November 2024. "
                "... Cite: UIN ..., answered 11 November 2024, withdrawn"
            ),
            2: (
                f"{CHANGED}BACK | {BRIEF} It was withdrawn, as your digest of 12 November 2024 said, and is published "
                "again. The words of the answer are unchanged. Q how clean ... is."
            ),
        },
    ),
    "page gone, back with an answer": QuestionHistory(
        steps={0: ASKED, 1: GONE, 2: {}, 3: HERE | answer(3)},
        mailed={
            0: QUESTION,
            2: (
                f"{CHANGED}NO LONGER PUBLISHED | Water ... This question is no longer published: its page is gone. It was "
                "in your digest of 11 November 2024.... Cite: UIN ..., tabled 11 November 2024, no longer "
                "published"
            ),
            3: (
                "...| Water ... Ben Placeholder answered on 14 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). It was no longer published, as your digest of 13 November 2024 said, and is published "
                "again. ... A In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "withdrawn, back, over a weekend": QuestionHistory(
        steps={4: answer(4), 5: WITHDRAWN, 6: BACK},
        mailed={
            4: (
                "...| Water ... Ben Placeholder answered on 15 Nov 2024. Named day, 1 day late (tabled 11 Nov, "
                "due 14 Nov). ... A In 2023 there were 4,210,000 samples. ..."
            ),
            7: (
                f"{CHANGED}BACK | {BRIEF} It was taken back for a time and is published again. First answer 15 November "
                "2024, in your digest of 15 November 2024. The words of the answer are unchanged. Q how clean ... is."
            ),
        },
    ),
    "corrected, withdrawn with its texts, back, over a weekend": QuestionHistory(
        steps={0: answer(0), 2: corrected(2), 5: WITHDRAWN | {"answerText": None}, 6: BACK | corrected(2)},
        mailed={
            0: ANSWER,
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 13 November 2024 by Ben Placeholder. {FIGURES} ..."
            ),
            7: (
                f"{CHANGED}BACK | {BRIEF} It was taken back for a time and is published again. You had it as corrected on "
                "13 November 2024, in your digest of 13 November 2024. The words of the answer are unchanged. Q how "
                "clean ... is."
            ),
        },
    ),
    "withdrawn, back": QuestionHistory(
        steps={0: ASKED, 1: WITHDRAWN, 2: BACK},
        mailed={
            0: QUESTION,
            1: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 11 November 2024. "
                "... Cite: UIN ..., tabled 11 November 2024, withdrawn"
            ),
            2: (
                f"{CHANGED}BACK | {BRIEF} It was withdrawn, as your digest of 12 November 2024 said, and is published "
                "again. Q how clean ... is."
            ),
            4: f"{LATE}Water (UIN ...) ... 1 day late (due 14 Nov 2024). ... is.",
        },
        waiting={1: "", 2: "2024-11-14..."},
    ),
    "withdrawn, back with an answer": QuestionHistory(
        steps={0: ASKED, 1: WITHDRAWN, 2: BACK | answer(2)},
        mailed={
            0: QUESTION,
            1: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 11 November 2024. "
                "... Cite: UIN ..., tabled 11 November 2024, withdrawn"
            ),
            2: (
                "...| Water ... Ben Placeholder answered on 13 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). It was withdrawn, as your digest of 12 November 2024 said, and is published again. ... "
                "A In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "transferred, late, answered": QuestionHistory(
        steps={0: ASKED, 2: TRANSFER | {"dateForAnswer": 4}, 8: answer(8)},
        mailed={
            0: QUESTION,
            2: (
                f"{CHANGED}TRANSFERRED | {BRIEF} Transferred from the Home Office to the Department for Environment, Food "
                "and Rural Affairs. Q how clean ... is."
            ),
            7: (
                f"{LATE}Water (UIN ...) Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and"
                " Rural Affairs. 3 days late (due 15 Nov 2024). Q how clean ... is."
            ),
            8: (
                "...| Water Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural "
                "Affairs Ben Placeholder answered on 19 Nov 2024. Named day, 4 days late (tabled 11 Nov, due 15 "
                "Nov). ... A In 2023 there were 4,210,000 samples. ..."
            ),
        },
        waiting={4: "2024-11-15 ... since 11 Nov...", 7: "2024-11-15 ... 3 days late...", 8: ""},
    ),
    "transferred back to the earlier day": QuestionHistory(
        steps={0: ASKED, 1: TRANSFER | {"dateForAnswer": 8}, 2: {"dateForAnswer": 3}, 9: answer(9)},
        mailed={
            0: QUESTION,
            1: (
                f"{CHANGED}TRANSFERRED | {BRIEF} Transferred from the Home Office to the Department for Environment, Food "
                "and Rural Affairs. Q how clean ... is."
            ),
            9: (
                "...| Water Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural "
                "Affairs Ben Placeholder answered on 20 Nov 2024. Named day, 1 day late (tabled 11 Nov, due 19 "
                "Nov). ... A In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "transferred and reworded": QuestionHistory(
        steps={4: {"dateTabled": 4, "dateForAnswer": 9}, 5: TRANSFER, 6: REWORDED},
        mailed={
            4: QUESTION,
            7: (
                f"{CHANGED}TRANSFERRED | {BRIEF} Transferred from the Home Office to the Department for Environment, Food "
                "and Rural Affairs. The question's words were changed. was: ... how clean *bathing* water ... is. "
                "now: ... how clean *river* water is."
            ),
        },
    ),
    "reworded": QuestionHistory(
        steps={0: ASKED, 1: REWORDED},
        mailed={
            0: QUESTION,
            1: (
                f"{CHANGED}REWORDED | {BRIEF} The question's words were changed. was: To ask the Secretary of State, how "
                "clean *bathing* water ... is. now: To ask the Secretary of State, how clean *river* water is."
            ),
        },
    ),
    "titled, regrouped, rescheduled": QuestionHistory(
        steps={0: ASKED, 1: {"heading": "Water: Bathing"}, 2: {"groupedQuestions": ["9"]}, 3: {"dateForAnswer": 8}},
        mailed={0: QUESTION, 9: f"{LATE}Water: Bathing (UIN ...) ... 1 day late (due 19 Nov 2024). ... is."},
    ),
    "file attached": QuestionHistory(
        steps={0: answer(0), 1: FILE},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}FILE ATTACHED | {BRIEF} First answer 11 November 2024, in your digest of 11 November 2024. Its "
                "text is unchanged: 1 file attached (Letter to Ada Example), not read by pqwatch. Q how clean ... is."
            ),
        },
    ),
    "letter as a file": QuestionHistory(
        steps={0: answer(0, PROMISE), 1: FILE},
        mailed={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A I will write to the hon. Member and place a copy of my letter in the Library "
                "of the House. It promises a letter. You will be told when the letter appears. ..."
            ),
            1: (
                f"{CHANGED}LETTER | {BRIEF} First answer 11 November 2024, in your digest of 11 November 2024. The letter "
                "promised on 11 November 2024 is there: Letter to Ada Example, not read by pqwatch. Q how clean ... is."
            ),
        },
        waiting={
            0: "answered Commons ... letter owed Home Office Water Asked by Ada Example (Lab, Mid Sample)..."
            " A letter was promised on 11 November 2024, not seen yet. Topics: letter as a file",
            1: "",
        },
        show={
            1: "... Answered by Ben Placeholder (Lab, Sample Vale), on the day it was tabled; it only promises a letter. ..."
            " seen 12 Nov 2024 File attached: ... seen 12 Nov 2024 The letter promised on 11 November 2024"
            " is there. 12 Nov 2024 Told to letter as a file, digest ... (revision 2). ..."
        },
    ),
    "letter as an edit": QuestionHistory(
        steps={
            0: answer(0, PROMISE),
            1: edited("I have written to the hon. Member; a copy of my letter is in the Library."),
        },
        mailed={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A I will write to the hon. Member and place a copy of my letter in the Library "
                "of the House. It promises a letter. You will be told when the letter appears. ..."
            ),
            1: (
                f"{CHANGED}LETTER | Water ... First answer 11 November 2024, in your digest of 11 November 2024. Its text "
                "has changed since; the source does not call it a correction. The letter promised on 11 November "
                "2024 is there. was: I *will write* to the hon. *Member and place* a copy of my letter in the "
                "*Library of the House.* now: I *have written* to the hon. *Member;* a copy of my letter *is* in "
                "the *Library.* If you quoted it, quote this instead: UIN ..., answered 11 November 2024..."
            ),
        },
        waiting={0: "... A letter was promised on 11 November 2024, not seen yet. ...", 1: ""},
    ),
    "letter as a correction": QuestionHistory(
        steps={0: answer(0, PROMISE), 1: corrected(1, WAS, PROMISE)},
        mailed={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A I will write to the hon. Member and place a copy of my letter in the Library "
                "of the House. It promises a letter. You will be told when the letter appears. ..."
            ),
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                "Corrected on 12 November 2024 by Ben Placeholder. A letter was promised on 11 November 2024; "
                "the answer has now replaced it. was: *I will write to the hon. Member and place a copy of "
                "my letter in the Library of the House.* now: *In 2023 there were 4,210,000 samples.* Figures: "
                "2023, 4,210,000 is new If you quoted it, quote this instead: UIN ..., answered 11 November "
                "2024, corrected 12 November 2024..."
            ),
        },
    ),
    "one cause, one day": QuestionHistory(
        steps={
            0: {u: answer(0) for u in ("4001", "4002", "4003")},
            2: {u: corrected(2) for u in ("4001", "4002", "4003")},
        },
        mailed={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A In 2023 there were 4,210,000 samples. One answer to 3 questions. Also asked: "
                "UIN 4002, Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4002 UIN 4003, "
                "Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4003..."
            ),
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 13 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "4001, answered 11 November 2024, corrected 13 November 2024 The same correction was made in 2 "
                "more answers: UIN 4002 (answered 11 November 2024) "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4002 "
                "UIN 4003 (answered 11 November 2024) "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4003..."
            ),
        },
        uins=("4001", "4002", "4003"),
    ),
    "one cause, two days": QuestionHistory(
        steps={0: {u: answer(0) for u in ("4011", "4012")}, 1: {"4011": corrected(1)}, 2: {"4012": corrected(2)}},
        mailed={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A In 2023 there were 4,210,000 samples. One answer to 2 questions. Also asked: "
                "UIN 4012, Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4012..."
            ),
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "4011, answered 11 November 2024, corrected 12 November 2024..."
            ),
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 13 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "4012, answered 11 November 2024, corrected 13 November 2024..."
            ),
        },
        uins=("4011", "4012"),
    ),
    "one cause, two days, one digest": QuestionHistory(
        steps={0: {u: answer(0) for u in ("4021", "4022")}, 5: {"4021": corrected(5)}, 6: {"4022": corrected(6)}},
        mailed={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A In 2023 there were 4,210,000 samples. One answer to 2 questions. Also asked: "
                "UIN 4022, Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4022..."
            ),
            7: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 16 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "4021, answered 11 November 2024, corrected 16 November 2024 The same correction was made in 1 "
                "more answer: UIN 4022 (answered 11 November 2024, corrected 17 November 2024) "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4022..."
            ),
        },
        uins=("4021", "4022"),
    ),
    "one edit of a group": QuestionHistory(
        steps={0: {u: answer(0) for u in ("4031", "4032")}, 2: {u: edited(NOW) for u in ("4031", "4032")}},
        mailed={
            0: (
                "...| Water ... Ben Placeholder answered on 11 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A In 2023 there were 4,210,000 samples. One answer to 2 questions. Also asked: "
                "UIN 4032, Ada Example (Lab, Mid Sample): how clean ... is. "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4032..."
            ),
            2: (
                f"{CHANGED}CHANGED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. Its "
                f"text has changed since; the source does not call it a correction. {FIGURES} If you quoted it, quote this "
                "instead: UIN 4031, answered 11 November 2024 The same change was made in 1 more answer: UIN "
                "4032 (answered 11 November 2024) "
                "https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/4032..."
            ),
        },
        uins=("4031", "4032"),
    ),
    "tabled, corrected at once": QuestionHistory(
        steps={4: {"dateTabled": 4, "dateForAnswer": 9}, 7: answer(6) | corrected(7)},
        mailed={
            4: QUESTION,
            7: f"...| Water ... answered on 17 Nov 2024. ... First answered on 17 November 2024."
            f" Corrected on 18 November 2024 by Ben Placeholder. ... {CORRECTED_BEFORE_MAILED} ...",
        },
    ),
    "tabled, corrected at once without a day": QuestionHistory(
        steps={4: {"dateTabled": 4, "dateForAnswer": 9}, 7: answer(6) | corrected(7) | {"dateAnswerCorrected": None}},
        mailed={
            4: QUESTION,
            7: f"...| Water ... answered on 17 Nov 2024. ... First answered on 17 November 2024."
            f" Corrected by Ben Placeholder. ... {CORRECTED_BEFORE_MAILED} ...",
        },
    ),
}
