"""Exclusions proposed after marks: the words that parted marked records from the others, and what they take away."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from monitor import app
from monitor.model.search import Hit
from monitor.model.watching import Topic
from monitor.research.term_tools.exclusion_proposals import propose_exclusion
from monitor.terms.matcher import compile_terms
from monitor.terms.vocabulary import Lexicon
from tests.archive_kit import store
from tests.builders import a_question, a_revision
from tests.unit.cli_kit import NOW, Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

TREES = Topic(key="trees", name="Trees", terms=("tree",))
LEXICON = Lexicon()
SEEN = datetime(2021, 2, 2, tzinfo=UTC)


def hits(topic: Topic, *texts: tuple[str, str]) -> list[Hit]:
    """Return a record for each heading and answer, as a search finds it."""
    matcher = compile_terms([topic], LEXICON)
    found = []
    for number, (heading, answer) in enumerate(texts):
        record = a_question(uin=f"{150000 + number}", heading=heading, question="What steps he takes.", answer=answer)
        found.append(
            Hit(
                proceeding_id=number,
                revision=a_revision(record, id=number + 1),
                matches=matcher.matches(record.parts()),
                spans=(),
                first_seen_at=SEEN,
                due_floor_on=None,
            )
        )
    return found


MARKED = (
    ("Software", "A decision tree was used."),
    ("Systems", "The decision trees of the Department are old."),
    ("Benefits", "It follows the decision tree, as before."),
)
OTHERS = (("Forestry", "A tree was felled."), ("Parks", "Trees were planted, after the decision of the council."))


def test_the_phrase_around_the_match_is_proposed_with_what_it_takes_away() -> None:
    proposal = propose_exclusion(TREES, hits(TREES, *MARKED), hits(TREES, *OTHERS), LEXICON)
    assert proposal is not None
    assert (proposal.term, proposal.of_marked, proposal.marked) == ("decision tree", 3, 3)
    assert (proposal.of_others, proposal.others) == (0, 2)


def test_the_words_of_the_heading_are_proposed_where_no_phrase_is_shared() -> None:
    marked = hits(TREES, ("Forestry: Wales", "One tree."), ("Forestry: Scotland", "A tree."), ("Forestry", "No tree."))
    proposal = propose_exclusion(TREES, marked, hits(TREES, ("Parks", "A tree."), ("Roads", "Trees.")), LEXICON)
    assert proposal is not None
    assert (proposal.term, proposal.of_marked, proposal.of_others) == ("tree AND forestry", 3, 0)


def test_nothing_is_proposed_that_takes_away_many_others() -> None:
    shared = hits(TREES, *MARKED)
    assert propose_exclusion(TREES, shared, hits(TREES, *MARKED, *MARKED), LEXICON) is None


def test_nothing_is_proposed_without_shared_words() -> None:
    marked = hits(TREES, ("Ash", "A tree fell."), ("Elm", "Some tree rots."), ("Oak", "His trees grow."))
    assert propose_exclusion(TREES, marked, [], LEXICON) is None


def test_exclusions_of_the_topic_stay_in_force() -> None:
    topic = Topic(key="trees", name="Trees", terms=("tree",), exclude=("tree house",))
    marked = hits(topic, *MARKED)
    others = hits(topic, ("Homes", "A tree, and a tree house."))
    proposal = propose_exclusion(topic, marked, others, LEXICON)
    assert proposal is not None
    assert (proposal.term, proposal.of_others) == ("decision tree", 0)


# -- on the command line ----------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with four more answers on bathing water, three of them on films."""
    monkeypatch.setattr(app, "clock", lambda: NOW)
    desk = make_desk(tmp_path)
    settings = app.configuration(str(desk.folder / "config.toml"), env={})
    archive = app.archive(settings)
    for number in range(3):
        store(
            archive,
            a_question(uin=f"14100{number}", heading="Films", answer=f"The film Bathing Water Blues, part {number}."),
        )
    store(archive, a_question(uin="141009", heading="Bays", answer="Bathing water is warm."))
    with app.pipeline(settings, archive, as_of=NOW) as pipeline:
        pipeline.match()
    archive.close()
    return desk


def test_the_third_mark_proposes_a_command_and_changes_nothing(desk: Desk) -> None:
    before = (desk.folder / "config.toml").read_text()
    for number in range(2):
        result = desk.run("not-relevant", f"14100{number}")
        assert result.exit_code == 0, result.output
        assert result.stdout.strip() == f"UIN 14100{number}, Films is not relevant to Policy desk"
    text = " ".join(desk.run("not-relevant", "141002").stdout.split())
    assert "3 records of Water are not relevant to you, and 3 of them share \u201cbathing water blue\u201d." in text
    assert "An exclusion would take these away, and 0 of the 4 others. It is not added unless you say so:" in text
    assert "terms add water 'bathing water blue' --exclude" in text
    assert (desk.folder / "config.toml").read_text() == before
    again = json.loads(desk.run("not-relevant", "141002", "--json").stdout)
    [proposal] = again["proposals"]
    assert (proposal["topic"], proposal["exclude"], proposal["of_marked"], proposal["of_others"]) == (
        "water",
        "bathing water blue",
        3,
        0,
    )


def test_the_proposed_command_works(desk: Desk) -> None:
    for number in range(3):
        desk.run("not-relevant", f"14100{number}")
    assert desk.run("terms", "add", "water", "bathing water blue", "--exclude").exit_code == 0
    assert '"bathing water blue"' in (desk.folder / "config.toml").read_text()


def test_a_mark_taken_back_counts_no_more(desk: Desk) -> None:
    for number in range(3):
        desk.run("not-relevant", f"14100{number}")
    result = desk.run("not-relevant", "141000", "--undo")
    assert "is relevant again to Policy desk" in result.stdout
    assert desk.run("not-relevant", "141000", "--undo").exit_code == 3
    assert "share" not in desk.run("not-relevant", "140002").stdout
