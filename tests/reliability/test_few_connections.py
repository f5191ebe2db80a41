"""A few mails to a mail server that takes fewer connections than there are workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.few_connections import send_mails

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.longest]


def test_all_mail_goes_over_the_connections_that_the_server_takes(postgres: str, tmp_path: Path) -> None:
    tally = send_mails(tmp_path / "yard", postgres, 120, seed=1, kill_every=40)
    assert tally.failures == []
    assert (tally.tried, tally.lost, tally.duplicated) == (120, 0, 0)
