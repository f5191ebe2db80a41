"""Webhooks and feeds in config.toml: valid keys, refused ones, and errors that do not repeat an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.config import load
from monitor.config.editing import remove_subscribers, set_paused
from monitor.errors import ConfigError
from tests.canaries import TOKEN, sung

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config.settings import Config

URL = f"https://hooks.example.org/services/{TOKEN}"
TOPICS = """
[[topics]]
name = "Water"
terms = ["bathing water"]
[[topics]]
name = "Café culture"
id = "cafes"
terms = ["café"]
"""
HOOK = '\n[[webhooks]]\nname = "Channel"\nkind = "slack"\nurl_env = "HOOK"\n'


def read(folder: Path, text: str, url: str = URL, *, needs_password: bool = True) -> Config:
    path = folder / "config.toml"
    path.write_text(TOPICS + text, encoding="utf-8")
    return load(path, {"HOOK": url}, needs_password=needs_password)


def problems(folder: Path, text: str, url: str = URL) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, url)
    assert not sung(str(caught.value))
    return caught.value.problems


def test_webhook_has_the_keys_of_a_subscriber(tmp_path: Path) -> None:
    config = read(tmp_path, HOOK + 'topics = ["cafes"]\nmentions = "off"\n')
    [webhook] = config.webhooks
    assert webhook.url is not None
    assert webhook.url.reveal() == URL
    assert not sung(repr(config))
    one = webhook.reader
    assert (one.key, one.email, one.channel, one.recipient) == ("Channel", "", "slack", "webhook Channel")
    assert (one.topics, one.cadence, one.mentions, one.paused) == (("cafes",), "instant", "off", False)
    assert config.readers == (one,)


def test_address_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(URL, encoding="utf-8")
    (tmp_path / "hook").chmod(0o600)
    config = read(tmp_path, HOOK.replace("url_env", "url_file").replace('"HOOK"', '"hook"'))
    assert config.webhooks[0].url is not None
    assert config.webhooks[0].url.reveal() == URL
    (tmp_path / "hook").chmod(0o644)
    [problem] = problems(tmp_path, HOOK.replace("url_env", "url_file").replace('"HOOK"', '"hook"'))
    assert "others may read" in problem


def test_signing_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "signing").write_text("0123456789abcdef\n", encoding="utf-8")
    (tmp_path / "signing").chmod(0o600)
    [webhook] = read(tmp_path, HOOK + 'secret_file = "signing"\n').webhooks
    assert webhook.signing_secret is not None
    assert webhook.signing_secret.reveal().strip() == "0123456789abcdef"
    assert read(tmp_path, HOOK).webhooks[0].signing_secret is None
    assert read(tmp_path, HOOK + 'secret_env = "UNSET"\n', needs_password=False).webhooks[0].signing_secret is None
    (tmp_path / "signing").write_text("0123456789abcde", encoding="utf-8")
    [problem] = problems(tmp_path, HOOK + 'secret_file = "signing"\n')
    assert "leads to a secret of less than 16 characters" in problem
    assert "0123" not in problem


def test_address_is_needed_only_to_send(tmp_path: Path) -> None:
    [webhook] = read(tmp_path, HOOK.replace("HOOK", "UNSET"), needs_password=False).webhooks
    assert webhook.url is None
    [problem] = problems(tmp_path, HOOK.replace("HOOK", "UNSET"))
    assert "webhooks.url_env: the environment variable UNSET is not set" in problem


@pytest.mark.parametrize(
    ("url", "part"),
    [
        (f"http://hooks.example.org/{TOKEN}", "begins with http://"),
        (f"ftp://hooks.example.org/{TOKEN}", "no web address"),
        (TOKEN, "no web address"),
        (f"https://hooks.example.org:0/{TOKEN}", "no web address"),
        (f"https://[{TOKEN}", "no web address"),
        (f"https://hooks..example.org/{TOKEN}", "no web address"),
        (f"https://hooks.example.org/{TOKEN} x", "no web address"),
    ],
)
def test_invalid_address_is_not_repeated(url: str, part: str, tmp_path: Path) -> None:
    [problem] = problems(tmp_path, HOOK, url)
    assert problem.startswith("config.toml line 13: webhooks.url_env: leads to ")
    assert part in problem


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/x", "http://localhost/x", "http://10.0.0.5/x", "https://h/x"])
def test_local_address_may_be_plain_http(url: str, tmp_path: Path) -> None:
    assert read(tmp_path, HOOK, url).webhooks[0].url is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\n[[webhooks]]\nname = "A"\n', "webhooks.url_file: is missing; name a file of mode 0600"),
        (HOOK + f'url = "{URL}"\n', "webhooks.url: an address at which anybody can post does not belong"),
        (HOOK + 'url_file = "hook"\n', "url_env and url_file say the same thing"),
        (HOOK + 'secret = "0123456789abcdef"\n', "webhooks.secret: a secret does not belong in config.toml"),
        (HOOK + 'secret_file = "a"\nsecret_env = "HOOK"\n', "secret_env and secret_file say the same thing"),
        (HOOK + HOOK, 'two of those who get digests are called "Channel"'),
        (HOOK.replace("slack", "slakc"), '"slakc" must be one of "slack", "teams", "json". Did you mean "slack"?'),
        (HOOK.replace("kind", "knid"), 'there is no such key. Did you mean "kind"?'),
        (HOOK + "email = 'a@example.org'\n", "webhooks.email: there is no such key."),
        ('\n[[subscribers]]\nname = "Channel"\nemail = "a@example.org"\n' + HOOK, 'are called "Channel"; change one'),
        ('\n[delivery.feeds]\nfolder = "f"\nkeep = 0\n', "keep: 0 must be a whole number from 1 to 1000"),
        ('\n[delivery.feeds]\nfoldr = "f"\n', 'there is no such key. Did you mean "folder"?'),
        ('\n[delivery.feeds]\nbase_url = "example.org"\n', "no web address"),
    ],
)
def test_mistakes_are_reported(text: str, message: str, tmp_path: Path) -> None:
    assert any(message in problem for problem in problems(tmp_path, text))


def test_each_topic_has_a_feed_if_there_is_a_folder(tmp_path: Path) -> None:
    assert read(tmp_path, "").topic_feeds.readers == ()
    feeds = read(
        tmp_path, '\n[delivery.feeds]\nfolder = "feeds"\nkeep = 7\nbase_url = "https://example.org/f/"\n'
    ).topic_feeds
    assert (feeds.folder, feeds.keep, feeds.base_url) == (tmp_path / "feeds", 7, "https://example.org/f")
    assert [reader.recipient for reader in feeds.readers] == ["feed water", "feed cafes"]
    assert {(reader.channel, reader.cadence, reader.waiting) for reader in feeds.readers} == {
        ("feed", "instant", False)
    }
    assert [reader.topics for reader in feeds.readers] == [("Water",), ("cafes",)]


def test_two_topics_never_share_feed_files(tmp_path: Path) -> None:
    again = '\n[[topics]]\nname = "Water!"\nterms = ["sea water"]\n[delivery.feeds]\nfolder = "feeds"\n'
    [problem] = problems(tmp_path, again)
    assert 'the feed of "Water!" would be that of "Water"; give the topic another id' in problem
    named = '\n[[subscribers]]\nname = "feed water"\nemail = "a@example.org"\n[delivery.feeds]\nfolder = "feeds"\n'
    [problem] = problems(tmp_path, named)
    assert 'the feed of "Water" would be that of "subscriber feed water"' in problem


def test_a_webhook_is_paused_and_removed_as_a_subscriber_is() -> None:
    text = TOPICS + '\n[[subscribers]]\nname = "Desk"\nemail = "a@example.org"\n' + HOOK
    paused = set_paused(text, "Channel", paused=True)
    assert paused == text.replace('url_env = "HOOK"\n', 'url_env = "HOOK"\npaused = true\n')
    assert set_paused(paused, "Channel", paused=False) == paused.replace("paused = true", "paused = false")
    assert remove_subscribers(text, ["Channel"]) == text.removesuffix(HOOK)
    with pytest.raises(ConfigError, match="There is no subscriber 'Nobody'"):
        remove_subscribers(text, ["Nobody"])
