"""Invented things to come for the demo: an oral question, a debate that moves, an inquiry."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.demo.coming_api import ComingApi, event, inquiry, oral_question

if TYPE_CHECKING:
    from monitor.demo.store import DemoMember

HOME_OFFICE: Final = (1, "Home Office")
DEBATE: Final = 35_011
DEBATE_ON: Final = date(2024, 12, 4)
DEBATE_MOVED_TO: Final = date(2024, 12, 5)


def coming_sample(asker: DemoMember, *, has_moved: bool) -> ComingApi:
    """Set down what is coming. `has_moved`: the debate has another day already."""
    question = "What steps she is taking to increase the capacity of regional cyber crime units."
    scope = (
        "<p>The Committee will look at how the police investigate cyber crime, and at what became of the units that were "
        "set up for it. It welcomes evidence on how reports of fraud are passed on.</p>"
    )
    return ComingApi(
        oral=[oral_question(700_001, question, date(2024, 12, 2), asker, HOME_OFFICE)],
        events=[
            event(
                DEBATE,
                "Police cyber crime units",
                DEBATE_MOVED_TO if has_moved else DEBATE_ON,
                "Debate",
                Type="Westminster Hall",
            )
        ],
        inquiries=[inquiry(4_001, "Policing of cyber crime", scope, date(2024, 11, 26), date(2024, 12, 20))],
        committees={4_001: [("Sample Affairs Committee", "Commons")]},
    )
