"""Promised letters: "I will write to the hon. Member and place a copy of my letter in the Library".

Such an answer counts as answered, but the member still waits. A promise is a minister's word that a letter to the
member who asked is still to come. The writer does not matter, the recipient does. Letters that were written already,
letters to others (such as schools), and promises that are quoted do not count.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from monitor.model.records import House, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from monitor.model.records import Proceeding

WATCHED_DAYS: Final = 183
"""Days for which a promised letter is waited for: after half a year hardly any is seen."""

CUES: Final = ("write", "writing", "written", "letter", "asked")
"""Words in small letters of which every promise holds one, to look for them in an index."""

_FARTHEST: Final = 400
"""Most code points of a promise."""

_HONOURED = r"(?:(?:right|rt\.?|most)\s+)?(?:hon\b\.?|honourable\b|noble\b|learned\b|gallant\b)"
_RANK = (
    r"(?:members?|lady|ladies|gentlem[ae]n|friends?|lords?|baroness(?:es)?|earls?|viscounts?|viscountess|countess"
    r"|marquess|peers?|prelate)\b"
)
_OTHERS_OF_THE_NAME = r"(?!['\u2019]s\b)(?!\s+constituen)(?!\s+states?\b)"
"""Words that make "Member" another party: the council of the hon. Member, a member state."""

_ASKER = (
    rf"(?:(?:(?:the|my|our|both|all)\s+)?(?:{_HONOURED}[\s,]+(?:and\s+)?)+{_RANK}"
    r"|the\s+(?:hon\.?\s+)?member\s+for\b|the\s+(?-i:Member)\b"
    r"|(?-i:Lord|Lady|Baroness|Viscount|Earl)\s+(?-i:[A-Z])[\w\u2019'-]+"
    rf"|(?:him|her|you)\b){_OTHERS_OF_THE_NAME}"
)
_ASKER_OR_MEMBER = rf"(?:{_ASKER}|the\s+member\b{_OTHERS_OF_THE_NAME})"
"""The member who asked, also as the Scottish Parliament says it. Schemes write to "the member" too, but to their own."""

_HOW = (
    r"(?:,?\s+(?:also|now|then|therefore|instead|back|again|direct|of\s+course|as\s+soon\s+as\s+(?:possible|practical)"
    r"|have\s+to|be\s+(?:happy|pleased|glad|delighted)\s+to|\w+ly)\b,?)*"
)
_WILL = rf"(?:(?:will|shall){_HOW}|(?<=\bI)['\u2019]ll)"
_WRITE = r"(?:write|be\s+writing)\b"
_NO_OTHER = r"(?:\s+(?!to\b)[\w,]+){0,8}"
"""Words between the writing and its recipient, which name no other recipient."""

_REST = r"[^\n;:?!]"
"""Characters in the middle of a promise. A full stop does not end it, because "hon." has one."""

_ASKED = r"\b(?:(?:will|shall)\s+(?:also\s+)?ask|(?:am|are|is)\s+asking|asked(?!\s+me\b)|arranged?\s+for)\b"
"""Words of a minister who has others write. "Asked me to" is not among them: there the minister writes."""

_REPLY = r"(?:reply|respond|provide\s+a(?:\s+direct)?\s+(?:reply|response))"
_THEIRS = rf"(?:the|my)\s+(?:{_HONOURED}[\s,]+(?:and\s+)?)+{_RANK}['\u2019]s\b"
_IN_A_LETTER = r"\b(?:in\s+writing|by\s+letter|in\s+a\s+letter)\b"
_NOT_HIS_OWN = re.compile(
    r"\b(?:said|says|stated|states|replied|told\s+\w+|promised|undertook|if|whether|unless)(?:\s+that)?\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
"""Words before reported speech, or before a mere possibility."""

_LETTER_FOLLOWS = re.compile(r"^(?:letter|reply)\s+from\b", re.IGNORECASE | re.MULTILINE)
_TELLS_OF_LETTER = re.compile(r"\bletter\b|\b(?:wrote|written)\s+to\b", re.IGNORECASE)


_BEGINNING = re.compile(
    r"\b(?:I|we|will|shall|am|are|is|asked|arranged?|letter|written)\b|(?<=\bI)['\u2019]ll\b", re.IGNORECASE
)
"""Words with which every pattern of a promise begins: to look at these alone is far quicker than to look everywhere."""


@cache
def _promises() -> re.Pattern[str]:
    """Return the pattern of a promise. It is compiled when it is first needed, so that a search does not wait for it."""
    return re.compile(
        "|".join(
            (
                # such as "I will write (in due course) to the hon. Member", "the Chief Executive will write to her"
                rf"\b{_WILL}\s+{_WRITE}{_NO_OTHER}\s+to\s+{_ASKER}",
                rf"\b{_WILL}\s+{_WRITE}\s+{_ASKER}",
                rf"\b(?:I|we)\s+{_WILL}\s+{_WRITE}{_NO_OTHER}\s+to\s+{_ASKER_OR_MEMBER}",
                # "I am writing to the hon. Member"; "I undertake to write to her"; "I am happy to write to him"
                rf"\b(?:I\s+am|we\s+are)\s+writing{_HOW}\s+to\s+(?!you\b){_ASKER}",
                rf"\b(?:I|we)\s+(?:undertake|am\s+happy|are\s+happy)\s+to\s+write{_HOW}\s+to\s+{_ASKER}",
                # I will write with the details
                rf"\b(?:I|we)\s+{_WILL}\s+{_WRITE}(?!\s+off\b)(?!(?:\s+[\w,]+){{0,8}}?\s+to\s+(?!hand\b))",
                # I will look into it and write to the hon. Member; we will ask and write when we know
                rf"\b(?:will|shall)\s+(?!not\b){_REST}{{1,120}}?\band{_HOW}\s+write{_HOW}\s+to\s+{_ASKER}",
                rf"\b(?:I|we)\s+(?:will|shall)\s+(?!not\b){_REST}{{1,120}}?\band\s+write\s+(?:when|once|as\s+soon\s+as)\b",
                # the authority will respond to the hon. Member by letter; I will reply in writing
                rf"\b{_WILL}\s+{_REST}{{0,120}}?\b(?:respond|reply|answer|get\s+back)\b{_REST}{{0,60}}?{_ASKER}{_REST}{{0,40}}?{_IN_A_LETTER}",
                rf"\b(?:I|we)\s+{_WILL}\s+(?:respond|reply|answer)(?:\s+(?!to\b)\w+){{0,4}}?\s+{_IN_A_LETTER}",
                r"\bwill\s+respond\s+in\s+writing\b(?!\s+to\b)",
                # "I have asked the Chief Executive to write to the hon. Member", or to reply; "he was asked to reply"
                rf"{_ASKED}{_REST}{{1,120}}?\bto\s+write{_HOW}\s+to\s+{_ASKER_OR_MEMBER}",
                rf"{_ASKED}{_REST}{{1,120}}?\bto\s+{_REPLY}{_HOW}\s+to\s+{_ASKER_OR_MEMBER}",
                rf"\b(?:I|we)\s+have{_HOW}\s+asked\s+(?!to\b){_REST}{{1,120}}?\bto\s+(?:reply|respond){_HOW}\.(?=\s|$)",
                # "a letter will be sent to the hon. Member"; "I will send him a letter"; "I will say so in a letter to him"
                rf"\bletter\s+will\s+be\s+sent\s+to\s+{_ASKER}",
                rf"\b{_WILL}\s+(?:ensure|arrange){_REST}{{1,60}}?\bletter\s+(?:is|to\s+be)\s+sent\s+to\s+{_ASKER}",
                rf"\b{_WILL}\s+send\s+{_ASKER}\s+a\s+letter\b",
                rf"\b{_WILL}\s+{_REST}{{1,60}}?\bin\s+a\s+letter\s+to\s+{_ASKER}",
                rf"\bwritten\s+(?:response|reply)\s+to\s+(?:your\b|{_ASKER}|{_THEIRS}){_REST}{{0,60}}?\bwill\s+be\s+(?:provided|sent)\b",
            )
        ),
        re.IGNORECASE,
    )


@lru_cache(maxsize=5_000)
def find_promise(answer: str) -> tuple[int, int] | None:
    """Find the first promise of a letter in an answer, in code points; None if there is no promise.

    It takes milliseconds, and the answers of half a year are asked for again by each compose: so results are kept.
    """
    return next(find_promises(answer, 0, len(answer)), None)


def find_promises(answer: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Find the promises of a letter that begin between two places of an answer, in order."""
    after = start
    for begin in _BEGINNING.finditer(answer, start, end):
        found = _promises().match(answer, begin.start(), end + _FARTHEST) if begin.start() >= after else None
        if found is None:
            continue
        after = found.end()
        if is_ministers_own_words(answer, found.start()) and not _LETTER_FOLLOWS.search(answer, found.end()):
            yield found.span()


def is_ministers_own_words(answer: str, start: int) -> bool:
    """Return whether the words from a place on are the minister's: neither quoted nor reported."""
    before = answer[answer.rfind("\n", 0, start) + 1 : start]
    is_quoted = before.count("\u201c") > before.count("\u201d") or before.count('"') % 2 == 1
    return not is_quoted and not _NOT_HIS_OWN.search(before)


def letter_promised_on(proceeding: Proceeding) -> date | None:
    """Return the day on which an answer promised a letter that is not there yet.

    It is None without a promise, or if files came with the answer. A holding answer promises the answer itself, which does
    not count.
    """
    if proceeding.state not in (State.ANSWERED, State.CORRECTED) or proceeding.attachments:
        return None
    if not find_promise(proceeding.answer or ""):
        return None
    original = proceeding.original_answer
    is_new = proceeding.corrected_on and original and not find_promise(original)
    return proceeding.corrected_on if is_new else proceeding.answered_on


def letter_awaited_on(proceeding: Proceeding) -> date | None:
    """Return the day on which a letter was promised that will be seen if it comes, and is not there yet; None for no such.

    Only the answers of Westminster come with files. Letters to members of devolved legislatures are published elsewhere.
    """
    return letter_promised_on(proceeding) if proceeding.house in (House.COMMONS, House.LORDS) else None


def letter_came(before: Proceeding, now: Proceeding) -> str:
    """Return how a promised letter came between two readings: as "file", "text" or "answer"; "" if it did not come.

    "text": the answer speaks of the letter as written. "answer": another answer is in place of the promise.
    """
    if letter_promised_on(before) is None or now.state not in (State.ANSWERED, State.CORRECTED):
        return ""
    if now.attachments:
        return "file"
    if find_promise(now.answer or "") or not now.answer:
        return ""
    return "text" if _TELLS_OF_LETTER.search(now.answer) else "answer"
