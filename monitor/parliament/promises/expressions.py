"""Expressions that announce an act, as patterns: "will", "intends to", "is due to be", "is planned for", "in due course"."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_HOW = r"(?:\s+(?:also|now|still|both|\w+ly)\b)*"
_SET = r"due|expected|planned|scheduled|anticipated|timetabled|intended|set"
_WHEN = (
    r"for|in|on|by|at|before|from|during|publication|release|launch|introduction|implementation|completion|later|early|this"
    r"|next|shortly|soon|around|the\s+end|spring|summer|autumn|winter|Q\d|mid|late|within|over"
)
_DOING = r"(?=\s+(?:\w+ly\s+)?\w+ing\b)"
_BEGINNINGS = (
    "will", "shall", "ll", "commit", "look", "plan", "intend", "intention", "aim", "propos", "expect", "undertake",
    "pledge", "promise", "agreed", "intent", "announced", "confirmed", "signalled", "prepar", "going", "in a position",
    "work", "on track", "Work", "Prepar", "started", "begun", "commenced", "due", "scheduled", "anticipated", "timetabled",
    "set", "to be", "is our", "is my", "is the", "provisionally",
)  # fmt: skip
"""First letters of the expressions. To look for them first halves the time."""

_EXPRESSIONS: Final = (
    r"(?P<will>will|shall|(?<=['\u2019])ll)\b",
    # committed to legislating, looks forward to publishing
    rf"(?P<ing>(?:committed\s+to(?:\s+both)?|look(?:s|ing)?{_HOW}\s+forward\s+to|planning\s+on){_DOING})",
    # intends to, announced its plans to, our intention is to
    (
        r"(?P<intent>(?:intends?|plans?|aims?|proposes?|expects?|undertakes?|pledges?|pledged|promised?|agreed|committed"
        rf"|(?:intention|plan|aim|intent|commitment|expectation){_HOW}\s+(?:is|remains){_HOW}"
        r"|is\s+(?:our|my|the\s+(?:[Gg]overnment|[Dd]epartment)['\u2019]s)\s+(?:intention|intent|aim|plan)"
        r"|(?:announced|confirmed|signalled)\s+(?:its|our|their|the|his|her)\s+(?:plans?|intention|commitment))\s+to\b)"
    ),
    # is preparing to
    r"(?P<doing>(?:planning|intending|aiming|expecting|preparing|proposing|going|in\s+a\s+position)\s+to\b)",
    # officials are working to, work is under way to
    (
        r"(?P<work>(?:working(?:\s+(?:closely|at\s+pace|quickly|hard|urgently|rapidly))*|on\s+track"
        r"|(?:[Ww]ork|[Pp]reparations?)\s+(?:is|are)(?:\s+\w+ly)?\s+(?:underway|ongoing|under\s+way|in\s+train)"
        r"|(?:started|begun|commenced)\s+(?:\w+\s+)?work)\s+to\b)"
    ),
    # is due to, with a report expected to
    rf"(?P<due>(?:{_SET})\s+to\b)",
    # is to be, with phase two projects to be announced
    r"(?P<come>to(?=\s+be\b))",
    # is planned for publication, the response is expected in
    rf"(?P<noun>(?:{_SET}|provisionally)(?:\s+for)?(?=\s+(?:{_WHEN})\b))",
)

AFTER_BE: Final = re.compile(rf"(?:\b(?:is|are|am|be|been|remains?)|\b(?:we|I|they)['\u2019](?:re|m)){_HOW}\s+$")
"""Words before "planning to" and "on track to", without which these are no verbs."""

TO_BE_SHOWN: Final = re.compile(
    r"\s+be\s+(?:published|launched|laid|introduced|completed|held|released|announced|set\s+out|issued)\b"
)
"""Words after "to" that need no other verb: "with further projects to be announced"."""

OBLIGED: Final = re.compile(r"\b(?:have|has|had|need|needs|needed|or|able|likely|allow|want|wants)(?:\s+\w+){0,3}\s+$")
"""Words before "to be" that make it no promise: "has to be published"."""

GAP: Final = re.compile(
    r"(?:\s+(?:also|now|then|soon|once|first|next|again|further|therefore|instead|still|both|jointly|together|thereafter|in\s+turn"
    r"|in\s+due\s+course|as\s+soon\s+as\s+possible|in\s+the\s+(?:coming|next\s+few)\s+\w+|later\s+this\s+\w+|this\s+\w+|next\s+\w+"
    r"|in\s+(?:the\s+)?(?:early\s+|late\s+|mid-?)?(?:20\d\d|spring|summer|autumn|winter|new\s+year)"
    r"|(?!(?:only|rely|apply|supply|reply|comply|multiply)\b)\w+ly)\b|,\s(?:[^,.;:]){1,80},)*\s+",
    re.IGNORECASE,
)
"""Words between an expression and its verb: adverbs, times, something between commas."""

VAGUE: Final = re.compile(
    r"\b(?:in\s+due\s+course|shortly|soon|as\s+(?:soon|quickly|early)\s+as\s+(?:\w+\s+){0,3}?(?:possible|practicable|practical|allows?|can|\w+)"
    r"|when\s+parliamentary\s+time\s+allows|subject\s+to\s+parliamentary\s+time|at\s+the\s+(?:very\s+)?earliest\s+(?:possible\s+)?opportunity"
    r"|in\s+the\s+near\s+future|imminently|at\s+(?:the|an)\s+(?:appropriate|right)\s+(?:time|point|moment|juncture|opportunity))\b",
    re.IGNORECASE,
)
"""Times without a day."""

AT_EVENT: Final = re.compile(
    r"\b(?:at|in|as\s+part\s+of|alongside|through|following|after|once|when|ahead\s+of|before|until)\s+(?:the|a|an|this|our|its|it|they|that|we)\b",
    re.IGNORECASE,
)
"""First words of an event to which an act is bound."""

NOT: Final = re.compile(
    r"(?:\s+\w+ly)?\s*\b(?:not|never|no\s+longer|only|always|continue|neither|routinely|normally|usually|typically|generally|ever)\b",
    re.IGNORECASE,
)
"""Words after an expression that deny it, or make it a habit."""

DENIED: Final = re.compile(
    r"(?:\b(?:not|no|never|nor|neither|without|any|cannot)|n['\u2019]t)\s*(?:\s\w+\s*){0,2}$", re.IGNORECASE
)
"""Words before an expression that deny it: "has no current plans to"."""


@cache
def expressions() -> re.Pattern[str]:
    """Return the pattern of what stands before the verb of a promised act. The name of its group is its kind.

    It runs over every answer of an archive. So it keeps to small letters, and begins with words, not with what may precede.
    """
    kinds = "|".join(_EXPRESSIONS)
    return re.compile(rf"\b(?={'|'.join(_BEGINNINGS)})(?:{kinds})")
