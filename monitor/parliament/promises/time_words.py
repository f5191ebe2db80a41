"""Words of times as ministers write them: patterns that times.py reads. They decide nothing."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""First three letters of each month."""

NUMBERS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "eighteen": 18, "twenty": 20, "couple of": 2,
}  # fmt: skip

ORDINALS: Final = {
    "1": 1, "2": 2, "3": 3, "4": 4, "one": 1, "two": 2, "three": 3, "four": 4, "first": 1, "second": 2, "third": 3,
    "fourth": 4, "final": 4, "last": 4,
}  # fmt: skip

_MONTH = (
    r"(?-i:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Apr|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_SEASON = r"(?:spring|summer|autumn|winter)"
_YEAR = r"(?:19|20)\d\d"
_SPAN = rf"{_YEAR}\s?[/\u2013-]\s?(?:{_YEAR}|\d\d?)(?![\d-])"
_NTH = r"(?:st|nd|rd|th)?"
_OWN = r"(?:this|(?:this|the)?\s*(?:current|present))"
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(NUMBERS)})"
_TO = r"\s*(?:-|\u2013|/|to|and|or)\s*"
_NO_NAME = (
    r"(?!['\u2019]s\b|\s*-\s*\w)(?!\s(?:statement|budget|financ|fuel|spending|survey|census|term|holiday|school"
    r"|conference|camp|games|olympics|payment|memorandum|supplementary|estimates|series|season|covid|booster|plan|pressure"
    r"|resilience|prepared|act\b|bill\b|vaccin|reserve|fund|warmer|programme|fiscal|events?\b|recess|202\d\s(?:budget|statement))\w*)"
)
"""A season in a name is no time: the Autumn Statement, the Winter Fuel Payment."""

_NEW_YEAR_OF = r"the\snew(?=\s(?:academic|school|financial|fiscal))"
_THAT_YEAR = r"(?:\s(?:of\s)?(?P<{name}>this|next|the\sfollowing)\syear)?"

_KINDS: Final = {
    "date": rf"(?P<d1>\d{{1,2}}){_NTH}(?:{_TO}(?P<d2>\d{{1,2}}){_NTH})?"
    rf"\s(?:of\s)?(?P<dm>{_MONTH})(?:,?\s(?P<dy>{_YEAR}))?",
    "american": rf"(?P<am>{_MONTH})\s(?P<ad>\d{{1,2}}){_NTH}(?!\d)(?:,?\s(?P<ay>{_YEAR}))?",
    "quarter": r"(?:Q(?P<q1>[1-4])|(?P<q2>first|second|third|fourth|final|last)\squarter"
    r"|quarter\s(?P<q3>[1-4]|one|two|three|four))"
    rf"(?:\s(?:of|in))?(?:\s(?:the\s)?(?P<qf>financial\syear\s|FY\s*)?(?P<qy>{_SPAN}|{_YEAR})"
    r"|\s(?:the\s)?(?P<qr>this|current|next)?\s*(?P<qn>(?:financial\s|calendar\s)?year))?",
    "academic": rf"(?:(?:academic|school)\syear\s(?P<c1>{_SPAN})|(?P<c2>{_SPAN})\s(?:academic|school)\syear)",
    "financial": rf"(?:(?:financial|fiscal)\syears?(?:\s\(FYs?\))?|FY)\s*(?P<f1>{_SPAN}|\d\d\s?[/\u2013-]\s?\d\d)"
    rf"|(?P<f2>{_SPAN})(?P<fy>\s(?:financial|fiscal|reporting|accounting)(?:\syear)?)?",
    "recess": r"(?:the\s)?(?:(?:House|Parliament|Commons)\srises(?:\sfor\s(?:the\s)?)?\s*"
    r"(?P<e1>summer|christmas|easter)?"
    r"|(?:(?P<e2>summer|christmas|easter|february|whitsun|conference|may|november|winter)\s)?(?:parliamentary\s)?recess)",
    "event": r"(?:(?P<v1>spring|summer|autumn|winter)\s)?(?:Budget|(?<=\s)Statement|Spending\sReview)\s"
    r"(?P<v2>20\d\d)(?![/\u2013-])",
    "newyear": r"new\syear\b(?!['\u2019]?s?\s(?:honours|day|eve))",
    "yearend": r"(?:the\s)?(?:calendar\s|(?P<yf>financial\s|fiscal\s))?year(?:['\u2019]s)?[\s-]end|end\sof\syear",
    "midyear": r"mid[\s-]year",
    "relative": rf"(?P<rw>{_OWN}|next|this\scoming|the\s(?:next|coming|following)|{_NEW_YEAR_OF})\s"
    rf"(?:(?P<rs>{_SEASON}){_NO_NAME}|(?P<rm>{_MONTH})"
    r"|(?P<ru>(?:(?:financial|fiscal|calendar|academic|school)\s)?year|month|week|quarter|(?<!next\s)(?<!coming\s)decade))"
    r"\b(?!['\u2019]s)|(?P<rt>the)\s(?P<rv>(?:(?:financial|fiscal|calendar|academic|school)\s)?year|month|week|quarter|decade)\b(?!['\u2019]s)"
    + _THAT_YEAR.format(name="rr"),
    "coming": r"(?:(?:coming|forthcoming|next\sfew|next\sseveral|(?:a\s)?few)\s(?P<cu>days|weeks|months)"
    r"(?:\s(?:and|or|to)\s(?P<cv>weeks|months))?|(?P<ca>days|weeks|months)\s(?:ahead|to\scome))",
    "month": rf"(?P<m1>{_MONTH})(?:{_TO}(?P<m2>{_MONTH}))?(?:,?\s(?:of\s)?(?P<my>{_YEAR}))?"
    + _THAT_YEAR.format(name="mr")
    + r"(?!\slast\syear)",
    "season": rf"(?P<s1>{_SEASON})\b(?:{_TO}(?P<s2>{_SEASON})\b)?"
    rf"(?:,?\s(?:of\s)?(?P<sy>{_YEAR})(?:\s?[/\u2013-]\s?(?:{_YEAR}|\d\d))?)?"
    + _THAT_YEAR.format(name="sr")
    + _NO_NAME,
    "christmas": r"Christmas\b(?!\s(?:recess|bonus|period|card|day))",
    "parliament": rf"(?P<pw>{_OWN}|the(?:\snext(?=\sparliament\b))?)\s(?:(?:first|current|parliamentary)\s)*"
    r"(?P<pk>session|parliament)"
    r"\b(?!['\u2019])(?!\sof\s(?!(?:this\s|the\s)?parliament\b))(?:\sof\s(?:this\s)?parliament)?",
    "term": r"(?:our|this|the|its)\s(?:first|current)\sterm",
    "today": r"(?P<t>today|tomorrow)",
    "decade": r"(?P<de>20\d0)s",
    "year": rf"(?:calendar\syear\s)?(?P<y>{_YEAR})(?!\s?[/\u2013-]\s?\d)",
    "length": rf"(?:(?P<ln>next|coming|following)\s)?(?:(?P<l1>{_NUMBER})(?:{_TO}(?P<l2>{_NUMBER}))?\s)?"
    r"(?P<la>a\s(?=decade|year|month|week|fortnight))?(?P<lu>day|week|fortnight|month|year|decade)s?\b"
    r"(?P<lt>['\u2019]?\stime\b)?",
}
"""Pattern of each kind of time, in the order in which they are tried: what holds a piece of another comes before it."""

_WORD = (
    r"by|between\snow\sand|before|ahead\sof|prior\sto|in\s(?:good\s)?time\sfor|(?:from\s)?as\s(?:early|soon)\sas|until|till|up\sto|(?:no|not)\slater\sthan|(?:no|not)\s(?:earlier|sooner)\sthan"
    r"|not\s(?:before|until)|from|since|between|across|on\sor\sbefore|on|in|at|during|over|within|throughout|through|towards?"
    r"|around|about|for|of|to|as\s(?:at|of|from)|after|beyond|following|starting|beginning|effective(?:\sfrom)?"
)
_PART = (
    r"(?:very\s)?(?P<part>(?:early|later?)\spart(?=\sof)|(?:early|mid)(?:\s(?:to|or)\s|[/-]to[-]|[/-])(?:mid|late)|(?<!year\s)early|mid|middle|later|late"
    r"|end(?=\sof|[\s-]+$)|first\s(?:few\s|two\s|three\s)?months(?=\sof)|week\s(?:commencing|beginning)"
    r"|(?:start|beginning|close|course|duration|remainder|rest|lifetime|turn|(?:first|second|latter)\s(?:half|part))(?=\sof))"
)


@cache
def cores() -> re.Pattern[str]:
    """Return the pattern of a time without its preposition. The name of its outer group is its kind."""
    kinds = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items())
    return re.compile(rf"\b(?:{kinds})(?!\w)", re.IGNORECASE)


@cache
def before() -> re.Pattern[str]:
    """Return the pattern of what stands before a time: preposition, part of the period, article."""
    weekday = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s(?:the\s)?)?"
    return re.compile(
        rf"(?:\b(?P<word>{_WORD})\s)?(?:(?:\bthe\s)?\b{_PART}(?:\s(?:of|in|on)\s|[\s-]+))?(?P<the>\bthe\s)?{weekday}$",
        re.IGNORECASE,
    )


KINDS: Final = tuple(_KINDS)

HINT: Final = re.compile(
    r"20\d\d|\b(?:years?|months?|weeks?|fortnight|days?|session|decade|first term|spring|summer|autumn|winter|recess"
    r"|christmas|rises|today|tomorrow|quarter|Q[1-4]|(?:this|the|current|next) parliament)\b|\bFY|\bmid[\s-]year"
    r"|\b(?-i:Jan|Feb|March|Apr|May|June|July|Aug|Sep|Oct|Nov|Dec)",
    re.IGNORECASE,
)
"""Words of which every time holds one: a sentence without them needs no second look."""
