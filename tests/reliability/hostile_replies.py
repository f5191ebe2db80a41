"""Everything odd that a server of questions may send, and what must come of it: the table behind hostile_http.py.

A fault knows what a good answer would have been, spoils it, and says what is to be made of it. "once" is a fault after which
the server is well again; "always" is one that stays.
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
class Shot:
    """One request at a server: what a good answer has as its body, which request it is, how many seconds it may take.

    `trap` is the URL of another server, which nobody may ask. `over` is set when the client has made up its mind.
    """

    body: bytes
    number: int
    seconds: float
    time: Time
    trap: str
    over: threading.Event


@dataclass(frozen=True, slots=True)
class Becomes:
    """What must come of it: `kind` is "whole", "part" (a list that is not whole), or the error; `asked`, how often we ask.

    `says` is a piece of the error or the note, `waited` the least seconds between the first request and the end.
    """

    kind: str
    says: str = ""
    asked: int = 1
    waited: float = 0.0


def fails(says: str, asked: int = 1) -> Becomes:
    """Nothing is read, and the next run asks again."""
    return Becomes("FetchError", says, asked)


def refused(says: str) -> Becomes:
    """One record is kept as it came, unread; the others are read."""
    return Becomes("ParseError", says)


Send: TypeAlias = Callable[[Shot], Reply]
WHOLE: Final = Becomes("whole")
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
    """What is sent; what comes of it where it stays, for a list and for a detail, None where it makes no sense there.

    `heals`: where the next answer is good, the record is whole, after one request more. `readings`: so often it is read over
    the same connection, if it may be.
    """

    name: str
    send: Send
    in_list: Becomes | None
    in_detail: Becomes | None
    heals: bool = False
    readings: int = 1


def each(name: str, send: Send, becomes: Becomes) -> Fault:
    """A fault of which the same comes everywhere; what is tried five times heals."""
    return Fault(name, send, becomes, becomes, heals=becomes.asked == TRIES and becomes is not SLOW)


# -- how a good answer is spoilt --------------------------------------------------------------------------------------


def said(status: int, *headers: str, body: bytes = b"") -> Send:
    """A bare status."""
    return lambda _: http(body, status, headers)


def labelled(*headers: str) -> Send:
    """The good body under other headers."""
    return lambda shot: http(shot.body, headers=headers)


def as_body(change: Callable[[bytes], bytes], *headers: str) -> Send:
    """The good body, changed."""
    return lambda shot: http(change(shot.body), headers=headers)


def written(encoding: str) -> Send:
    """The good body in another encoding, under the usual headers."""
    return as_body(lambda body: body.decode().encode(encoding, "replace"), PLAIN)


def bytewise(*pieces: bytes) -> Send:
    """These bytes and no others."""
    return lambda _: raw(*pieces)


def framed(head: bytes, *, cut: int = 0) -> Send:
    """The good body below a head of one's own, which may name its length as %d; some bytes left out at its end."""
    return lambda shot: raw(head.replace(b"%d", b"%d" % len(shot.body)), b"\r\n", shot.body[: len(shot.body) - cut])


def chunked(end: bytes, head: bytes = CHUNKED) -> Send:
    """The good body in two chunks, and what stands in the place of the last one."""

    def send(shot: Shot) -> Reply:
        parts = (shot.body[:99], shot.body[99:])
        return raw(HEAD + head + b"\r\n" + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end)

    return send


def within(extra: bytes) -> Send:
    """Another key in the last record, of which we know nothing."""
    return as_body(lambda body: in_last(body, b'"colour": ' + extra))


def in_last(body: bytes, member: bytes) -> bytes:
    """A member put before the heading of the last record."""
    at = body.rindex(b'"heading"')
    return body[:at] + member + b", " + body[at:]


def endless(piece: bytes, head: bytes) -> Send:
    """A body without end: as much as a client takes, but never 30 MiB."""
    return lambda _: Reply((head, *[piece] * (30 * MIB // len(piece))))


@cache
def packed(size: int, layers: int = 1) -> bytes:
    """So many spaces as gzip, packed again as often as wanted."""
    data = b" " * size
    for _ in range(layers):
        data = gzip.compress(data, 6)
    return data


def dripping(before: bytes, piece: bytes) -> Send:
    """A piece now and then until the deadline is over: on the client's clock, so that nobody waits. Then nothing."""

    def drip(shot: Shot) -> Iterator[bytes]:
        yield before
        for _ in range(6):  # one more than needed, but not so many that the next try would suffer from it
            shot.time.sleep(shot.seconds / 5)
            yield piece
        shot.over.wait()

    return lambda shot: Reply(drip(shot))


def silent(before: bytes) -> Send:
    """Nothing until the deadline is over, on the client's clock."""

    def wait(shot: Shot) -> Iterator[bytes]:
        yield before
        shot.time.sleep(shot.seconds)
        shot.over.wait()

    return lambda shot: Reply(wait(shot))


def led(location: str, status: int = 302) -> Send:
    """A redirect; {trap} names a server that nobody may ask."""
    return lambda shot: http(b"", status, [f"Location: {location.format(trap=shot.trap)}"])


def led_once(location: str, status: int) -> Send:
    """A redirect to where the good answer is."""
    return lambda shot: http(shot.body) if shot.number else http(b"", status, [f"Location: {location}"])


def twice_at_once(shot: Shot) -> Reply:
    """The good answer, and in the same breath one to a request that nobody made; the connection stays."""
    return replace(raw(_kept(shot.body) + _kept(b'{"totalResults": 0, "results": []}')), keep=True)


def _kept(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def listed(change: Callable[[dict[str, Any]], object]) -> Send:
    """The envelope of a list, changed."""

    def send(shot: Shot) -> Reply:
        data = json.loads(shot.body)
        change(data)
        return http(json.dumps(data).encode())

    return send


# -- the table --------------------------------------------------------------------------------------------------------

FINAL = "which asking again would not change"
NO_LIST = fails("a list without totalResults or results: report it")

STATUSES = (
    *(each(f"status {n}", said(n), fails(f"answered {n}, {FINAL}")) for n in (201, 202, 203, 205)),
    *(each(f"status {n}", said(n), fails(f"answered {n}, {FINAL}")) for n in (400, 401, 403, 451)),
    *(each(f"status {n}", said(n), Becomes("GoneError", f"(it answered {n})")) for n in (404, 410)),
    *(each(f"status {n}", said(n), fails(f"answered {n}, 5 times in a row", 5)) for n in (408, 500, 599)),
    each("status 204 without a body", bytewise(b"HTTP/1.1 204 X\r\n\r\n"), fails("answered 204")),
    each("status 206, a part of it", lambda shot: http(shot.body[:9], 206), fails("answered 206")),
    each("304 that nobody asked for", bytewise(b"HTTP/1.1 304 X\r\nETag: x\r\n\r\n"), fails("answered 304")),
    each("status 101", bytewise(b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n"), BROKEN),
    each("status 999", said(999), fails("answered 999, 5 times in a row", TRIES)),
    each("status 000", bytewise(b"HTTP/1.1 000 X\r\n\r\n"), BROKEN),
    each("status of two digits", bytewise(b"HTTP/1.1 20 X\r\n\r\n"), BROKEN),
    each("100 before the answer", lambda shot: raw(b"HTTP/1.1 100 Go on\r\n\r\n" + _kept(shot.body)), WHOLE),
    each("103 before the answer", lambda shot: raw(b"HTTP/1.1 103 X\r\nLink: <x>\r\n\r\n" * 9 + _kept(shot.body)), WHOLE),
    each("problem report of 200", said(200, body=b'{"title": "No", "status": 404}'), Becomes("GoneError", "answered 404")),
    each("problem report of 200, 503", said(200, body=b'{"title": "Oh", "status": 503}'), fails("answered 503", TRIES)),
)  # fmt: skip


def rested(name: str, status: int, header: str, seconds: float) -> Fault:
    """A host that wants to be left alone for a while, once."""
    becomes = Becomes("whole", asked=2, waited=seconds)
    return each(name, lambda shot: http(shot.body) if shot.number else http(b"", status, [header]), becomes)


FAR = fails("wants to be left alone until")
PAUSES = (
    rested("429, in seconds", 429, "Retry-After: 7", 7.0),
    rested("429, until a moment", 429, "Retry-After: Wed, 12 Mar 2031 07:00:30 GMT", 30.0),
    rested("429, without a word", 429, "X: 1", 60.0),
    rested("429, in words", 429, "Retry-After: after lunch", 60.0),
    rested("503, in seconds", 503, "Retry-After: 120", 120.0),
    rested("503, until long ago", 503, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT", 1.0),
    *(each(f"{n}, for {value[:9]}", said(n, f"Retry-After: {value}"), FAR) for n in (429, 503)
      for value in ("86400", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT")),
    each("429 for ever", said(429, "Retry-After: 1"), fails("stayed too busy (429)", 21)),
)  # fmt: skip

FRAMES = (
    each("Content-Length not reached", framed(HEAD + b"Content-Length: %d\r\n", cut=9), BROKEN),
    each("ended by the end, cut", framed(HEAD, cut=9), CUT),
    each("ended by the end, whole", lambda shot: unframed(shot.body), WHOLE),
    each("HTTP/1.0", framed(b"HTTP/1.0 200 OK\r\n"), WHOLE),
    each("chunked, whole", chunked(b"0\r\n\r\n"), WHOLE),
    each("chunked, with a trailer", chunked(b"0\r\nX-Sum: 1\r\n\r\n"), WHOLE),
    each("chunked, without an end", chunked(b""), BROKEN),
    each("chunk that is no number", chunked(b"zz\r\n"), BROKEN),
    each("chunk of sixteen exabytes", chunked(b"FFFFFFFFFFFFFFFF\r\n{}"), BROKEN),
    each("chunked, and a Content-Length that lies", chunked(b"0\r\n\r\n", CHUNKED + b"Content-Length: 3\r\n"), WHOLE),
    each("two that differ as Content-Length", framed(HEAD + b"Content-Length: %d\r\nContent-Length: 3\r\n"), BROKEN),
    each("Content-Length below nought", framed(HEAD + b"Content-Length: -1\r\n"), BROKEN),
    each("Content-Length of exabytes", framed(HEAD + b"Content-Length: 999999999999999999\r\n"), BROKEN),
    each("more than Content-Length", framed(HEAD + b"Connection: close\r\nContent-Length: 9\r\n"), CUT),
    each("gzip, whole", lambda shot: http(gzip.compress(shot.body), headers=[GZIP]), WHOLE),
    each("gzip, cut", as_body(lambda body: gzip.compress(body)[:-20], GZIP), PACKED),
    each("gzip, its sum wrong", as_body(lambda body: gzip.compress(body)[:-8] + b"\0" * 8, GZIP), UNPACKED),
    each("gzip that is none", labelled(GZIP), UNPACKED),
    each("gzip that nobody tells of", as_body(gzip.compress), CUT),
    each("closed before anything", bytewise(), BROKEN),
    each("reset amidst the body", lambda shot: raw(_kept(shot.body)[:-9], reset=True), BROKEN),
    each("garbage in the place of HTTP", bytewise(b"\x16\x03\x01\x02\x00" + bytes(range(256)) + b"\r\n\r\n"), BROKEN),
    each("mail server in its place", bytewise(b"220 mail.example.org ESMTP\r\n"), BROKEN),
    each("HTTP/2 in its place", bytewise(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18), BROKEN),
    each("headers of 200 kB", labelled("X-Long: " + "x" * 200_000), BROKEN),
    each("headers without an end", lambda _: raw(HEAD, *[b"X-More: 1\r\n" * 1000] * 30), BROKEN),
    each("header without a colon", labelled("nonsense"), BROKEN),
    each("header with a NUL", labelled("X-Odd: a\0b"), BROKEN),
    each("five hundred cookies", labelled(*(f"Set-Cookie: c{n}={'x' * 40}; Path=/" for n in range(500))), WHOLE),
    each("cookies that are none", labelled("Set-Cookie: =;;; Expires=never; =", "Set-Cookie: \xff"), WHOLE),
    Fault("several answers at once", twice_at_once, Becomes("whole", asked=3), Becomes("whole", asked=3), readings=2),
)  # fmt: skip

ENDLESS = (
    each("bomb", lambda _: http(packed(40 * MIB), headers=[GZIP]), HUGE),
    each("bomb in a bomb", lambda _: http(packed(40 * MIB, 2), headers=[f"{GZIP}, gzip"]), fails("packed as 'gzip, gzip'")),
    each("bomb of many members", lambda _: http(packed(MIB) * 30, headers=[GZIP]), HUGE),
    each("packed otherwise", labelled("Content-Encoding: br"), fails("packed as 'br', which was not asked for")),
    each("body without an end", endless(b" " * MIB, HEAD + b"\r\n"), HUGE),
    each("chunks without an end", endless(b"100000\r\n" + b" " * MIB + b"\r\n", HEAD + CHUNKED + b"\r\n"), HUGE),
    each("drip of headers", dripping(HEAD, b"X-A: 1\r\n"), SLOW),
    each("drip of a body", dripping(HEAD + b"Content-Length: 9999\r\n\r\n", b" "), SLOW),
    each("silence", silent(b""), SLOW),
    each("silence amidst the body", silent(HEAD + b"Content-Length: 9999\r\n\r\n{"), SLOW),
)  # fmt: skip

REDIRECTS = (
    *(each(f"{n} to the same host", led_once("/there?a=b#c", n), Becomes("whole", asked=2)) for n in (301, 308)),
    each("led to another port", led("{trap}/x"), ASTRAY),
    each("led to another host", led("//metadata.example/latest"), ASTRAY),
    each("led to a file", led("file:///etc/passwd"), ASTRAY),
    each("led there with a password", led("http://u:p@127.0.0.1/"), ASTRAY),
    each("led in a circle", led("/"), fails("redirected more than 5 times", 6)),
    each("led to what is no URL", led("http://a.example:port/"), BROKEN),
    each("led nowhere", said(302), fails("answered 302")),
    each("304 that leads astray", led("{trap}/x", 304), ASTRAY),
)  # fmt: skip

CHARSETS = (
    *(each(f"charset told as {told!r}", labelled(f"{PLAIN}; charset={told}"), WHOLE)
      for told in ("iso-8859-1", "utf-16", "utf-7", "shift_jis", "no-such-thing", "", '"utf-8', "utf-8; charset=latin-1")),
    *(each(f"written in {name}", written(name), WHOLE)
      for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")),
    *(each(f"written in {name}", written(name), CUT) for name in ("latin-1", "cp1252", "cp037")),
    each("written in UTF-16, a byte short", as_body(lambda body: body.decode().encode("utf-16")[:-1]), CUT),
    each("mark of UTF-8 twice", as_body(lambda body: b"\xef\xbb\xbf" * 2 + body), CUT),
    each("UTF-8 longer than need be", within(b'"\xc0\xaf"'), CUT),
    each("half of a pair, as bytes", within(b'"\xed\xa0\x80"'), WHOLE),
    each("half of a pair, escaped", within(rb'"\ud83c"'), WHOLE),
    each("NUL, escaped", within(rb'"\u0000"'), WHOLE),
    each("NULs around it", as_body(lambda body: b"\0" + body + b"\0"), CUT),
)  # fmt: skip

PAGE = b"<!DOCTYPE html><html><title>Sorry</title><p>We are making improvements.</p></html>"
JSONS = (
    each("page of HTML in its place", lambda _: http(PAGE, headers=["Content-Type: text/html"]), CUT),
    each("page of HTML that says it is JSON", lambda _: http(PAGE, headers=[PLAIN]), CUT),
    each("good, but told to be HTML", labelled("Content-Type: text/html"), WHOLE),
    each("good, but told to be a picture", labelled("Content-Type: image/png"), WHOLE),
    each("empty body", said(200), CUT),
    each("white space", said(200, body=b" \r\n\t"), CUT),
    each("cut amidst a text", as_body(lambda body: body[: len(body) // 2]), CUT),
    each("its last bracket missing", as_body(lambda body: body[:-1]), CUT),
    each("twice one after the other", as_body(lambda body: body * 2), CUT),
    each("in brackets of a script", as_body(lambda body: b"callback(" + body + b");"), CUT),
    each("guarded against scripts", as_body(lambda body: b")]}',\n" + body), CUT),
    *(each(f"{word} in a record", within(word.encode()), CUT) for word in ("NaN", "Infinity", "-Infinity", "01", ".5")),
    each("number beyond any float", within(b"1e999"), WHOLE),
    each("integer of 5,000 digits", within(b"9" * 5000), WHOLE),
    each("integer of 5,000 digits below nought", within(b"-" + b"9" * 5000), WHOLE),
    each("integer of 5,000 digits as a body", as_body(lambda body: in_last(body, b'"answeringBodyId": 1' + b"0" * 5000)),
         refused("as answeringBodyId: report it")),
    each("nested deeply", within(b"[" * 200 + b"]" * 200), DEEP),
    each("nested without an end", within(b"[" * 200_000), DEEP),
    each("nested in objects", within(b'{"a":' * 200 + b"1" + b"}" * 200), DEEP),
    each("as deep as may be", within(b"[" * 90 + b"]" * 90), WHOLE),
    each("key twice, the last one right", as_body(lambda body: in_last(body, b'"heading": "Of another"')), WHOLE),
    Fault("text of 19 million letters", within(b'"' + b"x" * 19_000_000 + "\N{OWL}".encode() + b'"'), LONG, None),
    Fault("key of five million letters", within(b'{"' + b"x" * 5_000_000 + b'": 0}'), None, LONG),
    Fault("text of four million letters", within(b'"' + b"x" * 3_999_999 + "\N{OWL}".encode() + b'"'), WHOLE, None),
    Fault("seven million lists", lambda _: http(b"[" + b"[]," * (20 * MIB // 3 - 9) + b"0]"), None, MANY),
    Fault("two million objects in a record", within(b"[" + b'{"":0},' * (19 * MIB // 7) + b"0]"), MANY, None),
    each("key twice, the last one wrong", as_body(lambda body: in_last(body, b'"house": "Commons", "house": "Neither"')),
         refused("an unknown word as house")),
    Fault("only null", said(200, body=b"null"), NO_LIST, refused("has no value: report it")),
    Fault("a list without more", said(200, body=b"[]"), NO_LIST, refused("has no value: report it")),
    Fault("an object without more", said(200, body=b"{}"), NO_LIST, refused("has no value: report it")),
    Fault("a word", said(200, body=b'"Sorry"'), NO_LIST, refused("has no value: report it")),
    Fault("another question", as_body(lambda body: body.replace(b'"id": 2', b'"id": 3')), WHOLE,
          refused("3 came when 2 was asked for")),
    each("record without its answer", as_body(lambda body: b'"answertext"'.join(body.rsplit(b'"answerText"', 1))),
         refused("has nothing as answerText")),
)  # fmt: skip

IGNORED = fails("it ignored what was asked")
NONE = Becomes("part", "0 of 2 questions were found", 3)
SHORT = Becomes("part", "2 of 9 questions were found", 18)
LISTS = (
    Fault("envelope without its list", listed(lambda data: data.pop("results")), NO_LIST, None),
    Fault("envelope without its total", listed(lambda data: data.pop("totalResults")), NO_LIST, None),
    Fault("null in the place of the list", listed(lambda data: data.update(results=None)), NO_LIST, None),
    Fault("total of minus one", listed(lambda data: data.update(totalResults=-1)), NO_LIST, None),
    Fault("total in words", listed(lambda data: data.update(totalResults="2")), NO_LIST, None),
    Fault("total that is true", listed(lambda data: data.update(totalResults=True)), NO_LIST, None),
    Fault("total too high", listed(lambda data: data.update(totalResults=9)), SHORT, None),
    Fault("total too low", listed(lambda data: data.update(totalResults=1)), WHOLE, None),
    Fault("total of everything there is", listed(lambda data: data.update(totalResults=500_000)), IGNORED, None),
    Fault("nothing, and a total", listed(lambda data: data.update(results=[])), NONE, None),
    Fault("same question twice", listed(lambda data: data["results"].append(data["results"][1])), WHOLE, None),
)  # fmt: skip

FAULTS: Final = (*STATUSES, *PAUSES, *FRAMES, *ENDLESS, *REDIRECTS, *CHARSETS, *JSONS, *LISTS)
