"""The server as a process, as an assistant starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from tests.assistants.kit import in_own_loop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli_kit import Desk

FIRST = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


def words_of(folder: Path) -> list[str]:
    return [sys.executable, "-m", "monitor", "mcp", "--config", str(folder / "config.toml")]


def test_the_sdks_own_client_starts_it(shared_desk: Desk) -> None:
    command, *arguments = words_of(shared_desk.folder)
    server = StdioServerParameters(command=command, args=arguments, env=dict(os.environ))

    async def ask() -> Any:
        async with Client(server) as client:
            tools = (await client.list_tools()).tools
            assert len(tools) == 10
            refused = await client.call_tool("read", {"reference": "nothing/0"})
            assert refused.is_error
            return await client.call_tool("search", {"query": "bathing water"})

    found = in_own_loop(ask)
    assert [item["id"] for item in found.structured_content["items"]] == ["q-140001", "q-140010"]


def begin(folder: Path) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = subprocess.Popen(  # noqa: S603 (this program)
        words_of(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write("what is this\n" + json.dumps(FIRST) + "\n")
    process.stdin.flush()
    while "result" not in (answer := json.loads(process.stdout.readline())):
        assert "error" in answer  # that what came first was no message
    return process, answer


@pytest.mark.parametrize("how", ["closed stdin", "SIGINT", "SIGTERM"])
def test_it_ends_cleanly(shared_desk: Desk, how: str) -> None:
    if how != "closed stdin" and sys.platform == "win32":
        pytest.skip("Windows has no such signals")
    process, answer = begin(shared_desk.folder)
    assert answer["result"]["serverInfo"]["name"] == "pqwatch"
    try:
        if how != "closed stdin":
            process.send_signal(getattr(signal, how))
            assert process.wait(30) == 0  # while stdin is still open
        rest, log = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert rest == ""
    assert "Traceback" not in log
