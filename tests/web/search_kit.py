"""Helpers of tests of searches: the page of a search, and what the command prints for the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bs4 import BeautifulSoup
from click.testing import CliRunner

from monitor.cli.search import search_command

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Office


def found(browser: TestClient, status: int = 200, **parameters: str | list[str]) -> BeautifulSoup:
    """Return the page of a search."""
    parameters = {name.rstrip("_"): value for name, value in parameters.items()}
    response = browser.get("/search", params=parameters)
    assert response.status_code == status
    return BeautifulSoup(response.text, "html.parser")


def headings(page: BeautifulSoup) -> list[str]:
    """Return the headings of the records on a page."""
    return [heading.get_text() for heading in page.select("ul.records h3")]


def link(page: BeautifulSoup, words: str) -> str:
    """Return the address of the link with these words."""
    links = [anchor for anchor in page.find_all("a") if anchor.get_text(" ", strip=True).startswith(words)]
    assert links, f"no link {words}"
    return str(links[0]["href"])


def text(page: BeautifulSoup) -> str:
    """Return the words of a page on one line."""
    return " ".join(page.get_text(" ").split())


def printed(office: Office, *arguments: str) -> str:
    """Return what the command prints for the same search."""
    return CliRunner().invoke(search_command, [*arguments, "--config", str(office.config)]).stdout
