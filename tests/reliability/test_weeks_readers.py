"""Two short lives of readers who come by the page; and a judge that sees who gets what they ended or muted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor import pipeline
from monitor.web import subscriptions
from tests.reliability.tally import Budget
from tests.reliability.weeks import Life
from tests.reliability.weeks_judge import BrokenPromiseError
from tests.reliability.weeks_page import PageDesk
from tests.reliability.weeks_published import QUESTIONS
from tests.reliability.weeks_readers import PROOFS, prove

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_lives_of_readers_lose_and_double_nothing(postgres: str, tmp_path: Path) -> None:
    tally = prove(tmp_path, Budget(seed=1, count=2), server=postgres, steps=8, days=2)
    assert tally.failures == []
    assert (tally.tried, tally.is_good) == (2, True)
    [proof] = PROOFS
    assert (proof.full, proof.parts) == (400, 4)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[PageDesk]:
    """Begin a life on SQLite in which Ann has got a mail and an answer has come since."""
    life = Life(tmp_path / "life", 1, desks=PageDesk)
    life.begin()
    life.paper.add(QUESTIONS, "osprey", life.desk.clock.now, life.desk.today)
    assert isinstance(life.desk, PageDesk)
    yield life.desk
    life.close()


def unsubscribe(desk: PageDesk) -> None:
    """Let Ann press the button of her mail program."""
    desk.browser.post(desk.links("ann", "unsubscribe")[-1], data={"List-Unsubscribe": "One-Click"})
    desk.end("ann")


def test_the_judge_sees_a_mail_to_a_reader_who_left_while_a_run_read(
    desk: PageDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "without_leavers", lambda config, _archive: config)
    with pytest.raises(BrokenPromiseError, match=r"ann@example\.org got a mail, and wants none any more"):
        desk.run_while(lambda: unsubscribe(desk))


def test_the_judge_sees_a_mail_that_waited_when_its_reader_left(
    desk: PageDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "discard_unsent", lambda *_: None)
    desk.run(is_post_down=True)
    unsubscribe(desk)
    desk.clock.tick(hours=6)
    with pytest.raises(BrokenPromiseError, match=r"ann@example\.org got a mail, and wants none any more"):
        desk.run()
