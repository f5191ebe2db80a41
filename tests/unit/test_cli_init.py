"""`init`: the default configuration with a few values changed, an archive, a password file with mode 0600."""

from __future__ import annotations

import difflib
import errno
import os
import re
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import init
from monitor.config import default
from monitor.config.default import default_config_text, with_values
from monitor.errors import ConfigError
from tests.unit.cli_kit import make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from monitor.config.settings import Config


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PQWATCH_SMTP_PASSWORD", raising=False)
    monkeypatch.delenv("PQWATCH_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init, "_is_terminal", lambda: True)


def run(*flags: str, answers: tuple[str, ...] = (), words: str = "") -> Result:
    result = CliRunner().invoke(init.init_command, flags, input="".join(f"{entry}\n" for entry in (*answers, words)))
    if result.exception is not None and not isinstance(result.exception, SystemExit | ConfigError):
        raise result.exception
    return result


def loaded(path: Path, *, needs_password: bool = True) -> Config:
    return app.configuration(str(path), needs_password=needs_password)


def changed(path: Path) -> list[str]:
    lines = difflib.unified_diff(default_config_text().split("\n"), path.read_text().split("\n"), n=0, lineterm="")
    return [line[1:] for line in lines if line.startswith("+") and not line.startswith("+++")]


# -- the text ---------------------------------------------------------------------------------------------------------


def test_only_the_given_values_change_and_comments_stay() -> None:
    text = with_values(default_config_text(), {("delivery.smtp", "port"): 25, ("delivery", "from"): 'A "B" <a@b.org>'})
    before, after = default_config_text().split("\n"), text.split("\n")
    assert len(before) == len(after)
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new.partition("  #")[0].rstrip() for _, new in pairs] == ['from = "A \\"B\\" <a@b.org>"', "port = 25"]
    assert [new.partition("# ")[2] for _, new in pairs] == [old.partition("# ")[2] for old, _ in pairs]


def test_comment_keeps_its_column_if_possible() -> None:
    short = with_values(default_config_text(), {("http", "contact"): "mailto:a@b.org"})
    long = with_values(default_config_text(), {("http", "contact"): f"mailto:{'a' * 60}@b.org"})
    (old,) = [line for line in default_config_text().split("\n") if line.startswith("contact")]
    (line,) = [line for line in short.split("\n") if line.startswith("contact")]
    assert line.index("#") == old.index("#")
    (line,) = [line for line in long.split("\n") if line.startswith("contact")]
    assert line.endswith(f'@b.org"  {old[old.index("#") :]}')


def test_password_file_replaces_the_variable() -> None:
    text = with_values(default_config_text(), {("delivery.smtp", "password_file"): "secret"})
    assert re.search(r'\n# password_env = "PQWATCH_SMTP_PASSWORD"[^\n]*\npassword_file = "secret"', text)


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"has no delivery\.nonsense to fill in"):
        with_values(default_config_text(), {("delivery", "nonsense"): "x"})


def test_default_of_the_wheel_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default, "files", lambda _package: tmp_path)
    assert default_config_text().startswith("# pqwatch: what to watch")
    (tmp_path / "_data").mkdir()
    (tmp_path / "_data" / "config.default.toml").write_text("# of the wheel\n")
    assert default_config_text() == "# of the wheel\n"


def test_missing_default_means_a_broken_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default, "files", lambda _package: tmp_path)
    monkeypatch.setattr(default, "__file__", str(tmp_path / "a" / "b" / "c" / "d.py"))
    with pytest.raises(ConfigError, match="install it again"):
        default_config_text()


# -- flags ------------------------------------------------------------------------------------------------------------


def test_an_address_alone_makes_a_configuration_and_an_archive(tmp_path: Path) -> None:
    result = run("--email", "me@example.org")
    assert result.exit_code == 0, result.output
    path = tmp_path / "config.toml"
    config = loaded(path)
    assert config.http.contact == "mailto:me@example.org"
    assert [entry.email for entry in config.subscribers] == ["me@example.org"]
    assert config.delivery.transport == "file"
    assert len(changed(path)) == 2
    assert (tmp_path / "pqwatch.db").is_file()
    app.archive(config).close()
    assert f"Wrote {path}" in result.stderr
    assert f"are written to {tmp_path / 'outbox'}" in result.stderr
    assert "  pqwatch doctor  " in result.stderr
    assert "  pqwatch run  " in result.stderr
    assert result.stdout == ""


def test_without_answers_the_default_configuration_is_written(tmp_path: Path) -> None:
    result = run("--yes")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "config.toml").read_text() == default_config_text()
    assert "! Put your own address into http.contact" in result.stderr


def test_path_of_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new folder" / "mine.toml"
    result = run("--yes", "--email", "me@example.org", "--folder", "digests", "--config", str(path))
    assert result.exit_code == 0, result.output
    assert loaded(path).delivery.folder == path.parent / "digests"
    assert f"pqwatch run --config '{path}'" in result.stderr  # the path has a space
    monkeypatch.setenv("PQWATCH_CONFIG", str(tmp_path / "named.toml"))
    result = run("--yes")
    assert f"Wrote {tmp_path / 'named.toml'}" in result.stderr
    assert "pqwatch run  " in result.stderr


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("/bin/bash", 'eval "$(_PQWATCH_COMPLETE=bash_source pqwatch)"'),
        ("/usr/bin/zsh", 'eval "$(_PQWATCH_COMPLETE=zsh_source pqwatch)"'),
        ("/usr/bin/fish", "_PQWATCH_COMPLETE=fish_source pqwatch | source"),
        ("", 'eval "$(_PQWATCH_COMPLETE=bash_source pqwatch)"'),
    ],
)
def test_the_last_lines_name_doctor_help_and_completion(monkeypatch: pytest.MonkeyPatch, shell: str, line: str) -> None:
    monkeypatch.setenv("SHELL", shell)
    result = run("--yes", "--email", "me@example.org")
    last = result.stderr.split("Next:")[1]
    assert "pqwatch doctor " in last
    assert "pqwatch help " in last
    assert last.rstrip().endswith(line)


def test_mail_with_a_password_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PQWATCH_SMTP_PASSWORD", "hunter two")
    flags = ("--email", "me@example.org", "--smtp-host", "mail.example.org", "--smtp-user", "me", "--smtp-tls", "tls")
    result = run(*flags, "--from", "Digest <digest@example.org>", "--contact", "https://example.org/contact")
    assert result.exit_code == 0, result.output
    monkeypatch.delenv("PQWATCH_SMTP_PASSWORD")
    config = loaded(tmp_path / "config.toml")
    assert config.delivery.transport == "smtp"
    assert config.delivery.sender == "Digest <digest@example.org>"
    assert config.http.contact == "https://example.org/contact"
    assert (config.smtp.host, config.smtp.port, config.smtp.tls) == ("mail.example.org", 465, "tls")
    assert config.smtp.password is not None
    assert config.smtp.password.reveal() == "hunter two"
    secret = tmp_path / "smtp-password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert "hunter" not in (tmp_path / "config.toml").read_text() + result.output
    assert "are mailed through mail.example.org:465" in result.stderr
    assert f"The password is in {secret}" in result.stderr


def test_mail_without_a_stored_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("--email", "me@example.org", "--smtp-host", "mail.example.org", "--smtp-user", "me")
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "smtp-password").exists()
    assert "set PQWATCH_SMTP_PASSWORD before" in result.stderr
    monkeypatch.setenv("PQWATCH_SMTP_PASSWORD", "later")
    config = loaded(tmp_path / "config.toml")
    assert config.smtp.port == 587
    assert config.smtp.password is not None
    assert config.delivery.sender == "pqwatch <me@example.org>"


def test_a_server_on_this_machine_needs_no_tls(tmp_path: Path) -> None:
    result = run("--email", "me@example.org", "--smtp-host", "127.0.0.1", "--smtp-port", "25")
    assert result.exit_code == 0, result.output
    assert loaded(tmp_path / "config.toml").smtp.tls == "none"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "give --email ADDRESS, or --yes"),
        (("--email", "me"), "'me' is no e-mail address"),
        (("--email", "me@example.org", "--contact", "ftp://x"), "is no web address"),
        (("--email", "me@example.org", "--transport", "smtp"), "give --smtp-host"),
        (("--yes", "--smtp-host", "mail.example.org"), "needs its reader"),
        (("--email", "a@b.org", "--transport", "file", "--smtp-host", "x"), "leave those flags out"),
        (("--email", "a@b.org", "--smtp-host", "x", "--smtp-port", "0"), "not in the range"),
        (("--email", "a@b.org", "--smtp-host", "x", "--from", "A <B>"), "is no e-mail address"),
    ],
)
def test_wrong_flags_write_nothing(flags: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = run(*flags)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_invalid_values_write_nothing(tmp_path: Path) -> None:
    result = run("--email", "me@example.org", "--smtp-host", "mail.example.org", "--smtp-tls", "none")
    assert isinstance(result.exception, ConfigError)
    assert "Nothing was written, because config.toml line" in str(result.exception)
    assert "smtp.tls" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_password_on_two_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PQWATCH_SMTP_PASSWORD", "one\ntwo")
    result = run("--email", "me@example.org", "--smtp-host", "mail.example.org", "--smtp-user", "me")
    assert result.exit_code == 2
    assert "one line" in result.stderr
    assert "two" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_example_of_a_copy_of_the_project_leads_to_a_folder_of_your_own(tmp_path: Path) -> None:
    """The first command that a new user types may be this one, in the copy that they have just fetched."""
    path = tmp_path / "config.toml"
    path.write_bytes(default_config_text().encode())
    result = run("--email", "me@example.org")
    assert result.exit_code == 2
    assert "is the example that comes with pqwatch, and nothing was changed" in result.stderr
    assert "--config ~/watch/config.toml" in result.stderr
    assert path.read_bytes() == default_config_text().encode()


def test_nothing_is_overwritten_without_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n")
    result = run("--email", "me@example.org")
    assert result.exit_code == 2
    assert "is there already, and nothing was changed" in result.stderr
    assert path.read_text() == "# mine\n"
    monkeypatch.setenv("PQWATCH_SMTP_PASSWORD", "new")
    (tmp_path / "smtp-password").write_text("old\n")
    flags = ("--email", "me@example.org", "--smtp-host", "mail.example.org", "--smtp-user", "me")
    result = run(*flags, "--config", str(tmp_path / "other.toml"))
    assert result.exit_code == 2
    assert "smtp-password is there already" in result.stderr
    assert not (tmp_path / "other.toml").exists()
    result = run(*flags, "--force")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "config.toml.bak").read_text() == "# mine\n"
    assert (tmp_path / "smtp-password").read_text() == "new\n"
    assert stat.S_IMODE((tmp_path / "smtp-password").stat().st_mode) == 0o600
    assert loaded(path).subscribers[0].email == "me@example.org"


def test_folder_without_write_access_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("--yes", "--config", str(tmp_path / "file" / "config.toml"))
    assert isinstance(result.exception, ConfigError)
    assert "choose another --config" in str(result.exception)


def test_a_folder_is_never_moved_away(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "pqwatch.db").write_bytes(b"the archive")
    result = run("--yes", "--force", "--config", str(folder))
    assert result.exit_code == 2
    assert f"{folder} is a folder: name a file, such as --config {folder / 'config.toml'}" in result.stderr
    assert (folder / "pqwatch.db").read_bytes() == b"the archive"
    assert list(tmp_path.iterdir()) == [folder]


def test_the_older_file_stays_until_the_new_one_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n")
    (tmp_path / "smtp-password").write_text("old\n")
    monkeypatch.setenv("PQWATCH_SMTP_PASSWORD", "new")
    seen = []

    def full(draft: int) -> None:
        seen.append(path.exists())
        if os.fstat(draft).st_size > len("# mine\n"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    flags = ("--email", "me@example.org", "--smtp-host", "mail.example.org", "--smtp-user", "me")
    result = run("--force", *flags)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception) == f"{path} can't be written (No space left on device): choose another --config"
    assert all(seen)
    assert path.read_text() == "# mine\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["config.toml", "config.toml.bak", "smtp-password"]


# -- a terminal -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("terminal")
def test_questions_for_the_folder(tmp_path: Path) -> None:
    result = run(answers=("me", "me@example.org", "", ""))
    assert result.exit_code == 0, result.output
    config = loaded(tmp_path / "config.toml")
    assert config.subscribers[0].email == "me@example.org"
    assert config.http.contact == "mailto:me@example.org"
    assert config.delivery.transport == "file"
    assert "'me' is no e-mail address" in result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("terminal")
def test_questions_for_mail(tmp_path: Path) -> None:
    answers = ("me@example.org", "desk@example.org", "smtp", "mail.example.org", "99999", "465", "", "me", "secret", "")
    result = run(answers=answers)
    assert result.exit_code == 0, result.output
    config = loaded(tmp_path / "config.toml")
    assert config.http.contact == "mailto:desk@example.org"
    assert (config.smtp.host, config.smtp.port, config.smtp.tls) == ("mail.example.org", 465, "tls")
    assert config.smtp.username == "me"
    assert config.smtp.password is not None
    assert config.smtp.password.reveal() == "secret"
    assert "secret" not in result.output
    assert '"99999" is no port' in result.stderr


@pytest.mark.usefixtures("terminal")
def test_given_flags_are_not_asked_for(tmp_path: Path) -> None:
    result = run("--email", "me@example.org", "--contact", "me@example.org", answers=("file",))
    assert result.exit_code == 0, result.output
    assert "e-mail address" not in result.stderr
    assert loaded(tmp_path / "config.toml").delivery.transport == "file"


@pytest.mark.usefixtures("terminal")
def test_no_login_and_no_password(tmp_path: Path) -> None:
    result = run("--email", "a@b.org", answers=("", "smtp", "mail.example.org", "", "", "-", ""))
    assert result.exit_code == 0, result.output
    assert loaded(tmp_path / "config.toml").smtp.username == ""


@pytest.mark.usefixtures("terminal")
def test_abort_writes_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(init.init_command, [], input="me@example.org\n", standalone_mode=False)
    assert isinstance(result.exception, click.Abort)
    assert list(tmp_path.iterdir()) == []


# -- the program ------------------------------------------------------------------------------------------------------


def test_as_a_program(tmp_path: Path) -> None:
    def call() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "monitor", "init", "--email", "me@example.org"]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PQWATCH")}
        return subprocess.run(  # noqa: S603 (our own program)
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )

    first, again = call(), call()
    assert (first.returncode, first.stdout) == (0, ""), first.stderr
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert "Traceback" not in again.stderr


# -- words to watch ---------------------------------------------------------------------------------------------------


def terms_in(path: Path) -> dict[str, tuple[str, ...]]:
    return {topic.name: topic.terms for topic in loaded(path).topics}


def test_words_replace_the_example_topics_and_nothing_else(tmp_path: Path) -> None:
    result = run("--yes", "--email", "me@example.org", "--watch", "asylum", "--watch", "school meals, free meal*")
    path = tmp_path / "config.toml"
    assert result.exit_code == 0, result.output
    assert terms_in(path) == {"Words to watch": ("asylum", "school meals", "free meal*")}
    assert loaded(path).subscribers[0].topics == ("Words to watch",)
    text, default_text = path.read_text(encoding="utf-8"), default_config_text()
    assert "# Topics: what to watch. A term is a phrase" in text
    assert text.split("[[subscribers]]")[1].count("\n") == default_text.split("[[subscribers]]")[1].count("\n")
    assert "The first run shows what they find" in result.stderr


@pytest.mark.usefixtures("terminal")
def test_terminal_is_asked_again_for_an_unreadable_word(tmp_path: Path) -> None:
    answers = ("me@example.org", "", "", "asylum AND", 'asylum, “school, meals”, "a, b" , Asylum')
    result = run(answers=answers[:4], words=answers[4])
    assert result.exit_code == 0, result.output
    assert "Words to watch, with commas between" in result.stderr
    assert "Error: " in result.stderr
    (terms,) = terms_in(tmp_path / "config.toml").values()
    assert terms == ("asylum", "“school, meals”", '"a, b"', "Asylum")


@pytest.mark.usefixtures("terminal")
def test_enter_keeps_the_examples(tmp_path: Path) -> None:
    assert run(answers=("me@example.org", "", ""), words="").exit_code == 0
    assert len(terms_in(tmp_path / "config.toml")) == 3


def test_few_plain_words_become_the_name_of_the_topic(tmp_path: Path) -> None:
    run("--yes", "--watch", "asylum, school meals")
    assert terms_in(tmp_path / "config.toml") == {"asylum, school meals": ("asylum", "school meals")}


@pytest.mark.parametrize("term", ["asylum AND", '"asylum', "(asylum"])
def test_unreadable_word_writes_nothing(tmp_path: Path, term: str) -> None:
    result = run("--yes", "--watch", term)
    assert result.exit_code == 2
    assert "^" in result.output
    assert not (tmp_path / "config.toml").exists()


def test_matches_in_an_existing_archive_are_shown_at_once(tmp_path: Path) -> None:
    make_desk(tmp_path)
    result = run("--yes", "--force", "--watch", "bathing water, school meals")
    assert result.exit_code == 0, result.output
    found = re.findall(r"(?m)^  (.*): ([\d,]+) records? in the archive$", result.stderr)
    assert [word for word, _ in found] == ["bathing water", "school meals"]
    assert int(found[0][1]) > 0
    assert found[1][1] == "0"
    assert "  No record of the archive has the word “school”.\n" in result.stderr
    assert "The first run shows" not in result.stderr
