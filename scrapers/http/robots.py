"""Rules of a web site for programs, from its robots.txt (RFC 9309).

They are asked for where pages made for people are read, many in a row. Interfaces and files that a site offers to programs
have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import httpx
from protego import Protego

from monitor.errors import FetchError

if TYPE_CHECKING:
    from scrapers.http.client import Client

PROGRAM: Final = "pqwatch"
"""Name under which a site may have rules for this program."""
LONGEST_DELAY: Final = 60.0
"""Seconds between two requests that are kept at most, whatever a site asks for."""
_MAX_CHARACTERS: Final = 512 * 1024
"""Length that is read at most; RFC 9309 asks for 500 KiB at least."""


@dataclass
class SiteRules:
    """Rules of the site at an address. They are asked for when the first page is to be read, and then kept.

    A site without such a file, or that refuses it (a status 4xx), allows everything. One whose file can't be had for
    another reason allows nothing until it can.
    """

    client: Client
    base_url: str

    def check(self, url: str) -> None:
        """Raise FetchError if a page may not be read, or if that can't be known now."""
        if not self._rules.can_fetch(url, PROGRAM):
            raise FetchError(
                f"{self._address} does not allow programs to read {url}: set path to a copy of these files.", url=url
            )

    @property
    def _address(self) -> str:
        return str(httpx.URL(self.base_url).copy_with(raw_path=b"/robots.txt"))

    @cached_property
    def _rules(self) -> Protego:
        rules = Protego.parse(self._text())
        delay = rules.crawl_delay(PROGRAM)
        if delay:
            self.client.slow_down(self.base_url, min(delay, LONGEST_DELAY))
        return rules

    def _text(self) -> str:
        try:
            response = self.client.get(self._address)
        except FetchError as exc:
            if exc.is_final:
                return ""
            text = f"No page is read while the site's rules for programs can't be had. {exc}"
            raise FetchError(text, url=self._address) from exc
        return response.body.decode("utf-8-sig", "replace")[:_MAX_CHARACTERS]
