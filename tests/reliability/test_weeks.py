"""A few short lives of an operator's desk; and a judge that sees what is mailed twice, lost, or too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor import pipeline
from monitor.digest.compose import Compose
from monitor.model.following import MuteKind
from monitor.research import mutes
from tests.reliability.tally import Budget
from tests.reliability.weeks import PROOFS, Life, LostError, prove
from tests.reliability.weeks_judge import BrokenPromiseError
from tests.reliability.weeks_memory import Mute
from tests.reliability.weeks_published import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.watching import Subscriber


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """Begin a life on SQLite, and answer a question about ospreys on the first day."""
    life = Life(tmp_path / "life", 1)
    life.begin()
    yield life
    life.close()


def answer(life: Life) -> None:
    """Publish an answer about ospreys, and read it an hour later."""
    life.paper.add(QUESTIONS, "osprey", life.desk.clock.now, life.desk.today)
    life.desk.clock.tick(hours=1)
    life.desk.run()


def test_lives_on_both_databases_lose_and_double_nothing(postgres: str, tmp_path: Path) -> None:
    tally = prove(tmp_path, Budget(seed=1, count=2), server=postgres, steps=25)
    assert tally.failures == []
    assert (tally.tried, tally.is_good) == (2, True)
    [proof] = PROOFS
    assert (proof.full, proof.parts) == (400, 4)


def test_a_restore_tells_nothing_again(life: Life) -> None:
    desk = life.desk
    desk.back_up()
    answer(life)
    desk.restore(desk.backups[0], desk.today)
    desk.run()
    life.end(days=2)
    assert sorted(desk.judge.got["ann"]) == ["z0003v1", "z0004v1", "z0005v1"]


def test_the_judge_sees_what_a_restore_tells_again(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "skip_mailed_before_restore", lambda _compose: None)
    desk = life.desk
    desk.back_up()
    answer(life)
    desk.restore(desk.backups[0], desk.today)
    with pytest.raises(BrokenPromiseError, match="ann got z0005v1 twice"):
        desk.run()


def test_the_judge_allows_what_is_told_again_where_no_day_was_given(life: Life) -> None:
    desk = life.desk
    desk.back_up()
    answer(life)
    mails = len(desk.post.sent)
    desk.restore(desk.backups[0], None)
    desk.run()
    assert len(desk.post.sent) > mails
    life.end(days=2)


def test_the_judge_sees_what_is_lost(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    is_mailed: Any = Compose._is_mailed

    def is_mailed_but_for_ann(self: Compose, reader: Subscriber, *rest: Any) -> bool:
        return reader.key != "ann" and bool(is_mailed(self, reader, *rest))

    monkeypatch.setattr(Compose, "_is_mailed", is_mailed_but_for_ann)
    answer(life)
    with pytest.raises(LostError, match=r"^ann never got z0005v1 \(topic birds\)$"):
        life.end(days=2)


def test_the_judge_sees_a_correction_of_what_was_sent_that_a_mute_hides(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutes, "changes_what_was_sent", lambda _pending: False)
    desk = life.desk
    answer(life)
    ann, until = desk.subscriber("ann"), desk.today + timedelta(days=9)
    desk.archive.choices.mute(ann, MuteKind.PHRASE, "osprey", until)
    desk.judge.mute("ann", Mute("phrase", "osprey", until, desk.clock.now))
    corrected = {
        "answer": "We did correct the osprey z0005v2 today.",
        "corrected_on": desk.today,
        "is_correction": True,
    }
    life.paper.sources[QUESTIONS].change("140005", **corrected)
    first = life.paper.versions["z0005v1"]
    life.paper.versions["z0005v2"] = replace(first, number=2, kind="corrected")
    with pytest.raises(LostError, match=r"^ann never got z0005v2 \(told before, topic birds\)$"):
        life.end(days=2)


def test_the_judge_sees_what_is_not_read(life: Life) -> None:
    version = life.paper.add(QUESTIONS, "osprey", life.desk.clock.now, life.desk.today)
    life.paper.sources[QUESTIONS].hidden.add(version.record)
    with pytest.raises(LostError, match="z0005v1 of 2026-10-12 was never read"):
        life.end(days=2)


def test_the_judge_sees_what_came_in_a_pause_and_what_is_muted(life: Life) -> None:
    desk, judge = life.desk, life.desk.judge
    desk.readers["ann"].is_paused = True
    answer(life)
    desk.readers["ann"].is_paused = False
    desk.clock.tick(days=1)
    desk.run()
    now = desk.clock.now
    with pytest.raises(BrokenPromiseError, match=r"ann got z0005v1, read at .*, but counts since"):
        judge.mailed("ann", {"0005": 1}, now, now)
    judge.mute("ann", Mute("phrase", "osprey", desk.today, now - timedelta(hours=1)))
    with pytest.raises(BrokenPromiseError, match="ann got z0006v1, which is muted"):
        answer(life)  # the program knows of no mute
    judge.check_pause_sentence("ann", "Your mail was paused")
    with pytest.raises(BrokenPromiseError, match="cat is told of a pause"):
        judge.check_pause_sentence("cat", "Your mail was paused")
