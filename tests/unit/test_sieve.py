"""The sieve before a query lets everything through that the query finds."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sieve import sieved_query
from monitor.terms.matcher import compile_query

if TYPE_CHECKING:
    from pathlib import Path

PIECES = (  # noqa: SIM905 - reads best so
    "hi-tech hitech hi tech Hi\u2011Tech HI-TECH crime Crimes crime\u2019s crime's NHTCU nhtcu N.H.T.C.U. NHTCUs NHTCU's "
    "PQs-19 PQ-19 COVID-19 Covid NHS-IT NHSs-IT "
    "R&D r&d & and A&E on-line online ON LINE Si\u00e2n Sian si\u0302an .5 0.5 05 "
    "1,204 1204 12,04 \u00a35m \u00a3 50% 2022-23 22 colour color organised organized serious isn't O'Neill o\u2019neill "
    "\u201cwater\u201d wa\u00adter (a) (ii) \u2460 \uff2e\uff28\uff34\uff23\uff35 \ufb01sh fish "
    "\u0130stanbul \u212aelvin kelvin \u00df ss "
    "paedophile p\u00e6dophile unit. unit; Unit: units\u2014water x\u00b2 x2 \u2082 A\u00b7B 1\u00b75 1.5 the of to"
).split()
QUERIES = (
    "hi-tech crime",
    "hitech",
    "NHTCU",
    "PQ19",
    "PQ-19",
    "COVID-19",
    "NHSIT",
    "NHS-IT",
    "R&D",
    "A&E",
    "research & water",
    "online",
    "on-line",
    "Siân",
    "Sian",
    "0.5",
    "1204",
    "£5m",
    "2022-23",
    "colour",
    "organised",
    "serious organised",
    "O'Neill",
    '"isn\'t"',
    "water",
    "fish",
    "paedophil*",
    "hite*",
    "kelvin",
    "x2",
    "1.5",
    "crime = NHTCU = fish",
    '"unit\'s"',
    "crime units",
)


@given(
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", " ", "-", "\n", "\u2013", "\u00a0", ", ", ""])))
)
def test_nothing_is_lost_in_texts_of_every_oddity(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + gap for piece, gap in pieces)
    for query in QUERIES:
        for part in ("heading", "answer"):
            assert sieved_query(query).spans({part: text}) == compile_query(query).spans({part: text}), query


def test_every_query_is_found_as_it_is_written() -> None:
    for query in QUERIES:
        words = query.split("=")[0].strip().strip('"').replace("*", "")
        assert sieved_query(query).spans({"answer": f"It is about {words}, among others."}), query


@pytest.mark.parametrize(
    ("query", "text", "may_hold"),
    [
        ("crime unit", "All about water.", False),
        ("crime unit", "All about a cri-me uni(t).", True),
        ("NCA", "It has been calm.", True),
        ("NCA", "Nothing of it", False),
        ("crime unit", "Tout \u00e0 propos de l'eau", True),
        ("crime unit", "\u201cWater\u201d \u2013 \u00a35", False),
        ("0.5", "half", True),
        ("fire = water", "earth", False),
    ],
)
def test_only_what_cannot_hold_it_is_refused(query: str, text: str, may_hold: bool) -> None:
    assert sieved_query(query).may_hold(text) is may_hold


def test_recorded_answers_lose_nothing(shared_data: Path) -> None:
    queries = [
        (sieved_query(text), compile_query(text)) for text in ("National Crime Agency", "NHS", "organised crime")
    ]
    found = refused = 0
    with gzip.open(shared_data / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz", "rt") as lines:
        for line, _ in zip(lines, range(1000), strict=False):
            record = json.loads(line)
            parts = {name: record[f"{name}Text"] or "" for name in ("question", "answer")}
            for sieved, query in queries:
                spans = query.spans(parts)
                assert sieved.spans(parts) == spans
                found += len(spans)
                refused += not any(sieved.may_hold(text) for text in parts.values())
    assert found > 50
    assert refused > 1500
