"""Words that mean the same: shipped groups, and groups of the user."""

from __future__ import annotations

import pytest

from monitor.terms.tree import TermError
from monitor.terms.vocabulary import EQUIVALENTS, MOST_WAYS, merge_equivalents, read_equivalent
from monitor.text.tokens import CAPITAL


def test_shipped_groups_are_folded_and_disjoint() -> None:
    members = [said for group in EQUIVALENTS for said in group]
    assert len(set(members)) == len(members)
    assert all(len(group) > 1 for group in EQUIVALENTS)
    assert [read_equivalent(said) for said in members] == members
    assert merge_equivalents([]) == EQUIVALENTS


@pytest.mark.parametrize(
    "group",
    [
        ("hi tech", "high tech"),
        ("serious organised", "serious and organised"),
        ("cyber security", "cybersecurity"),
        ("cyber crime", "cybercrime"),
        ("health care", "healthcare"),
        ("child care", "childcare"),
        ("task force", "taskforce"),
        ("e mail", "email"),
    ],
)
def test_promised_groups_are_shipped(group: tuple[str, str]) -> None:
    assert any(set(group) <= set(shipped) for shipped in EQUIVALENTS)


FORMS = {
    "Revenge Porn": "revenge porn",
    "  image-based abuse ": "image based abuse",
    "R&D": f"{CAPITAL}r&d",
    "research & development": "research and development",
    "AI": f"{CAPITAL}ai",
    "AI safety": f"{CAPITAL}ai safety",
    "Siân's law": "sians law",
    "vitamin D": "vitamin d",
    "Agenda 2030": "agenda 2030",
    "war on drugs": "war on drugs",
}


@pytest.mark.parametrize(("written", "form"), FORMS.items(), ids=FORMS)
def test_a_member_of_a_group_is_read_as_its_search_form(written: str, form: str) -> None:
    assert read_equivalent(written) == form


REFUSED = {
    "": "The term is empty",
    "a": "These words stand in nearly every answer",
    "x": "A single letter or figure is no equivalent",
    "x of y": "A single letter or figure is no equivalent",
    "which of the": "These words stand in nearly every answer",
    "abus*": "write its words alone",
    '"image abuse"': "write its words alone",
    "image = abuse": "write its words alone",
    "image NEAR abuse": "write its words alone",
    "image AND abuse": "write its words alone",
    "(image OR abuse)": "write its words alone",
    "image NOT abuse": "write its words alone",
    "house:lords": "write its words alone",
    "image +abuse": "write the words alone",
    "5 % rise": "An equivalent holds a sign or a list mark",
    "£5 note": "An equivalent holds a sign or a list mark",
    "image abuse. Porn": "An equivalent is one phrase",
    "image abuse: porn": "An equivalent is one phrase",
    "one two three four five six seven": "An equivalent has 7 words: 6 is the most",
}


@pytest.mark.parametrize(("written", "problem"), REFUSED.items(), ids=REFUSED)
def test_a_member_that_is_no_plain_phrase_is_refused(written: str, problem: str) -> None:
    with pytest.raises(TermError) as caught:
        read_equivalent(written)
    assert problem in str(caught.value)
    assert str(caught.value).endswith(".")


def test_member_may_have_six_words() -> None:
    assert read_equivalent("one two three four five six") == "one two three four five six"


def test_groups_that_share_a_member_become_one() -> None:
    groups = merge_equivalents([("a b", "c d"), ("e f", "g h"), ("g h", "c d"), ("new", "task force")])
    assert set(groups[-1]) == {"a b", "c d", "e f", "g h"}
    assert {"task force", "taskforce", "new"} in map(set, groups)
    assert len(groups) == len(EQUIVALENTS) + 1


def test_chains_join_shipped_groups_too() -> None:
    groups = merge_equivalents([("job centre", "task force")])
    assert any({"jobcentre", "taskforce"} <= set(group) for group in groups)
    assert len(groups) == len(EQUIVALENTS) - 1


def test_parts_of_a_member_take_each_of_their_wordings() -> None:
    groups = merge_equivalents(
        [("nhtcu", "national hi tech crime unit"), ("workforce", "online staff"), ("x ray unit", "job centre")]
    )
    nhtcu = next(group for group in groups if "nhtcu" in group)
    assert nhtcu == (
        "nhtcu",
        "national hi tech crime unit",
        "national high tech crime unit",
        "national hitech crime unit",
        "national hightech crime unit",
    )
    assert merge_equivalents([("health care workforce", "nurses")])[-1] == (
        "health care workforce",
        "health care work force",
        "healthcare workforce",
        "healthcare work force",
        "nurses",
    )


def test_a_member_within_another_of_its_own_group_stays() -> None:
    assert merge_equivalents([("technology", "new technology")])[-1] == ("technology", "new technology")


def test_number_of_wordings_is_limited() -> None:
    said = "hi tech wellbeing food bank"
    group = merge_equivalents([(said, "stall")])[-1]
    assert (group[0], group[-1], len(group)) == (said, "stall", MOST_WAYS + 1)
    assert {len(member.split()) for member in group[:-1]} <= set(range(3, 7))


def test_members_made_equal_by_a_part_are_one_group() -> None:
    groups = merge_equivalents([("food bank volunteer", "helper"), ("foodbank volunteer", "server")])
    assert {"helper", "server"} <= set(groups[-1])
