"""Forms of a word that a term finds: singular, plural, possessive, and other spellings.

Words are folded as `monitor.text.tokens` folds them, where a possessive s is part of the word: unit's and units' are
both "units". A word goes back to its singular by the rules below and from there to all forms, so what finds another is
found by it, but for names, short words and decades. Figures and codes have a plain s alone (16: 16s, Act 2023's). The
words that no rule gets right stand in data/forms.toml.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from monitor.text.tokens import STOP_WORDS


@cache
def shipped(name: str) -> dict[str, Any]:
    """Return the tables of data/NAME.toml, read once."""
    return tomllib.loads(files("monitor").joinpath(f"text/data/{name}.toml").read_text(encoding="utf-8"))


_SHORT: Final = 4
"""Words of fewer letters have a plain s alone: tax does not find taxes, though taxes finds tax."""

_LONG: Final = 6
"""Fewest letters of a word that is spelled with -ise or -ize."""


class _Plurals(NamedTuple):
    """The lists of words under [plurals]."""

    fixed: frozenset[str]
    names: frozenset[str]
    in_iss_and_uss: frozenset[str]
    in_e: frozenset[str]
    in_i_and_u: frozenset[str]
    in_o: frozenset[str]
    no_man: frozenset[str]
    of_singular: dict[str, tuple[str, ...]]
    of_plural: dict[str, tuple[str, ...]]


class _Spellings(NamedTuple):
    """The lists under [spellings]. `beginnings`: the other way to spell each beginning of a word."""

    beginnings: dict[str, str]
    lengths: range
    our: frozenset[str]
    after_our: frozenset[str]
    our_but_no_beginning: frozenset[str]
    not_ise_and_ize: frozenset[str]


@lru_cache(maxsize=1)
def _plural_lists() -> _Plurals:
    lists = shipped("forms")["plurals"]
    irregular = [line.split() for line in lists["irregular"].strip().splitlines()]
    of_plural: dict[str, tuple[str, ...]] = {}
    for singular, *plurals in irregular:
        for plural in plurals:
            of_plural[plural] = (*of_plural.get(plural, ()), singular)
    return _Plurals(
        fixed=frozenset(lists["no_plural"].split() + lists["sciences"].split()),
        names=frozenset(lists["names"].split()),
        in_iss_and_uss=frozenset(lists["in_iss_and_uss"].split()),
        in_e=frozenset(lists["in_e"].split()),
        in_i_and_u=frozenset(lists["in_i_and_u"].split()),
        in_o=frozenset(lists["in_o"].split()),
        no_man=frozenset(lists["no_man"].split()),
        of_singular={
            singular: tuple(plural for plural in plurals if len(singular) >= _SHORT or not plural.endswith("es"))
            for singular, *plurals in irregular
        },
        of_plural=of_plural,
    )


@lru_cache(maxsize=1)
def _spelling_lists() -> _Spellings:
    lists = shipped("forms")["spellings"]
    our = lists["our"].split()
    pairs = [(stem, f"{stem[:-3]}or") for stem in our] + [
        (british, american) for british, american in map(str.split, lists["stems"].strip().splitlines())
    ]
    both = dict(pairs) | {american: british for british, american in pairs}
    return _Spellings(
        beginnings=both,
        lengths=range(min(map(len, both)), max(map(len, both)) + 1),
        our=frozenset(our) | {f"{stem[:-3]}or" for stem in our},
        after_our=frozenset(lists["after_our"].split()),
        our_but_no_beginning=frozenset(lists["our_but_no_beginning"].split()),
        not_ise_and_ize=frozenset(lists["not_ise_and_ize"].split()),
    )


@lru_cache(maxsize=20_000)
def word_forms(word: str) -> frozenset[str]:
    """Return every form that the word finds, itself included: singular, plural, possessive, in each spelling."""
    if not word.isalpha():
        return _code_forms(word)
    if len(word) == 1 or word in STOP_WORDS:
        return frozenset({word})
    forms = {word}
    for singular in _singulars(word):
        forms |= _numbers(singular)
    return frozenset({spelling for form in forms for spelling in spellings(form)} - STOP_WORDS)


@lru_cache(maxsize=20_000)
def plain_form(word: str) -> str:
    """Return the shortest form of a word, the singular, which stands for all of them."""
    return min({word, *word_forms(word)}, key=lambda form: (len(form), form))


_CODE: Final = re.compile(r"(?=.*\d)[^\W_]+(?:\.[^\W_]+)*|[^\W_]+(?:&[^\W_]+)+")
"""Letters and figures that hold a figure (16, hs2, 5.2m), or initials joined by a sign (r&d)."""

_DECADE: Final = re.compile(r"(?:1\d|20)\d0s")
"""The s of the 1990s is part of what they are called; 1990 is one year of them."""


def _code_forms(word: str) -> frozenset[str]:
    """Return the forms of a word that is more than letters: only a figure or code has a plural and possessive s."""
    if not _CODE.fullmatch(word) or _DECADE.fullmatch(word):
        return frozenset({word})
    without_s = word.removesuffix("s")
    base = without_s if _CODE.fullmatch(without_s) else word
    return frozenset({base, f"{base}s"})


def _numbers(singular: str) -> set[str]:
    """Return the singular, plural and possessive."""
    lists = _plural_lists()
    plurals = lists.of_singular.get(singular) or _plurals(singular)
    is_short_in_s = len(singular) < _SHORT and singular.endswith("s") and singular not in lists.fixed
    if is_short_in_s or singular.endswith(("ised", "ized")):
        return {singular}
    forms = {singular, f"{singular}s", *plurals, *(f"{plural}s" for plural in plurals if not plural.endswith("s"))}
    return (forms - lists.fixed - lists.in_iss_and_uss - lists.of_singular.keys()) | {singular}


def _plurals(word: str) -> tuple[str, ...]:
    """Return the plurals by rule, except for a plain s, which the possessive has too."""
    lists = _plural_lists()
    if len(word) < _SHORT or _is_singular_in_s(word):
        return ()
    if word.endswith("man"):
        plural = f"{word[:-2]}en"
        return () if lists.no_man & {word, plural} else (plural,)
    if word.endswith("y"):
        return () if word[-2] in "aeiou" else (f"{word[:-1]}ies",)
    if word.endswith(("s", "x", "ch", "sh", "zz", "tz")):
        return () if word.endswith(("is", "ous", "less")) else (f"{word}es",)
    return (f"{word}es",) if word in lists.in_o else ()


def _singulars(word: str) -> tuple[str, ...]:
    """Return the singulars of a plural or possessive; the word itself if it is neither; nothing for a stop word."""
    lists = _plural_lists()
    if not word.endswith("s") or word in lists.of_plural:
        return _of_plural(word)
    if word in lists.of_singular or _is_singular_in_s(word):
        return (word,)
    owner = word[:-1]
    owners = _of_plural(owner)
    if owners != (owner,) or owner in lists.of_singular or _is_singular_in_s(owner):
        return owners
    singular = _without_ending(word)
    return () if singular in STOP_WORDS else (singular,)


def _of_plural(word: str) -> tuple[str, ...]:
    """Return the singulars of a plural that is listed or in -men; else the word itself."""
    lists = _plural_lists()
    if word.endswith("men") and len(word) > _SHORT and word not in lists.of_plural:
        singular = f"{word[:-2]}an"
        return (word,) if lists.no_man & {word, singular} else (singular,)
    return lists.of_plural.get(word, (word,))


def _is_singular_in_s(word: str) -> bool:
    lists = _plural_lists()
    return word in lists.fixed or word in lists.names


_IN_ES: Final = ("sses", "ches", "shes", "xes", "zzes", "tzes")


def _without_ending(word: str) -> str:
    """Remove the ending of the plural or possessive from a word in -s, if it has one by rule."""
    stem = word[:-1]
    if word.endswith(("us", "is", "ss")) or len(word) < _SHORT:
        return stem if _has_possessive(word) else word
    if not word.endswith("es") or stem in _plural_lists().in_e:
        return stem
    return _without_es(word)


def _has_possessive(word: str) -> bool:
    """Return whether a word in -us, -is or -ss, or a short one, ends in the s of a plural or possessive."""
    lists = _plural_lists()
    if len(word) < _SHORT:
        return len(word) == _SHORT - 1 and word[1] not in "aeious"
    if word.endswith("ss"):
        return word.endswith("sss") or (word[-3] in "iu" and word not in lists.in_iss_and_uss)
    return word[:-1] in lists.in_i_and_u


def _without_es(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y" if len(word) > _SHORT else word[:-1]
    is_long = (
        word.endswith(_IN_ES)
        or (word.endswith("oes") and word[:-2] in _plural_lists().in_o)
        or (word.endswith("uses") and not word.endswith(("auses", "ouses")))
    )
    return word[:-2] if is_long else word[:-1]


_ISE: Final = re.compile(r"(.+?)i[sz](e|ed|es|er|ers|ing|ings|ation|ations|ational|able)$")
_ISE_BEGINNING: Final = re.compile(r"(.+?)i[sz](|e|i|in|a|at|ati|atio)$")


def begun_with(beginning: str, words: list[str]) -> list[str]:
    """Return those of sorted words that begin so."""
    first = bisect_left(words, beginning)
    after = bisect_right(words, beginning, first, key=lambda word: word[: len(beginning)])
    return words[first:after]


@lru_cache(maxsize=2_000)  # a term with a star is looked at for each word of each text that it may find
def spellings(word: str, *, is_prefix: bool = False) -> frozenset[str]:
    """Return a word, or its beginning, in both spellings of -ise and -ize, -our and -or, ae and e."""
    found = {word}
    lists = _spelling_lists()
    if len(word) >= _LONG and (match := (_ISE_BEGINNING if is_prefix else _ISE).match(word)):
        before, ending = match.groups()
        if before[-1] not in "aeiouw" and before not in lists.not_ise_and_ize:
            found |= {f"{before}is{ending}", f"{before}iz{ending}"}
    for length in lists.lengths:
        if other := lists.beginnings.get(word[:length]):
            rest = word[length:]
            if word[:length] not in lists.our or _may_follow_our(other, rest, is_prefix=is_prefix):
                found.add(f"{other}{rest}")
        if length >= len(word):
            break
    if is_prefix:
        found |= {
            other
            for stem, other in lists.beginnings.items()
            if len(stem) > len(word) and stem.startswith(word) and not other.startswith(word)
        }
    return frozenset(found)


def _may_follow_our(other: str, rest: str, *, is_prefix: bool) -> bool:
    """Return whether a word that begins with -our or -or may be spelled `other` and `rest` too."""
    lists = _spelling_lists()
    if not is_prefix:
        return not rest or rest in lists.after_our
    if not rest:
        return f"{other[:-2]}our" not in lists.our_but_no_beginning or other.endswith("our")
    return any(ending.startswith(rest) for ending in lists.after_our)
