"""Links of a text and its attached files, as they are shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model.records import Kind, Link
from monitor.parliament.links import LONGEST, OFFICIAL_HOSTS, host_in, resolve_link
from monitor.presentation.wording import count_of, official_url, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.records import Attachment, Proceeding

MEGABYTE = 1_000_000
_ENDING = re.compile(r"\.([A-Za-z][A-Za-z0-9]{1,4})(?:[?#]|$)")
"""The end of a file's name that tells its type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A link of an answer: its words, "" where these are the address, and where it leads, whole. `url`: "" or clickable."""

    words: str
    address: str
    url: str


def links_of(now: Proceeding, hosts: Sequence[str] = OFFICIAL_HOSTS) -> list[Linked]:
    """Return the links of a text, each once.

    They follow the attached files that can be clicked, and the page of a notice outside Parliament.
    """
    files = [Link(text=attachment.title, href=attachment.url) for attachment in now.attachments if attachment.url]
    links = [*(file for file in files if resolve_link(file, hosts).url), *now.links]
    if now.kind is Kind.NOTICE and now.url and not official_url(now):
        links.insert(0, Link(text="Page", href=now.url))
    return list(dict.fromkeys(linked(link, hosts) for link in links))


def linked(link: Link, hosts: Sequence[str] = OFFICIAL_HOSTS) -> Linked:
    """Return a link to show: its words, unless they are the address, and its target."""
    target, words = resolve_link(link, hosts), one_line(link.text)
    if not re.match(r"(?:https?://|mailto:)", target.address, re.IGNORECASE):
        return Linked(words=words, address="an unknown place", url="")
    address = one_line(target.address).removeprefix("mailto:")
    is_address = bool(host_in(words)) and host_in(words) == host_in(address)
    if len(address) > LONGEST:
        address = f"{address[:LONGEST]}... ({len(address):,} characters)"
    return Linked(words="" if is_address or words == address else words, address=address, url=target.url)


def more_links(now: Proceeding, count: int) -> str:
    """Say how many links are not shown."""
    where = "page" if official_url(now) else "text"
    return f"And {count_of(count, 'more link')}: see the {where}." if count > 0 else ""


def file_in_words(file: Attachment) -> str:
    """Name an attached file, with its type and size."""
    facts = [_type(file), _size(file.size_bytes)]
    known = ", ".join(fact for fact in facts if fact)
    return f"{one_line(file.title) or 'a file without a name'}{f' ({known})' if known else ''}"


def _type(file: Attachment) -> str:
    """Return the type of a file as people know it: "xlsx", also where a source gives a media type of seventy letters."""
    file_type = one_line(file.file_type)
    if "/" not in file_type:
        return file_type
    named = _ENDING.search(one_line(file.url)) or _ENDING.search(one_line(file.title))
    return named[1].lower() if named else file_type.rpartition("/")[2]


def _size(size: int | None) -> str:
    """Return a size with its unit, in units of a thousand bytes."""
    if size is None:
        return ""
    return f"{-(-size // 1000)} kB" if size < MEGABYTE else f"{size / MEGABYTE:.1f} MB"
