"""Faulty replies of a server of questions, and the expected outcome of each: the table behind hostile_http.py.

A fault takes the body of a good reply, spoils it, and names the expected outcome. A fault that happens "once" is
followed by good replies; one that happens "always" is not.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.scrapers.faulty import Reply, http, raw, unframed

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from tests.scrapers.faulty import Time

MIB: Final = 1024 * 1024
HEAD: Final = b"HTTP/1.1 200 OK\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
GZIP: Final = "Content-Encoding: gzip"
PLAIN: Final = "Content-Type: application/json"
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class FaultyRequest:
    """A request at a server: the body of a good reply, the number of the request, and the seconds that it may take.

    `trap` is the URL of another server, which the client must not ask. `finished` is set when the client is done.
    """

    body: bytes
    number: int
    seconds: float
    time: Time
    trap: str
    finished: threading.Event


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected outcome: `kind` is "whole", "part" (a list that is not whole) or the error; `asked` counts the requests.

    `says` is part of the error or the note; `waited` is the shortest time between the first request and the end, in
    seconds.
    """

    kind: str
    says: str = ""
    asked: int = 1
    waited: float = 0.0


def fails(says: str, asked: int = 1) -> Expected:
    """Expect an error: nothing is read, and the next run asks again."""
    return Expected("FetchError", says, asked)


def refused(says: str) -> Expected:
    """Expect that a record is kept as it came but not read, and that the others are read."""
    return Expected("ParseError", says)


Send: TypeAlias = Callable[[FaultyRequest], Reply]
WHOLE: Final = Expected("whole")
CUT: Final = fails("cut short or is no JSON, 5 times in a row; the next run asks again", TRIES)
BROKEN: Final = fails("broke off or sent something that is not HTTP, 5 times in a row", TRIES)
SLOW: Final = fails("did not answer in full within", TRIES)
UNPACKED: Final = fails("can't be unpacked", TRIES)
PACKED: Final = fails("a body that is cut short, 5 times in a row", TRIES)
HUGE: Final = fails("sent more than 20 MiB")
DEEP: Final = fails("nested too deeply")
MANY: Final = fails("holds more than 500,000 values")
LONG: Final = fails("sent JSON that holds a text of")
ASTRAY: Final = fails("check base_url")


@dataclass(frozen=True, slots=True)
class Fault:
    """A faulty reply and the outcomes if it stays, for a list and for a detail; None where it makes no sense.

    `heals`: if the next reply is good, the record is whole after one more request. `readings`: how often the record is
    read, over the same connection if possible.
    """

    name: str
    send: Send
    in_list: Expected | None
    in_detail: Expected | None
    heals: bool = False
    readings: int = 1


def both(name: str, send: Send, expected: Expected) -> Fault:
    """Return a fault with the same outcome for a list and a detail. One that is tried five times heals."""
    return Fault(name, send, expected, expected, heals=expected.asked == TRIES and expected is not SLOW)


# -- ways to spoil a good reply ----------------------------------------------------------------------------------------


def reply(status: int, *headers: str, body: bytes = b"") -> Send:
    """Send a status, with nothing else unless given."""
    return lambda _: http(body, status, headers)


def headed(*headers: str) -> Send:
    """Send the good body under other headers."""
    return lambda request: http(request.body, headers=headers)


def as_body(change: Callable[[bytes], bytes], *headers: str) -> Send:
    """Send the good body, changed."""
    return lambda request: http(change(request.body), headers=headers)


def encoded(encoding: str) -> Send:
    """Send the good body in another encoding, under the usual headers."""
    return as_body(lambda body: body.decode().encode(encoding, "replace"), PLAIN)


def exactly(*pieces: bytes) -> Send:
    """Send exactly these bytes."""
    return lambda _: raw(*pieces)


def framed(head: bytes, *, cut: int = 0) -> Send:
    """Send the good body, without its last `cut` bytes, below this head. "%d" in the head becomes the full length."""
    return lambda request: raw(
        head.replace(b"%d", b"%d" % len(request.body)), b"\r\n", request.body[: len(request.body) - cut]
    )


def chunked(end: bytes, head: bytes = CHUNKED) -> Send:
    """Send the good body in two chunks, with `end` in place of the last chunk."""

    def send(request: FaultyRequest) -> Reply:
        parts = (request.body[:99], request.body[99:])
        return raw(HEAD + head + b"\r\n" + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end)

    return send


def with_key(extra: bytes) -> Send:
    """Add an unknown key to the last record."""
    return as_body(lambda body: add_member(body, b'"colour": ' + extra))


def add_member(body: bytes, member: bytes) -> bytes:
    """Put a member before the heading of the last record."""
    at = body.rindex(b'"heading"')
    return body[:at] + member + b", " + body[at:]


def endless(piece: bytes, head: bytes) -> Send:
    """Send a body without end, but never more than 30 MiB."""
    return lambda _: Reply((head, *[piece] * (30 * MIB // len(piece))))


@cache
def packed(size: int, layers: int = 1) -> bytes:
    """Return `size` spaces, compressed by gzip `layers` times."""
    data = b" " * size
    for _ in range(layers):
        data = gzip.compress(data, 6)
    return data


def dripping(before: bytes, piece: bytes) -> Send:
    """Send a piece now and then until the deadline is over, on the client's clock, so that the test does not wait."""

    def drip(request: FaultyRequest) -> Iterator[bytes]:
        yield before
        for _ in range(6):  # one more than needed; many more would take time from the next try
            request.time.sleep(request.seconds / 5)
            yield piece
        request.finished.wait()

    return lambda request: Reply(drip(request))


def silent(before: bytes) -> Send:
    """Send nothing more until the deadline is over, on the client's clock."""

    def wait(request: FaultyRequest) -> Iterator[bytes]:
        yield before
        request.time.sleep(request.seconds)
        request.finished.wait()

    return lambda request: Reply(wait(request))


def redirect(location: str, status: int = 302) -> Send:
    """Redirect. {trap} in the location becomes the server that the client must not ask."""
    return lambda request: http(b"", status, [f"Location: {location.format(trap=request.trap)}"])


def redirect_once(location: str, status: int) -> Send:
    """Redirect to where the good reply is."""
    return lambda request: http(request.body) if request.number else http(b"", status, [f"Location: {location}"])


def twice_at_once(request: FaultyRequest) -> Reply:
    """Send the good reply and at once a reply to a request that was not made. The connection stays open."""
    return replace(raw(_kept(request.body) + _kept(b'{"totalResults": 0, "results": []}')), keep=True)


def _kept(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def enveloped(change: Callable[[dict[str, Any]], object]) -> Send:
    """Change the envelope of a list."""

    def send(request: FaultyRequest) -> Reply:
        data = json.loads(request.body)
        change(data)
        return http(json.dumps(data).encode())

    return send


# -- the table --------------------------------------------------------------------------------------------------------

FINAL = "which asking again would not change"
NO_LIST = fails("a list without totalResults or results: report it")

STATUSES = (
    *(both(f"status {n}", reply(n), fails(f"answered {n}, {FINAL}")) for n in (201, 202, 203, 205)),
    *(both(f"status {n}", reply(n), fails(f"answered {n}, {FINAL}")) for n in (400, 401, 403, 451)),
    *(both(f"status {n}", reply(n), Expected("GoneError", f"(it answered {n})")) for n in (404, 410)),
    *(both(f"status {n}", reply(n), fails(f"answered {n}, 5 times in a row", 5)) for n in (408, 500, 599)),
    both("status 204 without a body", exactly(b"HTTP/1.1 204 X\r\n\r\n"), fails("answered 204")),
    both("status 206, a part", lambda request: http(request.body[:9], 206), fails("answered 206")),
    both("304 without a condition", exactly(b"HTTP/1.1 304 X\r\nETag: x\r\n\r\n"), fails("answered 304")),
    both("status 101", exactly(b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n"), BROKEN),
    both("status 999", reply(999), fails("answered 999, 5 times in a row", TRIES)),
    both("status 000", exactly(b"HTTP/1.1 000 X\r\n\r\n"), BROKEN),
    both("status of two digits", exactly(b"HTTP/1.1 20 X\r\n\r\n"), BROKEN),
    both("100 first", lambda request: raw(b"HTTP/1.1 100 Go on\r\n\r\n" + _kept(request.body)), WHOLE),
    both("103 first", lambda request: raw(b"HTTP/1.1 103 X\r\nLink: <x>\r\n\r\n" * 9 + _kept(request.body)), WHOLE),
    both("problem report of 200", reply(200, body=b'{"title": "No", "status": 404}'), Expected("GoneError", "answered 404")),
    both("problem report of 200, 503", reply(200, body=b'{"title": "Oh", "status": 503}'), fails("answered 503", TRIES)),
)  # fmt: skip


def pausing(name: str, status: int, header: str, seconds: float) -> Fault:
    """Return a fault that makes the client wait once."""
    expected = Expected("whole", asked=2, waited=seconds)
    return both(name, lambda request: http(request.body) if request.number else http(b"", status, [header]), expected)


FAR = fails("wants to be left alone until")
PAUSES = (
    pausing("429, in seconds", 429, "Retry-After: 7", 7.0),
    pausing("429, until a moment", 429, "Retry-After: Wed, 12 Mar 2031 07:00:30 GMT", 30.0),
    pausing("429, without a word", 429, "X: 1", 60.0),
    pausing("429, in words", 429, "Retry-After: after lunch", 60.0),
    pausing("503, in seconds", 503, "Retry-After: 120", 120.0),
    pausing("503, until long ago", 503, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT", 1.0),
    *(both(f"{n}, for {value[:9]}", reply(n, f"Retry-After: {value}"), FAR) for n in (429, 503)
      for value in ("86400", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT")),
    both("429 for ever", reply(429, "Retry-After: 1"), fails("stayed too busy (429)", 21)),
)  # fmt: skip

FRAMES = (
    both("Content-Length not reached", framed(HEAD + b"Content-Length: %d\r\n", cut=9), BROKEN),
    both("ended by the connection, cut", framed(HEAD, cut=9), CUT),
    both("ended by the connection, whole", lambda request: unframed(request.body), WHOLE),
    both("HTTP/1.0", framed(b"HTTP/1.0 200 OK\r\n"), WHOLE),
    both("chunked, whole", chunked(b"0\r\n\r\n"), WHOLE),
    both("chunked, with a trailer", chunked(b"0\r\nX-Sum: 1\r\n\r\n"), WHOLE),
    both("chunked, without an end", chunked(b""), BROKEN),
    both("chunk that is no number", chunked(b"zz\r\n"), BROKEN),
    both("chunk of sixteen exabytes", chunked(b"FFFFFFFFFFFFFFFF\r\n{}"), BROKEN),
    both("chunked, with a wrong Content-Length", chunked(b"0\r\n\r\n", CHUNKED + b"Content-Length: 3\r\n"), WHOLE),
    both("two different Content-Lengths", framed(HEAD + b"Content-Length: %d\r\nContent-Length: 3\r\n"), BROKEN),
    both("negative Content-Length", framed(HEAD + b"Content-Length: -1\r\n"), BROKEN),
    both("Content-Length of exabytes", framed(HEAD + b"Content-Length: 999999999999999999\r\n"), BROKEN),
    both("body longer than Content-Length", framed(HEAD + b"Connection: close\r\nContent-Length: 9\r\n"), CUT),
    both("gzip, whole", lambda request: http(gzip.compress(request.body), headers=[GZIP]), WHOLE),
    both("gzip, cut", as_body(lambda body: gzip.compress(body)[:-20], GZIP), PACKED),
    both("gzip, wrong checksum", as_body(lambda body: gzip.compress(body)[:-8] + b"\0" * 8, GZIP), UNPACKED),
    both("gzip header, plain body", headed(GZIP), UNPACKED),
    both("gzip without its header", as_body(gzip.compress), CUT),
    both("closed without a reply", exactly(), BROKEN),
    both("reset within the body", lambda request: raw(_kept(request.body)[:-9], reset=True), BROKEN),
    both("garbage instead of HTTP", exactly(b"\x16\x03\x01\x02\x00" + bytes(range(256)) + b"\r\n\r\n"), BROKEN),
    both("greeting of a mail server", exactly(b"220 mail.example.org ESMTP\r\n"), BROKEN),
    both("HTTP/2 frame", exactly(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18), BROKEN),
    both("headers of 200 kB", headed("X-Long: " + "x" * 200_000), BROKEN),
    both("headers without an end", lambda _: raw(HEAD, *[b"X-More: 1\r\n" * 1000] * 30), BROKEN),
    both("header without a colon", headed("nonsense"), BROKEN),
    both("header with a NUL", headed("X-Odd: a\0b"), BROKEN),
    both("five hundred cookies", headed(*(f"Set-Cookie: c{n}={'x' * 40}; Path=/" for n in range(500))), WHOLE),
    both("malformed cookies", headed("Set-Cookie: =;;; Expires=never; =", "Set-Cookie: \xff"), WHOLE),
    Fault("several answers at once", twice_at_once, Expected("whole", asked=3), Expected("whole", asked=3), readings=2),
)  # fmt: skip

ENDLESS = (
    both("bomb", lambda _: http(packed(40 * MIB), headers=[GZIP]), HUGE),
    both("bomb in a bomb", lambda _: http(packed(40 * MIB, 2), headers=[f"{GZIP}, gzip"]), fails("packed as 'gzip, gzip'")),
    both("bomb of many members", lambda _: http(packed(MIB) * 30, headers=[GZIP]), HUGE),
    both("packed by Brotli", headed("Content-Encoding: br"), fails("packed as 'br', which was not asked for")),
    both("body without an end", endless(b" " * MIB, HEAD + b"\r\n"), HUGE),
    both("chunks without an end", endless(b"100000\r\n" + b" " * MIB + b"\r\n", HEAD + CHUNKED + b"\r\n"), HUGE),
    both("drip of headers", dripping(HEAD, b"X-A: 1\r\n"), SLOW),
    both("drip of a body", dripping(HEAD + b"Content-Length: 9999\r\n\r\n", b" "), SLOW),
    both("silence", silent(b""), SLOW),
    both("silence within the body", silent(HEAD + b"Content-Length: 9999\r\n\r\n{"), SLOW),
)  # fmt: skip

REDIRECTS = (
    *(both(f"{n} to the same host", redirect_once("/there?a=b#c", n), Expected("whole", asked=2)) for n in (301, 308)),
    both("redirect to another port", redirect("{trap}/x"), ASTRAY),
    both("redirect to another host", redirect("//metadata.example/latest"), ASTRAY),
    both("redirect to a file", redirect("file:///etc/passwd"), ASTRAY),
    both("redirect with a password", redirect("http://u:p@127.0.0.1/"), ASTRAY),
    both("redirect in a circle", redirect("/"), fails("redirected more than 5 times", 6)),
    both("redirect to an invalid URL", redirect("http://a.example:port/"), BROKEN),
    both("redirect without a location", reply(302), fails("answered 302")),
    both("304 with a location", redirect("{trap}/x", 304), ASTRAY),
)  # fmt: skip

CHARSETS = (
    *(both(f"charset declared as {name!r}", headed(f"{PLAIN}; charset={name}"), WHOLE)
      for name in ("iso-8859-1", "utf-16", "utf-7", "shift_jis", "no-such-thing", "", '"utf-8', "utf-8; charset=latin-1")),
    *(both(f"written in {name}", encoded(name), WHOLE)
      for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")),
    *(both(f"written in {name}", encoded(name), CUT) for name in ("latin-1", "cp1252", "cp037")),
    both("written in UTF-16, cut by a byte", as_body(lambda body: body.decode().encode("utf-16")[:-1]), CUT),
    both("byte order mark twice", as_body(lambda body: b"\xef\xbb\xbf" * 2 + body), CUT),
    both("overlong UTF-8", with_key(b'"\xc0\xaf"'), CUT),
    both("lone surrogate, as bytes", with_key(b'"\xed\xa0\x80"'), WHOLE),
    both("lone surrogate, escaped", with_key(rb'"\ud83c"'), WHOLE),
    both("NUL, escaped", with_key(rb'"\u0000"'), WHOLE),
    both("NULs around the body", as_body(lambda body: b"\0" + body + b"\0"), CUT),
)  # fmt: skip

PAGE = b"<!DOCTYPE html><html><title>Sorry</title><p>We are making improvements.</p></html>"
JSONS = (
    both("HTML page", lambda _: http(PAGE, headers=["Content-Type: text/html"]), CUT),
    both("HTML page declared as JSON", lambda _: http(PAGE, headers=[PLAIN]), CUT),
    both("good, but declared as HTML", headed("Content-Type: text/html"), WHOLE),
    both("good, but declared as a picture", headed("Content-Type: image/png"), WHOLE),
    both("empty body", reply(200), CUT),
    both("white space", reply(200, body=b" \r\n\t"), CUT),
    both("cut within a text", as_body(lambda body: body[: len(body) // 2]), CUT),
    both("last bracket missing", as_body(lambda body: body[:-1]), CUT),
    both("body twice", as_body(lambda body: body * 2), CUT),
    both("wrapped in a script call", as_body(lambda body: b"callback(" + body + b");"), CUT),
    both("prefix against scripts", as_body(lambda body: b")]}',\n" + body), CUT),
    *(both(f"{word} in a record", with_key(word.encode()), CUT) for word in ("NaN", "Infinity", "-Infinity", "01", ".5")),
    both("number beyond any float", with_key(b"1e999"), WHOLE),
    both("integer of 5,000 digits", with_key(b"9" * 5000), WHOLE),
    both("negative integer of 5,000 digits", with_key(b"-" + b"9" * 5000), WHOLE),
    both("5,000 digits as answering body", as_body(lambda body: add_member(body, b'"answeringBodyId": 1' + b"0" * 5000)),
         refused("as answeringBodyId: report it")),
    both("nested deeply", with_key(b"[" * 200 + b"]" * 200), DEEP),
    both("nested without an end", with_key(b"[" * 200_000), DEEP),
    both("nested in objects", with_key(b'{"a":' * 200 + b"1" + b"}" * 200), DEEP),
    both("nested as deep as allowed", with_key(b"[" * 90 + b"]" * 90), WHOLE),
    both("key twice, the last one right", as_body(lambda body: add_member(body, b'"heading": "Of another"')), WHOLE),
    Fault("text of 19 million letters", with_key(b'"' + b"x" * 19_000_000 + "\N{OWL}".encode() + b'"'), LONG, None),
    Fault("key of five million letters", with_key(b'{"' + b"x" * 5_000_000 + b'": 0}'), None, LONG),
    Fault("text of four million letters", with_key(b'"' + b"x" * 3_999_999 + "\N{OWL}".encode() + b'"'), WHOLE, None),
    Fault("seven million lists", lambda _: http(b"[" + b"[]," * (20 * MIB // 3 - 9) + b"0]"), None, MANY),
    Fault("two million objects in a record", with_key(b"[" + b'{"":0},' * (19 * MIB // 7) + b"0]"), MANY, None),
    both("key twice, the last one wrong", as_body(lambda body: add_member(body, b'"house": "Commons", "house": "Neither"')),
         refused("an unknown word as house")),
    Fault("only null", reply(200, body=b"null"), NO_LIST, refused("has no value: report it")),
    Fault("an empty list", reply(200, body=b"[]"), NO_LIST, refused("has no value: report it")),
    Fault("an empty object", reply(200, body=b"{}"), NO_LIST, refused("has no value: report it")),
    Fault("a word", reply(200, body=b'"Sorry"'), NO_LIST, refused("has no value: report it")),
    Fault("another question", as_body(lambda body: body.replace(b'"id": 2', b'"id": 3')), WHOLE,
          refused("3 came when 2 was asked for")),
    both("record without its answer", as_body(lambda body: b'"answertext"'.join(body.rsplit(b'"answerText"', 1))),
         refused("has nothing as answerText")),
)  # fmt: skip

IGNORED = fails("it ignored what was asked")
NONE = Expected("part", "0 of 2 questions were found", 3)
SHORT = Expected("part", "2 of 9 questions were found", 18)
LISTS = (
    Fault("envelope without its list", enveloped(lambda data: data.pop("results")), NO_LIST, None),
    Fault("envelope without its total", enveloped(lambda data: data.pop("totalResults")), NO_LIST, None),
    Fault("null in the place of the list", enveloped(lambda data: data.update(results=None)), NO_LIST, None),
    Fault("total of minus one", enveloped(lambda data: data.update(totalResults=-1)), NO_LIST, None),
    Fault("total in words", enveloped(lambda data: data.update(totalResults="2")), NO_LIST, None),
    Fault("total that is true", enveloped(lambda data: data.update(totalResults=True)), NO_LIST, None),
    Fault("total too high", enveloped(lambda data: data.update(totalResults=9)), SHORT, None),
    Fault("total too low", enveloped(lambda data: data.update(totalResults=1)), WHOLE, None),
    Fault("total of the whole source", enveloped(lambda data: data.update(totalResults=500_000)), IGNORED, None),
    Fault("no results, and a total", enveloped(lambda data: data.update(results=[])), NONE, None),
    Fault("same question twice", enveloped(lambda data: data["results"].append(data["results"][1])), WHOLE, None),
)  # fmt: skip

FAULTS: Final = (*STATUSES, *PAUSES, *FRAMES, *ENDLESS, *REDIRECTS, *CHARSETS, *JSONS, *LISTS)
