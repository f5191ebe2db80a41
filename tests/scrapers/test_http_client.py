"""The client against a server that misbehaves in every way we know of."""

from __future__ import annotations

import gzip
import logging
import signal
import ssl
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from monitor.errors import ConfigError, FetchError, GoneError
from monitor.model.collection import HostTurn
from scrapers import strict_json
from scrapers.http import exchange
from scrapers.http.client import Client
from scrapers.http.exchange import FinalError, Response, follow_redirect
from tests.ctrl_c import CtrlC, handled_signals
from tests.scrapers.faulty import Asked, FaultyServer, Reply, Time, as_json, gzipped, http, raw, unframed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2024, 11, 26, 7, 0, tzinfo=UTC)
GOOD = http(b'{"a": 1}')


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client(time: Time) -> Iterator[Client]:
    with a_client(time) as client:
        yield client


def a_client(time: Time, **options: Any) -> Client:
    settings: dict[str, Any] = {"clock": time.clock, "sleep": time.sleep, "random": lambda: 0.5, "now": lambda: NOW}
    return Client("mailto:desk@example.org", "1.2", **(settings | options))


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    """Answer one after the other, the last for ever."""
    rest = list(replies)
    lock = threading.Lock()

    def answer(_: Asked) -> Reply:
        with lock:
            return rest.pop(0) if len(rest) > 1 else rest[0]

    return answer


def always(reply: Reply) -> Callable[[Asked], Reply]:
    return lambda _: reply


def test_whole_answer_comes_back_as_sent(client: Client) -> None:
    headers = ["Content-Type: application/json", "ETag: x", "Set-Cookie: secret=1"]
    with FaultyServer(always(http(b"body", headers=headers))) as server:
        response = client.get(f"{server.url}/a", {"b": "c d", "e": "f&g"})
    assert response == Response(
        url=f"{server.url}/a?b=c+d&e=f%26g",
        status=200,
        fetched_at=NOW,
        headers={"content-type": "application/json", "etag": "x"},
        body=b"body",
    )


def test_says_who_asks_and_takes_gzip_only(client: Client) -> None:
    with FaultyServer(always(GOOD)) as server:
        client.get(server.url)
    assert server.asked[0].headers["user-agent"] == "pqwatch/1.2 (+mailto:desk@example.org)"
    assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_cookies_are_given_back_if_a_request_can_have_them(client: Client) -> None:
    with FaultyServer(always(http(headers=["Set-Cookie: a=1", "Set-Cookie: b=é", "Set-Cookie: é=2"]))) as server:
        client.get(server.url)
        client.get(server.url)
    assert [asked.headers.get("cookie") for asked in server.asked] == [None, "a=1"]


@pytest.mark.parametrize("kept", [{"etag": '"é"'}, {"last_modified": "Mardi, 26 février"}])
def test_what_no_request_can_have_is_not_asked_for(client: Client, kept: dict[str, Any]) -> None:
    with FaultyServer(always(GOOD)) as server:
        assert client.get(server.url, **kept).body == b'{"a": 1}'
    assert not {"if-none-match", "if-modified-since"} & set(server.asked[0].headers)


def test_contact_cannot_forge_headers(time: Time) -> None:
    contact = "é)\r\nX-Forged: 1"
    with FaultyServer(always(GOOD)) as server, Client(contact, "1", clock=time.clock, sleep=time.sleep) as client:
        client.get(server.url)
    assert server.asked[0].headers["user-agent"] == "pqwatch/1 (+X-Forged: 1)"
    assert "x-forged" not in server.asked[0].headers


def test_contact_may_be_unknown(time: Time) -> None:
    with FaultyServer(always(GOOD)) as server, Client("", "1", clock=time.clock, sleep=time.sleep) as client:
        client.get(server.url)
    assert server.asked[0].headers["user-agent"] == "pqwatch/1"


def test_gzip_is_unpacked_member_by_member(client: Client) -> None:
    data = gzip.compress(b'{"a":') + gzip.compress(b"1}")
    with FaultyServer(always(http(data, headers=["Content-Encoding: gzip"]))) as server:
        assert client.get_json(server.url)[1] == {"a": 1}


CUT = {
    "content length not reached": http(b'{"a": 1', length=8),
    "connection closed within an unframed body": unframed(b'{"a": 1'),
    "gzip stream without its end": http(gzip.compress(b'{"a": 1}')[:-9], headers=["Content-Encoding: gzip"]),
    "gzip announced, nothing sent": http(b"", headers=["Content-Encoding: gzip"]),
    "last chunk missing": raw(b'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a": 1}\r\n'),
    "garbage announced as gzip": http(b"nonsense", headers=["Content-Encoding: gzip"]),
    "garbage after gzip": http(gzip.compress(b'{"a": 1}') + b"nonsense", headers=["Content-Encoding: gzip"]),
    "gzip within gzip": gzipped(gzip.compress(b'{"a": 1}')),
    "no JSON": http(b"<html>busy</html>"),
    "JSON that is not": http(b'{"a": NaN}'),
    "no UTF-8": http(b'{"a": "\xff"}'),
    "redirect to what is no URL": http(b"", 302, ["Location: http://a.example:port/"]),
    "no HTTP": raw(b"\x00\x01garbage\r\n\r\n"),
    "no bytes at all": raw(b""),
    "connection reset": raw(b"HTTP/1.1 200 X\r\nContent-Length: 8\r\n\r\n{", reset=True),
    "problem told as 200": as_json({"type": "x", "title": "Internal Server Error", "status": 500}),
    **{f"status {status}": http(b"", status) for status in (408, 500, 502, 503, 504)},
}


@pytest.mark.parametrize("reply", CUT.values(), ids=CUT.keys())
class TestWhatMayHeal:
    def test_is_tried_again(self, client: Client, reply: Reply) -> None:
        with FaultyServer(in_turn(reply, reply, GOOD)) as server:
            assert client.get_json(server.url)[1] == {"a": 1}
        assert len(server.asked) == 3

    def test_fails_after_five_tries(self, client: Client, time: Time, reply: Reply) -> None:
        with (
            FaultyServer(always(reply)) as server,
            pytest.raises(FetchError, match=r"5 times in a row; the next run") as error,
        ):
            client.get_json(f"{server.url}/x")
        assert error.value.url == f"{server.url}/x"
        assert len(server.asked) == 5
        assert [round(seconds) for seconds in time.slept if seconds >= 1] == [1, 2, 4, 8]


FINAL = {
    "status 400": (http(b"", 400), "answered 400"),
    "status 403": (http(b"", 403), "answered 403"),
    "status 204": (raw(b"HTTP/1.1 204 X\r\n\r\n"), "answered 204"),
    "redirect to nowhere": (http(b"", 302), "answered 302"),
    "bomb": (gzipped(b" " * (20 * 1024 * 1024 + 1)), "more than 20 MiB"),
    "stacked encodings": (http(b"x", headers=["Content-Encoding: gzip, gzip"]), "'gzip, gzip'"),
    "other encoding": (http(b"x", headers=["Content-Encoding: br"]), "'br'"),
    "deep JSON": (http(b"[" * 200_000), "nested too deeply"),
    "JSON that can be read and is deep": (http(b'[{"a":' * 51 + b"1" + b"}]" * 51), "nested too deeply"),
    "problem told as 200": (as_json({"title": "Bad", "status": 400}), "answered 400"),
    "redirect to another host": (http(b"", 302, ["Location: http://127.0.0.2/"]), "redirected to http://127.0.0.2,"),
    "redirect to another port": (http(b"", 302, ["Location: http://127.0.0.1:1/"]), "not followed"),
    "redirect to a file": (http(b"", 302, ["Location: file:///etc/passwd"]), "not followed"),
    "redirect to another host, oddly": (http(b"", 302, ["Location: http://["]), "not followed"),
}


@pytest.mark.parametrize(("reply", "text"), FINAL.values(), ids=FINAL.keys())
def test_what_will_not_heal_is_asked_once(client: Client, reply: Reply, text: str) -> None:
    with FaultyServer(always(reply)) as server, pytest.raises(FetchError, match=text):
        client.get_json(server.url)
    assert len(server.asked) == 1


def test_json_as_deep_as_allowed_is_taken(client: Client) -> None:
    with FaultyServer(always(http(b"[" * strict_json.MAX_DEPTH + b"]" * strict_json.MAX_DEPTH))) as server:
        assert client.get_json(server.url)[1][0][0]


def test_plain_body_has_the_same_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_BYTES", 1024 * 1024)
    with FaultyServer(always(unframed(b" " * (1024 * 1024 + 1)))) as server, pytest.raises(FetchError, match="1 MiB"):
        client.get(server.url)


def test_body_of_just_the_limit_is_taken(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_BYTES", 1024 * 1024)
    with FaultyServer(always(gzipped(b" " * 1024 * 1024))) as server:
        assert len(client.get(server.url).body) == 1024 * 1024


@pytest.mark.parametrize("status", [404, 410])
def test_missing_record_is_gone(client: Client, status: int) -> None:
    with FaultyServer(always(http(b"", status))) as server, pytest.raises(GoneError, match=f"answered {status}"):
        client.get(server.url)
    assert len(server.asked) == 1


def test_problem_of_status_404_is_gone(client: Client) -> None:
    with FaultyServer(always(as_json({"title": "Not Found", "status": 404}))) as server, pytest.raises(GoneError):
        client.get_json(server.url)


def test_record_with_a_status_of_its_own_is_no_problem(client: Client) -> None:
    data = {"value": {}, "title": "x", "status": 500}
    with FaultyServer(always(as_json(data))) as server:
        assert client.get_json(server.url)[1] == data


def test_answer_that_nobody_asked_for_is_not_taken_for_the_next(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        good, other = (b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
                       for body in (asked.target.encode(), b"something else"))  # fmt: skip
        return raw(good + other, keep=True)

    with FaultyServer(answer) as server, client:
        assert [client.get(f"{server.url}/{number}").body for number in range(3)] == [b"/0", b"/1", b"/2"]
    # Asked again where what stood in the line was only seen after that; on a busy machine it may be seen before.
    assert list(dict.fromkeys(asked.target for asked in server.asked)) == ["/0", "/1", "/2"]


def test_connection_that_stays_open_is_used_again(client: Client) -> None:
    kept = raw(b"HTTP/1.1 200 X\r\nContent-Length: 1\r\n\r\n1", keep=True)
    with FaultyServer(always(kept)) as server, client:
        for _ in range(3):
            assert client.get(server.url).body == b"1"
    assert len(server.asked) == 3
    assert server.connections == 1


def test_redirect_on_the_same_host_is_followed(client: Client) -> None:
    with FaultyServer(in_turn(http(b"", 301, ["Location: /b#c"]), GOOD)) as server:
        assert client.get(f"{server.url}/a").url == f"{server.url}/b"
    assert [asked.target for asked in server.asked] == ["/a", "/b"]


def test_redirect_loop_ends(client: Client) -> None:
    with (
        FaultyServer(always(http(b"", 302, ["Location: /"]))) as server,
        pytest.raises(FetchError, match="more than 5 times"),
    ):
        client.get(server.url)
    assert len(server.asked) == 6


def test_redirect_may_go_from_http_to_https() -> None:
    assert follow_redirect("http://a.example/x", "https://a.example/y") == "https://a.example/y"


@pytest.mark.parametrize("location", ["http://a.example/", "https://u:p@a.example/", "https://a.example:8443/"])
def test_redirect_away_from_https_or_with_a_password_is_refused(location: str) -> None:
    with pytest.raises(FinalError, match="not followed"):
        follow_redirect("https://a.example/", location)


def test_redirect_to_what_is_no_url_is_refused() -> None:
    with pytest.raises(FinalError, match="invalid URL"):
        follow_redirect("https://a.example/", "https://a.example:port/")


DRIPS = {
    "silence": raw(b"HTTP/1.1 200 X\r\n", drip=20.0),
    "headers": raw(b"HTTP/1.1 200 X\r\n", *(b"X-A: 1\r\n" for _ in range(500)), drip=0.02),
    "body": raw(b"HTTP/1.1 200 X\r\nContent-Length: 500\r\n\r\n", *(b" " for _ in range(500)), drip=0.02),
}


@pytest.mark.parametrize("reply", DRIPS.values(), ids=DRIPS.keys())
def test_slow_drip_is_cut_off_at_the_deadline(reply: Reply) -> None:
    pauses: list[float] = []
    with (
        FaultyServer(always(reply)) as server,
        Client("x", "1", min_interval=0, sleep=pauses.append) as client,
        pytest.raises(FetchError, match=r"did not answer in full within 0\.15 s"),
    ):
        client.get(server.url, seconds=0.15)
    # Not what the server was asked: on a busy machine a deadline passes before a request is read.
    assert len(pauses) == 5 - 1, "a pause between each of the tries and the next"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 7", 7),
        ("Retry-After: 0", 1),
        ("Retry-After: Tue, 26 Nov 2024 07:00:30 GMT", 30),
        ("Retry-After: Tue, 26 Nov 2024 07:00:30 -0000", 30),
        ("Retry-After: Tue, 26 Nov 2019 07:00:30 GMT", 1),
        ("Retry-After: soon", 60),
        ("Retry-After: -5", 60),
        (f"Retry-After: Tue, 26 Nov {'9' * 20} 07:00:30 GMT", 60),
        ("X-Other: 1", 60),
    ],
)
def test_busy_host_is_left_alone_as_long_as_it_asks(client: Client, time: Time, header: str, seconds: int) -> None:
    with FaultyServer(in_turn(http(b"", 429, [header]), GOOD)) as server:
        client.get(server.url)
    assert time.now - 1000 == pytest.approx(seconds)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["999999999999999", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_absurd_pause_fails_the_request_and_the_next(client: Client, status: int, value: str) -> None:
    with FaultyServer(always(http(b"", status, [f"Retry-After: {value}"]))) as server:
        for path in ("/a", "/b"):
            with pytest.raises(FetchError, match=r"left alone until 2024-11-27 0\d:\d\d UTC"):
                client.get(server.url + path)
    assert [asked.target for asked in server.asked] == ["/a"]


def test_busy_answers_count_as_no_tries(client: Client) -> None:
    busy, broken = http(b"", 429, ["Retry-After: 1"]), http(b"", 500)
    with FaultyServer(in_turn(*[busy, broken] * 4, *[busy] * 6, GOOD)) as server:
        assert client.get(server.url).status == 200
    assert len(server.asked) == 15


@pytest.mark.parametrize(("headers", "asked"), [(["Retry-After: 1"], 21), ([], 6)])
def test_host_that_stays_busy_is_given_up(client: Client, headers: list[str], asked: int) -> None:
    with FaultyServer(always(http(b"", 429, headers))) as server, pytest.raises(FetchError, match="stayed too busy"):
        client.get(server.url)
    assert len(server.asked) == asked


def test_pause_holds_for_all_threads(client: Client, time: Time) -> None:
    starts: list[float] = []
    replies = in_turn(http(b"", 429, ["Retry-After: 100"]), GOOD)

    def answer(asked: Asked) -> Reply:
        reply = replies(asked)
        starts.append(time.now)
        if reply is GOOD:  # on a busy machine the client might see it before it sees the 429
            for _ in range(1000):
                if time.now >= 1100:
                    break
                threading.Event().wait(0.01)
        return reply

    with FaultyServer(answer) as server:
        answers = list(client.get_many((f"{server.url}/{n}" for n in range(12)), seconds=1e6))
    assert all(isinstance(reply, Response) for _, reply in answers)
    assert len([start for start in starts if start < 1100]) <= 4
    assert len(starts) == 13


def test_starts_are_spaced(client: Client, time: Time) -> None:
    starts: list[float] = []

    def answer(_: Asked) -> Reply:
        starts.append(round(time.now - 1000, 6))
        return GOOD

    with FaultyServer(answer) as server:
        for _ in range(4):
            client.get(server.url)
    assert starts == [0.0, 0.2, 0.4, 0.6]


def test_many_come_back_once_each_with_their_errors(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        return {"/3": http(b"", 404), "/5": http(b"", 400), "/7": http(b"no JSON")}.get(asked.target, GOOD)

    with FaultyServer(answer) as server:
        answers = dict(client.get_many(f"{server.url}/{number}" for number in range(20)))
    kinds = {url.rsplit("/", 1)[1]: type(reply) for url, reply in answers.items()}
    assert kinds == {str(n): {3: GoneError, 5: FetchError, 7: FetchError}.get(n, Response) for n in range(20)}


def test_many_may_be_no_json(client: Client) -> None:
    with FaultyServer(always(http(b"<p>"))) as server:
        [(_, reply)] = client.get_many([server.url], is_json=False)
    assert isinstance(reply, Response)
    assert reply.body == b"<p>"


def test_many_can_be_left_early(client: Client) -> None:
    with FaultyServer(always(GOOD)) as server:
        answers = client.get_many(f"{server.url}/{number}" for number in range(1000))
        next(answers)
        assert isinstance(answers, Generator)
        answers.close()
        assert client.get(server.url).status == 200
    assert len(server.asked) < 20


def test_no_more_in_flight_than_told(time: Time) -> None:
    both = threading.Barrier(2, timeout=10)
    lock = threading.Lock()
    active: list[int] = [0]
    most: list[int] = []

    def answer(_: Asked) -> Reply:
        with lock:
            active[0] += 1
            most.append(active[0])
        both.wait()
        with lock:
            active[0] -= 1
        return GOOD

    with FaultyServer(answer) as server, a_client(time, concurrency=2) as client:
        assert len(list(client.get_many(f"{server.url}/{number}" for number in range(8)))) == 8
    assert max(most) == 2


def test_circuit_opens_after_five_different_requests(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with FaultyServer(always(http(b"", 500))) as server:
        for number in range(5):
            with pytest.raises(FetchError, match="5 times"):
                client.get(f"{server.url}/{number}")
        with pytest.raises(FetchError, match="not asked again in this run"):
            client.get(f"{server.url}/5")
        with FaultyServer(always(GOOD)) as other:
            assert client.get(other.url).status == 200
    assert len(server.asked) == 25
    assert "circuit" in caplog.text


@pytest.mark.parametrize(
    "reply",
    [http(b"", 401), http(b"", 403), http(b"", 301, ["Location: https://elsewhere.example/"])],
    ids=["who are you", "go away", "moved"],
)
def test_host_that_refuses_everything_is_left_alone(client: Client, reply: Reply) -> None:
    with FaultyServer(always(reply)) as server:
        answers = [str(answer) for _, answer in client.get_many(f"{server.url}/{number}" for number in range(100))]
        with pytest.raises(FetchError, match="not asked again in this run"):
            client.get(f"{server.url}/100")
    assert len(server.asked) <= 5 + 3  # those in flight
    assert sum("not asked again in this run" in answer for answer in answers) >= 92


def test_circuit_stays_shut_for_one_bad_request(client: Client) -> None:
    with FaultyServer(always(http(b"", 500))) as server:
        for _ in range(6):
            with pytest.raises(FetchError, match="5 times"):
                client.get(server.url)


@pytest.mark.parametrize("path", ["/good", "/gone"])
def test_circuit_counts_anew_after_a_clear_answer(client: Client, path: str) -> None:
    answers = {"/good": GOOD, "/gone": http(b"", 404)}
    with FaultyServer(lambda asked: answers.get(asked.target, http(b"", 500))) as server:
        for number in range(8):
            with pytest.raises(FetchError, match="5 times"):
                client.get(f"{server.url}/{number}")
            if number == 3:
                client.get_many([])
                list(client.get_many([server.url + path]))


def test_retries_are_logged_without_secrets(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "scrapers.http.client")
    with FaultyServer(in_turn(http(b"", 500), GOOD)) as server:
        client.get(server.url)
    [record] = [record.getMessage() for record in caplog.records if record.name == "scrapers.http.client"]
    assert record == f"retry host={server.url[7:]} try=1 wait=1.0 reason='answered 500' url={server.url}"


def test_host_that_is_not_there(client: Client) -> None:
    with FaultyServer(always(GOOD)) as server:
        url = server.url
    with pytest.raises(FetchError, match="could not be reached, 5 times"):
        client.get(url)


@pytest.mark.parametrize("url", ["ftp://a.example/", "http://", "http://a.example:port", "a.example"])
def test_what_is_no_url_is_refused(client: Client, url: str) -> None:
    with pytest.raises(FetchError, match="check base_url"):
        client.get(url)


def test_closing_stops_what_is_under_way() -> None:
    with FaultyServer(always(raw(b"HTTP/1.1 200 X\r\n", drip=60.0))) as server, ThreadPoolExecutor(1) as pool:
        client = Client("x", "1")
        future = pool.submit(client.get, server.url)
        while not server.asked:
            threading.Event().wait(0.01)
        client.close()
        with pytest.raises(FetchError, match="the run was stopped"):
            future.result()


class HeardError(BaseException):
    """A signal was heard."""


@pytest.mark.skipif(sys.platform == "win32", reason="a thread can't be sent a signal there")
def test_signal_that_does_not_end_a_wait_is_heard_soon(client: Client) -> None:
    """Give a signal to another thread while the main thread waits, which has the effect of one that came just before."""

    def hear(_number: int, _frame: object) -> None:
        raise HeardError

    def answer(_: Asked) -> Reply:
        may_answer.wait(0.3)
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        was_stopped.append(may_answer.wait(20))
        return GOOD

    was_stopped: list[bool] = []
    may_answer = threading.Event()
    before = signal.signal(signal.SIGUSR1, hear)
    try:
        with FaultyServer(answer) as server:
            with pytest.raises(HeardError):
                list(client.get_many([server.url]))
            may_answer.set()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert was_stopped == [True]


def test_signal_anywhere_keeps_no_thread_from_ending(time: Time) -> None:
    """Try every third place."""
    for place in count(2, 3):
        ctrl_c = CtrlC(place, partial(signal.raise_signal, signal.SIGINT))
        with handled_signals() as signals, FaultyServer(always(GOOD)) as server:
            client = a_client(time, concurrency=2, deferred=signals.deferred)
            with suppress(KeyboardInterrupt):
                _trace(ctrl_c, client, [f"{server.url}/{number}" for number in range(3)])
            signals.was_received()  # if Python dropped the exception, the signal is not sent again
            closing = threading.Thread(target=client.close, daemon=True)
            closing.start()
            closing.join(20)
            assert not closing.is_alive(), f"a thread waits for ever after Ctrl-C at place {place}"
        if not ctrl_c.has_come:
            break
    assert place > 300


def _trace(ctrl_c: CtrlC, client: Client, urls: list[str]) -> None:
    ctrl_c.start()
    try:
        list(client.get_many(urls))
    finally:
        sys.settrace(None)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_own_certificates_are_trusted(time: Time, authority: trustme.CA, tls: ssl.SSLContext, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with FaultyServer(always(GOOD), tls) as server, a_client(time, ca_file=str(ca_file)) as client:
        assert client.get_json(server.url)[1] == {"a": 1}


def test_unknown_certificate_is_refused_at_once(client: Client, tls: ssl.SSLContext) -> None:
    with FaultyServer(always(GOOD), tls) as server, pytest.raises(FetchError, match=r"not trusted: .*ca_file"):
        client.get(server.url)
    assert server.asked == []


def test_tls_connection_drips_no_longer_than_allowed(
    authority: trustme.CA, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with (
        FaultyServer(always(DRIPS["headers"]), tls) as server,
        Client("x", "1", min_interval=0, sleep=lambda _: None, ca_file=str(ca_file)) as client,
        pytest.raises(FetchError, match="did not answer in full"),
    ):
        client.get(server.url, seconds=0.3)


def test_certificates_that_cannot_be_read(time: Time, tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    for path in (empty, tmp_path / "absent.pem"):
        with pytest.raises(ConfigError, match="can't be read as certificates"):
            a_client(time, ca_file=str(path))


def test_proxy_is_used(time: Time) -> None:
    with FaultyServer(always(GOOD)) as proxy, a_client(time, proxy=proxy.url) as client:
        client.get("http://parliament.example/a")
    assert [asked.target for asked in proxy.asked] == ["http://parliament.example/a"]


def test_proxy_of_the_environment_is_used(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyServer(always(GOOD)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with a_client(time) as client:
            client.get("http://parliament.example/a")
    assert [asked.target for asked in proxy.asked] == ["http://parliament.example/a"]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxy_of_the_environment_may_have_no_scheme(time: Time, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with FaultyServer(always(GOOD)) as proxy:
        monkeypatch.setenv(name, f"127.0.0.1:{proxy.port}")
        with a_client(time) as client:
            client.get("http://parliament.example/a")
    assert [asked.target for asked in proxy.asked] == ["http://parliament.example/a"]


@pytest.mark.parametrize("hosts", ["127.0.0.1", "example.org, 127.0.0.1", "*"])
def test_hosts_of_no_proxy_are_reached_directly(time: Time, monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    with FaultyServer(always(GOOD)) as proxy, FaultyServer(always(GOOD)) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", hosts)
        with a_client(time) as client:
            client.get(f"{server.url}/a")
        with a_client(time, proxy=proxy.url) as client:  # a proxy of the configuration is for all hosts
            client.get(f"{server.url}/b")
    assert [asked.target for asked in server.asked] == ["/a"]
    assert [asked.target for asked in proxy.asked] == [f"{server.url}/b"]


def test_proxy_that_refuses(time: Time) -> None:
    with (
        FaultyServer(always(http(b"", 403))) as proxy,
        a_client(time, proxy=proxy.url.replace("//", "//user:secret@")) as client,
        pytest.raises(FetchError, match="through the proxy") as error,
    ):
        client.get("https://parliament.example/a")
    assert proxy.asked[0].target == "parliament.example:443"
    assert "secret" not in str(error.value)


def test_proxy_is_held_to_the_deadline() -> None:
    with (
        FaultyServer(always(DRIPS["headers"])) as proxy,
        Client("x", "1", min_interval=0, sleep=lambda _: None, proxy=proxy.url) as client,
        pytest.raises(FetchError, match="did not answer in full"),
    ):
        client.get("https://parliament.example/a", seconds=0.15)


@pytest.mark.parametrize("proxy", ["http://a.example:port", "gopher://a.example", "socks5://a.example"])
def test_proxy_that_is_none(time: Time, proxy: str) -> None:
    with pytest.raises(ConfigError, match=r"set \[http\] proxy"):
        a_client(time, proxy=proxy)


# -- turns that other processes share -----------------------------------------------------------------------------------


class SharedTurns:
    """Fake turns: each is one second after the last, and a pause holds for the next turn alone."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, float]] = []
        self.paused: list[float] = []
        self.pause_of_others = 0.0

    def take(self, host: str, apart: float) -> HostTurn:
        self.taken.append((host, apart))
        pause, self.pause_of_others = self.pause_of_others, 0.0
        return HostTurn(wait=1.0, pause=pause)

    def pause(self, host: str, seconds: float) -> None:  # noqa: ARG002 (the signature of the protocol)
        self.paused.append(seconds)


def test_a_request_waits_for_its_turn_among_all_processes(time: Time) -> None:
    turns = SharedTurns()
    with FaultyServer(in_turn(GOOD)) as server, a_client(time, turns=turns, min_interval=0.5) as client:
        client.get(server.url)
    [(host, apart)] = turns.taken
    assert server.url.endswith(host)
    assert (apart, time.slept) == (0.5, [1.0])


def test_a_pause_that_another_process_was_asked_for_is_kept(time: Time) -> None:
    turns = SharedTurns()
    turns.pause_of_others = 30.0
    with FaultyServer(in_turn(GOOD)) as server, a_client(time, turns=turns) as client:
        client.get(server.url)
    assert time.slept == [30.0, 1.0]
    assert len(turns.taken) == 2


def test_a_pause_is_told_to_other_processes(time: Time) -> None:
    turns = SharedTurns()
    busy = http(b"", status=429, headers=("Retry-After: 7",))
    with FaultyServer(in_turn(busy, GOOD)) as server, a_client(time, turns=turns) as client:
        client.get(server.url)
    assert turns.paused == [7.0]
