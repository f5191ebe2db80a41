"""Benchmarks: they run and measure what they claim. No test depends on speed."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.terms.vocabulary import Lexicon
from tests.oracle import reference_matches
from tests.reliability.tally import Budget, Proof, Tally
from tests.shared_folders import shared_folder

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.slow

BENCH = Path(__file__).parents[2] / "bench"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCH / "matching.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own program)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the program measures, once for all processes that run tests."""

    def measure(folder: Path) -> None:
        done = run("--quick", "--json")
        assert done.returncode == 0, done.stderr
        (folder / "results.json").write_text(done.stdout, encoding="utf-8")

    folder = shared_folder(tmp_path_factory, "bench", measure)
    results: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return results


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("matching_terms")


def rows(results: dict[str, Any], count: int) -> dict[str, dict[str, Any]]:
    (table,) = [listed for listed in results["lists"] if listed["count"] == count]
    return {row["engine"]: row for row in table["rows"]}


def test_every_engine_has_its_row(results: dict[str, Any]) -> None:
    assert results["answers"] == 100
    assert [listed["count"] for listed in results["lists"]] == [10, 100]
    for count in (10, 100):
        names = set(rows(results, count))
        assert {name.split(",")[0] for name in names} == {"pqwatch", "re", "ahocorasick_rs NFA", "ahocorasick_rs DFA"}
        assert len(names) == 8
    assert len(results["alone"]) == 2


def test_the_matcher_finds_what_the_reference_finds(results: dict[str, Any], lists: ModuleType) -> None:
    answers = lists.sample_answers(100)
    maker = lists.TermMaker(answers)
    for table in results["lists"]:
        topics = lists.topics(maker.terms(table["count"]))
        found = [reference_matches(topics, parts, None, Lexicon()) for parts in answers]
        assert table["matches"] == sum(map(len, found)) > 0
        assert table["with_match"] == pytest.approx(sum(map(bool, found)) / 100)


def test_the_matcher_finds_the_same_in_every_way(results: dict[str, Any]) -> None:
    for table in results["lists"]:
        assert table["one_by_one"] == [table["matches"], 0]
        for name, row in rows(results, table["count"]).items():
            if name.startswith("pqwatch"):
                assert (row["missed"], row["extra"]) == (0, 0), name


def test_other_engines_find_words_as_written(results: dict[str, Any]) -> None:
    for name, row in rows(results, 100).items():
        assert row["checked"] >= 16
        assert row["terms"] > 0, name


def test_separate_process_measures_its_cost(results: dict[str, Any]) -> None:
    for table in results["lists"]:
        assert table["footprint"]["compile_s"] > 0
        assert table["footprint"]["first_pass_us"] > 0


def test_all_cores_search_together(results: dict[str, Any]) -> None:
    """The program fails where a batch is not searched."""
    for table in results["lists"]:
        ways = {row["way"]: row for row in table["all_cores"]}
        assert set(ways) == {"spans, plain text", "spans, form", "which terms, form"}
        assert all(row["cores"] == os.cpu_count() and row["by_cpu"] > 0 < row["by_clock"] for row in ways.values())


def test_all_cores_can_be_measured_alone() -> None:
    done = run("--quick", "--all-cores")
    assert [line.split(":")[0] for line in done.stdout.splitlines() if "processes do" in line] == [
        f"pqwatch, {way}" for way in ("spans, plain text", "spans, form", "which terms, form") * 2
    ]


def test_results_that_are_lost_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCH)
    processes = importlib.import_module("matching_processes")
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="1 results came for 2 answers"):
        processes._cpu_of_all(pool, lambda _batch: (1, 0.5, ["found"]), [(["one"], 1), (["one", "two"], 2)])


def test_table_is_printed(
    results: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The values are those that were measured for the other tests."""
    monkeypatch.syspath_prepend(BENCH)
    matching = importlib.import_module("matching")
    row, table = matching.Row, matching.Table
    all_cores = importlib.import_module("matching_processes").AllCores
    tables = {
        listed["count"]: table(
            **{
                **listed,
                "rows": tuple(row(**values) for values in listed["rows"]),
                "all_cores": tuple(all_cores(**values) for values in listed["all_cores"]),
            }
        )
        for listed in results["lists"]
    }
    monkeypatch.setattr(matching, "measure_list", lambda terms, *_: tables[len(terms)])
    monkeypatch.setattr(
        matching, "measured", lambda *_: {row_values["engine"]: row(**row_values) for row_values in results["alone"]}
    )
    monkeypatch.setattr(sys, "argv", ["matching.py", "--quick"])
    matching.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("100 answers of ")
    assert [line.split()[0] for line in lines if " re form " in line] == ["reading", "10", "100"]
    assert sum(line.startswith("pqwatch, ") for line in lines) == 8 + 6
    assert sum(" processes do " in line for line in lines) == 6


def test_missing_texts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCH)
    monkeypatch.setattr(sys, "argv", ["matching.py", "--texts", "no-such-file.jsonl"])
    with pytest.raises(SystemExit, match=r"^no-such-file\.jsonl is not here: take the demo.s sentences with --sample"):
        importlib.import_module("matching").main()


def test_list_has_its_shares_and_no_duplicates(lists: ModuleType) -> None:
    answers = lists.sample_answers(300)
    terms = lists.TermMaker(answers).terms(200)
    assert len({term.text for term in terms}) == len(terms) == 200
    kinds = [term.kind for term in terms]
    assert {kind: kinds.count(kind) for kind in lists.SHARES} == {
        "phrase": 120, "word": 50, "acronym": 20, "beginning": 10,
    }  # fmt: skip
    assert 40 <= sum(term.occurs for term in terms) <= 60
    assert lists.TermMaker(answers).terms(200) == terms


def test_recorded_answers_are_read_as_plain_text(tmp_path: Path, lists: ModuleType) -> None:
    rows = [
        {"questionText": "To ask  what?", "answerText": "<p>One.</p><p>Two.</p>"},
        {"questionText": "x", "answerText": ""},
    ]
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    assert lists.recorded_answers(path) == [{"question": "To ask what?", "answer": "One.\n\nTwo."}]


# -- the soak ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def soak(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module("soak")


def soaked(soak: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["soak.py", *arguments])
    return int(soak.main())


def fake(name: str, tally: Tally, *, share: float = 1.0) -> Proof:
    return Proof(name=name, unit="point", full=1000, run=lambda _folder, _budget: tally, share=share)


def test_proof_is_run_and_reported(
    soak: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    wanted = ("--only", "mail server faults", "--count", "2", "--seed", "7", "--report", str(report))
    assert soaked(soak, monkeypatch, *wanted) == 0
    results = json.loads(report.read_text(encoding="utf-8"))
    [row] = results["proofs"]
    assert (row["seed"], row["name"], row["tried"], row["is_good"], row["failures"]) == (
        7, "mail server faults", 2, True, [],
    )  # fmt: skip
    assert (row["commit"], row["python"]) == (soak.commit(), platform.python_version())
    assert "2 points tried: 0 lost, 0 duplicated, 0 flagged; 1 proofs passed, 0 failed" in capsys.readouterr().out


def test_all_proofs_are_listed_once_each(
    soak: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert soaked(soak, monkeypatch, "--list") == 0
    names = [line[:34].strip() for line in capsys.readouterr().out.splitlines()]
    assert len(set(names)) == len(names)
    assert {"random kill", "mail server faults"} <= set(names)


def test_unknown_proof_is_a_usage_error(
    soak: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        soaked(soak, monkeypatch, "--only", "mail server failt")
    assert ended.value.code == 2
    assert "there is no proof 'mail server failt': see --list" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tally", "said"),
    [
        (Tally(tried=3, lost=1), "1 lost"),
        (Tally(tried=3, duplicated=1), "1 duplicated"),
        (Tally(tried=3, failures=["seed 7, point 3: told twice"]), "seed 7, point 3: told twice"),
        (Tally(), "0 of 1,000 points"),
    ],
)
def test_failing_proof_fails_the_soak(
    soak: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tally: Tally, said: str
) -> None:
    monkeypatch.setattr(soak, "proofs", lambda: iter([fake("a good one", Tally(tried=1)), fake("a bad one", tally)]))
    monkeypatch.setattr(soak, "in_process_of_its_own", lambda task, _given: soak.one(task, 1, 3))
    assert soaked(soak, monkeypatch) == 1
    out = capsys.readouterr().out
    assert said in out
    assert "1 proofs passed, 1 failed" in out
    assert soaked(soak, monkeypatch, "--only", "a good one") == 0


def a_row(name: str, tried: int, *, is_good: bool = True, seed: int = 1) -> dict[str, Any]:
    return {
        "name": name,
        "tried": tried,
        "of": 10,
        "is_good": is_good,
        "seed": seed,
        "seconds": 1.0,
        "lost": 0,
        "duplicated": 0,
        "flagged": tried,
    }


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (a_row("one", 9), a_row("one", 3), 9),
        (a_row("one", 3), a_row("one", 9), 9),
        (a_row("one", 9, is_good=False), a_row("one", 3), 3),
        (a_row("one", 9), a_row("one", 3, is_good=False), 3),
        (a_row("one", 4), a_row("one", 3, seed=2), 7),
        (a_row("one", 10), a_row("one", 3, seed=2), 10),
        (a_row("one", 4), a_row("one", 10, seed=2), 10),
        ({**a_row("one", 4, seed=3), "seeds": [1, 2, 3]}, a_row("one", 3, seed=2), 4),
    ],
    ids=[
        *("less", "more", "less, but better", "less, but broken"),
        *("with another seed", "less than all", "all at last", "with a seed that was there"),
    ],
)
def test_several_runs_are_merged(
    soak: ModuleType, tmp_path: Path, old: dict[str, Any], new: dict[str, Any], kept: int
) -> None:
    report = tmp_path / "report.json"
    soak.keep(report, [a_row("two", 1), old, a_row("gone", 1)], ["one", "two", "gone"])
    soak.keep(report, [new], ["one", "two"])
    results = json.loads(report.read_text(encoding="utf-8"))["proofs"]
    assert [(row["name"], row["tried"]) for row in results] == [("one", kept), ("two", 1)]


def test_proof_whose_process_dies_does_not_fail_others(soak: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], -9, stdout="", stderr="a warning\nout of memory\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    row = soak.in_process_of_its_own(soak.Task(fake("hungry", Tally())), argparse.Namespace(seed=1, count=None))
    assert (row["is_good"], row["failures"]) == (False, ["ended with -9 and said: out of memory"])
    assert soak.line(row).startswith("FAILED  hungry")


def test_time_is_shared_and_no_proof_gets_more_than_is_left(soak: ModuleType) -> None:
    some = [fake("large", Tally(), share=6), fake("one", Tally()), fake("two", Tally())]
    assert [task.seconds for task in soak.in_time(some, 80, 2)] == [80, 20, 20]
    assert [task.seconds for task in soak.in_time(some[1:2], 80, 2)] == [80]


def test_slices_share_all_parts_and_begin_with_the_longest(soak: ModuleType) -> None:
    some = [replace(fake("short", Tally()), hours=0.5), replace(fake("long", Tally()), hours=6.0, parts=3)]
    names = [[(task.proof.name, task.part) for task in soak.in_full(some, number, 2)] for number in (1, 2)]
    assert names == [[("long", 0), ("long", 2)], [("long", 1), ("short", 0)]]


@pytest.mark.parametrize("words", ["0/2", "3/2", "2", "a/b"])
def test_odd_slices_are_refused(soak: ModuleType, words: str) -> None:
    with pytest.raises(ValueError, match=r"2/4|invalid literal"):
        soak.slice_of(words)


def test_parts_of_a_proof_are_one_row(soak: ModuleType) -> None:
    parts = [{**a_row("one", tried), "failures": []} for tried in (3, 4)]
    lost = {**a_row("one", 2, is_good=False), "lost": 1, "failures": ["lost"]}
    [whole] = soak.together(parts)
    assert (whole["tried"], whole["flagged"], whole["seconds"], whole["is_good"]) == (7, 7, 2.0, True)
    [whole] = soak.together([*parts, lost])
    assert (whole["tried"], whole["lost"], whole["is_good"], whole["failures"]) == (9, 1, False, ["lost"])


def test_each_case_belongs_to_one_part() -> None:
    parts = [Budget(seed=1, count=9, part=part, parts=3) for part in range(3)]
    owners = [[part.part for part in parts if part.owns(f"run, kill at point {number}")] for number in range(60)]
    assert {len(found) for found in owners} == {1}
    assert {found[0] for found in owners} == {0, 1, 2}
