"""Where an answer only promises a letter: "I will write to the hon. Member and place a copy of my letter in the Library".

Such an answer counts as answered, and who asked waits all the same. A promise is a minister's word that a letter to the
member who asked is still to come: who writes does not matter, to whom does. A letter that was written already, what a
department writes to schools, and what somebody is quoted as having promised is none.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from monitor.model import State

if TYPE_CHECKING:
    from datetime import date

    from monitor.model import Proceeding

CUES: Final = ("write", "writing", "written", "letter")
"""Every promise has one of these, in small letters: what to look for where texts are not to be read one by one."""

_HONOURED = r"(?:(?:right|rt\.?|most)\s+)?(?:hon\b\.?|honourable\b|noble\b|learned\b|gallant\b)"
_RANK = r"(?:members?|lady|ladies|gentlem[ae]n|friends?|lords?|baroness|earl|viscount|countess|marquess|prelate)\b"
_ASKER = (
    rf"(?:(?:the|my|both|all)\s+(?:{_HONOURED}[\s,]+(?:and\s+)?)+{_RANK}"
    r"|the\s+(?:hon\.?\s+)?member\s+for\b"
    r"|(?-i:Lord|Lady|Baroness|Viscount|Earl)\s+(?-i:[A-Z])[\w\u2019'-]+"
    r"|(?:him|her|you)\b)(?!['\u2019]s\b)(?!\s+constituen)"
)
_HOW = (
    r"(?:\s+(?:also|now|then|therefore|instead|back|again|of\s+course|as\s+soon\s+as\s+(?:possible|practical)|\w+ly))*"
)
_WILL = rf"(?:(?:will|shall){_HOW}|(?<=\bI)['\u2019]ll)"
_WRITE = r"(?:write|be\s+writing)\b"
_NO_OTHER = r"(?:\s+(?!to\b)[\w,]+){0,8}"
"""Words between writing and whom to: none of them names somebody else."""

_REST = r"[^\n;:?!]"
"""What the middle of a promise is made of: "hon." has a stop, so stops don't end it."""

_TO_BE = r"\bletter\s+will\s+be\b"
_IN_A_LETTER = r"\b(?:in\s+writing|by\s+letter|in\s+a\s+letter)\b"
_NOT_HIS_OWN = re.compile(
    r"\b(?:said|says|stated|states|replied|told\s+\w+|promised|undertook|if|whether|unless)(?:\s+that)?\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
"""What stands before words that are reported, or that only might be."""

_LETTER_FOLLOWS = re.compile(r"^(?:letter|reply)\s+from\b", re.IGNORECASE | re.MULTILINE)
_TELLS_OF_LETTER = re.compile(r"\bletter\b|\b(?:wrote|written)\s+to\b", re.IGNORECASE)


@cache
def _promises() -> re.Pattern[str]:
    """Compiled when it is first needed: no search need wait for it when it starts."""
    return re.compile(
        "|".join(
            (
                # I will write (in due course) to the hon. Member; the Chief Executive will write to her
                rf"\b{_WILL}\s+{_WRITE}{_NO_OTHER}\s+to\s+{_ASKER}",
                rf"\b{_WILL}\s+{_WRITE}\s+{_ASKER}",
                # I will write with the details
                rf"\b(?:I|we)\s+{_WILL}\s+{_WRITE}(?!\s+off\b)(?!(?:\s+[\w,]+){{0,8}}?\s+to\b)",
                # the authority will respond to the hon. Member by letter; I will reply in writing
                rf"\b{_WILL}\s+(?:respond|reply|answer)\b{_REST}{{0,60}}?{_ASKER}{_REST}{{0,40}}?{_IN_A_LETTER}",
                rf"\b(?:I|we)\s+{_WILL}\s+(?:respond|reply|answer)(?:\s+(?!to\b)\w+){{0,4}}?\s+{_IN_A_LETTER}",
                r"\bwill\s+respond\s+in\s+writing\b(?!\s+to\b)",
                # I have asked the Chief Executive to write to the hon. Member; to reply, and a copy of his letter will be
                rf"\b(?:will\s+ask|asked)\b{_REST}{{1,120}}?\bto\s+write{_HOW}\s+to\s+{_ASKER}",
                rf"\b(?:will\s+ask|asked)\b{_REST}{{1,120}}?\bto\s+(?:reply|respond){_HOW}\s+to\s+{_ASKER}{_REST}{{0,80}}?{_TO_BE}",
                # a letter will be sent to the hon. Member; I will send him a letter; a written response to your question
                rf"\bletter\s+will\s+be\s+sent\s+to\s+{_ASKER}",
                rf"\b{_WILL}\s+send\s+{_ASKER}\s+a\s+letter\b",
                rf"\bwritten\s+(?:response|reply)\s+to\s+(?:your\b|{_ASKER}){_REST}{{0,60}}?\bwill\s+be\s+(?:provided|sent)\b",
            )
        ),
        re.IGNORECASE,
    )


def promise(answer: str) -> tuple[int, int] | None:
    """Where an answer promises a letter, in code points: the first place, None where it does not."""
    for found in _promises().finditer(answer):
        if is_own_words(answer, found.start()) and not _LETTER_FOLLOWS.search(answer, found.end()):
            return found.span()
    return None


def is_own_words(answer: str, start: int) -> bool:
    """Whether the words from a place on are the minister's: neither in quotation marks nor reported."""
    before = answer[answer.rfind("\n", 0, start) + 1 : start]
    is_quoted = before.count("\u201c") > before.count("\u201d") or before.count('"') % 2 == 1
    return not is_quoted and not _NOT_HIS_OWN.search(before)


def letter_promised_on(it: Proceeding) -> date | None:
    """The day on which an answer promised a letter that is not there; None where none is promised or files came with it.

    A holding answer is none: what it promises is the answer.
    """
    if it.state not in (State.ANSWERED, State.CORRECTED) or it.attachments or not promise(it.answer or ""):
        return None
    is_new = it.corrected_on and it.original_answer and not promise(it.original_answer)
    return it.corrected_on if is_new else it.answered_on


def letter_came(before: Proceeding, now: Proceeding) -> str:
    """How a promised letter was seen to come between two looks: "file", "text" or "answer"; "" where it was not.

    "text": the answer speaks of the letter as written. "answer": another answer stands in place of the promise.
    """
    if letter_promised_on(before) is None or now.state not in (State.ANSWERED, State.CORRECTED):
        return ""
    if now.attachments:
        return "file"
    if promise(now.answer or "") or not now.answer:
        return ""
    return "text" if _TELLS_OF_LETTER.search(now.answer) else "answer"
