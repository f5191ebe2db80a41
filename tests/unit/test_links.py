"""Links of answers without the wrappers of mail programs, and which of them may be clicked."""

from __future__ import annotations

import gzip
import json
import re
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.records import Link
from monitor.parliament.links import (
    LONGEST,
    OFFICIAL_HOSTS,
    clickable_url,
    find_addresses,
    host_in,
    resolve_link,
    unwrap,
)
from scrapers.markup import plain_text

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "https://www.gov.uk/government/publications/a_b-c?x=1&y=2%20z#top"
QUOTED = quote(PAGE, safe="")

MAY_BE_CLICKED = {
    "https://www.parliament.uk": "https://www.parliament.uk",
    "http://www.gov.uk/a": "http://www.gov.uk/a",
    "HTTPS://WWW.GOV.UK/Case": "https://www.gov.uk/Case",
    "https://gov.uk?x=1": "https://gov.uk?x=1",
    "https://www.legislation.gov.uk/ukpga/2023/50#s-1": "https://www.legislation.gov.uk/ukpga/2023/50#s-1",
    "https://www.ofcom.org.uk/a": "https://www.ofcom.org.uk/a",
    "https://digital.nhs.uk/a": "https://digital.nhs.uk/a",
    "https://www.met.police.uk/": "https://www.met.police.uk/",
    "https://www.gov.scot/a": "https://www.gov.scot/a",
    "https://www.gov.wales/a": "https://www.gov.wales/a",
    "https://www.health-ni.gov.uk/a": "https://www.health-ni.gov.uk/a",
    "https://www.niassembly.gov.uk/a": "https://www.niassembly.gov.uk/a",
    "https://online.hscni.net/a": "https://online.hscni.net/a",
    "https://www.gov.uk:443/a": "https://www.gov.uk/a",
    "https://www.gov.uk/caf\u00e9 b<\">'": "https://www.gov.uk/caf%C3%A9%20b%3C%22%3E'",
    "https://www.gov.uk/a|b\\c": "https://www.gov.uk/a%7Cb%5Cc",
    "https://www.gov.uk/a%20b": "https://www.gov.uk/a%20b",
}

MAY_NOT = [
    "https://evilgov.uk/",
    "https://gov.uk.evil.example/",
    "https://evil.example/www.gov.uk",
    "https://evil.example/https://www.gov.uk/",
    "https://evil.example?https://www.gov.uk/",
    "https://evil.example#.gov.uk",
    "https://www.gov.uk@evil.example/",
    "https://user:password@www.gov.uk/",
    "https://www.gov.uk%40evil.example/",
    "https://evil.example\\.gov.uk/",
    "https:\\\\www.gov.uk/",
    "https://evil.example\\@www.gov.uk/",
    "https://www.gov.uk:8080/",
    "http://www.gov.uk:443/",
    "https://www.gov.uk:/",
    "https://g\u043ev.uk/",
    "https://xn--gv-fmc.uk/",
    "https://www.g\uff4fv.uk/",
    "https://www.gov\u3002uk/",
    "https://evil.example\u2044.gov.uk/",
    "https://www.gov.uk./",
    "https://.gov.uk/",
    "https://-.gov.uk/",
    "https://%67ov.uk/",
    "https://www.gov.uk\t.evil.example/",
    "https://www.gov.uk/\u202ea",
    "https://www.gov.uk/\x00",
    "https://www.gov.uk/\r\nb",
    "https://www.gov.uk/\ud800",
    "//www.gov.uk/",
    "www.gov.uk",
    "javascript:alert(1)//https://www.gov.uk/",
    "JaVaScRiPt://www.gov.uk/%0aalert(1)",
    "data:text/html,https://www.gov.uk/",
    "vbscript:https://www.gov.uk/",
    "ftp://www.gov.uk/",
    "mailto:a@gov.uk",
    "https://www.gov.uk/" + "a" * LONGEST,
    "",
]


@pytest.mark.parametrize(("address", "url"), MAY_BE_CLICKED.items())
def test_links_of_official_hosts_may_be_clicked(address: str, url: str) -> None:
    assert clickable_url(address) == url


@pytest.mark.parametrize("address", MAY_NOT)
def test_links_that_may_lead_elsewhere_may_not_be_clicked(address: str) -> None:
    assert clickable_url(address) == ""


def test_each_official_host_counts_by_whole_labels() -> None:
    for host in OFFICIAL_HOSTS:
        assert clickable_url(f"https://{host}/a")
        assert clickable_url(f"https://www.{host}/a")
        assert not clickable_url(f"https://evil{host}/a") or host.endswith(".gov.uk")
        assert not clickable_url(f"https://{host}.example/a")


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_may_be_clicked_leads_to_an_official_host(before: str, after: str) -> None:
    for address in (f"https://{before}gov.uk{after}", f"{before}https://www.gov.uk{after}", f"https://{before}"):
        if url := clickable_url(address):
            parts = urlsplit(url)
            assert url.isascii()
            assert url.isprintable()
            assert not set(url) & set(' <>"\\`{}|^')
            assert (parts.username, parts.password, parts.port) == (None, None, None)
            assert parts.hostname
            assert any(f".{parts.hostname}".endswith(f".{host}") for host in OFFICIAL_HOSTS)


PROOFPOINT_2 = quote(PAGE).replace("-", "%2D").replace("_", "%5F").replace("/", "_").replace("%", "-")
STARRED = PAGE.replace("?", "*").replace("&", "*").replace("%", "*")
SIGNS = urlsafe_b64encode(b"?&%").decode().rstrip("=")

WRAPPED = {
    "outlook": f"https://gbr01.safelinks.protection.outlook.com/?url={QUOTED}&data=05%7C02%7Ca%40b.gov.uk%7C1&sdata=x&reserved=0",
    "outlook, html": f"https://gbr01.safelinks.protection.outlook.com/?url={QUOTED}&amp;data=05%7C02",
    "outlook, a page": f"https://eur03.safelinks.protection.outlook.com/ap/w-59584e83/?url={QUOTED}&data=05",
    "outlook, as it is": f"https://gbr01.safelinks.protection.outlook.com/?url={PAGE}&data=05|02|a@b.gov.uk|1&sdata=x",
    "outlook, of the state": f"https://gcc.safelinks.protection.office365.us/?url={QUOTED}&data=1",
    "teams": f"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url={QUOTED}&locale=en",
    "office": f"https://view.officeapps.live.com/op/view.aspx?src={QUOTED}&wdOrigin=BROWSELINK",
    "proofpoint 1": f"https://urldefense.proofpoint.com/v1/url?u={QUOTED}&k=1",
    "proofpoint 2": f"https://urldefense.proofpoint.com/v2/url?u={PROOFPOINT_2}&d=DwMFAg&c=1",
    "proofpoint 3": f"https://urldefense.com/v3/__{STARRED}__;{SIGNS}!!NVzLfOphnbDXSw!abc$",
    "proofpoint 3, one stroke": f"https://urldefense.us/v3/__{STARRED.replace('//', '/', 1)}__;{SIGNS}!!x!y$",
    "barracuda": f"https://linkprotect.cudasvc.com/url?a={QUOTED}&c=E,1,x",
    "trend micro": f"https://ctp.trendmicro.com:443/wis/clicktime/v1/query?url={QUOTED}&umid=1",
    "cisco": f"https://secure-web.cisco.com/1abc-DEF/{QUOTED}",
    "fireeye": f"https://protect2.fireeye.com/v1/url?k=1&q=1&e=2&u={QUOTED}",
    "trustwave": f"https://scanmail.trustwave.com/?c=1&d=2&u={QUOTED}",
    "libraesva": f"https://urlsand.esvalabs.com/?u={QUOTED}&e=9f250c40&h=982fc74b&f=y&p=y",
    "sophos": f"https://eu-west-1.protection.sophos.com/?d=gov.uk&u={urlsafe_b64encode(PAGE.encode()).decode()}&i=1",
    "google": f"https://www.google.com/url?sa=t&url={QUOTED}",
    "two of them": "https://urldefense.proofpoint.com/v1/url?u="
    + quote(f"https://gbr01.safelinks.protection.outlook.com/?url={QUOTED}&data=1", safe=""),
}


@pytest.mark.parametrize("address", WRAPPED.values(), ids=WRAPPED)
def test_wrappers_of_mail_programs_are_removed(address: str) -> None:
    assert unwrap(address) == PAGE
    assert resolve_link(Link(text="a page", href=address)) == (PAGE, PAGE)


def test_encoded_characters_of_proofpoint() -> None:
    signs = urlsafe_b64encode("éé?".encode()).decode()
    address = f"https://urldefense.com/v3/__https://www.gov.uk/**A*x__;{signs}!!a!b$"
    assert unwrap(address) == "https://www.gov.uk/éé?x"
    assert clickable_url(unwrap(address)) == "https://www.gov.uk/%C3%A9%C3%A9?x"


SAFELINK = "https://gbr01.safelinks.protection.outlook.com/?url="
NOT_WRAPPED = [
    f"{SAFELINK}javascript%3Aalert(1)&data=1",
    f"{SAFELINK}data%3Atext%2Fhtml%2Cx&data=1",
    f"{SAFELINK}https%3A%2F%2Fwww.gov.uk%2F%0D%0Ab&data=1",
    f"{SAFELINK}https%3A%2F%2Fwww.gov.uk%40evil.example%2F&data=1",
    f"{SAFELINK}%2F%2Fwww.gov.uk&data=1",
    f"{SAFELINK}&data=1",
    "https://gbr01.safelinks.protection.outlook.com/",
    f"https://safelinks.protection.outlook.com.evil.example/?url={QUOTED}",
    f"https://evilsafelinks.protection.outlook.com/?url={QUOTED}",
    f"https://evil.example/?url={QUOTED}",
    "https://urldefense.com/v3/__https://www.gov.uk/*__;\u00e9!!a$",
    "https://urldefense.com/v3/__javascript:alert(1)__;!!a!b$",
    "https://eu.protection.sophos.com/?d=gov.uk&u=%%%",
    "https://protect-eu.mimecast.com/s/AbC1?domain=gov.uk",
]


@pytest.mark.parametrize("address", NOT_WRAPPED)
def test_what_holds_no_address_stays_whole_and_may_not_be_clicked(address: str) -> None:
    assert unwrap(address) == address
    assert resolve_link(Link(text="words", href=address)) == (address, "")


def test_hidden_address_is_replaced_by_the_link_text_of_the_same_domain() -> None:
    href = "https://protect-eu.mimecast.com/s/AbC1?domain=gov.uk"
    assert resolve_link(Link(text="www.gov.uk/guidance/a", href=href)).url == "https://www.gov.uk/guidance/a"
    assert resolve_link(Link(text="https://www.gov.uk/a", href=href)).url == "https://www.gov.uk/a"
    assert resolve_link(Link(text="https://www.nhs.uk/a", href=href)) == (href, "")
    assert resolve_link(Link(text="guidance", href=href)) == (href, "")
    assert resolve_link(Link(text="https://www.gov.uk/a", href="https://evil.example/?domain=gov.uk")).url == ""


IN_TEXT = {
    "See https://www.gov.uk/a. Then": ["https://www.gov.uk/a"],
    "(www.gov.uk/a_(b)), and www.nhs.uk.": ["https://www.gov.uk/a_(b)", "https://www.nhs.uk"],
    "at gov.uk/guidance/a?x=1&y=2; or": ["https://gov.uk/guidance/a?x=1&y=2"],
    f"guarded: {SAFELINK}https%3A%2F%2Fwww.gov.uk%2Fa&data=1": ["https://www.gov.uk/a"],
    "on GOV.UK, at evilgov.uk/a, www.evil.example, a@gov.uk/b and https://www.gov.uk@evil.example/": [],
    "javascript:alert(1)//www.gov.uk/ and https://www.gov.uk:81/a": [],
    "twice www.gov.uk/a,www.gov.uk/b": ["https://www.gov.uk/a,www.gov.uk/b"],
}


@pytest.mark.parametrize(("text", "urls"), IN_TEXT.items())
def test_addresses_that_are_written_out_are_found(text: str, urls: list[str]) -> None:
    found = [address for address in find_addresses(text) if address[2]]
    assert [url for _, _, url in found] == urls
    for start, end, url in found:
        assert (
            text[start:end].removeprefix("https://") == url.removeprefix("https://") or "safelinks" in text[start:end]
        )


@pytest.mark.parametrize("sign", ["a.", "www.", "a.uk/", "https://", "(", ")", "www.gov.uk/", ".", "https://a)"])
def test_long_texts_are_scanned_once(sign: str) -> None:
    assert isinstance(find_addresses(sign * 100_000), list)
    [*_, (start, end, url)] = find_addresses(f"https://www.gov.uk/{sign * 100_000}")
    assert (start, url) == (0, "https://www.gov.uk/" if end == len("https://www.gov.uk/") else "")
    assert find_addresses("https://www.gov.uk/a" + ")" * 100_000) == [(0, 20, "https://www.gov.uk/a")]


def test_the_host_in_words() -> None:
    assert [host_in(words) for words in ("www.gov.uk/a", "https://WWW.gov.uk", "the report", "a@b.uk", "")] == [
        "www.gov.uk",
        "www.gov.uk",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize("sign", ["a", "a.", "-", ".", "/", "*", "%3A", "&url=", "__", ";"])
def test_long_addresses_are_read_to_their_end(sign: str) -> None:
    for begin in ("https://", "https://a.", SAFELINK, "https://urldefense.com/v3/__", "https://www.gov.uk/"):
        address = begin + sign * 30_000
        assert clickable_url(address) == ""
        assert unwrap(address) == address


def test_every_recorded_wrapper_gives_its_address(shared_data: Path) -> None:
    guarded = official = 0
    folder = shared_data / "written-questions-api"
    with gzip.open(folder / "fulltext-commons-2023-09_2024-12.jsonl.gz", "rt") as lines:
        for line in lines:
            html = json.loads(line)["answerText"] or ""
            for link in plain_text(html)[1] if "href" in html else ():
                target = resolve_link(link)
                host = urlsplit(target.url).hostname or ""
                assert "safelinks" not in target.address
                assert not target.url or re.search(r"(?:^|\.)(?:uk|scot|wales|net|cymru)$", host)
                guarded += "safelinks.protection" in link.href
                official += bool(target.url)
    assert guarded > 300
    assert official > 2_000
