"""Abbreviations of parties and answering bodies, and names that are looked for by their words or by these."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.text.tokens import words_of_name

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTIES: Final = {
    "Alliance": "Alliance",
    "Conservative": "Con",
    "Crossbench": "CB",
    "Democratic Unionist Party": "DUP",
    "Green Party": "Green",
    "Independent": "Ind",
    "Labour": "Lab",
    "Labour (Co-op)": "Lab Co-op",
    "Liberal Democrat": "LD",
    "Non-affiliated": "Non-aff",
    "Plaid Cymru": "PC",
    "Reform UK": "Reform",
    "Scottish National Party": "SNP",
    "Social Democratic & Labour Party": "SDLP",
    "Ulster Unionist Party": "UUP",
}
"""Abbreviation of a party behind the name of a member."""

SHORT_BODIES: Final = {
    "Cabinet Office": "Cabinet Office",
    "Department for Business and Trade": "DBT",
    "Department for Business, Energy and Industrial Strategy": "BEIS",
    "Department for Culture, Media and Sport": "DCMS",
    "Department for Digital, Culture, Media and Sport": "DCMS",
    "Department for Education": "DfE",
    "Department for Energy Security and Net Zero": "DESNZ",
    "Department for Environment, Food and Rural Affairs": "Defra",
    "Department for International Development": "DFID",
    "Department for International Trade": "DIT",
    "Department for Levelling Up, Housing and Communities": "DLUHC",
    "Department for Science, Innovation and Technology": "DSIT",
    "Department for Transport": "DfT",
    "Department for Work and Pensions": "DWP",
    "Department of Health and Social Care": "DHSC",
    "Foreign, Commonwealth and Development Office": "FCDO",
    "Ministry of Defence": "MoD",
    "Ministry of Housing, Communities and Local Government": "MHCLG",
    "Ministry of Justice": "MoJ",
    "Northern Ireland Office": "NIO",
}
"""Name of an answering body in lists.

The Department of Health has none, because Northern Ireland has one of that name, which is not called "DH".
"""


def has_name(filter_name: str, name: str, wanted: str) -> bool:
    """Return whether a name has all words asked for by a filter, in any order, or goes by the abbreviation asked for."""
    asked = _asked_words(wanted)
    return bool(asked) and asked <= _known_words(filter_name, name)


# A filter compares the same few names for each record.
_asked_words: Final = lru_cache(maxsize=4096)(words_of_name)


@lru_cache(maxsize=8192)
def _known_words(filter_name: str, name: str) -> set[str]:
    if filter_name == "party":
        return words_of_name(f"{name} {PARTIES.get(name, '')}")
    if filter_name == "body":
        return words_of_name(f"{name} {_of_bodies().get(name, '')}")
    return words_of_name(name)


@lru_cache(maxsize=1)
def _of_bodies() -> Mapping[str, str]:
    """Return the abbreviations of each body, ended ones too, by its name and by each name that its answers print."""
    # Imported where a name of a body is compared: each start of the program would pay for it.
    from monitor.parliament.body_lists import answering_names  # noqa: PLC0415

    found: dict[str, list[str]] = {name: [short] for name, short in SHORT_BODIES.items()}
    for body, (printed, abbreviations) in answering_names().items():
        for name in (body, *printed):
            found.setdefault(name, []).extend(abbreviations)
    return {name: " ".join(abbreviations) for name, abbreviations in found.items()}
