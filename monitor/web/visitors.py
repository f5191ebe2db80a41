"""Visitors of the page: the address that a request comes from, and who has signed in."""

from __future__ import annotations

import hmac
import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from monitor.config.settings import WebSettings


def client_address(request: Request, web: WebSettings) -> str:
    """Return the address that a request comes from, as the trusted proxy before pqwatch says.

    The last address counts, which that proxy wrote itself: a client can send any others before it.
    """
    peer = request.client.host if request.client else ""
    named = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    if not named or not is_trusted(peer, web):
        return peer
    # A visitor whose address can't be read comes from elsewhere, and is not taken for this machine.
    return _without_port(named) or ("" if is_this_machine(peer) else peer)


def _without_port(named: str) -> str:
    """Return an address without the port that some servers write behind it; "" for what is no address."""
    found = re.fullmatch(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+", named)
    address = (found[1] or found[2]) if found else named
    return address if address_of(address) else ""


def is_trusted(peer: str, web: WebSettings) -> bool:
    """Say whether an address belongs to a proxy whose headers count."""
    address = address_of(peer)
    return address is not None and any(address in ipaddress.ip_network(network) for network in web.trusted_proxies)


def is_this_machine(address: str) -> bool:
    """Say whether an address is of this machine."""
    found = address_of(address)
    return found is not None and found.is_loopback


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address; an IPv4 address in the dress of IPv6 counts as itself."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def network_of(address: str) -> str:
    """Return what requests are counted by: an address, or the part of an IPv6 address that its user can't choose."""
    found = address_of(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found or address)


def user_of(request: Request, web: WebSettings) -> str:
    """Return who the proxy says has signed in; "" for no one, from anywhere else, and where two names are given."""
    peer = request.client.host if request.client else ""
    if web.auth != "proxy" or not is_trusted(peer, web):
        return ""
    named = request.headers.getlist(web.user_header)
    return named[0].strip()[:200] if len(named) == 1 else ""


def has_token(request: Request, web: WebSettings) -> bool:
    """Say whether a program sends the right token."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and is_token(given.strip(), web)


def is_token(given: str, web: WebSettings) -> bool:
    """Say whether a text is the token of config.toml."""
    return web.token is not None and hmac.compare_digest(given.encode(), web.token.reveal().encode())
