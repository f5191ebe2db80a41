"""A few mails to a mail server that takes fewer connections than there are workers, and to one that puts mails off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.limiting_server import FEW_CONNECTIONS, Limits, send_mails
from tests.smtpserver import Rate

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.longest]

FEW = 20
"""Mails that a server takes in three seconds: fewer than a slow machine sends."""
AT_THE_RECIPIENT, AT_THE_DOT = (Limits(rate=Rate(mails=FEW, seconds=3.0, stage=step)) for step in ("RCPT", "dot"))


@pytest.mark.parametrize("limits", [FEW_CONNECTIONS, AT_THE_RECIPIENT, AT_THE_DOT])
def test_all_mail_goes_as_the_server_takes_it(postgres: str, tmp_path: Path, limits: Limits) -> None:
    tally = send_mails(tmp_path / "yard", postgres, 120, limits, seed=1, kill_every=40)
    assert tally.failures == []
    assert (tally.tried, tally.lost, tally.duplicated) == (120, 0, 0)
