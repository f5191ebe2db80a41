"""Small real objects that tests of file sources share: a cache in memory, a register of invented people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model.records import House, Member

if TYPE_CHECKING:
    from datetime import date

    from monitor.model.sources import Cached

PEOPLE = {"member/9001": "Ann Otherly", "member/9003": "Ian Example", "person/9901": "Ann Otherly"}


class MemoryCache:
    """A cache in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Cached] = {}

    def get(self, url: str) -> Cached | None:
        return self.kept.get(url)

    def put(self, url: str, answer: Cached) -> None:
        self.kept[url] = answer


class InventedRegister:
    """A register that knows two people by their numbers."""

    def by_number(self, number: str, printed: str | None, day: date) -> Member:
        del day
        name = PEOPLE.get(number.removeprefix("uk.org.publicwhip/"))
        return Member(person_id=10_000 + len(name), name=name, party="Ind") if name else Member(name=printed)

    def by_name(
        self, printed: str, house: House, day: date, *, constituency: str | None = None, office: str | None = None
    ) -> Member:
        del house, day
        return Member(name=printed, constituency=constituency, office=office)

    def office_of(self, member: Member, day: date) -> str | None:
        del member, day
        return None
