"""Speakers named in a letter for a quotation, by name or office, and whether the words are theirs.

A name counts only if the letter clearly makes it the speaker: before or after a verb of saying beside the quotation, after
"according to", or at the beginning of a source in brackets. A false warning would be worse than a missed one, so two people
are different only if no reading of the printed names makes them the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.text.tokens import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.records import Member, Proceeding

_TITLE: Final = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Lord|Lady|Baroness|Baron|Viscount(?:ess)?|Earl|Countess|Marquess|Duke|Bishop"
    r"|Archbishop|Prof(?:essor)?|Rev(?:erend)?|Capt(?:ain)?|Col(?:onel)?|Major|General)\b\.?"
)
_CAPITAL: Final = (
    r"[A-Z\u00c0-\u00de](?:['\u2019][A-Z])?[\w\u00c0-\u024f]{0,30}(?:[-\u2010\u2011'\u2019][A-Z]\w{0,30})?"
)
_PARTICLE: Final = r"(?:of|de|van|von|ap|ab|du|le|la)\s"
_SURNAMES: Final = rf"{_CAPITAL}(?:\s(?:{_PARTICLE}(?:the\s)?)?{_CAPITAL}){{0,4}}"
_NAME: Final = rf"(?:{_TITLE}\s(?:of\s)?{_SURNAMES}|{_CAPITAL}(?:\s(?:[A-Z]\.\s?)?{_CAPITAL}){{1,3}})"
_OFFICE: Final = (
    r"(?:(?:Home|Foreign|Health|Education|Schools|Defence|Transport|Culture|Environment|Justice|Business|Trade|Energy"
    r"|Communities|Housing|Technology|Work\sand\sPensions|International\sDevelopment)\sSecretary"
    r"|Secretary\sof\sState\sfor\s(?:the\s)?[A-Z]\w{1,30}(?:(?:,?\sand\sfor|,?\sand|,)?\s(?:the\s)?[A-Z]\w{1,30}){0,5}"
    r"|Chancellor\sof\sthe\sExchequer)"
)
_VERB: Final = (
    r"(?:said|says|stated|states|told|tells|answered|answers|replied|replies|wrote|writes|announced|confirmed|confirms"
    r"|explained|added|responded|assured|argued|claimed|claims|insisted|admitted|promised|declared|informed|asked|asks)"
)
_ASIDE: Final = r"(?:\s(?:MP|MSP|MLA|QC|KC|CBE|OBE|DBE)\b,?|,\s[^,;]{3,80},|\s\([^()]{1,60}\))"
_ADVERB: Final = r"(?:(?:then|also|has|have|had|only|rightly|once|recently|later|himself|herself|since)\s){0,2}"
_WHO: Final = rf"(?:[Tt]he\s(?:then\s)?)?(?P<who>{_OFFICE}|{_NAME})"
_SUBJECT: Final = re.compile(rf"\b{_WHO}{_ASIDE}{{0,2}},?\s{_ADVERB}(?P<verb>{_VERB})\b(?P<rest>[^\n]*)")
_IN_BRACKETS: Final = re.compile(rf"\((?P<who>{_NAME})\),?\s{_ADVERB}(?P<verb>{_VERB})\b(?P<rest>[^\n]*)")
"""Behind a seat or an office the member stands in brackets: "the hon. Member for Sample (Mr. Heron) said"."""
_NAMED_BEHIND: Final = re.compile(r",\s(?P<name>[A-Z][\w'\u2019-]{1,30}\s[A-Z][\w'\u2019-]{1,30})$")
_TURNED: Final = re.compile(
    rf"\b(?:was|were|been|received|got|had|gave|reply|answer|response|who|which)\b|\b{_VERB}\b", re.IGNORECASE
)
"""Words between a verb of saying and the quotation after which it may be another's: "asked about it and was told"."""
_ACCORDING: Final = re.compile(
    rf"\b(?:[Aa]ccording\sto|[Ii]n\sthe\swords\sof|(?:answer|reply|response|statement|words|speech)\s(?:of|(?:given\s|made\s)?by|from))\s{_WHO}"
    r"(?P<rest>[^\n]*)"
)
_OWNED: Final = re.compile(
    rf"(?<!\bto\s)\b{_WHO}['\u2019]s?\s(?:own\s)?(?:words|answer|reply|response|statement|speech)\b(?P<rest>[^\n]*)"
)
_VERB_FIRST: Final = re.compile(rf"[\s,]{{0,5}}{_VERB}\s{_WHO}(?!\w|['\u2019])")
_NAME_FIRST: Final = re.compile(rf"[\s,]{{0,5}}{_WHO}{_ASIDE}{{0,2}},?\s{_ADVERB}{_VERB}\b")
_SOURCE: Final = re.compile(rf"\s{{0,5}}(?:[\u2014\u2013]|--?)?\s{{0,5}}{_WHO}(?=\s(?:MP|QC|KC)\b|\s*[,;:]|\s*$|\s+\d)")
_SOURCE_BY: Final = re.compile(rf"\b(?:answered|replied|given|corrected)\b[^()\n]{{0,60}}?\sby\s{_WHO}")
_NO_PERSONS_SAID: Final = (
    "act agency alliance answer archive assembly assistant association authority bill board britain british cabinet"
    " centre charity chief child children church city college commission commissioner committee commons company council"
    " court crime crown daily deb debate debates department directorate division downing england english european"
    " executive federation force foundation fund general government group guardian hansard health her his home hospital"
    " house institute inquiry inspector inspectorate ireland irish kingdom library london lords member members minister"
    " ministerial ministers ministry national network news northern office official oral organisation paper parliament"
    " parliamentary party police policy press prime protection public question questions report review royal school"
    " scotland scottish secretary select service services society speaker spokesman spokesperson spokeswoman standing"
    " state states statement street strategy sunday task team telegraph the their times today treasury tribunal trust"
    " unit united university vol volume wales watch welsh westminster written yard you your our we"
    " january february march april may june july august september october november december"
    " monday tuesday wednesday thursday friday saturday in on at as for when while but and this that these what"
    " his her under since after before"
)
_NO_PERSONS: Final = frozenset(_NO_PERSONS_SAID.split())
_TITLES_SAID: Final = (
    "mr mrs ms miss dr sir dame lord lady baroness baron viscount viscountess earl countess marquess duke bishop"
    " archbishop prof professor rev reverend capt captain col colonel major general the rt hon right honourable mp msp"
    " mla qc kc cbe obe dbe"
)
_TITLES: Final = frozenset(_TITLES_SAID.split())
_SHORT_NAMES: Final = {
    "bill": "william", "bob": "robert", "dick": "richard", "ted": "edward", "ned": "edward", "tony": "anthony",
    "jack": "john", "harry": "henry", "peggy": "margaret", "meg": "margaret", "liz": "elizabeth", "beth": "elizabeth",
    "betty": "elizabeth", "kate": "catherine", "kit": "christopher", "sandy": "alexander", "alex": "alexander",
    "fred": "alfred", "nick": "dominic", "drew": "andrew", "gus": "angus", "jim": "james", "mo": "marjorie",
}  # fmt: skip
_BODIES: Final = (
    frozenset({"home"}),
    frozenset({"foreign", "commonwealth", "development", "international"}),
    frozenset({"health", "care"}),
    frozenset({"education", "schools", "children", "families", "skills", "employment", "science", "universities"}),
    frozenset({"defence"}),
    frozenset({"transport", "regions"}),
    frozenset({"culture", "media", "sport", "digital", "olympics", "heritage"}),
    frozenset({"environment", "food", "rural", "agriculture", "climate", "energy"}),
    frozenset({"justice", "constitutional", "chancellor's", "chancellors"}),
    frozenset(
        {"business", "trade", "industry", "innovation", "enterprise", "energy", "industrial", "skills", "science"}
        | {"technology", "universities", "regulatory", "climate"}
    ),
    frozenset({"communities", "community", "housing", "local", "levelling", "planning"}),
    frozenset({"work", "pensions", "social"}),
    frozenset({"treasury", "exchequer"}),
)
"""Words of the names of departments, where one office went by several through the years."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker named in a letter. `is_sayer`: by a verb of saying, not only in a source."""

    name: str
    is_office: bool
    is_sayer: bool

    @property
    def is_sure(self) -> bool:
        """True if this is certainly a person or office: two capitalised words in brackets may be any heading."""
        return self.is_sayer or self.is_office or bool(re.match(_TITLE, self.name))

    @property
    def words(self) -> frozenset[str]:
        """The words of the name without titles, folded."""
        return frozenset(word for word in _words(self.name) if word not in _TITLES)


def speakers(before: str, brackets: str, after: str) -> list[Speaker]:
    """Find who is named as the speaker: in the sentence before a quotation, its source in brackets, and the words behind."""
    signed = after if re.match(r"\s*(?:[\u2014\u2013]|--?)", after) else ""
    return list(dict.fromkeys([*_before(before), *_in_source(brackets), *_in_source(signed), *_after(after)]))


def is_same(speaker: Speaker, person: Member | None) -> bool:
    """Decide whether a person may be meant by a name."""
    if person is None:
        return False
    printed = [record for record in (person.name, person.printed, person.office) if record]
    # Old volumes print the office first, and the name in brackets behind it.
    named = [
        name
        for record in printed
        for name in (re.sub(r"\([^()]*\)", " ", record), *re.findall(r"\(([^()]*)\)", record))
    ]
    return any(_is_same_name(speaker.name, name) for name in named if name.strip())


def is_of_office(speaker: Speaker, proceeding: Proceeding) -> bool:
    """Decide whether an office may be that of a record: its department, or the office printed with the name."""
    people = (proceeding.answered_by, proceeding.corrected_by, proceeding.made_by)
    said = [
        proceeding.body,
        proceeding.heading,
        *(text for person in people if person for text in (person.office, person.printed, person.name)),
    ]
    theirs = {word for text in said if text for word in _words(text)}
    meant = {word for word in _words(speaker.name) if word not in ("secretary", "state", "for", "of", "the", "and")}
    near = set().union(*(names for names in _BODIES if names & meant)) | meant
    return bool(theirs & near)


def words_of_name(name: str) -> frozenset[str]:
    """Return the words of a printed name without titles, folded."""
    return frozenset(word for word in _words(name) if word not in _TITLES)


def _before(text: str) -> Iterator[Speaker]:
    for pattern in (_SUBJECT, _IN_BRACKETS, _ACCORDING, _OWNED):
        last = None
        at = 0
        while found := pattern.search(text, at):
            last, at = found, found.end("who")
        if last and not _TURNED.search(last["rest"]) and (who := _speaker(last["who"], is_sayer=True)):
            yield who


def _in_source(text: str) -> Iterator[Speaker]:
    for found in (_SOURCE.match(text), _SOURCE_BY.search(text)):
        if found and (who := _speaker(found["who"], is_sayer=False)):
            yield who


def _after(text: str) -> Iterator[Speaker]:
    for pattern in (_VERB_FIRST, _NAME_FIRST):
        found = pattern.match(text)
        if found and (who := _speaker(found["who"], is_sayer=True)):
            yield who


def _speaker(name: str, *, is_sayer: bool) -> Speaker | None:
    """Return the person or office of a name; None if it is or may be an institution."""
    name = re.sub(r"['\u2019]s$", "", name)
    if re.fullmatch(_OFFICE, name) and (behind := _NAMED_BEHIND.search(name)):
        name = behind["name"]  # "the Secretary of State for the Home Department, Ada Example"
    if re.fullmatch(_OFFICE, name):
        return Speaker(name, is_office=True, is_sayer=is_sayer)
    said = _words(name)
    if re.match(_TITLE, name):
        known = [word for word in said if word not in _TITLES]
        is_person = bool(known) and known[0] not in _NO_PERSONS
        return Speaker(name, is_office=False, is_sayer=is_sayer) if is_person else None
    words = name.split()
    while words and fold(words[0]) in _NO_PERSONS and not _is_bill(words):  # "Home Secretary Ada Example"
        words = words[1:]
    while words and words[-1].lower() in _TITLES:
        words = words[:-1]
    others = words[1:] if _is_bill(words) else words
    is_person = len(words) > 1 and not _NO_PERSONS & set(map(fold, others)) and not re.fullmatch("[A-Z]{2,}", words[-1])
    return Speaker(" ".join(words), is_office=False, is_sayer=is_sayer) if is_person else None


def _is_bill(words: Sequence[str]) -> bool:
    """Return whether a name begins with a forename that also means a draft law."""
    return list(words[:1]) == ["Bill"]


def _is_same_name(first: str, second: str) -> bool:
    """Decide whether two printed names may be one person's: the same surname, and no forename or territory against it."""
    own, theirs = _parted(first), _parted(second)
    if own is None or theirs is None:
        return True  # nothing to go by
    everything = {word for part in theirs for word in part}
    if own[1] and own[1][-1] not in everything:
        return False
    if own[2] and theirs[2] and not set(own[2]) & set(theirs[2]):
        return False
    if own[0] and theirs[0] and own[1][-1:] == theirs[1][-1:]:
        return any(_is_short_for(mine, their) for mine in own[0] for their in theirs[0])
    return True


def _parted(name: str) -> tuple[list[str], list[str], list[str]] | None:
    """Return the forenames, surname and territory of a name; None for an empty name."""
    before, _, of = name.partition(" of ")
    said = [word for word in _words(before) if word not in _TITLES]
    territory = [word for word in _words(of) if word not in _TITLES]
    if not said:
        said, territory = territory, []
    return (said[:-1], said[-1:], territory) if said else None


def _is_short_for(first: str, second: str) -> bool:
    names = {_SHORT_NAMES.get(first, first), first}, {_SHORT_NAMES.get(second, second), second}
    return bool(names[0] & names[1]) or first[:1] == second[:1]


def _words(text: str) -> list[str]:
    return [fold(word) for word in re.findall(r"[\w'\u2019]+", text)]
