"""Histories of questions with answers, holding answers, corrections and edits."""

from __future__ import annotations

from tests.e2e.history_facts import (
    ANSWER,
    ASKED,
    BACK,
    BRIEF,
    CHANGED,
    CORRECTED_BEFORE_MAILED,
    FIGURES,
    LATE,
    NOT_CORRECTED,
    NOW,
    QUESTION,
    UNANSWERED,
    WAS,
    WITHDRAWN,
    answer,
    corrected,
    edited,
    holding,
)
from tests.e2e.history_world import QuestionHistory

ANSWER_HISTORIES: dict[str, QuestionHistory] = {
    "tabled and late": QuestionHistory(
        steps={0: ASKED},
        mailed={0: QUESTION, 4: f"{LATE}Water (UIN ...) ... 1 day late (due 14 Nov 2024). ... is."},
        waiting={
            0: "2024-11-14 Commons 3001 since 11 Nov Home Office Water Asked by Ada Example (Lab, Mid Sample)... Topics...",
            3: "2024-11-14 Commons 3001 since 11 Nov...",
            4: "2024-11-14 Commons 3001 1 day late...",
        },
        show={
            4: "... Story 11 Nov 2024 Tabled by Ada Example (Lab, Mid Sample) to the Home Office, for answer on 14 November"
            " 2024, a named day. 11 Nov 2024 Told to tabled and late, ... 14 Nov 2024 Due; 1 day late today. ..."
        },
    ),
    "answered": QuestionHistory(
        steps={0: ASKED, 1: answer(1)},
        mailed={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder answered on 12 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). ... A In 2023 there were 4,210,000 samples. ..."
            ),
        },
    ),
    "holding, again, answered": QuestionHistory(
        steps={0: ASKED, 1: holding(1), 2: holding(2, "It is still not possible."), 3: answer(3)},
        mailed={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A It will not be possible to answer this question in time. ..."
            ),
            2: (
                f"{CHANGED}STILL NO ANSWER | {BRIEF} Another holding answer. The one before was of 12 November 2024, in "
                "your digest of 12 November 2024. Q how clean ... is. was: It *will* not *be "
                "possible to answer this question in "
                "time.* now: It *is still* not *possible.*"
            ),
            3: (
                f"{CHANGED}NOW ANSWERED | Water ... Ben Placeholder answered on 14 Nov 2024. Named day, on time (tabled "
                "11 Nov, due 14 Nov, holding answer 13 Nov). The answer after a holding answer. Your digest of "
                "13 November 2024 had the holding answer. ... A In 2023 there were 4,210,000 samples... "
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
    "holding, corrected at once": QuestionHistory(
        steps={0: ASKED, 1: holding(1), 2: answer(2) | corrected(3), 3: {}},
        mailed={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A It will not be possible to answer this question in time. ..."
            ),
            2: (
                f"{CHANGED}ANSWERED, CORRECTED | Water ... Ben Placeholder answered on 13 Nov 2024. "
                "Named day, on time (tabled "
                "11 Nov, due 14 Nov, holding answer 12 Nov). The answer after a holding answer. Your digest of "
                "12 November 2024 had the holding answer. First answered on 13 November 2024. "
                "Corrected on 14 November 2024 by Ben Placeholder. ... "
                f"A {CORRECTED_BEFORE_MAILED}... Cite: UIN ..., answered 13 November 2024, "
                "corrected 14 November 2024"
            ),
        },
    ),
    "holding, its words changed": QuestionHistory(
        steps={0: ASKED, 1: holding(1), 2: edited("It will not be possible in time at all.")},
        mailed={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A It will not be possible to answer this question in time.... Cite: UIN "
                "..., holding answer of 12 November 2024"
            ),
            2: (
                f"{CHANGED}CHANGED | {BRIEF} The words of the holding answer of 12 November 2024 "
                "were changed. Q how clean ... is. was: It will "
                "not be possible *to answer this question* in *time.* now: It will not be possible in *time at "
                "all.*"
            ),
            4: f"{LATE}Water (UIN ...) ... 1 day late (due 14 Nov 2024), with a holding answer of 12 Nov 2024. ... is.",
        },
    ),
    "holding, gone": QuestionHistory(
        steps={0: ASKED, 1: holding(1), 2: UNANSWERED},
        mailed={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A It will not be possible to answer this question in time. ..."
            ),
            2: (
                f"{CHANGED}HOLDING ANSWER GONE | {BRIEF} The holding answer of 12 November 2024 is no longer there. The "
                "question stands as not answered. It was in your digest of 12 November 2024. Q how "
                "clean ... is. was: *It will not "
                "be possible to answer this question in time.* now: (nothing)"
            ),
            4: f"{LATE}Water (UIN ...) ... 1 day late (due 14 Nov 2024). ... is.",
        },
    ),
    "holding, withdrawn, back": QuestionHistory(
        steps={0: ASKED, 1: holding(1), 2: WITHDRAWN, 3: BACK},
        mailed={
            0: QUESTION,
            1: (
                "...| Water ... Ben Placeholder gave a holding answer on 12 Nov 2024. Named day (tabled 11 Nov, "
                "due 14 Nov). ... A It will not be possible to answer this question in time. ..."
            ),
            2: (
                f"{CHANGED}WITHDRAWN | Water ... This question is withdrawn. It was in your digest of 12 November 2024. "
                "... Cite: UIN ..., holding answer of 12 November 2024, withdrawn"
            ),
            3: (
                f"{CHANGED}BACK | {BRIEF} It was withdrawn, as your digest of 13 November 2024 said, and is published "
                "again. Q how clean ... is. ..."
            ),
            4: f"{LATE}Water (UIN ...) ... 1 day late (due 14 Nov 2024), with a holding answer of 12 Nov 2024. ... is.",
        },
    ),
    "corrected, figures only": QuestionHistory(
        steps={0: answer(0), 2: corrected(2)},
        mailed={
            0: ANSWER,
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 13 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 13 November 2024..."
            ),
        },
    ),
    "corrected, white space": QuestionHistory(
        steps={0: answer(0), 2: corrected(2, WAS.replace(" ", "&nbsp; "))},
        mailed={
            0: ANSWER,
            2: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                "Corrected on 13 November 2024 by Ben Placeholder. The words of the answer are unchanged.... Cite: UIN "
                "..., answered 11 November 2024, corrected 13 November 2024"
            ),
        },
    ),
    "corrected before told": QuestionHistory(
        steps={0: answer(-1) | corrected(0)},
        mailed={
            0: (
                "...| Water ... Ben Placeholder answered on 10 Nov 2024. Named day, on time (tabled 11 Nov, due "
                "14 Nov). First answered on 10 November 2024. Corrected on 11 November 2024 by Ben Placeholder. "
                f"... A {CORRECTED_BEFORE_MAILED} ..."
            )
        },
    ),
    "corrected before told, no original": QuestionHistory(
        steps={5: answer(5), 6: corrected(6, first="")},
        mailed={
            7: (
                "...| Water ... Ben Placeholder answered on 16 Nov 2024. Named day, 2 days late (tabled 11 Nov, "
                "due 14 Nov). First answered on 16 November 2024. Corrected on 17 November 2024 by Ben Placeholder. "
                f"... A {CORRECTED_BEFORE_MAILED} ..."
            )
        },
    ),
    "corrected twice": QuestionHistory(
        steps={0: answer(0), 1: corrected(1), 2: corrected(2, "In 2023 there were 4,121,000 samples.")},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024..."
            ),
            2: (
                f"{CHANGED}CORRECTED | Water ... You had it as corrected on 12 November 2024, in your digest of 12 "
                "November 2024. Corrected again on 13 November 2024 by Ben Placeholder. was: In 2023 there were "
                "*4,120,000* samples. now: In 2023 there were *4,121,000* samples. Figures: 4,120,000 became "
                "4,121,000 If you quoted it, quote this instead: UIN ..., answered 11 November 2024, corrected "
                "13 November 2024..."
            ),
        },
    ),
    "corrected, then edited": QuestionHistory(
        steps={0: answer(0), 1: corrected(1), 2: edited("In 2023 there were 4,122,000 samples.")},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024..."
            ),
            2: (
                f"{CHANGED}CHANGED | Water ... You had it as corrected on 12 November 2024, in your digest of 12 November "
                "2024. Its text has changed since; the source does not call it a correction. was: In 2023 there "
                "were *4,120,000* samples. now: In 2023 there were *4,122,000* samples. Figures: 4,120,000 "
                "became 4,122,000 If you quoted it, quote this instead: UIN ..., answered 11 November 2024, "
                "corrected 12 November 2024..."
            ),
        },
    ),
    "corrected, taken back": QuestionHistory(
        steps={0: answer(0), 1: corrected(1), 2: NOT_CORRECTED | edited(WAS)},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}CORRECTED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. "
                f"Corrected on 12 November 2024 by Ben Placeholder. {FIGURES} If you quoted it, quote this instead: UIN "
                "..., answered 11 November 2024, corrected 12 November 2024..."
            ),
            2: (
                f"{CHANGED}CHANGED | Water ... You had it as corrected on 12 November 2024, in your digest of 12 November "
                "2024. The correction was taken back. was: In 2023 there were *4,120,000* samples. now: In 2023 "
                "there were *4,210,000* samples. Figures: 4,120,000 became 4,210,000 If you quoted it, quote "
                "this instead: UIN ..., answered 11 November 2024..."
            ),
        },
    ),
    "edited": QuestionHistory(
        steps={0: answer(0), 1: edited(NOW)},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}CHANGED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. Its "
                f"text has changed since; the source does not call it a correction. {FIGURES} If you quoted it, quote this "
                "instead: UIN ..., answered 11 November 2024..."
            ),
        },
    ),
    "edited and back, A B A, each told": QuestionHistory(
        steps={0: answer(0), 1: edited(NOW), 2: edited(WAS)},
        mailed={
            0: ANSWER,
            1: (
                f"{CHANGED}CHANGED | Water ... First answer 11 November 2024, in your digest of 11 November 2024. Its "
                f"text has changed since; the source does not call it a correction. {FIGURES} If you quoted it, quote this "
                "instead: UIN ..., answered 11 November 2024..."
            ),
            2: (
                f"{CHANGED}CHANGED | Water ... First answer 11 November 2024; you had it as changed since, in your digest "
                "of 12 November 2024. Its text has changed since; the source does not call it a correction. was: In "
                "2023 there were *4,120,000* samples. now: In 2023 there were *4,210,000* samples. Figures: "
                "4,120,000 became 4,210,000 If you quoted it, quote this instead: UIN ..., answered 11 November "
                "2024..."
            ),
        },
    ),
    "edited and back over a weekend": QuestionHistory(
        steps={4: answer(4), 5: edited(NOW), 6: edited(WAS)},
        mailed={
            4: (
                "...| Water ... Ben Placeholder answered on 15 Nov 2024. Named day, 1 day late (tabled 11 Nov, "
                "due 14 Nov). ... A In 2023 there were 4,210,000 samples. ..."
            ),
            7: (
                f"{CHANGED}CHANGED | {BRIEF} First answer 15 November 2024, in your digest of 15 November 2024. It was "
                "changed for a time. Its words are now those that you were sent. Q how clean ... is."
            ),
        },
    ),
    "edited, corrected, edited back over a weekend": QuestionHistory(
        steps={4: answer(4), 5: edited(NOW), 6: corrected(6, "In 2023 there were 9 samples."), 7: edited(WAS)},
        mailed={
            4: (
                "...| Water ... Ben Placeholder answered on 15 Nov 2024. Named day, 1 day late (tabled 11 Nov, "
                "due 14 Nov). ... A In 2023 there were 4,210,000 samples. ..."
            ),
            7: (
                f"{CHANGED}CORRECTED | Water ... First answer 15 November 2024, in your digest of 15 November 2024. "
                "Corrected on 17 November 2024 by Ben Placeholder. It was changed for a time. Its words are "
                "now those that you were sent.... Cite: UIN ..., answered 15 November 2024, corrected 17 "
                "November 2024"
            ),
        },
    ),
}
