"""Nouns of what comes, in place of a verb: "the response is expected in the spring", "there will be a consultation"."""

from __future__ import annotations

import re
from typing import Final

from monitor.parliament.promises.acts import Act, Weight

_NOUNS: Final = """
    publication:publish release:publish launch:launch introduction:introduce consultation:consult
    implementation:implement completion:complete response:respond report:report reporting:report review:review
    announcement:announce decision:decide update:update findings:report results:publish guidance:publish
    strategy:publish conclusions:report recommendations:report statement:announce outcome:announce
    legislation:legislate evaluation:evaluate plan:publish roll-out:implement rollout:implement
    commencement:commence opening:open trial:trial pilot:pilot statistics:publish paper:publish phase:begin meeting:meet
    round_table:meet roundtable:meet regulations:legislate framework:publish assessment:assess delivery:deliver
    details:publish detail:publish information:publish data:publish figures:publish proposals:publish bill:legislate
    award:award procurement:procure construction:build works:build deployment:deploy commissioning:commission
    discussions:meet talks:meet debate:debate reading:legislate summit:meet visit:visit call_for_evidence:consult
    allocations:announce settlement:announce tender:procure competition:launch action_plan:publish roadmap:publish
    service:open programme:begin scheme:open reforms:introduce changes:introduce increase:increase reduction:reduce
    submission:submit audit:review inquiry:review recruitment:recruit round:launch
"""
NOUNS: Final = {noun.replace("_", " "): act for noun, act in (noun.split(":") for noun in _NOUNS.split())}
"""Nouns of what comes, with the act."""

_ONE: Final = "|".join(sorted((noun.replace(" ", r"\s") for noun in NOUNS), key=len, reverse=True))
_OF_PURPOSE: Final = re.compile(
    r"(?:for\s)?(publication|release|launch|introduction|implementation|completion|roll-?out|commencement|opening"
    r"|consultation|delivery|deployment|submission|(?:\w+\s)?review)\b",
    re.IGNORECASE,
)
_COMING: Final = re.compile(
    rf"\b({_ONE})s?\b(?:\s(?:of|on|to|for|into|from|about|with|in|regarding|around)\b[^,;]*|\s*\([^)]*\))?\s*,?"
    r"\s*(?:which\s)?(?:is|are|can\sbe|remains?|(?:has|have)(?:\s\w+)?\sbeen)?(?:\s(?:currently|now|also|still))?\s*$",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    rf"\W*(?:the\s|an?\s)?(?:\w+\s)?({_ONE})s?\s(?:of|on|to|for|into|about)\b[^;:.]{{0,200}}\b(?:is|are)(?:\s\w+)?\s*$",
    re.IGNORECASE,
)
_EXISTING: Final = re.compile(
    rf"\s(?:an?|further|public|more|the|another|additional|new)\s(?:[\w\u2019'-]+\s){{0,4}}?({_ONE})s?\b",
    re.IGNORECASE,
)
_FOLLOWER: Final = re.compile(
    rf"followed\sby\s(?:(?:an?|the|our|further|more)\s)?(?:[\w\u2019'-]+\s){{0,3}}?({_ONE})s?\b", re.IGNORECASE
)
_ASKING: Final = frozenset(("consult", "review", "evaluate", "announce", "update", "assess"))
"""Acts of which "there will be" is enough: "there will be a consultation"."""
_DOING: Final = frozenset(("introduction", "publication", "launch", "roll-out", "rollout"))
"""Nouns of doing, which are as good as their verbs: "committed to the introduction of a register"."""

_SUBJECT_REACH: Final = 160


def purpose_at(sentence: str, place: int) -> tuple[re.Match[str], Act] | None:
    """Read "publication" of "is planned for publication in 2024"."""
    found = _OF_PURPOSE.match(sentence, place)
    return (found, Act(NOUNS[_base(found[1]).split()[-1]], Weight.FIRM)) if found else None


def coming_before(sentence: str, place: int) -> Act | None:
    """Read "response" of "the response is expected in the spring"."""
    found = _COMING.search(sentence[max(0, place - _SUBJECT_REACH) : place]) or _HEAD.match(sentence[:place])
    return Act(NOUNS[_base(found[1])], Weight.OPEN) if found else None


def existing_at(sentence: str, place: int) -> tuple[re.Match[str], Act] | None:
    """Read "a public consultation" of "there will be a public consultation"."""
    found = _EXISTING.match(sentence, place)
    if not found:
        return None
    noun = _base(found[1])
    act = NOUNS[noun]
    return found, Act(act, Weight.FIRM if act in _ASKING or noun in _DOING else Weight.OPEN)


def follower_at(sentence: str, place: int) -> tuple[re.Match[str], Act] | None:
    """Read "publication" of "will be followed by publication of a plan"."""
    found = _FOLLOWER.match(sentence, place)
    return (found, Act(NOUNS[_base(found[1])], Weight.FIRM)) if found else None


def _base(noun: str) -> str:
    return " ".join(noun.lower().split())
