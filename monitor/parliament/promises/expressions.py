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
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DOING = r"(?=\s+(?:(?:\w+ly\s+and\s+)?\w+ly\s+)?\w+ing\b)"
_COMMITTED = r"committed(?:\s+in\s+(?:its|our|the)\s+[^,;.]{3,30}?)?"
GIVEN_OUT: Final = (
    r"published|announced|launched|released|introduced|issued|setting\s+out|publishing|announcing|confirming"
)
_BEGINNINGS = (
    "will", "shall", "ll", "commit", "look", "plan", "intend", "aim", "propos", "expect", "undertake", "should",
    "ambition", "anticipate", "pledge", "promise", "agreed", "intent", "announced", "confirmed", "signalled",
    "prepar", "going", "in a position", "proceeding", "work", "on track", "Work", "Prepar", "started", "begun",
    "commenced", "due", "scheduled", "timetabled", "set", "rescheduled", "arranged", "moved", "hop", "seek",
    "endeavour", "priority", "on course", "on target", "would", "with", "to be", "to follow", "to commence",
    "to begin", "to start", "is our", "is currently", "Plans", "extending", "expanding", "increasing", "recruiting",
    "is my", "is the", "in the process", "provisionally", "reaffirmed", "reiterated", "outlined", "has an? ",
    "have an? ", "decided", "target", "milestone", "mission", "goal", "before", "prior to", "ahead of",
    "in advance of", "publication", "publishing", "introducing", "launching", "legislating", "relaunching",
    "establishing", "consulting", "bringing", "announcing", "laying", "setting", "rolling", "phasing", "repealing",
    "abolishing", "reforming", "updating", "appointing", "building", "delivering", "creating", "upgrading",
    "training", "planting", "restoring", "installing", "meeting", "hosting", "visiting", "finalising", "changing",
    "replacing", "opening", "issuing", "announcement",
)  # fmt: skip
"""First letters of the expressions. To look for them first halves the time."""

_EXPRESSIONS: Final = (
    r"(?P<will>will|shall|(?<=['\u2019])ll)\b",
    # committed to legislating, looks forward to publishing, with the aim of publishing
    (
        rf"(?P<ing>(?:{_COMMITTED}\s+to(?:\s+both)?|look(?:s|ing)?{_HOW}\s+forward\s+to|plan(?:s|ning)?\s+on|anticipates?|working\s+towards|with\s+a\s+view\s+to"
        rf"|with\s+(?:the|an)\s+(?:\w+\s+)?(?:aim|intention|view|intent|hope)\s+(?:of|to)){_DOING})"
    ),
    # committed to a review
    r"(?P<bound>(?:committed\s+to(?=\s+(?:an?|its|our|every|no)\s|\s+the\s(?!\w+\s+(?:review|introduction)))|with\s+a\s+view\s+to(?=\s+(?:an?|public|further)\s)))",
    # aims for 70 lighthouses
    r"(?P<figure>(?:aim(?:s|ing)?\s+for|committed\s+to|set\s+(?:out\s+)?(?:an?|the)\s+(?:\w+\s+)?(?:ambition|target|aim|goal)\s+(?:of|for))(?=\s+(?:(?:up\s+to|at\s+least|around|over)\s+)?\d))",
    # intends to, announced its plans to, our intention is to
    (
        r"(?P<intent>(?:intends?|plans?|aims?|proposes?|expects?|undertakes?|pledges?|pledged|promised?|agreed"
        rf"|{_COMMITTED}"
        rf"|(?:intention|plan|aim|intent|commitment|expectation|ambition|missions?|goal|target){_HOW}\s+(?:is|remains){_HOW}(?:\s+for\s+[^,;.]{{3,80}}?)?"
        r"|is\s+(?:currently\s+)?(?:our|my|the\s+(?:[Gg]overnment|[Dd]epartment)['\u2019]s)\s+(?:intention|intent|aim|plan)"
        r"|with\s+(?:the|an)\s+(?:\w+\s+)?(?:aim|intention|ambition|hope)"
        r"|(?:announced|confirmed|signalled|reaffirmed|reiterated|set\s+out|outlined)\s+(?:(?:its|our|their|his|her|the)\s+)?"
        r"(?:[Gg]overnment['\u2019]s\s+)?(?:plans?|intention|commitment|ambition)"
        r"|(?:(?<=has\s)|(?<=have\s))decided|(?:has|have)\s+an?\s+(?:\w+\s+)?(?:ambition|intention|plan|target))\s+to\b)"
    ),
    # our commitment to repeal, the ambition of building
    (
        r"(?P<goal>(?:commitment|pledge|promise|intention|undertaking|ambition|target|milestone|mission|goal)"
        r"\s+(?:to(?:\s+both)?|of)(?=\s+[a-z]))"
    ),
    # expects this to be completed
    (
        r"(?P<expect>(?:(?:intend|plan|expect|anticipate|aim)(?:s|ed)?\s+(?:for\s+)?(?:this|it|them|these|all|both"
        r"|(?:the|our|its|an?|this|these)\s+(?:[\w-]+\s+){0,4}?[\w-]+)|(?:(?:expect|anticipate)(?:s|ed)?|(?:plan|aim)(?:s|ning|ing)?\s+for)"
        r"\s+(?!to\b|that\b)(?:(?!(?:is|are|was|were|has|have|will|be)\b)[\w\u2019'()-]+,?\s+){0,9}?[\w\u2019'()-]+)\s+to\b)"
    ),
    # is preparing to
    (
        r"(?P<doing>(?:planning|intending|aiming|expecting|preparing|proposing|going|hoping|seeking|in\s+a\s+position"
        rf"|looking{_HOW}|proceeding\s+with\s+(?:(?:its|our|the)\s+)?plans)\s+to\b)"
    ),
    # officials are working to, work is under way to
    (
        r"(?P<work>(?:working(?:\s+(?:closely|at\s+pace|quickly|hard|urgently|rapidly))*|on\s+(?:track|course|target)"
        r"|(?:[Ww]ork|[Pp]reparations?|[Pp]lans)\s+(?:is|are|(?:has|have)\s+been)(?:\s+\w+ly)?\s+(?:underway|ongoing|under\s+way|in\s+train)"
        r"|(?:started|begun|commenced)\s+(?:\w+\s+)?work)\s+to\b)"
    ),
    # hopes to, it is a priority to
    r"(?P<hope>(?:hopes?|seeks?|looks?|endeavours?|priority(?:\s+is)?|(?:(?<=has\s)|(?<=have\s))set\s+out)\s+to\b)",
    # announced that it would
    r"(?P<would>would)\b",
    # should be published in May
    r"(?P<should>should(?=\s+be\s+(?:published|available|completed?|laid|introduced|ready|operational|in\s+place|announced|issued)\b))",
    # is due to, with a report expected to
    rf"(?P<due>(?:{_SET})\s+to\b)",
    # with updates to follow
    r"(?P<follow>to\s+(?:follow|commence|begin|start)\b)",
    # are extending it to half of the schools by March
    r"(?P<now>(?<=(?:are|.is)\s)(?=extending|expanding|increasing|recruiting))",
    # are publishing it shortly
    (
        r"(?P<present>(?<=[esmyowd]\s)(?=(?:publishing|introducing|launching|legislating|relaunching|establishing|consulting|bringing|announcing"
        r"|laying|setting|rolling|phasing|repealing|abolishing|reforming|updating|appointing|finalising|changing|replacing"
        r"|opening|issuing|meeting|hosting|visiting|in\s+the\s+process\s+of\s+\w+ing)\b))"
    ),
    # building 40 lighthouses by March
    (
        r"(?P<outcome>(?=(?:building|delivering|creating|upgrading|training|opening|planting|restoring|installing)"
        r"\s+(?:[\w-]+\s+){0,3}?(?:\d|millions|thousands|hundreds|(?:two|three|four|five|six|seven|eight|nine|ten|half\s+a)\s)))"
    ),
    # before publishing a response
    (
        r"(?P<before>(?:before|prior\s+to|ahead\s+of|in\s+advance\s+of)(?=\s+(?:publishing|responding|announcing|laying"
        r"|launching|introducing|consulting|legislating|finalising|setting\s+out|bringing\s+forward)\b))"
    ),
    # ahead of publication this summer
    r"(?P<news>(?:publication|announcement)\b(?=[^.;:]{0,90}?\b(?:in|this|later|next|by|shortly|soon|at)\b))",
    # with updates published, with the Department setting out
    rf"(?P<with>(?:(?<=,\s)with|with(?=\s+(?:further|more|full)\s))(?=\s+(?:(?!(?:and|was|were|is|are|has|have|had|will|that|which)\b)[\w\u2019'-]+\s+){{1,9}}?(?:{GIVEN_OUT})\b))",
    # is to be, with phase two projects to be announced
    r"(?P<come>to(?=\s+be\b))",
    # is planned for publication, the response is expected in
    rf"(?P<noun>(?:(?:{_SET}|provisionally)(?:\s+for)?(?=\s+(?:{_WHEN}|{_MONTH})\b)|(?:rescheduled|confirmed|arranged|moved)\s+(?:for|to)(?=\s+(?:\d{{1,2}}\s+)?{_MONTH}\b)))",
)

AFTER_BE: Final = re.compile(rf"(?:\b(?:is|are|am|be|been|remains?)|\b(?:we|I|they)['\u2019](?:re|m)){_HOW}\s+$")
"""Words before "planning to" and "on track to", without which these are no verbs."""

TO_BE_SHOWN: Final = re.compile(
    r"\s+be\s+(?:followed\s+by|published|launched|laid|introduced|completed|held|released|announced|set\s+out|issued|agreed|confirmed)\b"
)
"""Words after "to" that need no other verb: "with further projects to be announced"."""

OBLIGED: Final = re.compile(r"\b(?:have|has|had|need|needs|needed|or|able|likely|allow|want|wants)(?:\s+\w+){0,3}\s+$")
"""Words before "to be" that make it no promise: "has to be published"."""

REPORTED: Final = re.compile(
    r"\b(?:announced|confirmed|said|stated|committed|pledged|promised|agreed|set\s+out|clear)\b[^;.]{0,90}?\b(?:that\s+)?"
    r"(?:it|we|he|she|they|I|the\s+(?:[\w]+\s+){0,2}?(?:government|department|agency|secretary|minister))\s+$"
    r"|\b(?:announced|confirmed|pledged|promised)(?:\s+that)?\s+(?:[\w\u2019'-]+\s+){1,7}$",
    re.IGNORECASE,
)
"""Words before "would" that report a promise."""

GAP: Final = re.compile(
    r"(?:\s+(?:also|very|now|then|soon|once|first|next|again|further|therefore|instead|still|both|jointly|together|thereafter|in\s+turn"
    r"|in\s+due\s+course|as\s+soon\s+as\s+possible|in\s+the\s+(?:coming|next\s+few)\s+\w+|later\s+this\s+\w+|this\s+\w+|next\s+\w+"
    r"|in\s+(?:the\s+)?(?:early\s+|late\s+|mid-?)?(?:20\d\d|spring|summer|autumn|winter|new\s+year)"
    r"|(?!(?:only|rely|apply|supply|reply|comply|multiply)\b)\w+ly(?:\s+and\s+\w+ly)?)\b|,\s(?:[^,.;:]){1,80},)*\s+",
    re.IGNORECASE,
)
"""Words between an expression and its verb: adverbs, times, something between commas."""

VAGUE: Final = re.compile(
    r"\b(?=[inaswbtpd])(?:in\s+due\s+course|shortly|soon|as\s+(?:soon|quickly)\s+as\s+(?:the\s+)?parliamentary\s+time\s+\w+|as\s+(?:soon|quickly|early)\s+as\s+(?:\w+\s+){0,3}?(?:possible|practicable|practical|allows?|can|\w+)"
    r"|when\s+parliamentary\s+time\s+allows|subject\s+to\s+parliamentary\s+time|at\s+the\s+(?:very\s+)?earliest\s+(?:possible\s+)?(?:opportunity|moment)"
    r"|in\s+the\s+near\s+future|imminently|at\s+(?:the|an)\s+(?:appropriate|right)\s+(?:\w+\s+)?(?:time|point|moment|juncture|opportunity)"
    r"|within\s+a\s+matter\s+of\s+(?:days|weeks|months)|at\s+a\s+(?:later|future)\s+(?:date|stage|point)|(?:by|before)\s+then"
    r"|(?:no|not)\s+(?:earlier|sooner)\s+than\s+(?:\w+\s+){0,3}?20\d\d"
    r"|at\s+(?:the\s+)?(?:(?:next|forthcoming|upcoming|autumn|spring|coming)\s+){0,2}(?:spending\s+review|budget|fiscal\s+event)"
    r"|(?:in|through|during|(?:as\s+)?(?:an?\s+)?part\s+of|(?:in|at|through)\s+(?:phase\s+\w+|the\s+\w+\s+phase)\s+of)\s+(?:the\s+|this\s+)?(?:(?:next|forthcoming|upcoming|autumn|spring|coming|current|comprehensive|multi-year|wider|subsequent|future"
    r"|government['\u2019]s|(?:second|next)\s+phase\s+of\s+the)\s+){0,2}"
    r"(?:spending\s+review|(?-i:Budget|SR)|fiscal\s+event)|by\s+the\s+(?:next|forthcoming|upcoming)\s+spending\s+review)\b",
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

_UNTIL = (
    r"[^.;:]{3,80}?\b(?:until|before)\s+"
    r"(?:\d|(?:the\s+)?(?:early|late|mid|spring|summer|autumn|winter|new\s+year|(?-i:[A-Z])))"
)
UNTIL: Final = re.compile(_UNTIL, re.IGNORECASE)
"""Words after "is not due to" that only put it off: "be completed until December"."""
NOT_UNTIL: Final = re.compile(rf"\s+not\b(?={_UNTIL})", re.IGNORECASE)
"""Words after an expression that only put it off: "will not be set until Budget 2025"."""

DENIED: Final = re.compile(
    r"(?:\b(?:not|no|never|nor|neither|without|cannot)|n['\u2019]t)\s*(?:\s\w+\s*){0,2}$", re.IGNORECASE
)
"""Words before an expression that deny it: "has no current plans to"."""


@cache
def expressions() -> re.Pattern[str]:
    """Return the pattern of what stands before the verb of a promised act. The name of its group is its kind.

    It runs over every answer of an archive. So it keeps to small letters, and begins with words, not with what may precede.
    """
    kinds = "|".join(_EXPRESSIONS)
    return re.compile(rf"\b(?={_by_first_letter(_BEGINNINGS)})(?:{kinds})")


def _by_first_letter(words: tuple[str, ...]) -> str:
    """Return a pattern of words that looks at those of one letter alone, which is twice as fast."""
    rest = {letter: [word[1:] for word in words if word[0] == letter] for letter in sorted({word[0] for word in words})}
    return "|".join(f"{letter}(?:{'|'.join(ends)})" for letter, ends in rest.items())
