"""What a word of a term finds besides itself: its number, its possessive, its other spellings.

Words are folded as `monitor.terms.text` folds them, where a possessive s is part of the word: unit's and units' are both
"units".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from monitor.terms.equivalents import EQUIVALENTS
from monitor.terms.language import STOP_WORDS

__all__ = ["EQUIVALENTS", "INVARIABLE", "IRREGULAR", "spellings", "word_forms"]

INVARIABLE: Final = frozenset(
    """
    aesthetics always arms athletics barracks besides charles chassis clothes commons corps crossroads
    customs diabetes economics electronics ethics gallows genetics goods headquarters hers james jones kudos lens
    logistics maths mathematics means measles memoirs mumps news obstetrics ours outskirts overseas
    perhaps physics politics premises proceeds rabies robotics securities series shambles species sometimes teens
    theirs thanks towards wales whereas yours
""".split()  # noqa: SIM905 - reads best so
)
"""Words that end in s and are no plural of what stands before it: neither finds the other."""

IRREGULAR: Final = {
    "analysis": "analyses", "appendix": "appendices", "axis": "axes", "bacterium": "bacteria", "basis": "bases",
    "calf": "calves", "child": "children", "grandchild": "grandchildren", "schoolchild": "schoolchildren",
    "crisis": "crises", "criterion": "criteria", "curriculum": "curricula", "diagnosis": "diagnoses", "emphasis": "emphases",
    "foot": "feet", "formula": "formulae", "goose": "geese", "half": "halves", "hoof": "hooves", "hypothesis": "hypotheses",
    "index": "indices", "knife": "knives", "leaf": "leaves", "life": "lives", "loaf": "loaves", "man": "men",
    "matrix": "matrices", "memorandum": "memoranda", "mouse": "mice", "oasis": "oases", "ox": "oxen",
    "parenthesis": "parentheses", "phenomenon": "phenomena", "prognosis": "prognoses", "referendum": "referenda",
    "scarf": "scarves", "self": "selves", "shelf": "shelves", "stimulus": "stimuli", "syllabus": "syllabi",
    "synthesis": "syntheses", "thesis": "theses", "thief": "thieves", "tooth": "teeth", "virus": "viruses",
    "vortex": "vortices", "wharf": "wharves", "wife": "wives", "wolf": "wolves", "woman": "women",
}  # fmt: skip
"""Singular and plural where no rule leads from one to the other."""

_PLURALS: Final = {plural: singular for singular, plural in IRREGULAR.items()}
_SHORT = 4


@lru_cache(maxsize=20_000)
def word_forms(word: str) -> frozenset[str]:
    """Every form that the word finds, itself included: singular, plural, possessive, in each spelling."""
    if word in STOP_WORDS or word in INVARIABLE or not word.isalpha():
        return frozenset({word})
    forms = {word}
    for spelling in spellings(word):
        forms |= _numbers(spelling)
    return frozenset(forms - INVARIABLE)


def _numbers(word: str) -> set[str]:
    """Singular, plural and possessive of one spelling."""
    singulars = {_PLURALS[word]} if word in _PLURALS else _singulars(word)
    forms = {word} | singulars
    for singular in singulars:
        plurals = _plurals(singular)
        forms |= plurals | {f"{singular}s"} | {f"{plural}s" for plural in plurals if not plural.endswith("s")}
    return forms


def _singulars(word: str) -> set[str]:
    """What the word may be the plural or possessive of; itself where it looks like neither."""
    possessive = word[:-1]
    if word.endswith("s") and possessive in _PLURALS:
        return {_PLURALS[possessive]}
    if word.endswith("men") and len(word) > _SHORT:
        return {f"{word[:-2]}an"}
    if len(word) < _SHORT or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return {word}
    found = {possessive}
    if word.endswith("ies") and len(word) > _SHORT:
        found.add(f"{word[:-3]}y")
    if word.endswith(("sses", "shes", "ches", "xes", "zes", "oes", "uses")):
        found.add(word[:-2])
    return found


def _plurals(word: str) -> set[str]:
    if word in IRREGULAR:
        return {IRREGULAR[word]}
    if word.endswith("man") and len(word) > _SHORT:
        return {f"{word[:-2]}en", f"{word}s"}
    if len(word) < _SHORT:
        return {f"{word}s"}
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return {f"{word}es"}
    if re.search("[^aeiou]y$", word):
        return {f"{word[:-1]}ies"}
    return {f"{word}s", f"{word}es"} if word.endswith("o") else {f"{word}s"}


_OUR: Final = """
    arbour ardour armour behaviour candour clamour colour demeanour endeavour favour fervour flavour glamour harbour
    honour humour labour neighbour odour parlour rancour rigour rumour saviour savour splendour tumour valour vapour
    vigour
""".split()  # noqa: SIM905 - reads best so
_STEMS: Final = (
    ("anaem", "anem"), ("anaesth", "anesth"), ("archaeo", "archeo"), ("diarrhoea", "diarrhea"),
    ("encyclopaed", "encycloped"),
    ("foet", "fet"), ("gynaec", "gynec"), ("haem", "hem"), ("ischaem", "ischem"), ("leukaem", "leukem"),
    ("manoeuv", "maneuv"), ("oesoph", "esoph"), ("oestr", "estr"), ("orthopaed", "orthoped"), ("paed", "ped"),
)  # fmt: skip
_SPELLED: Final = re.compile(r"(.+?)(i[sz])(e|ed|es|er|ers|ing|ation|ations|ational|able)$")
_LONG = 6


def spellings(word: str, *, is_prefix: bool = False) -> set[str]:
    """The word, or its beginning, with -ise and -ize, -our and -or, ae and e each in both ways."""
    found = {word}
    if len(word) >= _LONG and not is_prefix and (match := _SPELLED.match(word)):
        found |= {f"{match[1]}is{match[3]}", f"{match[1]}iz{match[3]}"}
    for stem in _OUR:
        other = f"{stem[:-3]}or"
        found |= {word.replace(stem, other, 1)} if word.startswith(stem) else set()
        found |= {word.replace(other, stem, 1)} if word.startswith(other) else set()
    for stem, other in _STEMS:
        found |= {word.replace(stem, other, 1)} if word.startswith(stem) else set()
        found |= {word.replace(other, stem, 1)} if word.startswith(other) else set()
    return found
