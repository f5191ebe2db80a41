"""Verbs of acts that the Government can be held to, and what else a sentence must say for each.

A *telling* act tells or proposes something to the public. A *firm* act is bounded by itself. An *open* act, such as to
deliver or to increase, is a promise only with a time or with one certain thing as its object. An *aim*, such as to improve
or to consider, is one only with a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from monitor.parliament.promises.verbs import AIMS, BOUND, FIRM, IRREGULAR, OPEN, TELLING


class Weight(IntEnum):
    """Weight of an act by itself."""

    AIM = 0
    OPEN = 1
    FIRM = 2
    TELLING = 3


class Form(IntEnum):
    """Form of a verb."""

    BASE = 1
    ING = 2
    DONE = 3


@dataclass(frozen=True, slots=True)
class Act:
    """A verb that can promise. `particle`: words that have to follow it; "" for none.

    `objects`: pattern of the objects with which an open act is a bounded one; "" without any. `is_bound`: only with them.
    """

    name: str
    weight: Weight
    particle: str = ""
    objects: str = ""
    is_bound: bool = False


_PHRASES: Final = (
    Act("set out", Weight.TELLING, "out"),
    Act("set up", Weight.FIRM, "up"),
    Act("draw up", Weight.FIRM, "up"),
    Act("bring forward", Weight.TELLING, "forwards?"),
    Act("put forward", Weight.TELLING, "forwards?"),
    Act("come forward", Weight.TELLING, "forwards?"),
    Act("put before", Weight.FIRM, "before"),
    Act("bring in", Weight.FIRM, "in"),
    Act("bring into force", Weight.FIRM, "(?:in)?to (?:force|effect)"),
    Act("put in place", Weight.OPEN, "in place"),
    Act("put out", Weight.OPEN, "out"),
    Act("roll across", Weight.OPEN, "across"),
    Act("roll out", Weight.OPEN, "out"),
    Act("carry out", Weight.OPEN, "out"),
    Act("phase out", Weight.OPEN, "out"),
    Act("open up", Weight.OPEN, "up"),
    Act("scale up", Weight.OPEN, "up"),
    Act("step up", Weight.OPEN, "up"),
    Act("speed up", Weight.OPEN, "up"),
    Act("wind down", Weight.OPEN, "(?:down|up)"),
    Act("bring to a close", Weight.FIRM, "to a close"),
    Act("bring under", Weight.FIRM, "(?:under|within) the (?:scope|remit)"),
    Act("bring into ownership", Weight.FIRM, "(?:in)?to public (?:ownership|control)"),
    Act("act by law", Weight.FIRM, r"by\s(?:implementing|introducing|legislating|bringing forward|repealing|banning)"),
    Act(
        "take steps", Weight.FIRM, r"steps [^.;:,]{0,90}?by\s(?:implementing|introducing|legislating|bringing forward)"
    ),
    Act("come before", Weight.TELLING, "before (?:parliament|the house|both houses)"),
    Act("phase in", Weight.OPEN, "in"),
    Act("come back", Weight.OPEN, "back to"),
    Act("report back", Weight.TELLING, "back"),
    Act("seek views", Weight.TELLING, "views"),
    Act(
        "seek agreement",
        Weight.OPEN,
        r"(?:agreement|(?:\w+\s)?advice\sfrom|approval|permission|consent|clarification|assurances|(?:\w+\s){0,2}(?:input|information|evidence|feedback))",
    ),
    Act("come into force", Weight.OPEN, "into (?:force|effect)"),
    Act(
        "become available",
        Weight.OPEN,
        "(?:available|law|operational|mandatory|compulsory|effective|the (?:primary|main|default|new|sole|single))",
    ),
    Act("come to an end", Weight.OPEN, "to an? (?:natural )?(?:end|close)"),
    Act("enter into force", Weight.OPEN, "into (?:force|effect)"),
    Act("take effect", Weight.OPEN, "effect"),
    Act("take place", Weight.OPEN, "place"),
    Act("go live", Weight.OPEN, "live"),
    Act("go further", Weight.OPEN, "further"),
    Act("take action", Weight.OPEN, r"(?:\w+\s){0,3}action"),
    Act("do so", Weight.OPEN, "(?:so|this|the same)"),
    Act("take on", Weight.OPEN, "on"),
    Act("take command", Weight.OPEN, "command"),
    Act("form part", Weight.OPEN, r"(?:an?\s)?part\sof\sthe"),
    Act("take forward", Weight.OPEN, "forward", r"(?:measures|legislation|bill|reforms?|proposals|work)"),
)

OBJECTS: Final = {
    "provide": r"(?:updates?|details?|information|response|clarity|guidance|statement|report|timetable|timeline)",
    "give": r"(?:updates?|details?|response|statement|clarity)",
    "fund": r"(?:(?:at\sleast|up\sto|around|an\sadditional|another)\s)?\d[\d,]*\s(?!million|billion|per)",
    "make": r"(?:(?<!no\s)changes|announcements?|statement|decisions?|regulations|orders?|available"
    r"|amendments|appointments?)",
    "take": r"decisions?",
    "share": r"(?:reporting|examples|updates?|details?|findings|conclusions|more|outcomes?|information|plans?)",
    "communicate": r"(?:details?|timelines?|timetables?|decisions?|outcomes?|arrangements|plans?|changes|dates?)",
    "reach": r"decisions?",
    "place": r"in\sthe\s(?:house\s)?librar(?:y|ies)",
    "put": r"in\sthe\s(?:house\s)?(?:of\s\w+\s)?librar(?:y|ies)",
    "include": r"(?:in|within|as\spart\sof)\s(?:the\s|our\s|its\s|a\s)?(?:[\w\u2019']+\s){0,2}?"
    r"(?:forthcoming|upcoming|next|future|response|consultation)",
    "lay": r"(?:before|regulations?|legislation|orders?|instruments?|reports?|bill|draft|statement|copies|accounts|strategy"
    r"|measures|in\s(?:the\s)?(?:house|parliament)|SIs?)",
    "say": r"more",
    "arrange": r"to\sbe\s\w+(?:ed|en|t)",
    "ensure": r"(?:(?:updates?|details?|guidance|information)\s(?:is|are)\s(?:provided|published|shared)"
    r"|(?:the\s)?(?:House|Parliament|members|MPs|hon)\b[^,;.]{0,30}?\b(?:is|are)\s(?:fully\s)?(?:updated|informed))",
    "write": r"to",
}
"""Objects that make an open act a bounded one: to provide an update, to make a decision."""

_STUDY = (
    r"(?:reviews?|consultations?|evaluations?|assessments?|audits?|study|surveys?|analysis|analyses|research|exercise|inquiry"
    r"|investigations?|trials?|pilots?|competition|call\sfor\sevidence|scoping|modelling)"
)
OBJECTS_OF_WORK: Final = {
    "undertake": _STUDY,
    "conduct": _STUDY,
    "carry out": _STUDY,
    "begin": _STUDY,
    "start": _STUDY,
    "complete": _STUDY,
    "hold": r"(?:consultations?|reviews?|inquiry|competition|auction|summit|call\sfor\sevidence|referendum)",
    "open": r"(?:consultation|call\sfor\sevidence|competition)",
    "proceed": r"with\s(?:the\s|its\s|our\s|an?\s)?(?:[\w-]+\s){0,3}?(?:implementation|introduction"
    r"|publication|reforms?|changes?|plans?|legislation|bill|proposals?"
    r"|sale|closure|construction|project|review)",
    "report": r"(?:findings|conclusions|recommendations|back|to\s(?:the\s)?(?:House|Parliament|Ministers))",
}
"""The same for work that the Government does itself; said without an agent it may be anybody's procedure."""

_IRREGULAR: Final = {base: (done, ing) for base, done, ing in (verb.split(":") for verb in IRREGULAR.split())}


def _forms(verb: str) -> tuple[str, str]:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return verb + "d", verb[:-1] + "ing"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied", verb + "ing"
    return verb + "ed", verb + "ing"


def _lexicon() -> dict[str, list[tuple[Form, Act]]]:
    """Return every form of every verb with its acts, the ones with a particle first."""
    acts = [*_PHRASES]
    lists = ((Weight.TELLING, TELLING), (Weight.FIRM, FIRM), (Weight.OPEN, OPEN), (Weight.AIM, AIMS))
    for weight, verbs in lists:
        acts += [Act(verb, weight, objects=OBJECTS.get(verb, "")) for verb in verbs.split()]
    acts += [Act(verb, Weight.OPEN, objects=OBJECTS[verb], is_bound=True) for verb in BOUND.split()]
    found: dict[str, list[tuple[Form, Act]]] = {}
    for act in acts:
        verb = act.name.split()[0]
        done, ing = _forms(verb)
        for form, word in ((Form.BASE, verb), (Form.DONE, done), (Form.ING, ing)):
            found.setdefault(word, []).append((form, act))
    return found


LEXICON: Final = _lexicon()
