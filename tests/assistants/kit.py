"""An assistant as the tests play it: the SDK's own client, connected to the server in memory.

`uv run python -m tests.assistants.kit` writes the golden schema of the tools anew.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
from mcp import Client

from monitor.desk.desks import Desks
from monitor.mcp.server import make_server, make_tools, without_titles
from monitor.model.collection import WindowCoverage, WindowState
from monitor.model.records import House
from monitor.model.sources import Window

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from mcp.server.lowlevel import Server
    from mcp.types import CallToolResult

    from db.archive import Archive

GOLDEN: Final = Path(__file__).with_name("tools.json")
NOW: Final = datetime(2021, 2, 10, 9, 0, tzinfo=UTC)


class RefusedError(Exception):
    """A tool answered with an error."""


def in_own_loop(work: Callable[[], Awaitable[Any]]) -> Any:
    """Run asynchronous work in a thread of its own: the browser's tests leave a loop running in the one of the tests."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(anyio.run, work).result()


@dataclass(frozen=True)
class Assistant:
    """A client of the server. `mode`: "legacy" begins as clients before 2026 do."""

    server: Server[Any]
    mode: str = "auto"

    def run(self, work: Callable[[Client], Awaitable[Any]]) -> Any:
        """Do something with a connected client."""

        async def connected() -> Any:
            async with Client(self.server, mode=self.mode) as client:
                return await work(client)

        return in_own_loop(connected)

    def call(self, name: str, **arguments: Any) -> CallToolResult:
        """Call a tool."""
        result: CallToolResult = self.run(lambda client: client.call_tool(name, arguments))
        return result

    def ask(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool, and return its answer. Raises RefusedError with the sentence of an error."""
        result = self.call(name, **arguments)
        [content] = result.content
        assert content.type == "text"
        if result.is_error:
            raise RefusedError(content.text)
        answer: dict[str, Any] = json.loads(content.text)
        assert result.structured_content == answer
        return answer


@contextmanager
def assistant(config: Path, *, now: datetime = NOW, mode: str = "auto") -> Iterator[Assistant]:
    """Connect an assistant to the archive of a configuration."""
    desks = Desks(str(config), lambda: now, is_local=True)
    try:
        yield Assistant(make_server(desks)[0], mode)
    finally:
        desks.close()


def note_window(archive: Archive, day: date, *, by: str = "answered", state: str = "complete", note: str = "") -> None:
    """Let a window of the Commons count as read."""
    window = Window(source="questions", house=House.COMMONS, by=by, day=day)
    archive.coverage.note(
        WindowCoverage(window=window, state=WindowState(state), read_at=NOW, total=1, held=1, note=note)
    )


def schema_of_tools() -> str:
    """Return what clients are told of the tools, as the golden file has it."""
    tools = make_tools(None)  # type: ignore[arg-type]  # nothing is called
    [output] = {json.dumps(without_titles(tool.output_schema), sort_keys=True) for tool in tools}  # the same for all
    listed = [
        {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "annotations": tool.annotations.model_dump(by_alias=True, exclude_none=True) if tool.annotations else None,
            "inputSchema": tool.parameters,
        }
        for tool in tools
    ]
    return json.dumps({"outputSchema": json.loads(output), "tools": listed}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(schema_of_tools(), encoding="utf-8")
