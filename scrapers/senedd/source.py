"""Days of the Senedd's record: the written questions tabled on them, and the questions their meetings did not reach.

The search is asked for a day and the next, because it is not known whether its last day counts, in lower case and with ISO
dates: the address that the site's own form shows leads to an empty page. It shows eight results, then more of them as JSON
(`{"Results": ["<div ..."]}`), and a hundred at most.

A result does not tell whether a question was answered, and there is no list of answers. So every question of the look-back
that is not known as answered is read once a day, and older ones once a week.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from monitor.errors import FetchError, GoneError, ParseError, without_frames
from monitor.model.records import House, Kind, Member, Proceeding
from monitor.model.sources import Detail, Listed, Payload, WindowPage
from monitor.parliament.calendar import LONDON
from scrapers.http.client import LIST_SECONDS
from scrapers.list_entries import parse_entry
from scrapers.senedd.meetings import meeting_of, meetings_with_files, plenary_on, read_pair, split_file
from scrapers.senedd.pages import is_there, read_question, read_results

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from monitor.model.sources import Window
    from scrapers.http.client import Client
    from scrapers.senedd.meetings import Pair
    from scrapers.senedd.pages import Result

NAME: Final = "senedd"
MAX_PAGES: Final = 20
"""More pages behind the first than a hundred results need."""
_WRITTEN_QUESTIONS: Final = "7"


class SeneddSource:
    """Reads written questions by the day on which they were tabled, and questions not reached by the day of the meeting."""

    name = NAME
    by = ("tabled", "meeting")
    houses = (House.SENEDD,)

    def __init__(self, client: Client, base_url: str) -> None:
        self._client, self._base = client, base_url.rstrip("/")

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Read a day, in one page. Raises FetchError and ParseError."""
        yield self._read_tabled(window) if window.by == "tabled" else self._read_meetings(window)

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read questions in full, several in flight, in any order. Those not reached come from the file of their meeting."""
        pages = {f"{self._base}/WrittenQuestion/{key}": key for key in keys if meeting_of(key) is None}
        for url, answer in self._client.get_many(pages, is_json=False):
            key = pages[url]
            if isinstance(answer, FetchError):
                yield Detail(key=key, error=answer)
            elif is_there(_decoded(answer.body)):
                payload = Payload(source=NAME, key=key, url=url, fetched_at=answer.fetched_at, body=answer.body)
                yield Detail(key=key, payload=payload)
            else:
                yield Detail(key=key, error=GoneError(f"The Senedd's record has no question {key}.", url=url))
        for key in keys:
            if meeting := meeting_of(key):
                yield self._read_not_reached(key, meeting)

    def parse(self, payload: Payload) -> Proceeding:
        """Parse the page of a question, or a question not reached with its answer. Raises ParseError."""
        if meeting_of(payload.key):
            return read_pair(payload.body, payload.key, NAME, self._base)
        page = read_question(_decoded(payload.body), payload.key)
        # Until November 2017 the address of a question (WAQ) had another number.
        if page.number.startswith("WQ") and page.number != f"WQ{payload.key}":
            raise ParseError(f"Question {page.number} came when {payload.key} was asked for.", key=payload.key)
        return Proceeding(
            id=f"sn-{payload.key}",
            source=NAME,
            kind=Kind.QUESTION,
            house=House.SENEDD,
            url=f"{self._base}/WrittenQuestion/{payload.key}",
            uin=page.number,
            question=page.question,
            answer=page.answer,
            body=page.office,
            tabled_on=page.tabled_on,
            date_for_answer=page.for_answer_on,
            answered_on=page.answered_on,
            is_holding=False if page.answered_on else None,
            is_withdrawn=page.is_withdrawn,
            asked_by=Member(name=page.name, constituency=page.area) if page.name else None,
            answered_by=Member(name=page.office) if page.office and page.answered_on else None,
            links=page.links,
        )

    # -- written questions --------------------------------------------------------------------------------------------

    def _read_tabled(self, window: Window) -> WindowPage:
        asked = {
            "query": "",
            "type": _WRITTEN_QUESTIONS,
            "start": window.day.isoformat(),
            "end": (window.day + timedelta(days=1)).isoformat(),
        }
        response = self._client.get(f"{self._base}/Search/", asked, seconds=LIST_SECONDS)
        results, total = read_results(_decoded(response.body))
        found = {result.key or result.html: result for result in results}
        for number in range(1, MAX_PAGES + 1):
            before = len(found)
            if before >= total:
                break
            found |= {result.key or result.html: result for result in self._read_more(asked, number)}
            if len(found) == before and number > 1:  # the first page of JSON may repeat the first of HTML
                break
        next_day = window.day + timedelta(days=1)
        entries = [
            _list(result, response.url, response.fetched_at)
            for result in found.values()
            if result.tabled_on != next_day  # it comes with its own day
        ]
        is_whole = len(found) >= total
        note = "" if is_whole else f"the search showed {len(found)} of {total} results"
        return WindowPage(entries=tuple(entries), total=len(entries), is_whole=is_whole, note=note)

    def _read_more(self, asked: dict[str, str], number: int) -> list[Result]:
        url = f"{self._base}/Search/SeeMore?{urlencode(asked | {'Page': str(number)})}"
        _, data = self._client.get_json(url, seconds=LIST_SECONDS)
        fragments = data.get("Results") if isinstance(data, dict) else None
        if not isinstance(fragments, list) or not all(isinstance(fragment, str) for fragment in fragments):
            raise ParseError("The Senedd's search sent no list of more results, so it has changed: report it.")
        results, _ = read_results("".join(fragments), is_fragment=True)
        return results

    # -- questions not reached ----------------------------------------------------------------------------------------

    def _read_meetings(self, window: Window) -> WindowPage:
        plenary = plenary_on(window.day)
        if plenary is None:
            return WindowPage(entries=(), total=0, is_whole=True)
        day = f"{window.day:%d/%m/%Y}"
        asked = {"SelectedCommitteeID": plenary, "Start": day, "End": day}
        response = self._client.get(f"{self._base}/XMLExport", asked, seconds=LIST_SECONDS)
        entries: list[Listed] = []
        for meeting in meetings_with_files(_decoded(response.body), window.day):
            fetched_at, url, pairs = self._read_file(meeting)
            entries += [self._list_pair(pair, url, fetched_at) for pair in pairs]
        return WindowPage(entries=tuple(entries), total=len(entries), is_whole=True)

    def _read_file(self, meeting: str) -> tuple[datetime, str, list[Pair]]:
        asked = {"meetingID": meeting, "xmlDownloadType": "QNR"}
        response = self._client.get(f"{self._base}/XMLExport/Download", asked, seconds=LIST_SECONDS)
        return response.fetched_at, response.url, list(split_file(response.body))

    def _list_pair(self, pair: Pair, url: str, fetched_at: datetime) -> Listed:
        payload = Payload(source=NAME, key=pair.key, url=url, fetched_at=fetched_at, body=pair.body)
        proceeding, error = parse_entry(self.parse, payload)
        return Listed(payload=payload, list_hash=_hash(pair.body), proceeding=proceeding, error=error)

    def _read_not_reached(self, key: str, meeting: str) -> Detail:
        try:
            fetched_at, url, pairs = self._read_file(meeting)
        except FetchError as exc:
            return Detail(key=key, error=without_frames(exc))
        except ParseError as exc:
            return Detail(key=key, error=FetchError(str(exc), url=self._base))
        body = next((pair.body for pair in pairs if pair.key == key), None)
        if body is None:
            return Detail(key=key, error=GoneError(f"The Senedd's record has no question {key}.", url=url))
        return Detail(key=key, payload=Payload(source=NAME, key=key, url=url, fetched_at=fetched_at, body=body))


def _list(result: Result, url: str, fetched_at: datetime) -> Listed:
    """Make an entry of a list. Its hash is another each day, because a result looks the same before and after an answer."""
    body = result.html.encode()
    error = None if result.key else ParseError("A result of the Senedd's search leads to no question: report it.")
    read_on = fetched_at.astimezone(LONDON).date().isoformat()
    return Listed(
        payload=Payload(source=NAME, key=result.key, url=url, fetched_at=fetched_at, body=body),
        list_hash=_hash(f"{read_on} ".encode() + body),
        proceeding=None,
        error=error,
        lacks_answers=True,
    )


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _decoded(body: bytes) -> str:
    return body.decode("utf-8", "replace")
