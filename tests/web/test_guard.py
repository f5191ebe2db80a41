"""Strangers at the door: hosts, rates, sizes, forms of other sites, sign-in; and the headers of every response."""

from __future__ import annotations

import asyncio
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from fastapi import APIRouter, FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.testclient import TestClient

from monitor.config.settings import WebSettings
from monitor.config.tables import Secret
from monitor.delivery.links import Signer
from monitor.errors import ConfigError
from monitor.web import search_downloads, security, sessions
from monitor.web.rate_limit import HERE_TIMES, Limits, RateLimit
from monitor.web.security import FORM_FOR, HEADERS, LARGEST_BODY, VISITOR, Guard, is_own_form, own_path
from monitor.web.server import check_address
from monitor.web.sessions import SESSION
from monitor.web.visitors import client_address, is_this_machine, user_of
from tests.coroutines import awaited
from tests.web.forms import form_of

if TYPE_CHECKING:
    from tests.web.conftest import Office

HERE = frozenset({"127.0.0.1"})
TOKEN = "0123456789abcdef0123"  # noqa: S105 (for tests alone)
SIGNER = Signer("secret")
LOCAL, PROXY, STRANGER = ("127.0.0.1", 50_000), ("10.0.0.5", 50_000), ("203.0.113.9", 50_000)
BEHIND_A_PROXY = WebSettings(auth="proxy", trusted_proxies=("10.0.0.5/32",), base_url="https://pq.example.org")
WITH_A_TOKEN = WebSettings(auth="token", token=Secret(TOKEN))

router = APIRouter()


@router.get("/")
def show(request: Request) -> Response:
    return HTMLResponse(f"<p>{request.state.csrf}</p><p>{request.state.user}</p>")


@router.get("/{_path:path}")
def show_any(_path: str) -> Response:
    return PlainTextResponse("shown")


@router.post("/crash")
def crash() -> None:
    raise RuntimeError("secret.example is down")


@router.post("/{_path:path}")
def write(request: Request, _path: str, csrf: Annotated[str, Form()] = "") -> Response:
    if not is_own_form(request, SIGNER, csrf):
        raise HTTPException(403)
    return PlainTextResponse("written")


def client(
    web: WebSettings | None = None,
    *,
    address: tuple[str, int] = LOCAL,
    host: str = "127.0.0.1",
    limits: Limits | None = None,
) -> TestClient:
    """Return a browser before the guard and a small application."""
    return TestClient(guarded(web, limits), base_url=f"http://{host}", client=address, follow_redirects=False)


def guarded(web: WebSettings | None = None, limits: Limits | None = None) -> FastAPI:
    """Return a small application behind the guard."""
    application, settings = FastAPI(), web or WebSettings()
    application.include_router(router)
    most = limits or Limits(burst=10_000, per_minute=10_000)
    application.add_middleware(Guard, web=lambda: settings, hosts=HERE, signer=SIGNER, limits=most)
    return application


def form(browser: TestClient, **fields: str) -> dict[str, str]:
    """Return the fields of a form that was loaded."""
    found = BeautifulSoup(browser.get("/").text, "html.parser").find("p")
    assert found is not None
    return {"csrf": found.get_text(), **fields}


# -- hosts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[", "127.0.0.1@evil.example", "evil.example/127.0.0.1"]
)
def test_another_name_is_refused(host: str) -> None:
    response = client().get("/", headers={"Host": host})
    assert response.status_code == 421
    assert "[web] base_url" in response.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "127.0.0.1."])
def test_its_own_name_with_any_port_is_good(host: str) -> None:
    assert client().get("/", headers={"Host": host}).status_code == 200


def test_the_host_of_base_url_is_its_own() -> None:
    web = WebSettings(base_url="https://pq.example.org", public=True)
    assert client(web).get("/", headers={"Host": "PQ.example.org"}).status_code == 200


@pytest.mark.parametrize(
    ("given", "host"),
    [("PQ-Server", "pq-server:8080"), ("2001:DB8:0::1", "[2001:db8::1]:8080"), ("pq.example.", "pq.example")],
)
def test_the_host_that_it_listens_at_is_its_own_as_browsers_write_it(given: str, host: str) -> None:
    application, settings = FastAPI(), WebSettings(public=True)
    application.include_router(router)
    most = Limits(burst=10, per_minute=10)
    application.add_middleware(Guard, web=lambda: settings, hosts=frozenset({given}), signer=SIGNER, limits=most)
    assert TestClient(application).get("/", headers={"Host": host}).status_code == 200
    assert TestClient(application).get("/", headers={"Host": "127.0.0.1"}).status_code == 421


def test_a_host_that_looks_like_a_path_opens_nothing() -> None:
    browser = client(WITH_A_TOKEN)
    for host in ("127.0.0.1/static/?", "127.0.0.1/read/x#", "127.0.0.1\\static\\"):
        assert browser.get("/topics", headers={"Host": host}).status_code in (303, 421)


# -- rate, size, time ---------------------------------------------------------------------------------------------------


def test_too_many_requests_are_told_when_to_come_again() -> None:
    browser = client(WebSettings(public=True), address=("198.51.100.7", 1), limits=Limits(burst=3, per_minute=6))
    codes = [browser.get("/a").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert 1 <= int(browser.get("/a").headers["retry-after"]) <= 11


def test_this_machine_may_ask_more_often() -> None:
    browser = client(limits=Limits(burst=1, per_minute=1))
    codes = [browser.get("/a").status_code for _ in range(HERE_TIMES + 1)]
    assert codes == [200] * HERE_TIMES + [429]


def test_an_address_gets_its_requests_back_and_others_are_not_touched() -> None:
    now = [0.0]
    rate = RateLimit(Limits(burst=2, per_minute=60), clock=lambda: now[0])
    assert [rate.seconds_to_wait("a") for _ in range(3)] == [0, 0, 1]
    assert rate.seconds_to_wait("b") == 0
    now[0] = 1
    assert rate.seconds_to_wait("a") == 0


def test_many_addresses_need_no_more_memory() -> None:
    rate = RateLimit(Limits(), clock=lambda: 0.0)
    for number in range(rate.MOST_ADDRESSES + 10):
        rate.seconds_to_wait(str(number))
    assert len(rate._buckets) == rate.MOST_ADDRESSES


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    guard = guarded(WebSettings(public=True), Limits(burst=1, per_minute=1))
    codes = [
        TestClient(guard, base_url="http://127.0.0.1", client=(f"2001:db8::{number}", 1)).get("/a").status_code
        for number in (1, 2)
    ]
    assert codes == [200, 429]


def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    browser = client()
    response = browser.post("/a", content=b"x", headers={"Content-Length": str(LARGEST_BODY + 1)})
    assert (response.status_code, response.text) == (413, "This is too large: at most 4 MB can be sent.\n")


def test_a_body_that_grows_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "LARGEST_BODY", 1_000)

    async def run() -> list[Any]:
        sent: list[Any] = []
        parts = [{"type": "http.request", "body": b"csrf=" + b"x" * 600, "more_body": True} for _ in range(3)]

        async def receive() -> Any:
            return parts.pop(0)

        await guarded()(_scope("/a"), receive, _keeper(sent))
        return sent

    [start, *_] = awaited(run())
    assert start["status"] == 413
    assert (b"x-frame-options", b"DENY") in start["headers"]


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "BODY_WITHIN", 0.01)

    async def run() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(5)

        await guarded()(_scope("/a"), receive, _keeper(sent))
        return sent

    assert awaited(run())[0]["status"] == 408


def _scope(path: str) -> Any:
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/x-www-form-urlencoded")]
    return {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers,
        "client": LOCAL, "server": ("127.0.0.1", 80), "scheme": "http", "http_version": "1.1", "root_path": "",
    }  # fmt: skip


def _keeper(sent: list[Any]) -> Any:
    async def send(message: Any) -> None:
        sent.append(message)

    return send


def test_a_long_address_is_refused() -> None:
    assert client().get(f"/{'x' * 9_000}").status_code == 414
    assert client().get("/", params={"q": "x" * 9_000}).status_code == 414


# -- forms of other sites -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(headers: dict[str, str]) -> None:
    browser = client()
    assert browser.post("/a", data=form(browser), headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_its_own_form_is_taken(headers: dict[str, str]) -> None:
    browser = client()
    assert browser.post("/a", data=form(browser), headers=headers).text == "written"


def test_the_origin_may_be_that_of_base_url() -> None:
    browser = client(BEHIND_A_PROXY, address=PROXY)
    browser.headers["X-Forwarded-User"] = "ann"
    assert browser.post("/a", data=form(browser), headers={"Origin": "https://pq.example.org"}).status_code == 200
    assert browser.post("/a", data=form(browser), headers={"Origin": "https://example.org"}).status_code == 403


def test_a_form_without_its_token_or_with_that_of_another_browser_is_refused() -> None:
    browser, other = client(), client()
    foreign = form(other)
    form(browser)
    for fields in ({}, {"csrf": ""}, {"csrf": "x"}, foreign, {"csrf": SIGNER.sign("session", "x")}):
        assert browser.post("/a", data=fields).status_code == 403
    without_cookies = client()
    assert without_cookies.post("/a", data=form(browser)).status_code == 403


def test_a_form_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = client()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_000)
    fields = form(browser)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_000 + FORM_FOR)
    assert browser.post("/a", data=fields).status_code == 200
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_001 + FORM_FOR)
    assert browser.post("/a", data=fields).status_code == 403


# -- who may come in ----------------------------------------------------------------------------------------------------


def test_without_sign_in_it_is_open_to_its_own_machine_alone() -> None:
    assert client().get("/a").status_code == 200
    assert client(address=STRANGER).get("/a").status_code == 403
    passed_on = client().get("/a", headers={"X-Forwarded-For": "203.0.113.9"})
    assert passed_on.status_code == 403
    assert "[web] auth" in passed_on.text
    for named in ("203.0.113.9:4711", "[2001:db8::9]:4711", "unknown", "127.0.0.1:x"):
        assert client().get("/a", headers={"X-Forwarded-For": named}).status_code == 403
    assert client().get("/a", headers={"X-Forwarded-For": "127.0.0.1:4711"}).status_code == 200
    assert client(WebSettings(public=True), address=STRANGER).get("/a").status_code == 200


def test_the_proxy_says_who_has_signed_in() -> None:
    browser = client(BEHIND_A_PROXY, address=PROXY)
    assert browser.get("/a").status_code == 401
    named = browser.get("/", headers={"X-Forwarded-User": "ann"})
    assert named.status_code == 200
    assert "<p>ann</p>" in named.text


def test_a_name_from_an_address_that_is_not_trusted_is_ignored() -> None:
    for address in (STRANGER, LOCAL, ("testclient", 1)):
        browser = client(BEHIND_A_PROXY, address=address)
        assert browser.get("/a", headers={"X-Forwarded-User": "ann"}).status_code == 401


@pytest.mark.parametrize("up", ["..", "%2e%2e", "..%2f..", "a%2f..%2f.."])
def test_a_name_does_not_count_on_a_path_that_a_proxy_may_take_for_an_open_one(up: str) -> None:
    browser, named = client(BEHIND_A_PROXY, address=PROXY), {"X-Forwarded-User": "ann"}
    assert browser.get(f"/records%2f91160%23%2f{up}%2fstatic%2fx", headers=named).status_code == 401
    assert browser.get("/records%2f91160%2f...", headers=named).status_code == 200


def test_servers_of_the_manual_open_these_paths_and_pass_on_no_name_that_they_did_not_check() -> None:
    page = (Path(__file__).parents[2] / "docs" / "web.md").read_text(encoding="utf-8")
    open_paths = {"/healthz", *security.WITHOUT_SIGN_IN}
    [caddy] = re.findall(r"@signed_in not path (.*)", page)
    assert {path.rstrip("*") for path in caddy.split()} == open_paths
    [nginx] = re.findall(r"location ~ \^/\((.*)\) \{", page)
    assert {f"/{path.rstrip('$')}" for path in nginx.split("|")} == open_paths
    closed, opened = re.findall(r"(?s)location [^{]*\{(.*?)\}", page)
    assert "auth_basic" in closed
    assert "X-Forwarded-User $remote_user;" in closed
    assert 'X-Forwarded-User "";' in opened


def test_two_names_are_no_name() -> None:
    names = [("X-Forwarded-User", "admin"), ("X-Forwarded-User", "ann")]
    assert client(BEHIND_A_PROXY, address=PROXY).get("/a", headers=names).status_code == 401
    assert client(BEHIND_A_PROXY, address=PROXY).get("/a", headers={"X-Forwarded-User": " "}).status_code == 401


def test_the_last_forwarded_address_counts_and_only_from_a_trusted_proxy() -> None:
    def address(peer: str, *forwarded: str) -> str:
        scope = _scope("/") | {"client": (peer, 1)}
        scope["headers"] = [(b"x-forwarded-for", value.encode()) for value in forwarded]
        return client_address(Request(scope), BEHIND_A_PROXY)

    assert address("10.0.0.5", "127.0.0.1, 203.0.113.9") == "203.0.113.9"
    assert address("10.0.0.5", "127.0.0.1", "203.0.113.9") == "203.0.113.9"
    assert address("10.0.0.5", "127.0.0.1, nonsense") == "10.0.0.5"
    assert address("10.0.0.5", "127.0.0.1, 203.0.113.9:4711") == "203.0.113.9"
    assert address("10.0.0.5", "[2001:db8::9]:4711") == address("10.0.0.5", "[2001:db8::9]") == "2001:db8::9"
    assert address("::ffff:10.0.0.5", "203.0.113.9") == "203.0.113.9"
    assert address("203.0.113.9", "127.0.0.1") == "203.0.113.9"


def test_addresses_of_this_machine() -> None:
    assert all(map(is_this_machine, ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_this_machine, ("", "testclient", "10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0")))  # noqa: S104


def test_a_user_is_named_by_a_proxy_alone() -> None:
    scope = _scope("/") | {"headers": [(b"x-forwarded-user", b"ann")]}
    assert user_of(Request(scope), WebSettings()) == ""


def test_a_program_signs_in_by_its_token() -> None:
    browser = client(WITH_A_TOKEN)
    refused = browser.get("/api/v1/records")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    for value in (f"Bearer {TOKEN}", f"bearer  {TOKEN}"):
        assert browser.get("/api/v1/records", headers={"Authorization": value}).status_code == 200
    for value in (f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", "Bearer é".encode().decode("latin-1")):
        assert browser.get("/api/v1/records", headers={b"Authorization": value.encode("latin-1")}).status_code == 401


def test_a_browser_is_led_to_the_form_and_back_to_the_page() -> None:
    response = client(WITH_A_TOKEN).get("/records/q-1?part=1&x=%2F")
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?to=%2Frecords%2Fq-1%3Fpart%3D1%26x%3D%252F"
    assert client(WITH_A_TOKEN).post("/a").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/bodies/Home%20Office?show=open",
        "/people/Zo%C3%AB%20Example",
        "/topics/Water%2FSewage",
        "/topics/Why%3F",
        "/records/2005-12-07/1366W",
        f"/search?q={'x' * 4_000}",
    ],
)
def test_signing_in_leads_to_the_page_that_was_asked_for(path: str) -> None:
    response = client(WITH_A_TOKEN).get(path)
    [to] = parse_qs(urlsplit(response.headers["location"]).query)["to"]
    assert own_path(to) == path


def test_an_address_that_would_be_too_long_leads_to_the_form_alone() -> None:
    response = client(WITH_A_TOKEN).get(f"/search?q={'%C3%A4' * 1_000}")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize(
    "path", ["/static/style.css", "/healthz", "/sign-in", "/read/x", "/unsubscribe/x", "/preferences/x"]
)
def test_some_pages_ask_for_no_sign_in(path: str) -> None:
    assert client(WITH_A_TOKEN).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/healthz/x", "/sign-inside", "/readers", "/status", "/metrics", "//static/x"])
def test_others_with_like_names_do(path: str) -> None:
    assert client(WITH_A_TOKEN).get(path).status_code in (303, 401)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "", "x", "/a\nb", "/\t/evil"]
)
def test_signing_in_leads_to_no_other_place(elsewhere: str) -> None:
    assert own_path(elsewhere) == "/"
    assert own_path("/search?q=a%20b") == "/search?q=a%20b"


def test_signing_in_by_the_form_lasts_until_the_token_changes(office: Office) -> None:
    file = office.folder / "token"
    file.write_text(TOKEN, "utf-8")
    file.chmod(0o600)
    office.set_web(auth="token", token_file="token")  # noqa: S106 (the name of a file)
    with office.browser() as browser:
        page = browser.get("/waiting")
        assert page.url.path == "/sign-in"
        field = BeautifulSoup(page.text, "html.parser").find("input", {"name": "csrf"})
        assert field is not None
        fields = {"csrf": str(field["value"]), "token": "wrong", "to": "/waiting"}
        wrong = browser.post("/sign-in", data=fields)
        assert (wrong.status_code, "this is not the token" in wrong.text) == (403, True)
        stale = browser.post("/sign-in", data={**fields, "csrf": "", "token": TOKEN})
        assert (stale.status_code, "this form was too old" in stale.text) == (403, True)
        assert form_of(stale.text, "/sign-in")["to"] == "/waiting"
        good = browser.post("/sign-in", data={**fields, "token": TOKEN}, follow_redirects=False)
        assert (good.status_code, good.headers["location"]) == (303, "/waiting")
        kept = good.headers["set-cookie"]
        assert kept.startswith(f"{SESSION}=")
        assert "; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000" in kept
        assert "Secure" not in kept
        assert TOKEN not in kept
        assert browser.get("/waiting").url.path == "/waiting"
        file.write_text(f"{TOKEN}-new", "utf-8")
        assert browser.get("/waiting").url.path == "/sign-in"
        as_a_program = [{"Authorization": f"Bearer {token}"} for token in (TOKEN, f"{TOKEN}-new")]
        found = [browser.get("/api/v1/topics", headers=headers).status_code for headers in as_a_program]
        assert found == [401, 200]


def signed_in(browser: TestClient) -> None:
    browser.get("/sign-in")
    sent = browser.post("/sign-in", data={"csrf": form_token(browser, "/sign-in"), "token": TOKEN})
    assert sent.status_code == 200


def form_token(browser: TestClient, path: str) -> str:
    field = BeautifulSoup(browser.get(path).text, "html.parser").find("input", {"name": "csrf"})
    assert field is not None
    return str(field["value"])


@pytest.fixture
def token_office(office: Office) -> Office:
    file = office.folder / "token"
    file.write_text(TOKEN, "utf-8")
    file.chmod(0o600)
    office.set_web(auth="token", token_file="token")  # noqa: S106 (the name of a file)
    return office


def test_signing_out_ends_the_session_of_the_cookie_alone(token_office: Office) -> None:
    with token_office.browser() as browser:
        signed_in(browser)
        kept = browser.cookies[SESSION]
        with_kept = {"Cookie": f"{SESSION}={kept}"}
        browser.cookies.delete(SESSION)
        signed_in(browser)
        other = browser.cookies[SESSION]
        assert other != kept
        assert "Sign out" in browser.get("/waiting").text
        for csrf in ("", "x"):
            assert browser.post("/sign-out", data={"csrf": csrf}).status_code == 403
        assert browser.get("/waiting").url.path == "/waiting"
        sent = browser.post("/sign-out", data={"csrf": form_token(browser, "/waiting")}, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?signed_out=true")
        assert sent.headers["set-cookie"].startswith(f"{SESSION}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
        assert sent.headers["clear-site-data"] == '"cache"'
        page = browser.get("/sign-in?signed_out=true").text
        assert "You are signed out." in page
        assert 'action="/sign-out"' not in page
        assert SESSION not in browser.cookies
        copied = browser.get("/waiting", headers={"Cookie": f"{SESSION}={other}"}, follow_redirects=False)
        assert copied.status_code == 303
        assert browser.get("/waiting", headers=with_kept, follow_redirects=False).status_code == 200


AS_A_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_form_sent_after_the_session_ended_leads_to_signing_in(token_office: Office) -> None:
    with token_office.browser() as browser:
        signed_in(browser)
        csrf = form_token(browser, "/waiting")
        browser.cookies.delete(SESSION)
        refused = browser.post("/check", data={"csrf": csrf, "letter": "Dear Sir"}, headers=AS_A_BROWSER)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    shown = BeautifulSoup(refused.text, "html.parser")
    assert [heading.get_text() for heading in shown.find_all("h1")] == ["Sign in first"]
    assert shown.select('main a[href="/sign-in"]')
    assert "go back to the form here and send it again" in refused.text
    assert "Bearer" not in refused.text


def test_a_browser_gets_each_refusal_as_a_page_and_a_program_as_a_line(office: Office) -> None:
    with office.browser(limits=Limits(burst=1, per_minute=1), client=("192.0.2.7", 50_000)) as browser:
        page = browser.get("/", headers=AS_A_BROWSER)
        line = browser.get("/")
        fast = browser.get("/", headers=AS_A_BROWSER)
    assert (page.status_code, line.status_code, fast.status_code) == (403, 429, 429)
    assert 'lang="en-GB"' in page.text
    assert "<h1>This may not be done here</h1>" in page.text
    assert "open to its own machine alone" in page.text
    assert line.text == "Too many requests: wait a moment.\n"
    assert "<title>Too many requests" in fast.text
    assert int(fast.headers["retry-after"]) >= 1
    assert fast.headers["cache-control"] == "no-store"


def test_signing_out_without_a_session_changes_nothing(token_office: Office) -> None:
    with token_office.browser() as browser:
        signed_in(browser)
        csrf = form_token(browser, "/waiting")
        browser.cookies.delete(SESSION)
        browser.cookies.set(SESSION, "forged")
        assert browser.post("/sign-out", data={"csrf": csrf}, follow_redirects=False).status_code == 401


def test_no_one_signs_out_where_no_one_signs_in(browser: TestClient) -> None:
    assert "Sign out" not in browser.get("/").text
    assert browser.post("/sign-out", data={"csrf": form_token(browser, "/check")}).status_code == 404


def test_only_the_latest_ended_sessions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_ENDED", 1)
    kept = sessions.Sessions(SIGNER)
    requests = [
        Request(_scope("/") | {"headers": [(b"cookie", f"{SESSION}={kept.begin(WITH_A_TOKEN)}".encode())]})
        for _ in range(2)
    ]
    for request in requests:
        assert kept.is_open(request, WITH_A_TOKEN)
        kept.end(request)
        assert not kept.is_open(request, WITH_A_TOKEN)
    assert kept.is_open(requests[0], WITH_A_TOKEN)
    kept.end(Request(_scope("/")))
    assert not kept.is_open(requests[1], WITH_A_TOKEN)


# -- HEAD ---------------------------------------------------------------------------------------------------------------


PATHS = """
/ /search?q=police /search.csv?q=police /search.xlsx?q=police /search.atom?q=police /records/q-9091160 /topics /waiting
/statistics /check /digests /status /healthz /metrics /api/v1/topics /bodies /people /static/style.css /records/nothing
/records/91160 /nowhere /search?q=(
"""


@pytest.mark.parametrize("path", PATHS.split())
def test_every_page_answers_head_as_get_without_its_body(browser: TestClient, path: str) -> None:
    browser.get("/")  # for the cookie
    got, head = (browser.request(method, path, follow_redirects=False) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert set(got.headers) == set(head.headers)
    for name in ("content-type", "location", "content-security-policy"):
        assert got.headers.get(name) == head.headers.get(name)


def test_head_reads_no_more_of_a_file_than_its_first_part(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = count()
    monkeypatch.setattr(search_downloads, "AT_A_TIME", 1)
    monkeypatch.setattr(search_downloads, "time_limit", lambda _seconds: lambda: next(limits) < 0)
    assert browser.head("/search.csv?q=police").status_code == 200
    asked = next(limits)
    assert browser.get("/search.csv?q=police").status_code == 200
    assert next(limits) > 4 * asked


def test_head_of_what_only_takes_forms_is_refused_as_get_is(browser: TestClient) -> None:
    assert browser.head("/sign-out").status_code == browser.get("/sign-out").status_code == 405


def test_head_is_led_to_the_sign_in_as_get_is(token_office: Office) -> None:
    with token_office.browser() as browser:
        response = browser.head("/records/q-1", follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (303, "/sign-in?to=%2Frecords%2Fq-1")


def test_a_page_for_everyone_shows_no_topics_and_no_readers(office: Office) -> None:
    office.set_web(public=True)
    with office.browser(client=STRANGER) as browser:
        pages = "".join(
            browser.get(path).text for path in ("/", "/status", "/waiting", "/search", "/topics", "/digests")
        )
        assert browser.get("/", params={"reader": "Policy desk"}).status_code == 404
    for secret in ("Policy desk", "policy@example.org", "Hi-tech crime policing", "NHTCU"):
        assert secret not in pages


# -- headers and cookies ------------------------------------------------------------------------------------------------


def test_every_response_has_the_headers(reading_browser: TestClient) -> None:
    browser = reading_browser
    responses = [
        browser.get("/"),
        browser.get("/static/style.css"),
        browser.get("/nothing"),
        browser.get("/", params={"day": "x"}),
        browser.get("/healthz"),
        browser.post("/"),
        browser.get("/", headers={"Host": "evil.example"}),
        browser.get("/api/v1/openapi.json"),
    ]
    assert [response.status_code for response in responses] == [200, 200, 404, 422, 200, 405, 421, 200]
    for response in responses:
        for name, value in HEADERS.items():
            assert response.headers[name] == value
        assert response.headers["Cache-Control"] in ("no-store", "private, no-cache", "public, max-age=300")
        assert "server" not in response.headers


def test_a_bug_is_a_sentence_with_all_headers_and_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    browser = client()
    response = browser.post("/crash", data=form(browser))
    assert (response.status_code, response.text) == (500, "This did not work, and the log of pqwatch says why.\n")
    assert response.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    assert "secret.example is down" in caplog.text


def test_no_page_may_load_or_run_anything_from_elsewhere() -> None:
    rules = dict(rule.split(" ", 1) for rule in HEADERS["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["form-action"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"


def test_a_browser_keeps_a_number_that_no_script_and_no_other_site_can_use() -> None:
    browser = client()
    first = browser.get("/").headers["set-cookie"]
    assert first.startswith(f"{VISITOR}=")
    assert first.endswith("; Path=/; HttpOnly; SameSite=Lax")
    assert "set-cookie" not in browser.get("/").headers
    assert "set-cookie" not in client().get("/static/style.css").headers
    for forged in ("xyz", "é" * 30, "a" * 50, "<script>aaaaaaaaaaaaaaaa"):
        fresh = client()
        kept = fresh.get("/", headers={b"Cookie": f"{VISITOR}={forged}".encode()}).headers["set-cookie"]
        assert forged not in kept


def test_a_form_of_another_site_brings_no_other_cookie(browser: TestClient) -> None:
    own = browser.post("/following/note", data={"text": "words"}, headers=AS_A_BROWSER)
    assert "set-cookie" in own.headers
    browser.cookies.clear()
    elsewhere = AS_A_BROWSER | {"Sec-Fetch-Site": "cross-site"}
    assert "set-cookie" not in browser.post("/following/note", data={"text": "words"}, headers=elsewhere).headers


def test_behind_tls_cookies_never_go_without_it() -> None:
    browser = client(BEHIND_A_PROXY, address=PROXY)
    headers = {"X-Forwarded-User": "ann", "X-Forwarded-Proto": "https"}
    assert browser.get("/", headers=headers).headers["set-cookie"].endswith("; Secure")


# -- where it listens ---------------------------------------------------------------------------------------------------


def test_it_listens_for_others_only_when_told_who_may_come_in() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        check_address(host, WebSettings())
    for host in ("0.0.0.0", "::", "192.0.2.1"):  # noqa: S104
        with pytest.raises(ConfigError, match="thers could read everything"):
            check_address(host, WebSettings())
        for web in (BEHIND_A_PROXY, WITH_A_TOKEN, WebSettings(public=True)):
            check_address(host, web)
