"""Printed names, offices and constituencies in a form in which they can be compared.

A form leaves out everything that Hansard prints in different ways: case, accents, dots, commas, hyphens and apostrophes,
titles before a name and honours behind it. Two names with one form are spelt the same; `scrapers.people.register` decides
whether they belong to one person.
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
_SAME_RANKS: Final = {"lady": "baroness", "marquis": "marquess", "baron": "lord"}
_LORDLY_OFFICES: Final = frozenset(
    """
    advocate chairman chamberlain chancellor chief commissioner great high in justice president privy speaker steward
""".split()  # noqa: SIM905 - reads best so
)
"""Words behind "Lord" that make it an office, not a name: the Lord Privy Seal, a Lord in Waiting."""
_OFFICE_WORDS: Final = frozenset(
    """
    advocate attorney chair chairman chairperson chairwoman chamberlain chancellor commissioner commissioners comptroller
    convener leader minister paymaster president secretary solicitor speaker treasurer whip waiting
""".split()  # noqa: SIM905 - reads best so
)
_COMMON_OFFICE_WORDS: Final = frozenset(
    """
    the of for and to in state department ministry office officers affairs her his majestys hm honourable hon
""".split()  # noqa: SIM905 - reads best so
)
_COUNTRIES: Final = {"scottish": "scotland", "welsh": "wales"}
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
class PrintedName:
    """A printed name, taken apart: "The Minister of State (Mr. Smith)", "Mr. Smith (Sampleton) (Lab)".

    `name` is "" if there is only an office. `party` is in the words of the Members API.
    """

    name: str
    office: str | None = None
    constituency: str | None = None
    party: str | None = None


def read_printed_name(text: str) -> PrintedName:
    """Take a printed name apart."""
    text = _SPACES.sub(" ", text).strip(" :")
    outer = text.partition("(")[0].partition("[")[0].strip()
    brackets = [words for bracket in _BRACKET.findall(text) if (words := bracket.strip())]
    office = None
    if not outer or _is_office(outer):
        office, outer = outer or None, brackets.pop(0) if brackets else ""
    party = next((words for words in brackets if words.casefold() in _PARTIES), None)
    places = [words for words in brackets if words is not party and words[0].isupper()]
    return PrintedName(
        name=outer,
        office=office,
        constituency=places[0] if places else None,
        party=party_name(party) if party else None,
    )


def party_name(party: str) -> str:
    """Return a party in the words of the Members API if they are known, else unchanged."""
    return _PARTIES.get(party.casefold(), party)


def name_form(name: str) -> str:
    """Return the form of any name but a peer's: "The Rt. Hon. Dr. Siân O'Sample-Hill, MP" becomes "sian osample hill".

    The order of lists, "O'Sample-Hill, rh Dr. Siân", gives the same.
    """
    words = _from_list_order(name) if "," in name else []
    words = words or _without_honours(_words(name))
    start = 0
    while start < len(words) - 1 and words[start] in _TITLES:
        start += 1
    return " ".join(words[start:])


def peer_form(name: str) -> str:
    """Return the form of a peer's name with its rank: "The Lord Bishop of Sampleton" becomes "bishop of sampleton".

    "" if it has no rank, and so is no peer's name.
    """
    words = _without_honours(_words(name))
    while words and (words[0] == "the" or words[0] in _STYLES):
        words.pop(0)
    if words[:1] == ["lord"] and words[1:2] in (["bishop"], ["archbishop"]):
        words.pop(0)
    rank = _SAME_RANKS.get(words[0], words[0]) if words else ""
    return " ".join([rank, *words[1:]]) if rank in _RANKS and len(words) > 1 else ""


def without_initials(form: str) -> str:
    """Remove the initials in the middle of a form: "brian h sample" becomes "brian sample"."""
    first, *rest = form.split()
    if not any(len(word) == 1 for word in rest[:-1]):
        return form
    return " ".join([first, *(word for word in rest[:-1] if len(word) > 1), rest[-1]])


def split_initials(form: str) -> tuple[str, str]:
    """Split a form into the initials at its start and the surname: "c j m sample" becomes ("cjm", "sample")."""
    words = form.split()
    count = next((place for place, word in enumerate(words) if len(word) > 1), 0)
    return "".join(words[:count]), " ".join(words[count:])


@lru_cache(4096)  # there are some two thousand
def place_form(constituency: str) -> str:
    """Return the form of a constituency: "Sampleton, North & Vale" becomes "sampleton north and vale"."""
    return " ".join(_words(constituency.replace("&", " and ")))


def office_form(office: str, department: str = "") -> frozenset[str]:
    """Return the words that distinguish an office: for "Secretary of State" and "Home Office" these are secretary, home."""
    words = _words(f"{office} {department}".replace("&", " and "))
    return frozenset(_COUNTRIES.get(word, word) for word in words if word not in _COMMON_OFFICE_WORDS)


def peer_name(rank: str, name: str, of: str) -> str:
    """Write a peer's name as printed: "Lord Sample of Sampleton", "The Earl of Sampleton", "The Lord Bishop of Vale"."""
    if name:
        return f"{rank} {name} of {of}" if of else f"{rank} {name}"
    lord = "Lord " if rank in ("Bishop", "Archbishop") else ""
    return f"The {lord}{rank} of {of}"


def _from_list_order(name: str) -> list[str]:
    """Put the words of a name in a list into their usual order; no words if only honours stand behind the comma."""
    surname, _, rest = name.partition(",")
    given = _without_honours(_words(rest))
    is_of_list = any(len(word) > 1 and word not in _HONOURS for word in given)
    return [*given, *_words(surname)] if is_of_list else []


def _without_honours(words: list[str]) -> list[str]:
    """Remove the honours behind a name, also those split by dots ("Q.C., M.P.")."""
    end = len(words)
    while end > 1:
        single_letters = next((count for count in range(end) if len(words[end - 1 - count]) > 1), end)
        if words[end - 1] in _HONOURS:
            end -= 1
        elif 1 < single_letters < end:
            end -= single_letters
        else:
            break
    return words[:end]


def _is_office(text: str) -> bool:
    words = _words(text)
    has_article = words[:1] == ["the"]
    words = words[has_article:]
    if not words or words[0] in _STYLES:
        return False
    if words[0] in _RANKS or words[0] in _SAME_RANKS:
        return words[0] == "lord" and words[1:2] != [] and words[1] in _LORDLY_OFFICES
    return has_article or not _OFFICE_WORDS.isdisjoint(words)


def _words(text: str) -> list[str]:
    plain = _APOSTROPHES.sub("", text)
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return _WORD.findall(plain.casefold())
