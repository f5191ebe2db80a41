"""Agents of an act: the Government with the bodies under its ministers, or others, whom no minister's word binds."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from typing import Final

from monitor.parliament.promises.bodies import GOVERNMENT, INDEPENDENT, PUBLIC


class Agent(Enum):
    """Subject of a verb. A thing is no agent: "the strategy", "this"."""

    GOVERNMENT = "government"
    OTHER = "other"
    THING = "thing"


_OWN_WORDS = (
    r"The|This|Our|New|UK|British|HM|His|Her|Labour|Conservative"
    r"|Current|Previous|Central|National|Majesty['\u2019]s|And|As|In|My"
)
_FOREIGN = re.compile(
    r"(?:\b(?:scottish|welsh|local|devolved|regional|federal|provincial|foreign|other|partner|host)"
    rf"|(?!(?:{_OWN_WORDS})\b)(?-i:\b[A-Z][a-z]+(?:an|ish|ch|ese|i|li|el|in|a)\b))\s$",
    re.IGNORECASE,
)
_OF_ELSEWHERE = re.compile(r"\sof\s(?!the\s(?:day|united)|state)(?:the\s)?(?-i:[A-Z])", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['\u2019]s?(?!\w)")

_NAME_GOES_ON = re.compile(
    r"(?:\s*(?:,|\b(?:and|for|of|in|the|to|at|my|both|all|health|itself|themselves|representatives|officials|staff|teams?|colleagues|ministers)\b|&|/|\)|\(.*?\)|(?-i:[A-Z])[\w'\u2019-]*))*\s*,?\s*$"
)
"""Words between "Department" and its verb: the rest of its name, a bracket."""

_AFTER_OF = re.compile(r"\b(?:of|for|from|in|at|within|to)\s(?:(?:the|my|our|this)\s)?$")
_DONE_BY = re.compile(
    r"\b(?:led|run|delivered|managed|overseen|commissioned|provided|published|undertaken|conducted)\sby\s(?:the\s)?$",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\b(?:applications?|payments?|schemes?)\s(?:for|to|of)\s[^,;]{0,60}$", re.IGNORECASE)
_IN_PARLIAMENT = re.compile(r"\b(?:in|before|to)\sparliament$", re.IGNORECASE)
_AND_OTHER = re.compile(r"\band\sother\s(?:key\s)?$", re.IGNORECASE)
_OF_MONEY = re.compile(
    r"\b(?:spending|funding|budgets?|staff|costs?|share|number|use|role|responsibility)\s(?:of|for|in|at|within)\s(?:(?:the|my|our|this)\s)?$",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:^|[;:,]\s|\b(?:and|but|that)\s)\s*(?:(?:the|my|our|this|his\smajesty['\u2019]s)\s)?"
    rf"(?:{GOVERNMENT})(?:\s(?:and|of|for|the|&)\b|,?\s(?-i:[A-Z])[\w'\u2019-]*)*"
    r"\s(?:responsible|in|within|at|from|across|working|who|and\s(?:its|our))\b[^,;:.]*$",
    re.IGNORECASE,
)
"""A subject with more than a name: "Departments responsible for the fund"."""

_FINITE = re.compile(
    r"(?:\s*\([^)]*\))?,?\s(?:(?:also|now|recently|\w+ly)\s)?"
    r"(?:is|are|am|has|have|had|will|was|were|do|does|did|set|recogni\w+|[a-z]{2,}ed|[a-z]{3,}s)\b|['\u2019](?:ve|re|m)\b"
)
_NAME_AND_ASIDE = re.compile(
    r"(?:\s(?:for|of|and|the|&)\b|,?\s[A-Z][\w\u2019'-]*)*(?:,\s(?:together|along|as|in|like)\s[^,;.]{3,80}(?=,))?"
)

_TAIL = re.compile(
    r"(?:[\s,]{1,3}(?:this\s(?:year|month|week|spring|summer|autumn|winter)|in\sdue\scourse|shortly|next\s\w+|in\s(?:early\s)?20\d\d"
    r"|also|now|then|therefore|currently|still|both|itself|together|jointly|has|have|is|are|am|be|been|remains?|do|does|will|shall|\w+ly))+\s*$",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(
    r"\b(?:as|when|once|while|if|which|how|what|where)\s(?:the\s)?(?:(?:right\s)?hon(?:ou?rable|\.)?\s)?$",
    re.IGNORECASE,
)
_ASIDE = re.compile(r",[^,;:]{1,120},\s*$")
_BRACKET = re.compile(r"\s*\[[^\]]{1,80}\]\s*$")
_UNSPACED_END = re.compile(r"[a-z]\.(?=[A-Z])")
_LEAD = re.compile(
    r"^\W*(?:following|as|after|in|at|once|when|under|through|with|subject\sto|alongside|from|on|to)\b[^,;]*,\s",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"\b(?!(?:The|This|In|And|As|For|If|While|Whilst|Our)\b)[A-Z]\w+\s$")
_CONTRACTED: Final = frozenset(("", "ve", "re", "m"))
"""Ends of "we've", "we're" and "I'm"."""
_OWNER: Final = 45
"""Code points of a clause in which the owner of its subject is looked for."""

_GIVEN_TO: Final = re.compile(r"['\u2019]s?\s(?:\w+\s)?(?:allocations?|settlements?|shares?|awards?)\b", re.IGNORECASE)
_TITLE: Final = re.compile(r"['\u2019]s?\s(?-i:[A-Z])")
"""Words after "Women", "Teachers" that make a name of them: "the Women's Health Strategy"."""

_LONG_NAME: Final = re.compile(
    r"(?:School|Student|Teacher|Farmer|Women|Children|Veteran|Victim|Tenant|Business|Family|Adult)s?\s[A-Z]"
)
"""The same without an apostrophe: "the School Rebuilding Programme"."""

_REPORT_OF: Final = re.compile(
    r"\b(?:reports?|findings|recommendations|conclusions|results|advice|decisions?)\s(?:of|from|by)\s(?:the|an?|this)?\s*$",
    re.IGNORECASE,
)


_VOUCHED: Final = re.compile(r"\b(?:certified|verified|endorsed|requested|recommended)\sby\s(?:the\s)?$", re.IGNORECASE)
_NEWS_OF: Final = re.compile(
    r"^\W*(?:any\s)?(?:further\s|final\s|more\s|full\s)?(?:details?|decisions?|information|announcements?)\s(?:on|about|regarding|of)\s",
    re.IGNORECASE,
)
"""News of the Government on what is others': "details on the removal of schools' relief"."""

_OTHERS_THING: Final = re.compile(
    r"\b(?:industry|sector|provider|employer|council|locally)-(?:led|run|owned)\b|\bEconomic\sand\sFiscal\sOutlook\b",
    re.IGNORECASE,
)
"""Things of others by their name: "the industry-led fund"."""


@cache
def _subjects() -> re.Pattern[str]:
    return re.compile(
        rf"\b(?:(?P<pronoun>we|I|(?-i:He|She))|(?P<independent>{INDEPENDENT})|(?P<public>{PUBLIC})|(?P<government>{GOVERNMENT}))(?!\w)",
        re.IGNORECASE,
    )


def agent_before(words: str) -> Agent:
    """Return who acts, from the words before a verb, of which the last are its subject."""
    names = [name for name in _subjects().finditer(words) if not _is_part_of_name(words, name)]
    while (
        len(names) > 1 and _AFTER_OF.search(words, 0, names[-1].start()) and _NAME_GOES_ON.match(words, names[-2].end())
    ):
        names.pop()
    if not names:
        return Agent.THING
    found = names[-1]
    if len(names) > 1 and _is_joined_by_others(words, *names[-2:]):
        return Agent.GOVERNMENT
    is_of_thing = _DONE_BY.search(words, 0, found.start()) or _OF_MONEY.search(words, 0, found.start())
    if is_of_thing or (len(names) == 1 and _is_object(words, found)):
        return Agent.THING
    rest = words[found.end() :]
    if found["pronoun"]:
        return Agent.THING if rest.strip(" ,'\u2019") not in _CONTRACTED else Agent.GOVERNMENT
    if _POSSESSIVE.match(rest) or not _NAME_GOES_ON.match(rest):
        return Agent.GOVERNMENT if _MORE.search(words) else Agent.THING
    return _kind(words, found)


def _is_joined_by_others(words: str, first: re.Match[str], last: re.Match[str]) -> bool:
    """Return whether others only join the Government in what it does: "the Department and other stakeholders"."""
    is_list = first["government"] and last["public"] and _AND_OTHER.search(words, first.end(), last.start())
    return bool(is_list) and not words[last.end() :].strip()


def _is_part_of_name(words: str, name: re.Match[str]) -> bool:
    """Return whether words belong to a longer name: "Women" of "Women's Health", "UK" of a charity's name."""
    is_title = name["public"] and (_TITLE.match(words, name.end()) or _LONG_NAME.match(words, name.start()))
    return bool(is_title or (name.group() == "UK" and _CAPITAL.search(words, 0, name.start())))


def _is_object(words: str, name: re.Match[str]) -> bool:
    """Return whether others only tell what a thing is about: "applications for payments to the estates of people"."""
    return bool((name["public"] or name["independent"]) and _ABOUT.search(words, 0, name.start()))


def main_agent(words: str) -> Agent:
    """Return who the subject of the first verb is, to which "it" or a second verb goes back."""
    words = _UNSPACED_END.split(words)[-1]
    for found in _subjects().finditer(words):
        if _SUBORDINATE.search(words, 0, found.start()):
            continue
        if found["pronoun"]:
            return Agent.GOVERNMENT
        rest = words[found.end() :]
        name = _NAME_AND_ASIDE.match(rest)
        if not _POSSESSIVE.match(rest) and name and _FINITE.match(rest, name.end()):
            return _kind(words, found)
    return Agent.THING


def names_other(words: str) -> bool:
    """Return whether words name somebody else than the Government."""
    return any(
        found["independent"] or found["public"]
        for found in _subjects().finditer(words)
        if not _IN_PARLIAMENT.search(words, 0, found.end())
    )


def names_government(words: str) -> bool:
    """Return whether words begin with a name of the Government: "the Department", of "by the Department"."""
    found = _subjects().search(words)
    return bool(found and found["government"] and not words[: found.start()].strip())


def is_owned_by_other(clause: str) -> bool:
    """Return whether the subject of a clause is somebody else's: a regulator's decision, "the council's plan"."""
    clause = _LEAD.sub("", clause)
    if _OTHERS_THING.search(clause):
        return True
    for found in _subjects().finditer(clause):
        if _VOUCHED.search(clause, 0, found.start()):
            continue
        is_near = found.start() < _OWNER or _REPORT_OF.search(clause, 0, found.start())
        if found["independent"] and is_near and not found.group().lower().startswith("independent"):
            return True
        if found["independent"] and (found.start() < len("an initial ") or _REPORT_OF.search(clause, 0, found.start())):
            return True
        if found["public"] and _POSSESSIVE.match(clause, found.end()) and not _TITLE.match(clause, found.end()):
            return not (_GIVEN_TO.match(clause, found.end()) or _NEWS_OF.match(clause))
    return False


def without_tail(words: str) -> str:
    """Return the words before a verb without adverbs, auxiliaries, and what stands between commas."""
    short = _BRACKET.sub("", _TAIL.sub("", words))
    is_aside = words[len(short) :].lstrip().startswith(",") or short.rstrip().endswith(",")
    return _TAIL.sub("", _ASIDE.sub("", f"{short.rstrip().rstrip(',')}, ")) if is_aside else short


def _kind(words: str, name: re.Match[str]) -> Agent:
    return Agent.OTHER if name["independent"] or name["public"] or _is_foreign(words, name) else Agent.GOVERNMENT


def _is_foreign(words: str, name: re.Match[str]) -> bool:
    """Return whether a government is another one: "the Welsh Government", "the Government of France"."""
    title = name.group().lower()
    if not title.startswith(("government", "minister", "ministry", "prime")):
        return False
    is_elsewhere = title.startswith(("government", "prime")) and _OF_ELSEWHERE.match(words, name.end())
    return bool(is_elsewhere or _FOREIGN.search(words, 0, name.start()))
