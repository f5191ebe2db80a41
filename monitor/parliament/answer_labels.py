"""Labels of answers, by rule: something is not held, would cost too much, is refused, or put off.

Each rule looks for a sentence that says so explicitly. The sentence is shown wherever the label is, so that readers can
judge for themselves. Rules are conservative: statements about others, about the past, about mere possibilities, and
quotations are left alone. An answer without a label may mean the same in other words. docs/alike.md tells readers how
often each rule was right in the recorded answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises.letters import CUES, find_promises, is_ministers_own_words
from monitor.text.sentences import sentence_around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Find = Callable[[str, int, int], Iterator[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Label:
    """A label of an answer and the sentence that it rests on: start and end in code points of the plain text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that finds one label.

    Attributes:
        said: The label's name for readers.
        about: Its meaning in a sentence.
        cues: Words in small letters of which every sentence with the label holds one. Looking for them is far quicker than
            `find`.
        also: More such words, of which the sentence holds one too.
        find: Function that finds the label in an answer between two places.
    """

    said: str
    about: str
    cues: tuple[str, ...]
    also: tuple[str, ...] = ("",)
    find: Find


_NO = r"(?:not|neither|no\s+longer)"
_NOW = (
    r"(?:(?:currently|routinely|centrally|separately|systematically|specifically|therefore|readily|generally|also|yet|normally"
    r"|consistently|publicly|itself|themselves|at\s+present)\s+)*"
)
_KNOWN = r"(?:information|data|figures?|statistics|breakdowns?|details|records?|numbers?)"
_LISTED = r"(?:estimates?|lists?|registers?|totals?|values?)"
_SOUGHT = rf"\s+(?:(?:[\w\u2019'-]+\s+){{0,7}}?(?:{_KNOWN}|{_LISTED})|this|that|these|it)\b"
_TO_KEEP = r"(?:hold|collect|collate|record|keep|gather|maintain)"
_KEPT = r"(?:held|collected|collated|recorded|kept|gathered|maintained)"
_IN_SENTENCE = r"[^\n;:?!]"
_OF_OTHERS = r"(?<!\bwho\s)(?<!\bwhich\s)(?<!\bthat\s)(?<!\bwhere\s)(?<!\bthey\s)"
"""Refuses the verb of a relative clause, whose subject the sentence only mentions."""

_WE = (
    r"\b(?:there|I|we|governments?|departments?|ministry|ministers?|treasury|(?:home|cabinet|foreign|scotland|wales)\s+office"
    r"|secretary\s+of\s+state|NHS\s+England|(?-i:[A-Z]{3,6}))\b"
)
"""The speaker of an answer."""

_PLANS = (
    r"(?:(?:current|immediate|present|specific|further|firm|such|new|other|particular|definite|formal|similar|additional"
    r"|future|active|wider|engagement|legislative)\s+)*"
    r"(?:plans\b(?!\s+of\s+(?:its|their|his|her)\s+own\b)|plan\s+(?:to|for)\b|intentions?\s+(?:to|of|that)\b"
    r"|intent\s+to\b|proposals?\s+(?:to|for)\b)"
)
"""Plans that are denied. A single plan must be a plan to do something: "no plan" alone may be a document."""

_DENIED = (" not ", "no ", "neither ")
"""Cues of a denial."""

_ONLY_IF: Final = re.compile(
    r"\b(?:if|whether|unless|should|suggest(?:s|ed|ing)?|alleg\w+|claim(?:s|ed)?)\b[^\n,;]{0,60}$", re.IGNORECASE
)
"""Words in the same clause that make the following ones a mere possibility."""


def _pattern(*alternatives: str) -> Find:
    """Return a function that finds an expression in any case. It is compiled, which takes a while, when first needed.

    Each alternative begins with a word: so nothing is tried within one.
    """

    @cache
    def expression() -> re.Pattern[str]:
        return re.compile(rf"\b(?=\w)(?:{'|'.join(alternatives)})", re.IGNORECASE)

    return lambda answer, start, end: (found.span() for found in expression().finditer(answer, start, end))


RULES: Final[dict[str, Rule]] = {
    "not_held": Rule(
        said="Not held",
        about="what was asked for is not held or collected, centrally or in that form",
        cues=_DENIED,
        also=("central", "held", "hold", "collect", "collat", "record", "kept", "keep", "gather", "maintain"),
        find=_pattern(
            rf"\b{_KNOWN}\b{_IN_SENTENCE}{{0,200}}?{_OF_OTHERS}\b(?:is|are)\s+{_NO}\s+{_NOW}{_KEPT}\b"
            r"(?!\s+(?:to|liable|responsible|accountable|under|in\s+(?:custody|prison|detention)))",
            rf"{_OF_OTHERS}\b(?:do|does)\s+not\s+{_NOW}{_TO_KEEP}(?:\s*(?:,|\bor\b|\bnor\b|\band\b)\s*{_NOW}{_TO_KEEP})*"
            rf"{_SOUGHT}",
            rf"\bno\s+(?:such\s+)?(?:central(?:ised)?\s+)?{_KNOWN}\s+(?:is|are)\s+{_NOW}{_KEPT}\b",
            r"\bthere\s+(?:is|are)\s+no\s+(?:central(?:ised|ly\s+held)?)\s+(?:records?|register|database|list|data|information)\b",
        ),
    ),
    "disproportionate_cost": Rule(
        said="Disproportionate cost",
        about="to find it out would cost too much",
        cues=("disproportionate",),
        find=_pattern(
            r"\b(?:only|could|cannot|can|would|without|possible|able)\b"
            rf"{_IN_SENTENCE}{{0,150}}?\bdisproportionate\s+(?:time\s+and\s+|costs?\s+and\s+)?(?:costs?|expense|effort)\b",
            r"\b(?:only\s+)?at\s+(?:a\s+)?disproportionate\s+(?:time\s+and\s+)?(?:costs?|expense|effort)\b",
            r"\b(?:would|could)\s+(?:take|require)\s+a\s+disproportionate\s+amount\s+of\b",
        ),
    ),
    "refers": Rule(
        said="Refers to another answer",
        about="it sends the reader to another answer, statement or letter",
        cues=("refer",),
        find=_pattern(
            r"\b(?:I|we)\s+(?:(?:would|also|must|again|can\s+only|therefore)\s+)*refer\s+(?:back\s+)?(?:to|the|my|him|her|them|you)\b"
            r"[^\n;?!]{0,160}?\b(?:answers?|reply|replies|responses?|statements?|letters?)\b",
            r"\bplease\s+refer\s+to\s+(?:the|my|our)\s+(?:[\w-]+\s+){0,4}(?:answers?|reply|response|statement)\b",
        ),
    ),
    "in_due_course": Rule(
        said="In due course",
        about="something is to be published, announced or told in due course, on no day",
        cues=("in due course",),
        find=_pattern(
            r"\b(?:will|shall|plans?\s+to|intends?\s+to|expects?\s+to)\b(?!\s+not\b)[^\n;?!]{0,160}?"
            r"\b(?:publish\w*|announc\w+|set(?:ting)?\s+out|outlin\w+|respond\w*|updat\w+|report\w*|provid\w+|confirm\w*"
            r"|lay|laid|laying|br(?:ing|ought)\s+forward|follow|available|shar\w+|inform\w*|issu\w+|launch\w*|consult\w*"
            r"|made|make|release\w*|reply|replied|share)\b[^\n;?!]{0,160}?\bin\s+due\s+course\b",
            r"\bin\s+due\s+course,?\s[^\n;?!]{0,100}?\bwill\s+(?:be\s+)?(?:publish|announc|set\s+out|respon|updat|provid)\w*",
        ),
    ),
    "letter": Rule(
        said="Promises a letter",
        about="it promises a letter in place of an answer",
        cues=CUES,
        also=("will", "shall", "ll ", "ask", "writing", "undertake", "happy", "arrange"),
        find=find_promises,
    ),
    "no_plans": Rule(
        said="No plans",
        about="there are no plans to do it",
        cues=(*_DENIED, " not,", "nor "),
        also=("plan", "inten", "propos"),
        find=_pattern(
            # there are no current plans to; X has no plans for; there is no intention of; we have no proposals to
            rf"{_OF_OTHERS}\b(?:has|have|are|is)(?:,?\s+however,?)?\s+{_NOW}no\s+{_PLANS}",
            # there are not currently any plans; X does not have any plans; neither X nor Y has any plans
            rf"\bthere\s+(?:is|are)\s+not\s+{_NOW}(?:an?|any)\s+{_PLANS}",
            rf"{_OF_OTHERS}\b(?:do|does)\s+not\s+{_NOW}have\s+(?:any\s+)?{_PLANS}",
            rf"\b(?:neither|nor)\b[^\n.;:?!]{{0,60}}?\b(?:has|have|is\s+there|are\s+there)\s+any\s+{_PLANS}",
            r"\bnor\s+is\s+(?:there\s+one|one)\s+planned\b",
            # the board does not plan to; we do not intend to; nor do we plan to
            rf"{_OF_OTHERS}\bdoes\s+not\s+{_NOW}(?:plan|intend|propose)\s+(?:to|for)\b",
            rf"{_WE}\s+{_NOW}do\s+not\s+{_NOW}(?:plan|intend|propose)\s+(?:to|for)\b",
            r"\bnor\s+(?:do|does)\s+(?:[\w\u2019'-]+\s+){1,4}?(?:plan|intend|propose)\s+to\b",
            # the Government is not, at this time, planning to
            rf"{_OF_OTHERS}\b(?:is|are|am)\s+not(?:,[^\n.,;:?!]{{1,40}},)?\s+{_NOW}(?:planning|intending|proposing)\s+(?:to|for|any)\b",
            # it is not our intention to; no review of the tariff is planned
            r"\bit\s+is\s+not\s+(?:[\w\u2019'-]+\s+){1,5}?intention\s+(?:to|of\s+(?:the\s+)?Government)\b",
            rf"\bno\s+(?!more\b|fewer\b|less\b|later\b)(?:[\w\u2019'-]+\s+){{1,6}}?(?<!\bwhat\s)(?:is|are)\s+{_NOW}planned\b",
        ),
    ),
    "no_assessment": Rule(
        said="No assessment made",
        about="no assessment or estimate was made",
        cues=_DENIED,
        also=("assessment", "estimate"),
        find=_pattern(
            r"\bno\s+(?:[\w-]+\s+){0,3}?(?:assessments?|estimates?)\b[^\n.;:?!]{0,60}?\b(?:has|have)\s+been\s+(?:made|undertaken"
            r"|carried\s+out|conducted|completed)\b",
            rf"{_WE}[^\n.;:?!]{{0,60}}?{_OF_OTHERS}\b(?:has|have)\s+{_NOW}(?:made|undertaken|conducted|carried\s+out)\s+no\s+"
            r"(?:[\w-]+\s+){0,3}?(?:assessments?|estimates?)\b",
            rf"{_WE}[^\n.;:?!]{{0,60}}?{_OF_OTHERS}\b(?:has|have)\s+{_NOW}not\s+{_NOW}(?:recently\s+)?(?:made|undertaken|conducted"
            r"|carried\s+out)\s+(?:a|an|any|its\s+own|such|this|that|the|recent|specific|formal)\s+(?:such\s+)?(?:[\w-]+\s+){0,2}?"
            r"(?:assessments?|estimates?)\b",
        ),
    ),
    "commercial": Rule(
        said="Commercially confidential",
        about="it is withheld, or called sensitive, for commercial reasons",
        cues=("commercial",),
        also=("sensitiv", "confiden", "interest"),
        find=_pattern(
            r"\b(?:is|are|be|as|remains?)\s+(?:(?:also|considered|deemed|both|to\s+be|therefore)\s+)*commercially\s+"
            r"(?:sensitive|confidential|in\s+confidence)\b",
            r"(?<!redactions\s)\b(?:due\s+to|because\s+of|reasons\s+of|grounds\s+of|given|owing\s+to|for)\s+(?:the\s+)?commercial(?:ly)?[\s-]+"
            r"(?:sensitiv\w+|confidential\w*|in[\s-]confidence)",
            r"\b(?:unable|cannot|not\s+(?:\w+\s+)?(?:appropriate|possible|able)|inappropriate|withh\w+|do(?:es)?\s+not)\b"
            rf"{_IN_SENTENCE}{{0,150}}?\b(?:commercial(?:ly)?[\s-]+(?:sensitiv|confiden)\w+"
            r"|prejudice\s+(?:the\s+|our\s+|their\s+)?commercial\s+interests?)\b",
        ),
    ),
    "no_comment": Rule(
        said="Does not comment",
        about="it declines to comment, or withholds it for reasons of security",
        cues=("comment", "nor den", "or deny", "security"),
        also=("not", "inappropriate", "unable", "withh", "den"),
        find=_pattern(
            rf"{_OF_OTHERS}\b(?:do|does)\s+not\s+(?:\w+ly\s+|otherwise\s+|further\s+)*(?:offer\s+|provide\s+)?comment\b(?!\s+period)",
            r"\b(?:cannot|can\s+not|(?:is|are|am)\s+(?:\w+\s+)?(?:unable|not\s+able|not\s+in\s+a\s+position)\s+to)\s+"
            r"(?:\w+ly\s+|otherwise\s+|further\s+)*comment\b",
            r"\b(?:inappropriate|not\s+(?:be\s+|therefore\s+)*(?:appropriate|possible|right|proper))\s+(?:for\s+[^\n.;:?!]{1,60}?\s+)?"
            r"to\s+(?:\w+ly\s+)?comment\b",
            r"\b(?:policy|practice)\b[^\n.;:?!]{0,30}?\bnot\s+to\s+(?:\w+ly\s+)?comment\b",
            r"\bneither\s+confirms?\s+nor\s+den(?:y|ies)\b|\bnot\s+confirm\s+or\s+deny\b",
            r"\bfor\s+(?:reasons\s+of\s+)?(?:operational\s+|national\s+)?security(?:\s+reasons)?\b[^\n.;:?!]{0,120}?"
            r"\b(?:(?:is|are|do|does)\s+not|cannot|unable|withh\w+|inappropriate)\b(?!\s+only)",
            r"\b(?:cannot\s+be|(?:is|are)\s+not|unable\s+to|withh\w+|not\s+(?:able|possible)\s+to)\b[^\n.;:?!]{0,80}?\b(?:for|due\s+to|on)\s+"
            r"(?:reasons\s+of\s+|grounds\s+of\s+)?(?:operational\s+|national\s+)?security(?:\s+reasons|\s+grounds)?\b",
        ),
    ),
}  # fmt: skip
"""Rules by name, which scripts and the archive use, in the order in which labels are shown."""


def label_answer(answer: str) -> tuple[Label, ...]:
    """Return the labels of an answer, each with the first sentence that has it, in the order of `RULES`."""
    lowered = answer.lower()
    if len(lowered) != len(answer):  # a letter that is two when small: then places would not fit
        lowered = answer
    found = []
    for name, rule in RULES.items():
        place = next(_held(answer, lowered, rule), None)
        found += [Label(name, *place)] if place else []
    return tuple(found)


def _held(answer: str, lowered: str, rule: Rule) -> Iterator[tuple[int, int]]:
    """Iterate over the sentences with a label, in the answer's own words and not as a mere possibility."""
    cues = [cue for cue in rule.cues if cue in lowered]
    if not cues or not any(cue in lowered for cue in rule.also):
        return
    for left, right in _sentences_with(cues, lowered, answer):
        if any(lowered.find(cue, left, right) >= 0 for cue in rule.also):
            for start, _ in rule.find(answer, left, right):
                if is_ministers_own_words(answer, start) and not _ONLY_IF.search(answer, left, start):
                    yield left, right


def _sentences_with(cues: list[str], lowered: str, answer: str) -> Iterator[tuple[int, int]]:
    """Iterate over the sentences of an answer that hold one of the cues."""
    at = 0
    while places := [place for cue in cues if (place := lowered.find(cue, at)) >= 0]:
        left, right = sentence_around(answer, min(places))
        yield left, right
        at = max(right, min(places) + 1)  # a cue may begin with the space behind a sentence
