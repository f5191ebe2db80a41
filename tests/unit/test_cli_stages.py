"""Progress of the stages on the command line."""

from __future__ import annotations

import io
import logging
import sys
from datetime import date
from typing import TYPE_CHECKING

from monitor.cli.logs import start_logging
from monitor.cli.progress import reading_bar
from monitor.model.records import House
from monitor.model.sources import Window

if TYPE_CHECKING:
    import pytest

WINDOW = Window(source="questions", house=House.LORDS, by="answered", day=date(2024, 11, 26))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminal_shows_what_is_read_and_log_lines_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    start_logging()
    with reading_bar() as progress:
        progress(WINDOW, 0, 2)
        logging.getLogger("monitor").warning("a line of the log")
        progress(WINDOW, 1, 2)
        progress(WINDOW, 2, 2)
    output = terminal.getvalue()
    assert "reading lords answered Tue 26 Nov 2024" in output
    assert "1/2" in output
    assert "a line of the log\n" in output


def test_no_progress_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with reading_bar() as progress:
        progress(WINDOW, 0, 1)
        progress(WINDOW, 1, 1)
    assert capsys.readouterr() == ("", "")
