"""Files in deploy/: they call existing commands and options, and agree with each other and the manual."""

from __future__ import annotations

import json
import re
import tomllib
from configparser import RawConfigParser

import pytest

from tests.unit.test_docs import PROJECT, ROOT, command, options, read

FOLDER = ROOT / "deploy"
SERVICES = ("pqwatch.service", "pqwatch-run.service")


def unit(name: str) -> RawConfigParser:
    found = RawConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    found.read_string(read(f"deploy/{name}"))
    return found


def assert_can_be_called(words: list[str]) -> None:
    name, *flags = words
    found = command([name])
    assert found is not None, name
    assert {flag for flag in flags if flag.startswith("-")} <= options(found)


def containerfile() -> dict[str, list[str]]:
    """Return the arguments of each instruction, in order."""
    text = re.sub(r"(?m)^#.*\n", "", read("deploy/Containerfile"))
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        found.setdefault(word, []).append(rest)
    return found


@pytest.mark.parametrize(("name", "word"), [("pqwatch.service", "serve"), ("pqwatch-run.service", "run")])
def test_services_call_existing_commands(name: str, word: str) -> None:
    service = unit(name)["Service"]
    program, *words = service["ExecStart"].split()
    assert program == "/opt/pqwatch/bin/pqwatch"
    assert words == [word, "--config", "/etc/pqwatch/config.toml"]
    assert_can_be_called(words)
    for path in (program, "/etc/pqwatch/config.toml", service["EnvironmentFile"].lstrip("-")):
        assert path in read("docs/running.md")
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert f"sqlite:////var/lib/{service['StateDirectory']}/pqwatch.db" in read("docs/running.md")


def test_workers_are_services_of_the_same_kind() -> None:
    worker, service = (dict(unit(name)["Service"]) for name in ("pqwatch-worker@.service", "pqwatch.service"))
    program, *words = worker["ExecStart"].split()
    assert program == service["ExecStart"].split()[0]
    assert words == ["worker", "--config", "/etc/pqwatch/config.toml"]
    assert_can_be_called(words)
    differing = {key for key in worker.keys() | service.keys() if worker.get(key) != service.get(key)}
    assert differing == {"ExecStart", "RestartSec", "RestartPreventExitStatus"}
    assert "deploy/pqwatch-worker@.service" in read("docs/running.md")


def test_services_have_the_same_permissions() -> None:
    one, other = (dict(unit(name)["Service"]) for name in SERVICES)
    differing = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
    assert differing == {"Type", "ExecStart", "Restart", "RestartSec", "TimeoutStopSec", "TimeoutStartSec"}
    assert one["NoNewPrivileges"] == "true"
    assert one["SystemCallErrorNumber"] == "EPERM"  # else a refused call kills the process
    assert one["ProtectSystem"] == "strict"
    assert one["User"] == "pqwatch"


def test_timer_catches_up_after_sleep_and_uses_london_time() -> None:
    timer = unit("pqwatch-run.timer")
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Timer"]["OnCalendar"].endswith(" Europe/London")
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_container_calls_existing_commands() -> None:
    instructions = containerfile()
    assert json.loads(instructions["ENTRYPOINT"][0]) == ["pqwatch"]
    assert_can_be_called(json.loads(instructions["CMD"][0]))
    program, *words = json.loads(instructions["HEALTHCHECK"][0].partition("CMD ")[2])
    assert program == "pqwatch"
    assert_can_be_called(words)
    [volume] = instructions["VOLUME"]
    assert instructions["WORKDIR"][-1] == volume
    assert f"PQWATCH_CONFIG={volume}/config.toml" in instructions["ENV"][-1]
    assert volume in read("docs/running.md")


def test_container_is_built_in_the_format_that_holds_its_health_check() -> None:
    # Podman's own format has no place for it: https://github.com/containers/buildah/issues/2388
    pages = [*(ROOT / "docs").glob("*.md"), FOLDER / "Containerfile"]
    building = [line for page in pages for line in re.findall(r"podman build .*", page.read_text(encoding="utf-8"))]
    assert "HEALTHCHECK" in containerfile()
    assert building
    assert [line for line in building if "--format docker" not in line] == []


def test_container_runs_unprivileged_and_without_build_tools() -> None:
    instructions = containerfile()
    build, final = instructions["FROM"]
    assert build == f"{final} AS build"
    assert instructions["USER"] == ["pqwatch"]
    assert instructions["COPY"][-1].startswith("--from=build /opt/pqwatch ")
    assert final == "${BASE}"
    version = instructions["ARG"][0].partition(":")[2].partition("-")[0]
    assert f"Programming Language :: Python :: {version}" in PROJECT["project"]["classifiers"]


def test_container_keeps_nothing_that_only_builds_the_project() -> None:
    needs = {
        package["name"]: {dependency["name"] for dependency in package.get("dependencies", ())}
        for package in tomllib.loads(read("uv.lock"))["package"]
    }
    build = {"hatchling", *needs["hatchling"]}
    installed = set(re.findall(r"(?m)^([\w.-]+)==", read("deploy/requirements.txt")))
    used = set().union(*(needs[name] for name in {*installed, "pqwatch"} - build))
    [removed] = re.findall(r"pip uninstall --yes (.*)", read("deploy/Containerfile"))
    assert set(removed.split()) == build - used | {"pip"}


def test_container_has_all_sources_of_the_wheel() -> None:
    sent = {line[1:] for line in read(".containerignore").splitlines() if line.startswith("!")}
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        *wheel["packages"],
        *wheel["force-include"],
        "pyproject.toml",
        "deploy/requirements.txt",
        PROJECT["project"]["readme"],
    }
    assert needed <= sent
    assert all((ROOT / name).exists() for name in sent)


INSTALLING = re.compile(r"(?m)^.*\b(?:pip3? install|uv tool install|uv sync|pipx install)\b.*$")
LOCKED = "pip install --require-hashes --only-binary :all: -r deploy/requirements.txt"
OF_THE_COPY = "pip install --no-index --no-deps --no-build-isolation ."


@pytest.mark.parametrize("name", ["docs/running.md", "docs/web.md", "deploy/Containerfile"])
def test_a_server_is_installed_by_hash(name: str) -> None:
    commands = [line.replace("--no-cache-dir ", "") for line in INSTALLING.findall(read(name))]
    assert [line for line in commands if LOCKED not in line and not line.endswith(OF_THE_COPY)] == []
    assert len(commands) == (0 if name == "docs/web.md" else 2)


def test_what_a_server_installs_is_what_is_locked() -> None:
    pinned = re.findall(
        r"(?m)^([\w.-]+)==([^\s;]+)(?: ;[^\\\n]*)? \\\n    --hash=sha256:", read("deploy/requirements.txt")
    )
    locked = {(package["name"], package.get("version")) for package in tomllib.loads(read("uv.lock"))["package"]}
    assert len(pinned) == len(re.findall(r"(?m)^\S+==", read("deploy/requirements.txt")))
    assert set(pinned) <= locked
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["postgres"]]
    wanted += PROJECT["dependency-groups"]["build"]
    assert {re.split(r"[\[>=<;]", requirement)[0] for requirement in wanted} <= dict(pinned).keys()
