"""Kills at a few of the points that bench/soak.py tries in full, and at random."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from tests.reliability.kills import kill_at_each_point, kill_at_random, unreached_writers
from tests.reliability.scenes import SCENES, writers_in
from tests.reliability.scenes_choices import CHOICES
from tests.reliability.scenes_coming import COMING
from tests.reliability.scenes_promises import PROMISES
from tests.reliability.scenes_returned import RETURNED
from tests.reliability.scenes_subscribers import SUBSCRIBERS
from tests.reliability.tally import Budget
from tests.reliability.world import POSTGRESQL, SEVERAL, SQLITE

if TYPE_CHECKING:
    from pathlib import Path

REACHING_SCENES = (
    "collect, one gone",
    "run in trouble",
    "deliver, refused connections",
    "run --first-digest",
    "deliver --release",
    "deliver --discard",
    "digest resend",
    "digest skip --until",
    "db reindex",
    "subscribers forget",
    "db copy",
    "backfill theyworkforyou",
    "db merged --undo",
    "run, webhook and feeds",
    "follow",
    "unfollow",
    "done",
    "done --undo",
    "mute",
    "unmute",
    "note",
    "promises keep",
    "read calendar that is down",
    "read what is coming",
    "read returned mail",
    "reinstate an address",
    "subscribers add --archive",
    "subscribers change",
    "subscribers remove",
)
"""Scenes that together reach every function that writes. Each reaches one that no other does."""

OTHER_SCENES = tuple(name for name in SCENES if name not in REACHING_SCENES)

CODE = """
class Box:
    def read(self):
        with self.store.read() as connection:
            return connection

    def put(self):
        if self.is_open:
            with self._store.write() as connection, other():
                return connection

    def put_own(self):
        with self._store.write_own() if self.is_mine else self._store.write() as connection:
            return connection

    def take(self):
        with translated(self._store.engine), self._store.engine.begin() as connection:
            return connection

def fill(engine):
    with writing(engine):
        pass
"""


@pytest.mark.longest
def test_the_scenes_reach_every_function_that_writes(tmp_path: Path) -> None:
    assert unreached_writers(tmp_path, scenes=REACHING_SCENES) == set()


def test_kills_in_other_scenes(tmp_path: Path) -> None:
    tally = kill_at_each_point(tmp_path, Budget(seed=1, count=3), at=[SQLITE], scenes=OTHER_SCENES)
    assert tally.failures == []
    assert tally.tried == 3
    assert tally.is_good


def test_kills_of_the_ledger(tmp_path: Path) -> None:
    tally = kill_at_each_point(tmp_path, Budget(seed=1, count=6), at=[SQLITE], scenes=tuple(PROMISES))
    assert tally.failures == []
    assert tally.tried == 6


def test_kills_of_readers_own_commands(tmp_path: Path) -> None:
    tally = kill_at_each_point(tmp_path, Budget(seed=1, count=6), at=[SQLITE], scenes=tuple(CHOICES))
    assert tally.failures == []
    assert tally.tried == 6


def test_kills_while_days_ahead_are_read(tmp_path: Path) -> None:
    tally = kill_at_each_point(tmp_path, Budget(seed=1, count=3), at=[SQLITE], scenes=tuple(COMING))
    assert tally.failures == []
    assert tally.tried == 3


def test_kills_while_returned_mail_is_read(tmp_path: Path) -> None:
    tally = kill_at_each_point(tmp_path, Budget(seed=1, count=4), at=[SQLITE], scenes=tuple(RETURNED))
    assert tally.failures == []
    assert tally.tried == 4


def test_kills_while_subscribers_of_the_archive_change(tmp_path: Path) -> None:
    tally = kill_at_each_point(tmp_path, Budget(seed=1, count=6), at=[SQLITE], scenes=tuple(SUBSCRIBERS))
    assert tally.failures == []
    assert tally.tried == 6


def test_kills_while_mails_go_over_several_connections(tmp_path: Path) -> None:
    tally = kill_at_each_point(tmp_path, Budget(seed=1, count=6), at=[SEVERAL], scenes=["run", "run in trouble"])
    assert tally.failures == []
    assert tally.tried == 6


def test_kills_on_postgresql(tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.reliability.world.postgres_server", lambda: nullcontext(postgres))
    tally = kill_at_each_point(tmp_path, Budget(seed=2, count=2), at=[POSTGRESQL], scenes=["run"])
    assert tally.failures == []
    assert tally.tried == 2


@pytest.mark.parametrize("seed", [1])
def test_kills_at_random_moments(tmp_path: Path, seed: int) -> None:
    tally = kill_at_random(tmp_path, Budget(seed=seed, count=3), at=[SQLITE])
    assert tally.failures == []
    assert tally.tried == 3


def test_functions_that_write_are_found() -> None:
    assert writers_in(CODE) == {"Box.put", "Box.put_own", "Box.take", "fill"}
