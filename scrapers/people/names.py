"""Names, offices and constituencies as Hansard prints them, made comparable.

A form is what is left of a name when all that is printed now so, now so is gone: case, accents, dots, commas, hyphens and
apostrophes, titles before it and honours behind it. Two names with one form are spelt the same; whether they are of one
person is for `scrapers.people` to say.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_TITLES: Final = frozenset(
    """
    the rt rh right hon honourable and learned gallant mr mrs ms miss mx dr sir dame lord lady madam viscount viscountess
    professor prof rev revd reverend canon alderman captain capt major maj colonel col lieutenant lieut lt commander comdr
    cdr admiral vice rear general gen brigadier brig wing squadron group air commodore marshal sergeant serjeant
""".split()  # noqa: SIM905 - reads best so
)
_HONOURS: Final = frozenset(
    """
    mp msp mla am ms mep qc kc pc ch cbe obe mbe kbe dbe gbe cb kcb dcb gcb cmg kcmg dcmg gcmg cvo kcvo gcvo kg kt om vc
    dso dsc dfc afc mc td rd vrd erd jp dl frs bt bart esq
""".split()  # noqa: SIM905 - reads best so
)
_RANKS: Final = frozenset(
    """
    lord baroness earl viscount viscountess countess duke duchess marquess marchioness bishop archbishop baron
""".split()  # noqa: SIM905 - reads best so
)
_STYLES: Final = frozenset({"rt", "right", "hon", "honourable", "rev", "reverend", "noble"})
_ONE_RANK: Final = {"lady": "baroness", "marquis": "marquess", "baron": "lord"}
_LORDLY_OFFICES: Final = frozenset(
    """
    advocate chairman chamberlain chancellor chief commissioner great high in justice president privy speaker steward
""".split()  # noqa: SIM905 - reads best so
)
"""What makes an office of the lord before it, not a name: the Lord Privy Seal, a Lord in Waiting."""
_OFFICE_WORDS: Final = frozenset(
    """
    advocate attorney chair chairman chairperson chairwoman chamberlain chancellor commissioner commissioners comptroller
    convener leader minister paymaster president secretary solicitor speaker treasurer whip waiting
""".split()  # noqa: SIM905 - reads best so
)
_EMPTY_WORDS: Final = frozenset(
    """
    the of for and to in state department ministry office officers affairs her his majestys hm honourable hon
""".split()  # noqa: SIM905 - reads best so
)
_ONE_COUNTRY: Final = {"scottish": "scotland", "welsh": "wales"}
_PARTIES: Final = {
    "lab": "Labour",
    "labour": "Labour",
    "lab/co-op": "Labour (Co-op)",
    "labour/co-operative": "Labour (Co-op)",
    "con": "Conservative",
    "ldem": "Liberal Democrat",
    "ld": "Liberal Democrat",
    "lib dem": "Liberal Democrat",
    "snp": "Scottish National Party",
    "pc": "Plaid Cymru",
    "dup": "Democratic Unionist Party",
    "uup": "Ulster Unionist Party",
    "sdlp": "Social Democratic & Labour Party",
    "sf": "Sinn Féin",
    "alliance": "Alliance",
    "green": "Green Party",
    "ukip": "UK Independence Party",
    "ind": "Independent",
    "xb": "Crossbench",
    "cb": "Crossbench",
    "bp": "Bishops",
    "spk": "Speaker",
    "cwm": "Deputy Speaker",
    "dcwm": "Deputy Speaker",
}
"""Abbreviations of the files and of Hansard in the words of the Members API, so that one filter finds both."""

_APOSTROPHES: Final = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}`]")
_WORD: Final = re.compile(r"[^\W_]+")
_BRACKET: Final = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What is printed where a name stands: "The Minister of State (Mr. Smith)", "Mr. Smith (Sampleton) (Lab)".

    `name` is "" where there is only an office. `party` in the words of the Members API.
    """

    name: str
    office: str | None = None
    constituency: str | None = None
    party: str | None = None


def read_printed(text: str) -> Printed:
    """Take apart what is printed where a name stands."""
    text = _SPACES.sub(" ", text).strip(" :")
    outer = text.partition("(")[0].partition("[")[0].strip()
    brackets = [inner for each in _BRACKET.findall(text) if (inner := each.strip())]
    office = None
    if not outer or _is_office(outer):
        office, outer = outer or None, brackets.pop(0) if brackets else ""
    party = next((each for each in brackets if each.casefold() in _PARTIES), None)
    places = [each for each in brackets if each is not party and each[0].isupper()]
    return Printed(
        name=outer,
        office=office,
        constituency=places[0] if places else None,
        party=party_name(party) if party else None,
    )


def party_name(party: str) -> str:
    """A party in the words of the Members API where they are known, else as it is."""
    return _PARTIES.get(party.casefold(), party)


def name_form(name: str) -> str:
    """The form of a name of anybody but a peer: "The Rt. Hon. Dr. Siân O'Sample-Hill, MP" is "sian osample hill".

    So is that of a list: "O'Sample-Hill, rh Dr. Siân".
    """
    words = _turned(name) if "," in name else []
    words = words or _without_honours(_words(name))
    start = 0
    while start < len(words) - 1 and words[start] in _TITLES:
        start += 1
    return " ".join(words[start:])


def peer_form(name: str) -> str:
    """The form of a peer's name, its rank included: "The Lord Bishop of Sampleton" is "bishop of sampleton".

    "" where it has no rank: that is no name of a peer.
    """
    words = _without_honours(_words(name))
    while words and (words[0] == "the" or words[0] in _STYLES):
        words.pop(0)
    if words[:1] == ["lord"] and words[1:2] in (["bishop"], ["archbishop"]):
        words.pop(0)
    rank = _ONE_RANK.get(words[0], words[0]) if words else ""
    return " ".join([rank, *words[1:]]) if rank in _RANKS and len(words) > 1 else ""


def without_initials(form: str) -> str:
    """A form without the initials in its middle: "brian h sample" is "brian sample"; the same where it has none."""
    first, *rest = form.split()
    if not any(len(word) == 1 for word in rest[:-1]):
        return form
    return " ".join([first, *(word for word in rest[:-1] if len(word) > 1), rest[-1]])


def split_initials(form: str) -> tuple[str, str]:
    """The initials that a form begins with, and the surname behind them: "c j m sample" is ("cjm", "sample")."""
    words = form.split()
    count = next((place for place, word in enumerate(words) if len(word) > 1), 0)
    return "".join(words[:count]), " ".join(words[count:])


@lru_cache(4096)  # there are some two thousand
def place_form(constituency: str) -> str:
    """The form of a constituency: "Sampleton, North & Vale" is "sampleton north and vale"."""
    return " ".join(_words(constituency.replace("&", " and ")))


def office_form(office: str, department: str = "") -> frozenset[str]:
    """The words that tell an office from another: those of "Secretary of State" and "Home Office" are secretary, home."""
    words = _words(f"{office} {department}".replace("&", " and "))
    return frozenset(_ONE_COUNTRY.get(word, word) for word in words if word not in _EMPTY_WORDS)


def peer_name(rank: str, name: str, of: str) -> str:
    """A peer's name as it is printed: "Lord Sample of Sampleton", "The Earl of Sampleton", "The Lord Bishop of Vale"."""
    if name:
        return f"{rank} {name} of {of}" if of else f"{rank} {name}"
    lord = "Lord " if rank in ("Bishop", "Archbishop") else ""
    return f"The {lord}{rank} of {of}"


def _turned(name: str) -> list[str]:
    """The words of a name in a list in their usual order; none where what stands behind the comma is honours alone."""
    surname, _, rest = name.partition(",")
    given = _without_honours(_words(rest))
    is_of_list = any(len(word) > 1 and word not in _HONOURS for word in given)
    return [*given, *_words(surname)] if is_of_list else []


def _without_honours(words: list[str]) -> list[str]:
    """Words of a name without the honours behind it, also where dots take them apart ("Q.C., M.P.")."""
    end = len(words)
    while end > 1:
        run = next((place for place in range(end) if len(words[end - 1 - place]) > 1), end)
        if words[end - 1] in _HONOURS:
            end -= 1
        elif 1 < run < end:
            end -= run
        else:
            break
    return words[:end]


def _is_office(text: str) -> bool:
    words = _words(text)
    has_article = words[:1] == ["the"]
    words = words[has_article:]
    if not words or words[0] in _STYLES:
        return False
    if words[0] in _RANKS or words[0] in _ONE_RANK:
        return words[0] == "lord" and words[1:2] != [] and words[1] in _LORDLY_OFFICES
    return has_article or not _OFFICE_WORDS.isdisjoint(words)


def _words(text: str) -> list[str]:
    plain = _APOSTROPHES.sub("", text)
    if not plain.isascii():
        plain = "".join(each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each))
    return _WORD.findall(plain.casefold())
