"""Forms of the page as a browser sends them, and the archive behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from db.archive import Archive
    from tests.web.conftest import Office

SECOND_READER = """
[[subscribers]]
name = "Ada Example"
email = "ada@example.org"
topics = ["*"]
"""


def two_readers(office: Office) -> None:
    """Add a second reader, so that pages have to ask for whom they are."""
    office.add(SECOND_READER)


def archive_of(browser: TestClient) -> Archive:
    """Return the archive of the page that a browser looks at."""
    app: Any = browser.app
    archive: Archive = app.state.desks.archive
    return archive


def csrf_of(browser: TestClient, path: str) -> str:
    """Return the token of the forms of a page."""
    field = BeautifulSoup(browser.get(path).text, "html.parser").find("input", {"name": "csrf"})
    assert field is not None, f"{path} has no form"
    return str(field["value"])


def send(browser: TestClient, page: str, action: str, **fields: Any) -> Response:
    """Send the form of a page that posts to an address, as it was loaded, with some fields changed.

    A field that is None is left out. Buttons are not pressed: name theirs among the fields.
    """
    form = form_of(browser.get(page).text, action)
    return browser.post(action, data={name: value for name, value in (form | fields).items() if value is not None})


def form_of(text: str, action: str) -> dict[str, str]:
    """Return the fields of the first form of a page that posts to an address, with what they hold."""
    form = BeautifulSoup(text, "html.parser").find("form", {"action": action})
    assert form is not None, f"there is no form to {action}"
    fields: dict[str, str] = {}
    for field in form.find_all(["input", "textarea", "select"]):
        if not field.get("name"):
            continue
        if field.name == "select":
            chosen = field.find("option", selected=True) or field.find("option")
            fields[str(field["name"])] = str(chosen["value"]) if chosen else ""
        else:
            fields[str(field["name"])] = str(field.get("value", field.get_text()))
    return fields


def problem_with(text: str, field: str) -> str:
    """Return what a page says is wrong with its form, after checking that it names this field and no other.

    The message leads to the field by the field's label, and is heard with the field.
    """
    page = BeautifulSoup(text, "html.parser")
    [problem], [link] = page.select("[role=alert]"), page.select("[role=alert] a")
    assert (problem["id"], link["href"]) == ("problem", f"#{field}")
    place = page.find(id=field)
    assert place is not None
    group = place.find_parent("fieldset")
    [described], [marked] = page.select('[aria-describedby~="problem"]'), page.select('[aria-invalid="true"]')
    assert described is marked
    assert described is place or (described is group and group["role"] == "radiogroup")
    label = page.find("label", {"for": field}) or (group and group.find("legend"))
    assert label is not None
    assert link.get_text() == label.get_text(strip=True)
    return " ".join(problem.get_text().split())
