"""Names that a filter asks for by their words or by an abbreviation."""

from __future__ import annotations

import pytest

from monitor.parliament.abbreviations import PARTIES, SHORT_BODIES, has_name
from monitor.parliament.body_lines import lineage_of
from monitor.parliament.body_lists import answering_names


@pytest.mark.parametrize(
    ("filter_name", "name", "wanted"),
    [
        ("body", "Ministry of Defence", "MoD"),
        ("body", "Ministry of Defence", "mod"),
        ("body", "Ministry of Defence", "defence ministry"),
        ("body", "Ministry of Defence", "defence MoD"),
        ("body", "Department of Trade and Industry", "DTI"),
        ("body", "Treasury", "HMT"),
        ("body", "HM Treasury", "HMT"),
        ("body", "Department of Health", "DH"),
        ("body", "Attorney General", "AGO"),
        ("party", "Labour", "Lab"),
        ("party", "Labour (Co-op)", "Lab"),
        ("party", "Labour (Co-op)", "Lab Co-op"),
        ("party", "Social Democratic & Labour Party", "SDLP"),
        ("asker", "Si\u00e2n Sample", "sample sian"),
    ],
)
def test_name_is_found_by_its_words_and_abbreviations(filter_name: str, name: str, wanted: str) -> None:
    assert has_name(filter_name, name, wanted)


@pytest.mark.parametrize(
    ("filter_name", "name", "wanted"),
    [
        ("body", "Ministry of Defence", "MoJ"),
        ("body", "Ministry of Defence", "Def"),
        ("body", "Ministry of Defence", ""),
        ("party", "Labour", "Lab Co-op"),
        ("party", "Social Democratic & Labour Party", "Lab"),
        ("asker", "Labour", "Lab"),
        ("minister", "Ministry of Defence", "MoD"),
    ],
)
def test_name_is_not_found_by_other_words(filter_name: str, name: str, wanted: str) -> None:
    assert not has_name(filter_name, name, wanted)


def test_every_abbreviation_that_is_printed_is_found() -> None:
    assert all(has_name("party", name, short) for name, short in PARTIES.items())
    assert all(has_name("body", name, short) for name, short in SHORT_BODIES.items())
    assert all(
        has_name("body", name, short)
        for body, (printed, all_short) in answering_names().items()
        for name in (body, *printed)
        for short in all_short
    )


def test_line_of_an_abbreviation_is_that_of_its_body() -> None:
    assert lineage_of("DHSC").bodies == lineage_of("Department of Health and Social Care").bodies
