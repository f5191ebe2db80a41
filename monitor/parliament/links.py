"""Links in answers: their targets without the wrappers of mail programs, and whether they may be clicked.

Departments paste links out of mails, in which a security filter has replaced them by addresses of its own. Most of
these hold the original address, which is taken out again. A link may be clicked if it leads to an official host, over
http or https, to the usual port, and holds nothing that a browser could take for another host. All other links are
shown as text.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, unquote

from monitor.model.records import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OFFICIAL_HOSTS: Final = (
    "parliament.uk",
    "gov.uk",  # legislation.gov.uk, the Northern Ireland Assembly and its departments too
    "legislation.gov.uk",
    "ofcom.org.uk",
    "nhs.uk",
    "police.uk",
    "gov.scot",
    "parliament.scot",
    "nhs.scot",
    "gov.wales",
    "llyw.cymru",
    "nhs.wales",
    "senedd.wales",
    "senedd.cymru",
    "assembly.wales",
    "cynulliad.cymru",
    "niassembly.gov.uk",
    "nidirect.gov.uk",
    "northernireland.gov.uk",
    "hscni.net",
)
"""Hosts whose links may be clicked, with all names below them. `[digest] link_hosts` in config.toml adds to them."""

LONGEST: Final = 2_000
"""Most characters of an address that may be clicked: not every browser takes more."""

_DEEPEST: Final = 5
"""Most wrappers within wrappers that are taken off."""

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST: Final = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    rf"(?P<scheme>https?)://(?P<host>(?:{_LABEL}\.)+(?!\d+(?:[:/?#]|$)){_LABEL})(?::(?P<port>\d{{1,5}}))?(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_PORTS: Final = {"http": "80", "https": "443"}
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_KEPT: Final = "/:?#[]@!$&'()*+,;=-._~%"
"""Characters that stay as they are in a path or query; all others are percent-encoded."""


class Target(NamedTuple):
    """Target of a link: the whole address, and the address to click; "" if it may not be clicked."""

    address: str
    url: str


def resolve_link(link: Link, hosts: Sequence[str] = OFFICIAL_HOSTS) -> Target:
    """Return the target of a link, without the wrappers of mail programs."""
    address = unwrap(link.href)
    named = _named_by(address, link.text)
    address = clickable_url(named, hosts) or address
    url = clickable_url(address, hosts)
    return Target(url or address, url)


def clickable_url(address: str, hosts: Sequence[str] = OFFICIAL_HOSTS) -> str:
    """Return an address as it may be clicked; "" unless it clearly leads to one of these hosts or a subdomain.

    A name and password, another port, a backslash or an invisible character makes the host unclear.
    """
    found = None if _UNSEEN.search(address) or len(address) > LONGEST else _ADDRESS.fullmatch(address.strip(" "))
    if found is None or (found["port"] and found["port"] != _PORTS[found["scheme"].lower()]):
        return ""
    host = found["host"].lower()
    if not any(host == official or host.endswith(f".{official}") for official in hosts):
        return ""
    url = f"{found['scheme'].lower()}://{host}{quote(found['rest'] or '', safe=_KEPT)}"
    return url if len(url) <= LONGEST else ""


def unwrap(address: str) -> str:
    """Return the address within the wrapper of a mail program; the same address if it is no wrapper."""
    for _ in range(_DEEPEST):
        found = _ADDRESS.fullmatch(address) if len(address) <= _LONGEST_WRAPPED else None
        inner = _inner(found["host"].lower(), found["rest"] or "") if found else ""
        if not inner or _UNSEEN.search(inner) or not _ADDRESS.fullmatch(inner):
            break
        address = inner
    return address


def host_in(address: str) -> str:
    """Return the host of an address, with or without a scheme; "" for anything else."""
    text = address.strip()
    found = _ADDRESS.fullmatch(text if "://" in text else f"https://{text}")
    return found["host"].lower() if found else ""


@cache
def _in_text() -> re.Pattern[str]:
    """Compile the pattern of an address in a text, when a text is first shown with its links."""
    return re.compile(
        r"(?<![\w@./%-])(?:https?://[^\s<>]+|(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,18}/[^\s<>]+"
        r"|www\.(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,18})",
        re.IGNORECASE,
    )


_CLOSING: Final = ".,;:!?'\"\u2019\u201d\u2026*"
_BRACKETS: Final = {")": "(", "]": "[", "}": "{"}


def find_addresses(text: str, hosts: Sequence[str] = OFFICIAL_HOSTS) -> list[tuple[int, int, str]]:
    """Find the addresses written out in a text: start, end, and the address to click; "" if it may not be clicked."""
    found = []
    for match in _in_text().finditer(text):
        written = _without_stop(match[0])
        address = written if "://" in written else f"https://{written}"
        url = resolve_link(Link(text="", href=address), hosts).url
        found.append((match.start(), match.start() + len(written), url))
    return found


def _without_stop(written: str) -> str:
    """Return an address without the punctuation of its sentence."""
    unopened = {close: written.count(close) - written.count(begin) for close, begin in _BRACKETS.items()}
    end = len(written)
    while end and (written[end - 1] in _CLOSING or unopened.get(written[end - 1], 0) > 0):
        end -= 1
        unopened[written[end]] = unopened.get(written[end], 0) - 1
    return written[:end]


# -- wrappers ---------------------------------------------------------------------------------------------------------

_LONGEST_WRAPPED: Final = 20_000
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)

_BY_PARAMETER: Final = (
    (re.compile(r"(?:[a-z0-9-]+\.)*safelinks\.protection\.(?:outlook\.com|office365\.us)"), "", "url"),
    (re.compile(r"statics\.teams\.cdn\.(?:office\.net|live\.net)"), "", "url"),
    (re.compile(r"view\.officeapps\.live\.com"), "/op/", "src"),
    (re.compile(r"urldefense\.(?:proofpoint\.com|com|us)"), "/v1/", "u"),
    (re.compile(r"linkprotect\.cudasvc\.com"), "/url", "a"),
    (re.compile(r"(?:[a-z0-9-]+\.)*trendmicro\.com"), "/wis/clicktime/", "url"),
    (re.compile(r"clicktime\.(?:symantec|cloud\.postoffice)\.(?:com|net)"), "", "u"),
    (re.compile(r"protect\d*\.fireeye\.com|(?:[a-z0-9-]+\.)*trellix\.com"), "", "u"),
    (re.compile(r"scanmail\.trustwave\.com"), "", "u"),
    (re.compile(r"urlsand\.esvalabs\.com"), "/", "u"),
    (re.compile(r"(?:www\.)?google\.(?:com|co\.uk)"), "/url", "q"),
    (re.compile(r"(?:www\.)?google\.(?:com|co\.uk)"), "/url", "url"),
    (re.compile(r"lm?\.facebook\.com"), "/l.php", "u"),
    (re.compile(r"(?:www\.)?linkedin\.com"), "/redir/", "url"),
    (re.compile(r"(?:www\.)?linkedin\.com"), "/safety/go", "url"),
    (re.compile(r"slack-redir\.net"), "/link", "url"),
)
"""Host, beginning of the path, and the parameter that holds the address."""

_MIMECAST: Final = re.compile(r"(?:[a-z0-9-]+\.)*(?:mimecast\.com|mimecastprotect\.com)")
_OWN: Final = r"&(?:amp;)?(?:data|sdata|reserved)="
"""Parameters that Outlook adds to an address that it did not percent-encode."""


def _inner(host: str, rest: str) -> str:
    """Return the address that a wrapper holds; "" for other addresses, or if it does not say."""
    for known, path, name in _BY_PARAMETER:
        if known.fullmatch(host) and rest.startswith(path) and (inner := _parameter(rest, name)):
            return inner
    for pattern, read in _BY_RULE:
        if pattern.fullmatch(host) and (inner := read(rest)):
            return inner
    return ""


def _parameter(rest: str, name: str) -> str:
    found = re.search(rf"[?&](?:amp;)?{name}=([^&#]*)", rest)
    if found is None:
        return ""
    if _SCHEME.match(found[1]) and "%3a%2f%2f" not in found[1].lower():
        # The address is not encoded: its own parameters follow.
        return re.split(_OWN, rest[found.start(1) :], maxsplit=1)[0]
    return unquote(found[1])


def _proofpoint(rest: str) -> str:
    """Read an address of Proofpoint: version 2 has - for % and _ for /; version 3 has stars for signs, which follow it."""
    if rest.startswith("/v2/"):
        found = re.search(r"[?&]u=([^&#]*)", rest)
        return unquote(found[1].replace("-", "%").replace("_", "/")) if found else ""
    found = re.fullmatch(r"/v3/__(.+?)__;([^!]*)!.*", rest, re.DOTALL)
    return _with_signs(found[1], found[2]) if found else ""


_RUNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _with_signs(address: str, packed: str) -> str:
    try:
        signs = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
    except ValueError:
        return ""
    place = 0

    def sign(star: re.Match[str]) -> str:
        nonlocal place
        count = _RUNS.find(star[1]) + 2 if star[1] else 1
        place += count
        return signs[place - count : place]

    whole = re.sub(r"\*(?:\*([A-Za-z0-9_-]))?", sign, address)
    return re.sub(r"^(https?:/)(?=[^/])", r"\1/", whole)


def _cisco(rest: str) -> str:
    found = re.fullmatch(r"/[^/]+/(https?%3A.+)", rest, re.IGNORECASE)
    return unquote(found[1]) if found else ""


def _sophos(rest: str) -> str:
    packed = unquote(found[1]) if (found := re.search(r"[?&]u=([^&#]*)", rest)) else ""
    try:
        return urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
    except ValueError:
        return ""


_BY_RULE: Final[tuple[tuple[re.Pattern[str], Callable[[str], str]], ...]] = (
    (re.compile(r"urldefense\.(?:proofpoint\.com|com|us)"), _proofpoint),
    (re.compile(r"secure-web\.cisco\.com"), _cisco),
    (re.compile(r"(?:[a-z0-9-]+\.)*protection\.sophos\.com"), _sophos),
)


def _named_by(address: str, words: str) -> str:
    """Return the address that is the text of a link, if its wrapper names the same host only; else "".

    Mimecast does not disclose the address, only its domain.
    """
    found = _ADDRESS.fullmatch(address) if len(address) <= _LONGEST_WRAPPED else None
    if found is None or not _MIMECAST.fullmatch(found["host"].lower()):
        return ""
    domain, host = _parameter(found["rest"] or "", "domain").lower(), host_in(words)
    if not domain or not host or not (host == domain or host.endswith(f".{domain}")):
        return ""
    text = words.strip()
    return text if "://" in text else f"https://{text}"


def record_page(base_url: str, record_id: str) -> str:
    """Return the address of a record on the page of pqwatch; `base_url` has no slash at its end."""
    return f"{base_url}/records/{quote(record_id, safe='/')}"
