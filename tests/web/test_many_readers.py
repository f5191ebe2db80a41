"""Pages where there are hundreds of readers: a field for one of them takes the place of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from tests.web.conftest import many_readers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from tests.web.conftest import Office

PAGES = ("/", "/waiting", "/digests", "/following", "/audit")


@pytest.fixture
def crowded(office: Office) -> Iterator[TestClient]:
    """Return a browser of an office with 302 readers, of whom two have one name."""
    twins = many_readers(2).replace('"Reader 0"', '"Twin"\nid = "left"').replace('"Reader 1"', '"twin"\nid = "right"')
    office.add(many_readers(298) + twins)
    with office.browser() as browser:
        yield browser


@pytest.mark.parametrize("path", PAGES)
def test_a_field_takes_the_place_of_a_list_of_hundreds(crowded: TestClient, path: str) -> None:
    page = BeautifulSoup(crowded.get(path).text, "html.parser")
    (field,) = page.select("#reader")
    assert (field.name, field["name"], field["aria-describedby"]) == ("input", "reader", "reader-hint")
    assert field["type"] == "text", "the style sheet gives fields of this type their size and border"
    assert page.find("label", attrs={"for": "reader"}) is not None
    assert page.select("#reader-hint")[0].get_text().startswith("A name, an address or an id")
    assert "Reader 250" not in page.get_text()


@pytest.mark.parametrize("path", PAGES[:-1])
@pytest.mark.parametrize("given", ["Reader 17", "reader 17", "READER17@example.org"])
def test_a_reader_is_found_by_name_or_address(crowded: TestClient, path: str, given: str) -> None:
    reply = crowded.get(path, params={"reader": given})
    assert reply.status_code == 200
    (field,) = BeautifulSoup(reply.text, "html.parser").select("#reader")
    assert field["value"] == "Reader 17"


@pytest.mark.parametrize("path", PAGES[:-1])
def test_a_name_of_none_or_several_is_refused(crowded: TestClient, path: str) -> None:
    reply = crowded.get(path, params={"reader": "Reader 999"})
    assert (reply.status_code, "There is no such reader." in reply.text) == (404, True)
    reply = crowded.get(path, params={"reader": "TWIN"})
    assert reply.status_code == 404
    assert "Several readers have this name or address: give the id of one." in reply.text
    assert crowded.get(path, params={"reader": "left"}).status_code == 200
