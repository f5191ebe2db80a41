"""Fixtures of all tests, their options and their order."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import canaries
from tests.canaries import pytest_runtest_makereport, pytest_unconfigure  # noqa: F401 (hooks)
from tests.memory import compile_once, keep_bytecode, separate_cache, work_in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

work_in_memory()
separate_cache()
keep_bytecode()
gc.set_threshold(50_000)  # as the command line does: a tenth of the time
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--brief", action="store_true", help="leave out PostgreSQL, recorded data and slow tests")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare a process that runs tests. The process that only hands tests out loads nothing."""
    canaries.pytest_configure()
    if config.getoption("dist") != "no":
        compile_once([folder for folder in map(Path, config.args) if folder.is_dir()])
        return
    from tests.new_archives import begin_as_copies  # noqa: PLC0415 (see above)
    from tests.open_connections import report_open_connections  # noqa: PLC0415
    from tests.statements import share_statements  # noqa: PLC0415
    from tests.this_machine import reach_this_machine_only  # noqa: PLC0415
    from tests.trust import load_certificates_once  # noqa: PLC0415

    reach_this_machine_only()
    report_open_connections()
    share_statements()
    begin_as_copies()
    load_certificates_once()


def pytest_collection_finish() -> None:
    """Exempt the modules loaded so far from garbage collection, because they stay."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Collect garbage twice, to find what was not closed. pytest would do so five times, which takes seconds."""
    gc.collect()
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests out with --brief, and let each worker begin with the longest tests."""
    if config.getoption("--brief"):
        left_out = [item for item in items if _is_left_out(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    items[:] = _longest_first(items, workers=int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _longest_first(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests so that the shares of half of the workers begin with the longest.

    Otherwise one worker is still at the longest test when the others have nothing left to do. Most of the longest wait half
    of their time, so the other half of the workers uses the cores meanwhile.
    """
    longest = [item for item in items if "longest" in item.keywords]
    others = [item for item in items if "longest" not in item.keywords]
    takers = max(1, workers // 2)
    ordered: list[pytest.Item] = []
    for number in range(workers):
        count = (len(items) - len(ordered)) // (workers - number)
        own = longest[number::takers] if number < takers else []
        ordered += own
        missing = max(0, count - len(own))
        ordered += others[:missing]
        del others[:missing]
    return ordered


def _is_left_out(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return bool({"shared_data", "postgres"} & names) or "postgresql" in item.name or "slow" in item.keywords


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recorded responses beside the project. Without it, tests that need it are skipped."""
    if not SHARED.is_dir():
        pytest.skip("the recorded data are not beside the project")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Return the URL of a PostgreSQL server in which tests may make databases."""
    from tests.servers import NoServerError, postgres_server  # noqa: PLC0415 (see above)

    try:
        with postgres_server() as url:
            yield url
    except NoServerError as exc:
        pytest.skip(str(exc))
