"""Invented secrets: a test fails if one of them appears in a log record, on stdout or on stderr.

`PASSWORD` goes to mail servers, `URL_PASSWORD` is in the addresses of archives and proxies, `TOKEN` in web addresses.
"""

from __future__ import annotations

import base64
import logging
import re
import subprocess
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click.testing
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

PASSWORD: Final = "canary-Zaunkönig-7731"  # noqa: S105 (invented)
URL_PASSWORD: Final = "canary-Wachtel-7732"  # noqa: S105 (invented)
TOKEN: Final = "canary-Zeisig-7733"  # noqa: S105 (invented)

_BASE64 = base64.b64encode(f"\0reader\0{PASSWORD}".encode()).decode()[:24], base64.b64encode(PASSWORD.encode()).decode()
_FORMS = (PASSWORD, URL_PASSWORD, TOKEN, quote(PASSWORD), repr(PASSWORD.encode())[2:-1], *_BASE64)
_SUNG = re.compile("|".join(map(re.escape, _FORMS)))


def sung(text: str | bytes | None) -> str:
    """Return the secret in a text, or an empty text."""
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text or ""
    found = _SUNG.search(decoded)
    return found.group() if found else ""


class Ears:
    """Collects the secrets that a test lets out: in log records, and in the output of commands and processes."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def listen(self, text: str | bytes | None, where: str) -> None:
        if canary := sung(text):
            self.heard.append(f"{canary} was let out {where}")

    def open(self, patch: pytest.MonkeyPatch) -> None:
        """Listen from now on."""
        make = logging.getLogRecordFactory()

        def record(*args: Any, **facts: Any) -> logging.LogRecord:
            made = make(*args, **facts)
            self.listen(
                f"{made.msg} {made.args} {made.exc_info[1] if made.exc_info else ''}", f"in a log of {made.name}"
            )
            return made

        patch.setattr(logging, "_logRecordFactory", record)
        communicate, invoke = subprocess.Popen.communicate, click.testing.CliRunner.invoke

        def said(process: Any, *args: Any, **facts: Any) -> Any:
            out, err = communicate(process, *args, **facts)
            self.listen(out, "by a process, on stdout")
            self.listen(err, "by a process, on stderr")
            return out, err

        def printed(runner: Any, *args: Any, **facts: Any) -> Any:
            result = invoke(runner, *args, **facts)
            self.listen(result.output_bytes, "by a command")
            return result

        patch.setattr(subprocess.Popen, "communicate", said)
        patch.setattr(click.testing.CliRunner, "invoke", printed)

    def judge(self, report: pytest.TestReport) -> None:
        """Fail a test that let a secret out."""
        for title, text in report.sections:
            self.listen(text, f"({title.lower()})")
        if self.heard and report.outcome == "passed":
            report.outcome = "failed"
            report.longrepr = "\n".join(self.heard)
        self.heard.clear()


EARS: Final = Ears()
_PATCH = pytest.MonkeyPatch()


def pytest_configure() -> None:
    """Give every test a password that it may not let out, and listen."""
    _PATCH.setenv("PQWATCH_SMTP_PASSWORD", PASSWORD)
    EARS.open(_PATCH)


def pytest_unconfigure() -> None:
    """Stop listening."""
    _PATCH.undo()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge each part of each test."""
    report = yield
    EARS.judge(report)
    return report
