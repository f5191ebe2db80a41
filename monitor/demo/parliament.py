"""A stand-in for Parliament on loopback: written questions and statements, Members API, What's On, the feed of answers.

Real HTTP over a real socket, so that the client meets what Parliament does: keep-alive, gzip, cut bodies, 429, a refused
connection. What is published moves with `Parliament.now`. It knows only the texts that it is given.
"""

from __future__ import annotations

import gzip
import json
import socketserver
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from monitor.demo import members_api
from monitor.demo import questions_api as api
from monitor.demo.coming_api import ComingApi
from monitor.demo.handler import Faults, Handler, Reply
from monitor.demo.store import DemoMember, StoreEntry, end_of
from monitor.demo.whats_on_api import WhatsOnDays

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, datetime
    from types import TracebackType

    from monitor.demo.store import Value

QUESTIONS = "/api/writtenquestions/questions"
STATEMENTS = "/api/writtenstatements/statements"
MEMBERS = "/api/members"
FEEDS = "/written-answers"
CALENDAR = "/calendar/"
JSON = "application/json; charset=utf-8"
PROBLEM = "application/problem+json; charset=utf-8"
RSS = "application/rss+xml; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came. Names in `query` and `headers` are in small letters; `at` is in monotonic seconds."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    at: float


class Parliament:
    """The stand-in, a context manager: `with Parliament(entries, members) as p:` then read at `p.url`.

    `now` decides what is published: a date (its end in London), an aware instant, or None (everything, after all
    changes). `session_start`: questions tabled before are shown with sessionStatus=Any only. `faults` are the switches
    for faults, `requests` all requests since the start, in order of arrival; `on_request` is called with each before it is
    served, so that a test can change what is published between two pages. Leaving the context closes every connection
    and raises what a handler raised. `statements`: values of written statements, published from their day on. `calendar`:
    days of the What's On service; `coming`: what is coming, whatever the hour.
    """

    def __init__(
        self,
        entries: Iterable[StoreEntry] = (),
        members: Iterable[DemoMember] = (),
        *,
        now: date | datetime | None = None,
        session_start: date | None = None,
    ) -> None:
        self.entries = list(entries)
        self.statements: list[Value] = []
        self.coming = ComingApi()
        self.members = {member.id: member for member in members}
        self.now = now
        self.session_start = session_start
        self.faults = Faults()
        self.calendar = WhatsOnDays()
        self.requests: list[Request] = []
        self.errors: list[BaseException] = []
        self.on_request: Callable[[Request], None] | None = None
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    @classmethod
    def from_values(cls, values: Iterable[Value]) -> Self:
        """Make a stand-in that serves values of the API as they are. Texts that are cut stay cut in the detail."""
        parliament = cls()
        parliament.replace(values)
        return parliament

    def replace(self, values: Iterable[Value]) -> None:
        """Serve these values from now on in place of the earlier ones. Members that are expanded in them become known."""
        entries = []
        for value in values:
            entries.append(StoreEntry(base={key: part for key, part in value.items() if key != "textIsComplete"}))
            for role in members_api.ROLES:
                if short := value.get(f"{role}Member"):
                    self.members[short["id"]] = members_api.from_short(short, value["house"])
        self.entries = entries

    @property
    def url(self) -> str:
        """Base address of every API, without a final slash."""
        return f"http://127.0.0.1:{self._port}"

    def values(self) -> list[Value]:
        """Return all values that are published now, with withdrawn questions."""
        now = None if self.now is None else end_of(self.now)
        return [value for entry in self.entries if (value := entry.at(now)) is not None]

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if self.errors and error is None:
            raise self.errors[0]

    @contextmanager
    def refused(self) -> Iterator[None]:
        """Refuse connections inside the context. Afterwards the same port serves again."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        self._server = Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def _stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.close_connections()
            self._server.server_close()
        self._server = self._thread = None

    def reply_to(self, method: str, target: str, headers: dict[str, str]) -> Reply:
        """Return the reply to a request, with its fault if it has one."""
        parts = urlsplit(target)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        query: dict[str, list[str]] = {}
        for name, text in pairs:
            query.setdefault(name.lower(), []).append(text)
        request = Request(method=method, path=parts.path, query=query, headers=headers, at=time.monotonic())
        with self._lock:
            self.requests.append(request)
            trouble = self.faults.at(len(self.requests))
        if self.on_request is not None:
            self.on_request(request)
        reply = self._troubled(trouble) or self._served(parts.path, pairs)
        if "gzip" in headers.get("accept-encoding", ""):
            headers_sent = (*reply.headers, ("Content-Encoding", "gzip"))
            reply = replace(reply, body=gzip.compress(reply.body, 1), headers=headers_sent)
        return replace(
            reply,
            latency=self.faults.latency,
            drip=self.faults.drip,
            is_cut=trouble == "every_cut",
            is_dropped=trouble == "every_drop",
        )

    def _troubled(self, trouble: str | None) -> Reply | None:
        match trouble:
            case "down":
                return _problem(503, "Service Unavailable")
            case "every_500":
                return _problem(500, "An error occurred while processing your request.")
            case "every_429":
                after = self.faults.retry_after
                return _problem(429, "Too Many Requests", headers=(("Retry-After", after),) if after else ())
            case "every_problem":
                return _json(api.problem(500, "An error occurred while processing your request."))
            case "every_html":
                return Reply(200, b"<html><body>Checking your browser</body></html>", "text/html; charset=utf-8")
        return None

    def _served(self, path: str, pairs: list[tuple[str, str]]) -> Reply:
        try:
            return self._routed(path, pairs)
        except api.BadRequestError as exc:
            return _problem(400, "One or more validation errors occurred.", errors={exc.name: [str(exc)]})
        except api.ServerSideError:
            return _problem(500, "An error occurred while processing your request.")

    def _routed(self, path: str, pairs: list[tuple[str, str]]) -> Reply:
        small = path.lower().rstrip("/")
        if small.startswith((QUESTIONS, STATEMENTS)):
            return self._written(small, api.parse_query(pairs))
        if small == MEMBERS + "/search":
            given = {name.lower(): text for name, text in pairs}
            paging = api.parse_query([pair for pair in pairs if pair[0].lower() in ("skip", "take")])
            found = members_api.search_members(
                self.members.values(),
                name=given.get("name", ""),
                house=given.get("house", ""),
                skip=paging.get("skip", 0),
                take=paging.get("take", 20),
            )
            return _json(found)
        if small.startswith(MEMBERS + "/"):
            return self._member(small.removeprefix(MEMBERS + "/"))
        if small.startswith(FEEDS + "/") and small.endswith("/answers.rss"):
            return self._feed(small.removeprefix(FEEDS).removesuffix("/answers.rss"), path)
        if small.startswith(CALENDAR) or self.coming.serves(small):
            return self._days_ahead(small, pairs)
        return _problem(404, "Not Found")

    def _calendar_days(self, path: str, pairs: list[tuple[str, str]]) -> Reply:
        if self.faults.calendar_down:
            return _problem(503, "Service Unavailable")
        try:
            found = self.calendar.answer(path, {name.lower(): [text] for name, text in pairs})
        except (KeyError, ValueError) as exc:
            raise api.BadRequestError("calendar", str(exc)) from exc
        return _problem(404, "Not Found") if found is None else _json(found)

    def _days_ahead(self, small: str, pairs: list[tuple[str, str]]) -> Reply:
        if not self.coming.serves(small):
            return self._calendar_days(small.removeprefix(CALENDAR).removesuffix(".json"), pairs)
        query: dict[str, list[str]] = {}
        for name, text in pairs:
            query.setdefault(name.lower(), []).append(text)
        found = self.coming.answer(small, query)
        return _problem(404, "Not Found") if found is None else _json(found)

    def _written(self, small: str, query: api.ApiQuery) -> Reply:
        if small in (QUESTIONS, STATEMENTS):
            return self._list(query) if small == QUESTIONS else self._statements(query)
        if small.startswith(STATEMENTS + "/"):
            return self._statement(small.removeprefix(STATEMENTS + "/").split("/"), query)
        if small.startswith(QUESTIONS + "/"):
            return self._detail(small.removeprefix(QUESTIONS + "/").split("/"), query)
        return _problem(404, "Not Found")

    def _list(self, query: api.ApiQuery) -> Reply:
        skip = query.get("skip", 0)
        if self.faults.deep_skip is not None and skip >= self.faults.deep_skip:
            raise api.ServerSideError
        found = api.select(self.values(), query, session_start=self.session_start)
        page = api.page_of(found, query, shift=self.faults.shift)
        shift = self.faults.shift if skip else 0
        if self.faults.duplicates:
            page += page[:1]
        items = [api.item(self._with_members(api.list_view(value), query)) for value in page]
        return _json({"totalResults": len(found) + shift + self.faults.total_offset, "results": items})

    def _detail(self, key: list[str], query: api.ApiQuery) -> Reply:
        for entry in self.entries:
            if not _is_named(entry.base, key):
                continue
            value = entry.at(None if self.now is None else end_of(self.now))
            if value is None or entry.id in self.faults.gone:
                break
            if entry.id in self.faults.details_down:
                return _problem(503, "Service Unavailable")
            with self._lock:
                fails = self.faults.fails_detail(entry.id)
            if fails:
                raise api.ServerSideError
            return _json(api.item(self._with_members(value, query)))
        return _problem(404, "Not Found")

    def _made(self) -> list[Value]:
        """Return the statements made by now."""
        if self.now is None:
            return self.statements
        today = end_of(self.now).date().isoformat()
        return [value for value in self.statements if value["dateMade"][:10] <= today]

    def _statements(self, query: api.ApiQuery) -> Reply:
        found = api.select_statements(self._made(), query)
        expand = query.get("expandmember", False)
        page = map(api.statement_list_view, api.page_of(found, query))
        items = [api.item(api.with_member(value, self.members, expand=expand)) for value in page]
        return _json({"totalResults": len(found), "results": items})

    def _statement(self, key: list[str], query: api.ApiQuery) -> Reply:
        for value in self._made():
            if _is_named(value, key, day="dateMade"):
                expand = query.get("expandmember", False)
                return _json(api.item(api.with_member(value, self.members, expand=expand)))
        return _problem(404, "Not Found")

    def _with_members(self, value: Value, query: api.ApiQuery) -> Value:
        expand = query.get("expandmember", False) and not self.faults.null_members
        return members_api.with_members(value, self.members, expand=expand)

    def _member(self, number: str) -> Reply:
        if not number.isdecimal():
            raise api.BadRequestError("id", number)
        member = self.members.get(int(number))
        return _json(members_api.long_member(member)) if member else _problem(404, "Not Found")

    def _feed(self, which: str, path: str) -> Reply:
        values = api.select(self.values(), api.ApiQuery({}))
        body = None
        if which:
            number = which.removeprefix("/answering-bodies/")
            values = [value for value in values if str(value["answeringBodyId"]) == number]
            if not values:
                return _problem(404, "Not Found")
            body = values[0]["answeringBodyName"]
        text = api.answers_feed(values, self.members, address=self.url + path, body=body)
        return Reply(200, text.encode(), RSS)


class Server(ThreadingHTTPServer):
    """One thread for each connection, joined at the end, when open connections are closed."""

    daemon_threads = False

    def __init__(self, address: tuple[str, int], parliament: Parliament) -> None:
        self.parliament = parliament
        self._open: set[socket.socket] = set()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service for our own name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in its thread."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection and close it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close the connections that clients keep alive, so that the threads end."""
        for connection in list(self._open):
            try:
                connection.shutdown(2)
            except OSError:  # the client closed it first
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's signature
        """Keep an error of a handler for the end of the context, unless the client only hung up."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.parliament.errors.append(error)


def _is_named(value: Value, key: list[str], day: str = "dateTabled") -> bool:
    """Return whether the end of a path, `id` or `date/uin`, names this value. Raises BadRequestError."""
    if len(key) == 1:
        if not key[0].isdecimal():
            raise api.BadRequestError("id", key[0])
        return bool(value["id"] == int(key[0]))
    return [value[day][:10], value["uin"].lower()] == [key[0][:10], *key[1:]]


def _json(body: Any) -> Reply:
    return Reply(200, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), JSON)


def _problem(status: int, title: str, *, headers: tuple[tuple[str, str], ...] = (), **more: Any) -> Reply:
    return Reply(status, json.dumps(api.problem(status, title, **more)).encode(), PROBLEM, headers)
