"""Checks of single values of config.toml. Every function raises ValueError with what to write instead."""

from __future__ import annotations

import ipaddress
import re
from datetime import date, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from monitor.parliament.links import HOST

if TYPE_CHECKING:
    from collections.abc import Iterable

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DURATION = re.compile(r"(\d{1,9})(ms|s|m|h)")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}
_ATOM = r"[!#-'*+/-9=?A-Z^-~-]+"
_ADDRESS = re.compile(rf"(?!.*=\?){_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9_-]{{1,63}}(?:\.[A-Za-z0-9_-]{{1,63}})*")
"""Address that can stand in the header of a mail. The library's own reader takes more, and fails in several ways."""
_LONGEST_ADDRESS = 254
_PAIR = 2
_LONGEST_RECESS = timedelta(days=366)
_YEARS = (1900, 2199)


def nearest(word: str, known: Iterable[str]) -> str:
    """Ask whether the nearest known word was meant (" Did you mean ...?"); "" if no known word is near."""
    by_small = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_small, n=1, cutoff=0.6)
    return f' Did you mean "{by_small[close[0]]}"?' if close else ""


def duration(text: str) -> timedelta:
    """Read a length of time: "200ms", "45s", "30m", "1h"."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError(f'"{text}" is no length of time; write a number and ms, s, m or h, such as "30m"')
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def clock(text: str) -> str:
    """Check a local time of the day, "HH:MM"."""
    if not _CLOCK.fullmatch(text):
        raise ValueError(f'"{text}" is no time of the day; write hours and minutes, such as "07:30"')
    return text


def day(text: str) -> int:
    """Read a day of the week by its English name or the first three letters of it: 0 is Monday."""
    word = text.strip().lower()
    for number, name in enumerate(DAYS):
        if word in (name, name[:3]):
            return number
    raise ValueError(f'"{text}" is no day of the week; write "monday" or "mon".{nearest(text, DAYS)}')


_DAY_NAMES = {*DAYS, *(name[:3] for name in DAYS)}


def days(text: str) -> frozenset[int]:
    """Read days of the week, "mon-fri" or "mon,wed,fri": 0 is Monday."""
    if "-" not in text and "," not in text and text.strip().lower() not in _DAY_NAMES:
        raise ValueError(
            f'"{text}" names no days of the week; write a range or a list, such as "mon-fri" or "mon,wed,fri"'
        )
    found: set[int] = set()
    for piece in text.split(","):
        first, dash, last = piece.partition("-")
        start = day(first)
        length = (day(last) - start) % 7 if dash else 0
        found.update((start + step) % 7 for step in range(length + 1))
    return frozenset(found)


_OFFSET = re.compile(r"(?:GMT|UTC|UT|Z)?\s*[+\-\u2212]\s*\d{1,2}(?::?\d\d)?", re.IGNORECASE)
_SUMMER_TIME = {"BST": "Europe/London", "IST": "Europe/Dublin", "CEST": "Europe/Paris", "EDT": "America/New_York"}


def zone(text: str) -> ZoneInfo:
    """Read the name of a time zone of the tz database."""
    if _OFFSET.fullmatch(text.strip()) or text.upper() in _SUMMER_TIME:
        place = _SUMMER_TIME.get(text.upper(), "Europe/London")
        raise ValueError(
            f'"{text}" says how far a clock is from another one, and not when summer time begins; write a place, as in '
            f'"{place}"'
        )
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, LookupError):
        raise ValueError(f'"{text}" is no known time zone.{nearest(text, available_timezones())}') from None


def address(text: str) -> str:
    """Check a bare e-mail address in ASCII, with the name of a domain."""
    if not _ADDRESS.fullmatch(text) or len(text) > _LONGEST_ADDRESS:
        raise ValueError(f'{text!r} is no e-mail address; write it as "name@example.org"')
    return text


def reader_address(text: str) -> str:
    """Check the e-mail address of one reader."""
    if len(re.findall(r"[^\s,;]@", text)) > 1:
        raise ValueError(f"{text!r} holds several addresses; write one, and add each other reader as a subscriber too")
    return address(text)


def sender(text: str) -> str:
    """Check an e-mail address with or without a name before it, "Name <name@example.org>"."""
    name, bracket, rest = text.partition("<")
    if bracket:
        if not rest.endswith(">") or not name.isprintable() or set(name) & set('">,;:'):
            raise ValueError(f'{text!r} is no sender; write it as "Name <name@example.org>"')
        address(rest[:-1])
        return text
    return address(text)


def web_address(text: str) -> str:
    """Check an http or https address; return it without a slash at its end."""
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not is_plain(text):
        raise ValueError(f"{text!r} is no web address; write it with https:// in front")
    return text.rstrip("/")


def base_address(text: str) -> str:
    """Check a web address that paths can be added to."""
    found = web_address(text)
    if "?" in found or "#" in found:
        raise ValueError(f'"{text}" must end before the question mark or #')
    return found


def link_host(text: str) -> str:
    """Check a host whose links may be clicked, with all names below it; return it in small letters."""
    host = text.strip().lower()
    if any(sign in host for sign in "/:@?#"):
        raise ValueError(f'"{text}" is no host; write the name alone, such as "nice.org.uk"')
    if "*" in host:
        raise ValueError(f'"{text}": names below a host are meant with it; write "{host.lstrip("*.")}"')
    if not host.isascii():
        raise ValueError(
            f'"{text}" has letters that look like others; write the name in the form that begins with xn--'
        )
    if not HOST.fullmatch(host) or host in _REGISTRIES:
        raise ValueError(f'"{text}" is no host of one publisher; write a name such as "nice.org.uk"')
    return host


_REGISTRIES = frozenset(
    f"{kind}.{country}"
    for kind in ("ac", "co", "com", "edu", "ltd", "me", "net", "org", "plc", "sch")
    for country in ("uk", "au", "nz")
)
"""Anyone may register a name below these."""


def contact(text: str) -> str:
    """Check the address at which a source can reach the operator of pqwatch: mailto: or a web address."""
    scheme, colon, rest = text.partition(":")
    if not colon:
        raise ValueError(f'"{text}" must begin with mailto: or https://, such as "mailto:you@example.org"')
    return f"mailto:{address(rest)}" if scheme == "mailto" else web_address(text)


def recess(value: Any) -> tuple[date, date]:
    """Read the first and the last day of a recess, ["2026-12-18", "2027-01-05"]; on neither day the House sits."""
    if not isinstance(value, list) or len(value) != _PAIR:
        raise ValueError('a recess is its first and its last day, such as ["2026-12-18", "2027-01-05"]')
    first, last = _civil_day(value[0]), _civil_day(value[1])
    if last < first:
        raise ValueError(f"the recess ends ({last}) before it begins ({first}); swap the two days")
    if last - first > _LONGEST_RECESS or not _YEARS[0] <= first.year <= last.year <= _YEARS[1]:
        raise ValueError(f"no recess is from {first} to {last}; correct the years")
    return first, last


def _civil_day(value: Any) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f'{value!r} is no day; write it as "2026-12-18"') from None


_LONGEST_AROUND_NUMBER = 16
"""Characters of a return address before its @: with the number of a mail it must not exceed 64."""


def return_address(written: str) -> str:
    """Check an address with one "*" in its local part, where number and signature of a mail stand."""
    local = written.rpartition("@")[0]
    if local.count("*") != 1 or len(local) > _LONGEST_AROUND_NUMBER:
        raise ValueError(
            f'"{written}" needs one "*" before the @, and {_LONGEST_AROUND_NUMBER - 1} other characters there at most, '
            'such as "bounces+*@example.org"'
        )
    address(written.replace("*", "x"))
    return written


def host(value: str) -> str:
    """Check the name or address of a host, without a port."""
    if (any(character in value for character in "/:@ ") or not is_host(value)) and not is_address(value):
        raise ValueError(f'"{value}" is no host; write the name alone, and the port as port = 587')
    return value


def page_address(written: str) -> str:
    """Check the address of the page: it has a host of its own, because its links begin at the root."""
    found = web_address(written)
    if not re.fullmatch(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?", found):
        raise ValueError(
            f'"{written}" must be a host alone, such as https://pq.example.org: the page has no folder above it'
        )
    return found


def network(written: str) -> str:
    """Check an address, or a range of addresses, of a proxy."""
    try:
        return str(ipaddress.ip_network(written))
    except ValueError:
        raise ValueError(f'"{written}" is no address or range of addresses, such as 10.0.0.5 or 10.0.0.0/24') from None


def header_name(written: str) -> str:
    """Check the name of a header of HTTP."""
    if not re.fullmatch(r"[A-Za-z0-9-]+", written):
        raise ValueError(f'"{written}" is no name of a header, such as X-Forwarded-User')
    return written


def is_host(host: str) -> bool:
    """Return whether a host can be looked up: a name in which a part is empty or too long makes Python raise an error."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def is_address(host: str) -> bool:
    """Return whether a host is written as an IP address, of either version."""
    return _ip(host) is not None


def is_loopback(host: str) -> bool:
    """Return whether a host certainly is this machine."""
    found = _ip(host)
    return host == "localhost" or (found is not None and found.is_loopback)


def is_private(host: str) -> bool:
    """Return whether a host is written as an address of a private network. Names are not looked up."""
    found = _ip(host)
    return found is not None and found.is_private and not found.is_unspecified


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_plain(text: str) -> bool:
    """Return whether a text is printable ASCII without a space."""
    return text.isascii() and text.isprintable() and " " not in text
