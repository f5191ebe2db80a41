"""Parameters that several tools have, with what an assistant is told of each."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from monitor.desk.search import LONGEST_DAY, LONGEST_NAME, LONGEST_QUERY

LONGEST_REFERENCE: Final = 500
MOST: Final = 50
"""Items of a list."""

Query = Annotated[
    str,
    Field(
        max_length=LONGEST_QUERY,
        description="A phrase (no quotes needed), or words with AND, OR, NOT, NEAR/5, a star (paedophil*), in:answer, "
        "in:question, in:heading; or a reference to a record. Empty: all that passes the filters.",
    ),
]
Reference = Annotated[
    str,
    Field(
        max_length=LONGEST_REFERENCE,
        description="An id (q-1725947), a UIN, a day and a UIN (2024-11-11/14205), a citation (HC Deb 7 December 2005 "
        "c1366W), or the address of the record's page.",
    ),
]
Day = Annotated[str, Field(max_length=LONGEST_DAY, description="A day: 2024-11-26, today, yesterday or 30d.")]
Name = Annotated[str, Field(max_length=LONGEST_NAME, description="Words of the name, in any order.")]
Topic = Annotated[str, Field(max_length=LONGEST_NAME, description="Only this watched topic, by its id or name.")]
Limit = Annotated[int, Field(ge=1, le=MOST, description="The most items.")]
Fields = Annotated[
    list[str] | None,
    Field(
        max_length=60,
        description="Fields to return in place of the usual ones. A wrong name is answered with the list of all.",
    ),
]
