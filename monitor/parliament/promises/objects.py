"""Objects that make an act one certain thing to which the Government can be held: "a new register", "1,000 advisers"."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises.acts import OBJECTS_OF_WORK

if TYPE_CHECKING:
    from monitor.parliament.promises.acts import Act

_THINGS: Final = (
    r"strateg(?:y|ies)|(?:action\s|rescue\s|delivery\s)?plans?|guidance|guidelines?|reports?|framework|bill|act|codes?"
    r"|register|task\s?force|board|council|commission|commissioner|body|unit|agency|authority|regulator|office|centres?"
    r"|hubs?|fund|scheme|programme|service|network|database|portal|website|platform|tool|toolkit|standards?|laws?|offences?"
    r"|powers|duty|duties|ban|limit|cap|levy|review|consultation|pilots?|trials?|study|evaluation|assessment|roadmap|mandate"
    r"|requirements?|regulations|legislation|licen[cs](?:e|ing)|advisers?|officers|group|panel|forum|competition|contract"
    r"|summit|conference|institute|academy|college|prisons?|hospitals?|railway|line|station|bypass|road|bridge|regime"
    r"|measures|loopholes?|sentences?|curriculum|qualifications?|entitlement|allowance|discussions|talks|negotiations"
    r"|formula|charter|compact|covenant|target|date|analysis|timetable|homes|places|appointments|vouchers?|campaign|rules|protections?"
)
_DOCUMENTS: Final = (
    r"strategy|strategies|(?:action\s)?plan|guidance|report|framework|bill|act|code|register|review|consultation|evaluation"
    r"|roadmap|legislation|regulations|detail"
)
_CERTAIN: Final = re.compile(
    r"\s(?:by\s)?(?:up\sto|around|about|over|more\sthan|at\sleast|some|another|an\s(?:additional|extra)|a\sfurther"
    r"|the\sfirst)?\s*(?:\u00a3|\d)"
    rf"|\s(?:an?|the|our|its|his|her|their|this|these|new|both|further)\s(?:[\w\u2019'-]+,?\s){{0,5}}?(?:{_THINGS})\b"
    r"|\s(?:(?:new|further|updated|revised|draft|final|national|statutory|secondary|primary)\s)*"
    r"(?:guidance|legislation|regulations|proposals|options|recommendations|legislative|measures)\b"
    r"|\s(?:existing|current|mandatory|compulsory)\b|\s(?-i:[A-Z]{3,}|[A-Z]\w+\s\d)\b|\s(?:[\w-]+\s){1,4}(?:in|for|at|to)\s(?:all|every)\b|\s(?-i:[A-Z]\w+\s[A-Z])"
    r"|\s(?:the|our|its|an?)\s(?:(?:new|first|full|final|next|national|whole|existing|current|\w+ed)\s){0,2}(?:\w+\sof\sthe\s)?(?-i:[A-Z])",
    re.IGNORECASE,
)
_DOCUMENT: Final = re.compile(
    rf"\s(?:an?|new|further|more|our\snew|its\snew|the\snew)\s(?:[\w\u2019'-]+\s){{0,5}}?(?:{_DOCUMENTS})\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\s(?:\w+\s){0,3}?\d|\s(?:[\w-]+\s){1,7}(?:in|for|at)\s(?:all|every)\b", re.IGNORECASE)
"""A number, or everywhere: "1,000 places", "breakfast clubs in all schools"."""

_OF_LAW: Final = frozenset(("change", "reform", "strengthen"))
_LAW: Final = re.compile(r"\s(?:the\s)?(?:[\w-]+\s){0,3}?(?:law|legislation)\b", re.IGNORECASE)
_COUNTED: Final = re.compile(r"\s(?:up\sto|around|over|more\sthan|at\sleast|another)?\s*\d")
_NAMED: Final = re.compile(r"\s(?:the\s)?[A-Z]\w+")
_RESTORING: Final = frozenset(("restore", "reopen", "remove", "electrify", "reinstate", "complete", "dual", "abolish"))
"""Acts on a thing with a name that can be seen: "committed to restoring the Northport line"."""

_FIGURE: Final = re.compile(r"[^;:.]{0,90}?\d", re.IGNORECASE)
_COUNT: Final = re.compile(r"[^;:.]{0,90}?\b(?!(?:19|20)\d\d\b)\d")
_ENDS: Final = re.compile(
    r"[,;]|\s(?:to\s[a-z]+|by\s|so\sthat|which|that|within\s|regarding|concerning|about)", re.IGNORECASE
)
_FUNDING: Final = re.compile(
    r"\u00a3|\b(?:funds?|funding(?!\s(?:programme|scheme|formula|model|strategy|arrangements|plan|framework)s?\b)|investments?|grants?|payments?|spend(?:ing)?|billion|budgets?|benefits|wages?|taxes)\b",
    re.IGNORECASE,
)
_FUNDS_FIRST: Final = re.compile(
    r"[^,;]{0,25}?(?:\u00a3|\b(?:funds?|funding|investments?|spend(?:ing)?|budgets?|tax(?:es)?|duty)\b)", re.IGNORECASE
)
_CHANGES: Final = frozenset(("raise", "increase", "reduce", "cut", "freeze", "uprate", "double", "lower"))
"""Acts on rates and thresholds, which are decisions unless it is money itself that rises."""

_TO_FIGURE: Final = re.compile(r"\s[^,;]{3,90}?\s(?:to|by|from)\s(?:around\s)?\u00a3?\d", re.IGNORECASE)
_WIDE: Final = frozenset(
    ("deliver", "achieve", "meet", "reach", "provide", "find", "run", "lead", "offer", "form", "make", "assess")
)
"""Open acts so wide that only a document or a number bounds them."""

_SPECIFIC: Final = frozenset(("assess", "implement", "reform", "refer", "complete", "restore", "rebuild", "end"))
_ONCE: Final = frozenset(
    ("lay", "refer", "retain", "implement", "assess", "test", "streamline", "simplify", "change", "close", "open",
     "action", "digitise", "modernise", "redesign", "restructure", "merge", "split", "transfer", "widen", "extend",
     "standardise", "harmonise", "rebuild", "correct", "phase out", "phase in", "remove", "restore", "realign", "align",
     "lift", "lower", "tighten", "decide", "determine", "roll out", "expand", "grant", "reform", "allocate", "examine",
     "map", "audit", "verify", "convert", "transform")
)  # fmt: skip
"""Open acts that are done once."""
_DEFINITE_OBJECT: Final = re.compile(
    r"\s(?:the|this|these|those|all|how|its|our|their|a|an|[a-z-]+s\s(?:for|of|on|in|to))\s(?!way|best|most|need)",
    re.IGNORECASE,
)
_DEFINITE: Final = re.compile(r"\s(?:the|these|all|both)\s(?!best\b|most\b|need|way|work\b)", re.IGNORECASE)
"""Objects of an act that is specific enough: "assess the impacts", "implement all recommendations"."""

_TARGET: Final = re.compile(
    r"\s(?:[\w\u2019'-]+\s){0,5}?(?:targets?|commitments?|needs?|obligations?|demand|standards?|costs?|requirements?|net\szero|goals?"
    r"|objectives?|criteria|challenges?)\b",
    re.IGNORECASE,
)
_ACCOUNT: Final = re.compile(r"\s[^,;.]{1,60}?\bto\saccount\b", re.IGNORECASE)
_ALL_WE_CAN: Final = re.compile(r"\s(?:all|everything|what|whatever|more|our|its|as|likewise|well)\b", re.IGNORECASE)
_STANDING: Final = re.compile(
    r"\s(?:the\s)?(?:best\s)?(?:available\s)?(?:evidence|situation|position)\b", re.IGNORECASE
)
_MORE: Final = re.compile(
    r"\s*(?:have\s)?(?:more|to|an?\s|the\sopportunity|due\sregard|regard|access)\b", re.IGNORECASE
)
_OF_AIMS: Final = {"have": _MORE, "meet": _TARGET, "hold": _ACCOUNT, "do": _ALL_WE_CAN, "do so": _ALL_WE_CAN}
"""Objects that make an aim of an act: to meet a target, to hold somebody to account, to do all we can."""

_REACH: Final = 80


def has_object(act: Act, rest: str) -> bool:
    """Return whether a verb has an object that bounds it: "provide an update", "conduct a review"."""
    objects = act.objects or OBJECTS_OF_WORK.get(act.name, "")
    return bool(objects) and bool(_soon(objects, 70).match(rest))


def is_certain(act: Act, rest: str, *, is_mere_commitment: bool) -> bool:
    """Return whether the words after a verb name one certain thing: a number, an institution, something with a name."""
    if is_mere_commitment and act.name != "implement":
        is_law = act.name in _OF_LAW and _LAW.match(rest)
        return bool(
            is_law or _DOCUMENT.match(rest) or _COUNTED.match(rest) or (act.name in _RESTORING and _NAMED.match(rest))
        )
    if act.name in _CHANGES and _TO_FIGURE.match(rest):
        return True
    if act.name in _SPECIFIC and _DEFINITE.match(rest):
        return True
    if act.name in _WIDE:
        return bool(_DOCUMENT.match(rest) or _NUMBER.match(rest))
    return bool(_CERTAIN.match(rest))


def is_definite(act: Act, rest: str) -> bool:
    """Return whether an act that is done once has a definite object: "simplify the form", "close claims for those"."""
    return act.name in _ONCE and bool(_DEFINITE_OBJECT.match(rest))


def has_figure(rest: str) -> bool:
    """Return whether a figure soon follows a verb: "that 92 per cent of patients wait no longer than 18 weeks"."""
    return bool(_FIGURE.match(rest))


def has_count(rest: str) -> bool:
    """Return whether a number that is no year soon follows: "to 4.2 million pupils"."""
    return bool(_COUNT.match(rest))


def is_funding(act: Act, rest: str, *, has_day: bool) -> bool:
    """Return whether the object of a verb is money, up to a purpose or a time: "invest £3 million"."""
    edge = _ENDS.search(rest)
    words = rest[: min(edge.start() if edge else _REACH, _REACH)]
    is_change = act.name in _CHANGES and (has_day or _TO_FIGURE.match(rest))
    return bool(_FUNDS_FIRST.match(words) if is_change else _FUNDING.search(words))


def is_aim(act: Act, rest: str) -> bool:
    """Return whether the object makes an aim of an act, or stands already: "meet our targets", "review the evidence"."""
    pattern = _OF_AIMS.get(act.name)
    return bool((pattern and pattern.match(rest)) or _STANDING.match(rest))


@cache
def _soon(objects: str, reach: int) -> re.Pattern[str]:
    return re.compile(rf"\s[^,;.]{{0,{reach}}}?\b{objects}\b", re.IGNORECASE)
