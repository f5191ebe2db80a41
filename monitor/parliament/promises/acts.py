"""Verbs of acts that the Government can be held to, and what else a sentence must say for each.

A *telling* act tells or proposes something to the public. A *firm* act is bounded by itself. An *open* act, such as to
deliver or to increase, is a promise only with a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Weight(IntEnum):
    """Weight of an act by itself."""

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


_TELLING: Final = "publish release announce unveil consult respond introduce legislate launch outline confirm"
_FIRM: Final = (
    "update review reintroduce repeal enact abolish ban commence convene establish appoint recruit sign ratify finalise"
    " commission pilot trial evaluate amend replace scrap nationalise reopen deposit reinstate redesign overhaul outlaw"
    " criminalise relaunch conclude issue table devolve legalise"
)
_OPEN: Final = (
    "report complete begin start implement extend expand reform deploy transfer restore decide present submit communicate"
    " deliver open close build hold host visit attend engage assess conduct undertake develop test increase reduce double"
    " halve cut raise create return resume recommence procure award install train end remove cease join revise produce"
    " upgrade offer migrate switch invite withdraw discontinue meet provide inform notify designate freeze convert"
    " plant discuss send circulate undergo eradicate eliminate act lay share refer schedule determine rebuild"
    " renew refresh relocate refurbish modernise digitise streamline simplify strengthen tighten restart correct"
)
_BOUND: Final = "make take give reach write say place"
_PHRASES: Final = (
    Act("set out", Weight.TELLING, "out"),
    Act("set up", Weight.FIRM, "up"),
    Act("bring forward", Weight.TELLING, "forwards?"),
    Act("put forward", Weight.TELLING, "forwards?"),
    Act("come forward", Weight.TELLING, "forwards?"),
    Act("put before", Weight.FIRM, "before"),
    Act("bring in", Weight.FIRM, "in"),
    Act("bring into force", Weight.FIRM, "into force"),
    Act("put in place", Weight.OPEN, "in place"),
    Act("roll out", Weight.OPEN, "out"),
    Act("carry out", Weight.OPEN, "out"),
    Act("phase out", Weight.OPEN, "out"),
    Act("open up", Weight.OPEN, "up"),
    Act("report back", Weight.TELLING, "back"),
    Act("seek views", Weight.TELLING, "views"),
    Act("come into force", Weight.OPEN, "into (?:force|effect)"),
    Act("enter into force", Weight.OPEN, "into (?:force|effect)"),
    Act("take effect", Weight.OPEN, "effect"),
    Act("take place", Weight.OPEN, "place"),
    Act("go live", Weight.OPEN, "live"),
    Act("do so", Weight.OPEN, "so"),
    Act("take forward", Weight.OPEN, "forward", r"(?:measures|legislation|bill|reforms?|proposals)", is_bound=True),
)

OBJECTS: Final = {
    "provide": r"(?:updates?|details?|information|response|clarity|guidance|statement|report|timetable|timeline)",
    "give": r"(?:updates?|details?|response|statement|clarity)",
    "make": r"(?:announcements?|statement|decisions?|regulations|orders?|available)",
    "take": r"decisions?",
    "share": r"(?:updates?|details?|findings|conclusions|more|outcomes?|information|plans?)",
    "reach": r"decisions?",
    "place": r"in\s+the\s+(?:house\s+)?librar(?:y|ies)",
    "lay": r"(?:before|regulations?|legislation|orders?|instruments?|reports?|bill|draft|statement|copies|accounts|strategy"
    r"|measures|in\s+(?:the\s+)?(?:house|parliament)|SIs?)",
    "say": r"more",
    "write": r"to",
}
"""Objects that make an open act a bounded one: to provide an update, to make a decision."""

OBJECTS_OF_WORK: Final = {
    "undertake": r"(?:review|consultation|evaluation|assessment)",
    "conduct": r"(?:review|consultation|evaluation|assessment)",
    "carry out": r"(?:review|consultation|evaluation|assessment)",
    "hold": r"(?:consultation|review|inquiry)",
    "open": r"(?:consultation|call\s+for\s+evidence)",
    "produce": r"(?:strategy|plan|guidance|report|framework)",
    "develop": r"(?:strategy|action\s+plan|guidance|guideline|framework)",
    "report": r"(?:findings|conclusions|recommendations|to\s+(?:the\s+)?(?:House|Parliament|Ministers))",
}
"""The same for work that the Government does itself; said without an agent it may be anybody's procedure."""

_IRREGULAR_VERBS: Final = """
    lay:laid:laying begin:begun:beginning set:set:setting build:built:building hold:held:holding meet:met:meeting
    cut:cut:cutting make:made:making bring:brought:bringing take:taken:taking write:written:writing go:gone:going
    put:put:putting give:given:giving come:come:coming say:said:saying withdraw:withdrawn:withdrawing
    seek:sought:seeking send:sent:sending do:done:doing undergo:undergone:undergoing freeze:frozen:freezing
    ban:banned:banning scrap:scrapped:scrapping transfer:transferred:transferring refer:referred:referring
    submit:submitted:submitting commit:committed:committing plan:planned:planning
"""
_IRREGULAR: Final = {base: (done, ing) for base, done, ing in (verb.split(":") for verb in _IRREGULAR_VERBS.split())}

_NOUNS: Final = """
    publication:publish release:publish launch:launch introduction:introduce consultation:consult
    implementation:implement completion:complete response:respond report:report review:review
    announcement:announce decision:decide update:update findings:report results:publish guidance:publish
    strategy:publish conclusions:report recommendations:report statement:announce outcome:announce
    outcomes:announce legislation:legislate evaluation:evaluate plan:publish roll-out:implement rollout:implement
    commencement:commence opening:open trial:trial statistics:publish paper:publish phase:begin meeting:meet
    round_table:meet roundtable:meet regulations:legislate framework:publish assessment:publish delivery:deliver
"""
NOUNS: Final = {noun.replace("_", " "): act for noun, act in (noun.split(":") for noun in _NOUNS.split())}
"""Nouns of what comes, with the act: "the response is expected in the spring", "it is planned for publication"."""


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
    for weight, verbs in ((Weight.TELLING, _TELLING), (Weight.FIRM, _FIRM), (Weight.OPEN, _OPEN)):
        acts += [Act(verb, weight, objects=OBJECTS.get(verb, "")) for verb in verbs.split()]
    acts += [Act(verb, Weight.OPEN, objects=OBJECTS[verb], is_bound=True) for verb in _BOUND.split()]
    found: dict[str, list[tuple[Form, Act]]] = {}
    for act in acts:
        verb = act.name.split()[0]
        done, ing = _forms(verb)
        for form, word in ((Form.BASE, verb), (Form.DONE, done), (Form.ING, ing)):
            found.setdefault(word, []).append((form, act))
    return found


LEXICON: Final = _lexicon()
