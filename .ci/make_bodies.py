# ruff: noqa: INP001 - a script, not part of a package
"""Write monitor/parliament/data/bodies_govuk.tsv from the two registers of government organisations.

    uv run python .ci/make_bodies.py gov.uk_api_organisations.json.gz government-organisation-register.csv

The first is the organisations API of GOV.UK (https://www.gov.uk/api/organisations, all pages in one file), the second the
former register of government organisations, which has closing days that the API lacks. Both are under the Open Government
Licence v3.0. Written are the bodies with successors, these successors, and bodies with a closing day.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TARGET: Final = Path(__file__).resolve().parents[1] / "monitor" / "parliament" / "data" / "bodies_govuk.tsv"

HEADER: Final = """\
# Bodies and their successors as GOV.UK lists them: written by .ci/make_bodies.py, not by hand. Corrections and bodies that
# GOV.UK does not have stand in bodies.tsv. Contains public sector information licensed under the Open Government Licence
# v3.0. Columns apart by a tab; "; " between names of one cell; "" where GOV.UK says nothing:
#   name    abbreviation    day it closed    how it ended    became    status
# The status is that of its pages ("closed", "live", "exempt": its pages are elsewhere). Some closing days are the last day
# of a body, others the first day of its successor.
"""

HOW: Final = {
    "changed_name": "renamed",
    "merged": "merged",
    "split": "split",
    "replaced": "replaced",
    "devolved": "devolved",
    "no_longer_exists": "abolished",
    "left_gov": "left government",
}
"""The API's words for the end of a body, and those of the table."""

NOT_LISTED: Final = {"https://www.gov.uk/api/organisations/scotland-office": "Scotland Office"}
"""A body that the API names as a successor and does not list."""


def main(arguments: Sequence[str]) -> None:
    """Read the two files that are named, and write the table."""
    api, register = arguments
    with gzip.open(api, "rt", encoding="utf-8") as file:
        organisations = json.load(file)["results"]
    with Path(register).open(encoding="utf-8", newline="") as file:
        closed = {_slug(row["website"]): row["end-date"] for row in csv.DictReader(file)}
    lines = sorted("\t".join(row) for row in rows(organisations, closed))
    TARGET.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")


def rows(organisations: Sequence[Mapping[str, Any]], closed: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Iterate over the rows of the table. `closed`: closing days of the register by the last part of the address."""
    names = {body["id"]: clean(body["title"]) for body in organisations} | NOT_LISTED
    heirs = {heir["id"] for body in organisations for heir in body["superseding_organisations"]}
    for body in organisations:
        details = body["details"]
        became = [names[heir["id"]] for heir in body["superseding_organisations"]]
        closed_at = (details["closed_at"] or "")[:10]
        if not became and not closed_at and body["id"] not in heirs:
            continue
        yield (
            names[body["id"]],
            clean(details["abbreviation"] or ""),
            closed_at or closed.get(details["slug"], ""),
            HOW.get(details["govuk_closed_status"] or "", ""),
            "; ".join(became),
            details["govuk_status"],
        )


def clean(text: str) -> str:
    """Return a name with single spaces. Some names of the API were decoded wrongly before they were published."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return " ".join(text.split())


def _slug(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


if __name__ == "__main__":
    main(sys.argv[1:])
