"""Tables in answers that an earlier version laid out in other columns: their text is replaced and nothing is mailed.

The second half tries it on an archive that an earlier version of the program filled.
"""

from __future__ import annotations

import email
import email.policy
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from db import archive_copy as copy
from db.archive import Archive, open_archive
from db.rows import expanded, facts_of, proceeding_of
from monitor.collect.history import Reparse
from monitor.collect.news import Scope
from monitor.model.records import TEXT_RULES, Event
from monitor.model.watching import Topic
from monitor.parliament.lifecycle import classify, fingerprint, is_only_reformatted
from monitor.presentation.feeds.entries import updated
from scrapers.questions_statements.questions import QuestionsSource
from tests.builders import a_question
from tests.fakes import World, a_config, at

if TYPE_CHECKING:
    from monitor.model.records import Proceeding, Revision
    from tests.fakes import Clock

MONDAY = date(2024, 11, 18)
DAY = timedelta(days=1)
KEY = "140001"
DUMP = Path(__file__).parent / "dumps" / "0007.sql"

BEFORE = "Water used:\n\nArea\t2023\t2024\nMen\tWomen\tMen\tWomen\nNorth\t1\t2\t3\t4"
NOW = "Water used:\n\nArea\t2023\t\t2024\n\tMen\tWomen\tMen\tWomen\nNorth\t1\t2\t3\t4"


def answered(answer: str, text_rules: int, **facts: object) -> Proceeding:
    given: dict[str, object] = {"uin": KEY, "tabled_on": MONDAY - 4 * DAY, "answered_on": MONDAY}
    return a_question(**given | {"answer": answer, "text_rules": text_rules} | facts)


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    clock.now = at(MONDAY, 20)
    return World(archive, clock, config=a_config(topics=(Topic(key="water", name="Water", terms=("water", "north")),)))


def revisions(archive: Archive, number: str = f"q-{KEY}") -> list[Revision]:
    [found] = archive.cross_references.find(number)
    return archive.records.revisions(found)


def run(world: World, clock: Clock, day: date, hour: int = 20) -> None:
    clock.now = at(day, hour)
    assert world.run().failures == []


def test_an_answer_that_newer_rules_lay_out_again_is_not_mailed(world: World, clock: Clock) -> None:
    world.source.publish(answered(BEFORE, 1))
    run(world, clock, MONDAY)
    assert len(world.post.sent) == 1
    world.source.publish(answered(NOW, TEXT_RULES))
    run(world, clock, MONDAY + DAY)
    run(world, clock, MONDAY + 3 * DAY)
    first, second = revisions(world.archive)
    assert second.proceeding.answer == NOW
    assert (second.events, second.is_news, second.seen_at) == ((), first.is_news, first.seen_at)
    assert len(world.post.sent) == 1
    found = world.archive.matches.of_record(1)[second.id]
    assert [NOW[match.start : match.end].lower() for match in found if match.part == "answer"] == ["water", "north"]


def test_an_answer_that_was_not_mailed_yet_is_mailed_with_its_columns(world: World, clock: Clock) -> None:
    run(world, clock, MONDAY - DAY)
    world.source.publish(answered(BEFORE, 1))
    clock.now = at(MONDAY, 6)
    world.collect()
    world.source.publish(answered(NOW, TEXT_RULES))
    run(world, clock, MONDAY)
    assert [kind for _, kind, _ in world.digests()] == ["empty", "mailed"]
    [(_, mail)] = world.post.sent
    text = email.message_from_bytes(mail, policy=email.policy.default).get_body(("plain",))
    lines = text.get_content().splitlines() if text else []
    heads, figures = (
        next(line for line in lines if word in line and "Water" not in line) for word in ("Women", "North")
    )
    assert [found.end() for found in re.finditer(r"\w+", heads)] == [
        found.end() for found in re.finditer(r"\d", figures.replace("*", " "))
    ]


def test_a_correction_after_a_new_layout_is_mailed(world: World, clock: Clock) -> None:
    world.source.publish(answered(BEFORE, 1))
    run(world, clock, MONDAY)
    world.source.publish(answered(NOW, TEXT_RULES))
    run(world, clock, MONDAY + DAY)
    corrected = NOW.replace("4", "5").replace("2025", "2024")
    world.source.publish(answered(corrected, TEXT_RULES, is_correction=True, corrected_on=MONDAY + 2 * DAY))
    run(world, clock, MONDAY + 2 * DAY)
    assert [revision.events for revision in revisions(world.archive)] == [(Event.ANSWERED,), (), (Event.CORRECTED,)]
    assert len(world.post.sent) == 2


def test_an_edit_that_comes_with_newer_rules_is_an_edit(world: World, clock: Clock) -> None:
    world.source.publish(answered(BEFORE, 1))
    run(world, clock, MONDAY)
    world.source.publish(answered(NOW.replace("\t3\t", "\t7\t"), TEXT_RULES))
    run(world, clock, MONDAY + DAY)
    assert revisions(world.archive)[-1].events == (Event.EDITED,)
    assert len(world.post.sent) == 2


def test_feeds_do_not_mark_a_new_layout_as_an_update(world: World, clock: Clock) -> None:
    world.source.publish(answered(BEFORE, 1))
    run(world, clock, MONDAY)
    world.source.publish(answered(NOW, TEXT_RULES))
    run(world, clock, MONDAY + DAY)
    first, second = revisions(world.archive)
    assert updated(first, first.seen_at) == updated(second, second.seen_at)


def test_a_text_is_only_reformatted_if_its_rules_alone_changed() -> None:
    before, now = answered(BEFORE, 1), answered(NOW, TEXT_RULES)
    assert is_only_reformatted(before, now)
    assert fingerprint(before) != fingerprint(now)
    assert classify(before, now) == ()
    assert not is_only_reformatted(replace(before, text_rules=TEXT_RULES), now)
    assert not is_only_reformatted(before, replace(now, answer=NOW.replace("4", "5")))
    assert not is_only_reformatted(before, replace(now, body_id=14))


@pytest.mark.parametrize(
    ("answer", "text_rules", "kept"),
    [(NOW, TEXT_RULES, TEXT_RULES), (NOW, 1, 1), ("No table.", 1, TEXT_RULES), ("No table.", TEXT_RULES, TEXT_RULES)],
)
def test_the_rules_of_a_text_are_kept_if_it_has_a_table(answer: str, text_rules: int, kept: int) -> None:
    question = answered(answer, text_rules)
    assert proceeding_of(facts_of(question), question.parts()).text_rules == kept
    assert ("text_rules" in expanded(facts_of(question))) == ("\t" in answer and text_rules > 1)


# -- raised figures, which an earlier version wrote like others --------------------------------------------------------

PLAIN = "On 31 December 232 people claimed Universal Credit5 at 106 places."
RAISED = "On 31 December 23² people claimed Universal Credit⁵ at 10⁶ places."


def test_figures_that_newer_rules_raise_are_not_mailed_and_words_beside_them_are_found(
    archive: Archive, clock: Clock
) -> None:
    clock.now = at(MONDAY, 20)
    topic = Topic(key="water", name="Water", terms=("universal credit", "december"))
    world = World(archive, clock, config=a_config(topics=(topic,)))
    world.source.publish(answered(PLAIN, 2))
    run(world, clock, MONDAY)
    assert len(world.post.sent) == 1
    world.source.publish(answered(RAISED, 2))
    run(world, clock, MONDAY + DAY)
    _, second = revisions(world.archive)
    assert (second.proceeding.answer, second.events) == (RAISED, ())
    assert len(world.post.sent) == 1
    found = world.archive.matches.of_record(1)[second.id]
    assert [match.form for match in found if match.part == "answer"] == ["December", "Universal Credit"]


@pytest.mark.parametrize(
    ("before", "after", "is_layout"),
    [
        (PLAIN, RAISED, True),
        (RAISED, PLAIN, False),
        ("At 10⁶ places.", "At 10⁷ places.", False),
        (PLAIN, RAISED.replace("10", "11"), False),
        ("10-6 of m²", "10⁻⁶ of m²", True),
    ],
)
def test_figures_are_only_raised_where_they_were_plain(before: str, after: str, is_layout: bool) -> None:
    assert is_only_reformatted(answered(before, 2), answered(after, 2)) is is_layout


def test_a_new_layout_may_raise_figures_too() -> None:
    assert is_only_reformatted(answered(f"{BEFORE}\n\n{PLAIN}", 1), answered(f"{NOW}\n\n{RAISED}", TEXT_RULES))


# -- an archive that an earlier version filled ------------------------------------------------------------------------


@pytest.fixture
def filled(archive: Archive, tmp_path: Path) -> Archive:
    """Copy the archive in which version 1.0 stored the demo's two weeks, on either database."""
    path = tmp_path / "filled.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
    old = open_archive(f"sqlite:///{path}")
    copy.copy_archive(old, archive)
    old.close()
    return archive


def reparse(archive: Archive) -> dict[str, int]:
    now = datetime(2026, 11, 28, 9, tzinfo=UTC)
    work = Reparse(archive=archive, scope=Scope(as_of=now, look_back_days=14), clock=lambda: now)
    work.windows(QuestionsSource(None, "https://a.example"))  # type: ignore[arg-type]  # fetches nothing
    return work.counts


def test_a_reparse_lays_out_the_tables_of_an_older_archive(filled: Archive) -> None:
    wrong = revisions(filled, "91162")
    assert "\tOfficers (vacancies) on\n30 June 2023\t30 September 2023" in (wrong[-1].proceeding.answer or "")
    count = reparse(filled)["changed"]
    now = revisions(filled, "91162")
    assert "\tOfficers (vacancies) on\n\t30 June 2023\t30 September 2023" in (now[-1].proceeding.answer or "")
    assert now[:-1] == wrong
    assert (now[-1].events, now[-1].is_news, now[-1].seen_at) == ((), wrong[-1].is_news, wrong[-1].seen_at)
    assert 0 < count < 10
    assert reparse(filled)["changed"] == 0
