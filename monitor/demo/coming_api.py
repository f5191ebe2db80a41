"""Days ahead, as the stand-in serves them: oral questions, events of What's On, and inquiries that take evidence.

Entries have the keys of the three APIs' published descriptions. Everything in them is invented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from monitor.demo.store import DemoMember, Value

ORAL_QUESTIONS: Final = "/oralquestions/list"
EVENTS: Final = "/calendar/events/list.json"
BUSINESS: Final = "/api/committeebusiness"
COMMITTEES: Final = "/api/committees"

_MOST_TAKEN: Final = 100
_ORAL_TAKEN: Final = 25
_BUSINESS_TAKEN: Final = 30


@dataclass(slots=True)
class ComingApi:
    """Three APIs of what is coming. Tests change the lists between two runs.

    `committees`: names and Houses of committees, by the id of the inquiry.
    """

    oral: list[Value] = field(default_factory=list)
    events: list[Value] = field(default_factory=list)
    inquiries: list[Value] = field(default_factory=list)
    committees: dict[int, list[tuple[str, str]]] = field(default_factory=dict)

    def serves(self, path: str) -> bool:
        """Return whether a path, in small letters, belongs to one of the three."""
        return path in (ORAL_QUESTIONS, EVENTS, COMMITTEES) or path.startswith(BUSINESS)

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:
        """Return the JSON of an answer; None for a record that is not there. Names in `query` are in small letters."""
        if path == ORAL_QUESTIONS:
            return self._oral({name.removeprefix("parameters."): given for name, given in query.items()})
        if path == EVENTS:
            return self._events({name.removeprefix("queryparameters."): given[0] for name, given in query.items()})
        if path == COMMITTEES:
            return self._committees(int(query["committeebusinessid"][0]))
        number = re.fullmatch(rf"{BUSINESS}/(\d+)", path)
        if number is None:
            return self._listed_inquiries(query)
        return next((value for value in self.inquiries if value["id"] == int(number[1])), None)

    def _oral(self, query: dict[str, list[str]]) -> Any:
        found = [value for value in self.oral if value["Status"] in query.get("statuses", [value["Status"]])]
        found = [value for value in found if str(value["UIN"]) in query.get("uins", [str(value["UIN"])])]
        first = query.get("answeringdatestart", [""])[0]
        found = [value for value in found if value["AnsweringWhen"][:10] >= first]
        skip, take = int(query.get("skip", ["0"])[0]), int(query.get("take", [str(_ORAL_TAKEN)])[0])
        paging = {"Skip": skip, "Take": take, "Total": len(found), "GlobalTotal": len(self.oral)}
        return {
            "PagingInfo": {**paging, "StatusCounts": [], "GlobalStatusCounts": []},
            "StatusCode": "OK",
            "Success": True,
            "Errors": [],
            "Response": found[skip : skip + min(take, _MOST_TAKEN)],
        }

    def _events(self, query: dict[str, str]) -> Any:
        if "eventid" in query:
            return [value for value in self.events if str(value["Id"]) == query["eventid"]]
        return [
            value
            for value in self.events
            if value["House"] == query.get("house", value["House"])
            and query.get("startdate", "") <= value["StartDate"][:10] <= query.get("enddate", "9")
        ]

    def _listed_inquiries(self, query: dict[str, list[str]]) -> Any:
        found = [value for value in self.inquiries if value["openSubmissionPeriods"]]
        skip, take = int(query.get("skip", ["0"])[0]), int(query.get("take", [str(_BUSINESS_TAKEN)])[0])
        shown = [
            {name: part for name, part in value.items() if name not in ("scope", "relatedInformation", "hcNumbers")}
            for value in found[skip : skip + take]
        ]
        return {"items": shown, "totalResults": len(found), "itemsPerPage": take, "links": []}

    def _committees(self, inquiry: int) -> Any:
        items = [
            {"id": 8_000 + number, "name": name, "house": house, "showOnWebsite": True}
            for number, (name, house) in enumerate(self.committees.get(inquiry, ()))
        ]
        return {"items": items, "totalResults": len(items), "itemsPerPage": 30, "links": []}


def oral_question(number: int, text: str, day: date, asker: DemoMember, body: tuple[int, str], **changes: Any) -> Value:
    """Make an oral question that is on the order paper. `body`: number and name; `changes`: other values by key."""
    return {
        "Id": number,
        "QuestionType": "Substantive",
        "QuestionText": text,
        "Status": "ToBeAsked",
        "Number": 1,
        "TabledWhen": f"{day - timedelta(days=14)}T00:00:00",
        "RemovedFromToBeAskedWhen": None,
        "DeclarableInterestDetail": None,
        "HansardLink": None,
        "UIN": 900_000 + number % 100_000,
        "AnsweringWhen": f"{day}T00:00:00",
        "AnsweringBodyId": body[0],
        "AnsweringBody": body[1],
        "AnsweringMinisterTitle": "Secretary of State",
        "AskingMember": {
            "MnisId": asker.id,
            "PimsId": None,
            "Name": asker.name,
            "ListAs": asker.list_as,
            "Constituency": asker.constituency,
            "Status": "Current",
            "Party": asker.party,
            "PartyId": 1,
            "PartyColour": "cccccc",
            "PhotoUrl": None,
        },
        "AnsweringMinister": None,
        "AskingMemberId": asker.id,
        "AnsweringMinisterId": None,
    } | changes


def event(number: int, title: str | None, day: date, category: str, **changes: Any) -> Value:
    """Make an event of the Commons. `changes`: other values by key."""
    return {
        "Id": number,
        "StartDate": f"{day}T00:00:00",
        "EndDate": f"{day}T00:00:00",
        "CancelledDate": None,
        "StartTime": "14:30:00",
        "EndTime": None,
        "Description": title,
        "Notes": None,
        "SortOrder": 1,
        "EventActivities": [],
        "Type": "Main Chamber",
        "House": "Commons",
        "LeadHouse": None,
        "Category": category,
        "Location": None,
        "LocationMetadata": None,
        "HasSpeakers": False,
        "Committee": None,
        "Tags": [],
        "Members": [],
        "Metadata": [],
        "SummarisedDetails": None,
        "BillId": None,
        "BillName": None,
        "BillPageLink": None,
    } | changes


def inquiry(number: int, title: str, scope: str, opens: date, closes: date | None, **changes: Any) -> Value:
    """Make an inquiry that takes written evidence from one day to another. `changes`: other values by key."""
    return {
        "id": number,
        "title": title,
        "type": {"id": 1, "name": "Inquiry", "isInquiry": True, "description": None},
        "openDate": f"{opens}T00:00:00",
        "closeDate": None,
        "latestReport": None,
        "openSubmissionPeriods": [period(number, opens, closes)],
        "closedSubmissionPeriods": [],
        "nextOralEvidenceSession": None,
        "contact": {"email": None, "phone": None, "address": None, "contactDisclaimer": None},
        "scope": scope,
        "relatedInformation": [],
        "banner": None,
        "hcNumbers": [],
    } | changes


def period(number: int, opens: date, closes: date | None, kind: str = "WrittenEvidence") -> Value:
    """Make a period for submissions."""
    return {
        "id": number,
        "startDate": f"{opens}T00:00:00",
        "endDate": f"{closes}T23:59:00" if closes else None,
        "submissionType": kind,
        "isPromoted": False,
        "statusMessage": None,
        "allowSubmissionsPastEndDate": False,
    }
