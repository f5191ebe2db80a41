"""The What's On service as every reader of it asks it: addresses, lists, and fields that all entries have.

Source: https://whatson-api.parliament.uk (Open Parliament Licence v3.0), described in its own Swagger document.
Names of fields begin with a capital letter. Days are written with midnight as their time. The House is a word, "Commons" or
"Lords". Parameters of the lists of events are written with `queryParameters.` before their name.

Last checked: November 2026, against the description; no recorded answer was at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from monitor.errors import FetchError, ParseError
from monitor.model.records import House
from scrapers.json_fields import Fields, UnknownKeys, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from scrapers.http.client import Client
    from scrapers.http.exchange import Response

HOUSE_NAMES: Final = {House.COMMONS: "Commons", House.LORDS: "Lords"}
_HOUSES: Final = {name: house for house, name in HOUSE_NAMES.items()}
SECONDS: Final = 15.0
"""Deadline of a try. The answers are small, and no digest waits long for a service that is silent."""

_NO_DATE: Final = "0001-01-01"
"""The empty date of .NET."""


class WhatsOn:
    """The service at one address. Every method that asks raises FetchError."""

    def __init__(self, client: Client, base_url: str, source: str) -> None:
        self._client, self._base = client, base_url.rstrip("/")
        self.unknown_keys = UnknownKeys(source)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Ask for a path below `/calendar/`, without its ending, and return the JSON."""
        return self.ask(path, params)[1]

    def ask(self, path: str, params: Mapping[str, str] | None = None) -> tuple[Response, Any]:
        """Ask as `get` does, and return the response too."""
        return self._client.get_json(f"{self._base}/calendar/{path}.json", params, seconds=SECONDS)

    def get_list(self, path: str, params: Mapping[str, str] | None = None) -> list[Any]:
        """Ask for a path whose answer is a list. Raises ParseError for anything else."""
        data = self.get(path, params)
        if not isinstance(data, list):
            raise ParseError(_other_shape(path, data))
        return data

    def events(self, which: str, house: House, first: date, last: date) -> list[Any]:
        """Ask for events of a House in these days, both included. `which`: "nonsitting", "list"."""
        asked = {"house": HOUSE_NAMES[house], "startDate": first.isoformat(), "endDate": last.isoformat()}
        params = {f"queryParameters.{name}": value for name, value in asked.items()}
        return self.get_list(f"events/{which}", params)

    def refused(self, path: str, data: Any) -> FetchError:
        """Return the error for an answer of another shape than the description says."""
        return FetchError(_other_shape(path, data), url=f"{self._base}/calendar/{path}.json")


def _other_shape(path: str, data: Any) -> str:
    return f"What's On sent {shorten(data)} for {path}: report it."


def fields_of(entry: Any, noun: str, number: str) -> Fields:
    """Return the fields of an entry of a list. `number` names its id, which may be missing. Raises ParseError."""
    if not isinstance(entry, dict):
        raise ParseError(f"{noun} of What's On is {shorten(entry)}: report it.")
    value = entry.get(number)
    return Fields(dict(entry), noun, str(value) if value is not None else "without an id")


def take_house(fields: Fields, asked: House) -> House:
    """Take the House of an entry; the one that was asked for where it names none. Raises ParseError."""
    name = fields.take_if_there("House", str)
    house = _HOUSES.get(name, None) if name else asked
    if house is None:
        raise fields.refuse("House", shorten(name))
    return house


def take_day(fields: Fields, name: str) -> date | None:
    """Take a day that may be missing, or be the empty date. Raises ParseError."""
    text = fields.take_if_there(name, str)
    return None if not text or text.startswith(_NO_DATE) else fields.as_day(name, text)
