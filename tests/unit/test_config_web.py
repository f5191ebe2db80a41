"""The table [web] of config.toml: its defaults, and what is refused in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor.config import load
from monitor.config.settings import WebSettings
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config import Config

TOKEN = "0123456789abcdef"  # noqa: S105 (for tests alone)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def loaded(file: Path, web: str, env: dict[str, str] | None = None, **options: Any) -> Config:
    file.write_text(f"[web]\n{web}\n", encoding="utf-8")
    return load(file, env or {}, **options)


def problems(file: Path, web: str, env: dict[str, str] | None = None, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(file, web, env, **options)
    return "\n".join(caught.value.problems)


def token_file(file: Path, token: str = TOKEN, mode: int = 0o600) -> None:
    path = file.parent / "token"
    path.write_text(token, encoding="utf-8")
    path.chmod(mode)


def test_with_nothing_written_the_page_is_for_its_own_machine(file: Path) -> None:
    assert loaded(file, "").web == WebSettings()
    assert WebSettings().auth == "none"
    assert not WebSettings().public


def test_every_key(file: Path) -> None:
    token_file(file)
    web = loaded(
        file,
        'base_url = "https://pq.example.org/"\nauth = "token"\ntoken_file = "token"\nsignup = true\n'
        'trusted_proxies = ["10.0.0.0/24", "::1"]\nuser_header = "Remote-User"',
        needs_token=True,
    ).web
    assert web.base_url == "https://pq.example.org"
    assert (web.auth, web.signup, web.user_header) == ("token", True, "Remote-User")
    assert web.trusted_proxies == ("10.0.0.0/24", "::1/128")
    assert web.token is not None
    assert web.token.reveal() == TOKEN
    assert TOKEN not in repr(web)


def test_only_the_page_reads_the_token(file: Path) -> None:
    written = 'auth = "token"\ntoken_file = "missing"'
    assert loaded(file, written).web.token is None
    assert "missing" in problems(file, written, needs_token=True)


def test_the_token_may_be_in_a_variable(file: Path) -> None:
    web = loaded(file, 'auth = "token"\ntoken_env = "PQ_TOKEN"', {"PQ_TOKEN": TOKEN}, needs_token=True).web
    assert web.token is not None
    assert web.token.reveal() == TOKEN


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('auth = "basic"', "auth"),
        ('auth = "token"', '"token" needs token_file'),
        (f'token = "{TOKEN}"', "a token does not belong in config.toml"),
        ('token_file = "token"\ntoken_env = "TOKEN"', "say the same thing"),
        ("signup = true", "needs base_url"),
        ('base_url = "ftp://example.org"', "base_url"),
        ('base_url = "pq.example.org"', "base_url"),
        ('base_url = "https://example.org/pq"', "must be a host alone"),
        ('base_url = "https://example.org?x=1"', "must be a host alone"),
        ('base_url = "https://ann:pw@example.org"', "must be a host alone"),
        ('base_url = "https://a>,<b.example"', "base_url"),
        ('trusted_proxies = ["proxy.example.org"]', "no address or range of addresses"),
        ('trusted_proxies = ["10.0.0.5/24"]', "no address or range of addresses"),
        ('user_header = "X Forwarded User"', "no name of a header"),
        ('user_header = "X-User\\r\\nX"', "user_header"),
        ('public = "yes"', "public"),
        ("unknown = 1", "unknown"),
    ],
)
def test_mistakes_are_told_with_their_key(file: Path, written: str, said: str) -> None:
    told = problems(file, written)
    assert said in told
    assert "config.toml line " in told
    assert TOKEN not in told


def test_a_token_that_can_be_guessed_is_refused(file: Path) -> None:
    token_file(file, "short")
    told = problems(file, 'auth = "token"\ntoken_file = "token"', needs_token=True)
    assert "the token is too short" in told
    assert "openssl rand" in told


def test_a_token_that_others_can_read_is_refused(file: Path) -> None:
    token_file(file, mode=0o644)
    assert "token" in problems(file, 'auth = "token"\ntoken_file = "token"', needs_token=True)
