"""`init`: write a commented config.toml and make the archive."""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
import tomllib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.config_changes import TermUsageError, count_records, noise_lines, quoted, read_term, refuse_misread
from monitor.cli.options import check_value, checked, full_path
from monitor.cli.output import cell
from monitor.cli.workspace import command_line
from monitor.config import load
from monitor.config.default import default_config_text, with_values
from monitor.config.editing import add_topic, remove_topic
from monitor.config.values import address, contact, is_loopback, sender
from monitor.errors import ConfigError
from monitor.files import OWNER_ONLY, whole_file, write_whole
from monitor.presentation.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.config.settings import Config

PASSWORD_VARIABLE = "PQWATCH_SMTP_PASSWORD"  # noqa: S105 (a variable's name)
PASSWORD_FILE = "smtp-password"  # noqa: S105 (a file's name)
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_TLS = {465: "tls"}
_HIGHEST_PORT = 65_535
_TERM = re.compile(r"""(?:[^,"“”]|"[^"]*"|“[^”]*”|["“”])+""")
_ONLY_WORDS = re.compile(r"[\w' ,-]+")
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers that were given as options or typed. An empty text stands for the default; those about mail are for SMTP only.

    `words`: terms to watch, in place of the topics that come with pqwatch.
    """

    email: str
    contact: str
    transport: str
    folder: str = ""
    sender: str = ""
    host: str = ""
    port: int = 0
    tls: str = ""
    user: str = ""
    password: str = ""
    words: tuple[str, ...] = ()


def _contact(text: str) -> str:
    return contact(text if ":" in text else f"mailto:{text}")


@click.command()
@click.option(
    "--config", "config_path", metavar="PATH", help="Where to write it. [default: config.toml in this folder]"
)
@click.option("--email", metavar="ADDRESS", callback=checked(address), help="Who gets the digest.")
@click.option(
    "--contact",
    metavar="ADDRESS",
    callback=checked(_contact),
    help="An address or web page for Parliament's servers, sent with each request. [default: that of --email]",
)
@click.option("--transport", type=click.Choice(["file", "smtp"]), help="Write digests to a folder, or mail them.")
@click.option("--folder", metavar="FOLDER", help='Where digests are written with transport "file". [default: outbox]')
@click.option("--from", "sender_", metavar="ADDRESS", callback=checked(sender), help="The sender of the mails.")
@click.option("--smtp-host", metavar="HOST", help="The mail server.")
@click.option("--smtp-port", type=click.IntRange(1, _HIGHEST_PORT), help="Its port. [default: 587]")
@click.option("--smtp-tls", type=click.Choice(list(_PORTS)), help="How the connection is secured. [default: starttls]")
@click.option(
    "--smtp-user", metavar="NAME", help=f"The login; its password is asked, or taken from {PASSWORD_VARIABLE}."
)
@click.option(
    "--watch",
    metavar="TERM",
    multiple=True,
    help="A word or phrase to watch, in place of the example topics; several with commas between. May be given again.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: take the defaults for what is not given.")
@click.option(
    "--force", is_flag=True, help="Replace a config.toml that is there; the old one is kept as config.toml.bak."
)
def init_command(config_path: str | None, force: bool, **given: Any) -> None:
    """Write a commented config.toml and make the archive. Asks only on a terminal, and only for what is not given.

    \b
    Examples:
      pqwatch init
      pqwatch init --yes --email me@example.org --watch asylum --watch "school meals"
      pqwatch init --email me@example.org --smtp-host mail.example.org
    """  # noqa: D301 (\b keeps click from filling the lines)
    path = full_path(config_path or os.environ.get("PQWATCH_CONFIG") or "config.toml")
    secret = path.parent / PASSWORD_FILE
    _refuse_overwriting(path, force=force)
    may_ask = _is_terminal() and not given["yes"]
    words = _read_words(given["watch"])
    answers = _ask(given, may_ask=may_ask)
    answers = replace(answers, words=words or _ask_words(may_ask=may_ask))
    if answers.password and not force and secret.exists():
        raise click.UsageError(f"{secret} is there already: --force replaces it.")
    text = _replace_examples(with_values(default_config_text(), _values(answers)), answers.words)
    _check(text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep_older(path)
        with whole_file(path, mode=OWNER_ONLY) as file:
            file.write(text.encode())
            file.flush()  # a full disk is noticed before an older password is replaced
            if answers.password:
                write_whole(secret, f"{answers.password}\n".encode(), mode=OWNER_ONLY)
    except OSError as exc:
        raise ConfigError(f"{path} can't be written ({exc.strerror}): choose another --config") from exc
    config = app.configuration(str(path), needs_password=False)
    app.archive(config, may_begin=True).close()
    _say_what_next(config, answers)


def _refuse_overwriting(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise click.UsageError(
            f"{path} is a folder: name a file, such as --config {shlex.quote(str(path / 'config.toml'))}"
        )
    if force or not path.exists():
        return
    if path.is_file() and path.read_bytes() == default_config_text().encode():  # as in a copy of the project
        raise click.UsageError(
            f"{path} is the example that comes with pqwatch, and nothing was changed. Make a folder of your own and run "
            "this there, or write into one with --config, such as --config ~/watch/config.toml."
        )
    raise click.UsageError(
        f"{path} is there already, and nothing was changed. Edit it, or write another with --config PATH, or replace "
        "it with --force."
    )


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


# -- asking -----------------------------------------------------------------------------------------------------------


def _ask(given: dict[str, Any], *, may_ask: bool) -> Answers:
    """Return answers from the options, the questions or the defaults. Raises UsageError for one that is missing."""
    if may_ask:
        click.echo("A few questions. Enter takes what stands in brackets.\n", err=True)
    asking = _Asking(may_ask)
    email = given["email"] or asking.text("Your e-mail address, for the digest", check=address)
    if not email and not given["yes"]:
        raise click.UsageError("there is no terminal to ask on: give --email ADDRESS, or --yes for the defaults.")
    reached = given["contact"] or asking.text(
        "Address for Parliament's servers to reach you",
        default=f"mailto:{email}" if email else "",
        check=_contact,
    )
    mail_options = [name for name in ("smtp_host", "smtp_port", "smtp_tls", "smtp_user", "sender_") if given[name]]
    if mail_options and given["transport"] == "file":
        raise click.UsageError("with --transport file there is no mail server to name: leave those flags out.")
    transport = given["transport"] or ("smtp" if mail_options else "")
    transport = transport or asking.choice("file: write digests to a folder; smtp: mail them", ["file", "smtp"])
    if transport == "smtp":
        if not email:
            raise click.UsageError("a digest that is mailed needs its reader: give --email ADDRESS.")
        return _ask_smtp(given, asking, Answers(email=email, contact=reached, transport=transport))
    return Answers(email=email, contact=reached, transport="file", folder=given["folder"] or "")


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks questions on stderr, or takes the defaults where there is no terminal."""

    may_ask: bool

    def text(self, question: str, *, check: Callable[[str], str], default: str = "") -> str:
        if not self.may_ask:
            return default
        answer: str = click.prompt(question, default=default or None, value_proc=partial(check_value, check), err=True)
        return answer

    def choice(self, question: str, choices: list[str]) -> str:
        if not self.may_ask:
            return choices[0]
        answer: str = click.prompt(
            question, default=choices[0], type=click.Choice(choices), show_choices=False, err=True
        )
        return answer

    def password(self, question: str) -> str:
        if not self.may_ask:
            return ""
        answer: str = click.prompt(
            question, default="", hide_input=True, show_default=False, value_proc=_printable, err=True
        )
        return answer


def _ask_words(*, may_ask: bool) -> tuple[str, ...]:
    """Ask for terms to watch, with commas between. No terms: keep the example topics."""
    if not may_ask:
        return ()
    question = "Words to watch, with commas between (or Enter: the example topics)"
    words: tuple[str, ...] = click.prompt(
        question, default="", show_default=False, value_proc=lambda given: _read_words([given]), err=True
    )
    return words


def _split_terms(text: str) -> list[str]:
    """Split terms at commas, except within quotation marks."""
    return [term.strip() for term in _TERM.findall(text) if term.strip()]


def _read_words(given: Iterable[str]) -> tuple[str, ...]:
    """Check terms as `terms add` does. Raises BadParameter with the place and the remedy."""
    try:
        terms = [read_term(term).source for text in given for term in _split_terms(text)]
        for term in terms:
            refuse_misread(term)
    except TermUsageError as exc:
        raise click.BadParameter(exc.format_message(), param_hint="--watch") from exc
    return tuple(dict.fromkeys(terms))


def _ask_smtp(given: dict[str, Any], asking: _Asking, so_far: Answers) -> Answers:
    host = given["smtp_host"] or asking.text("The mail server", check=str)
    if not host:
        raise click.UsageError("mail needs its server: give --smtp-host HOST.")
    default_port = _PORTS.get(given["smtp_tls"], 587)
    port = given["smtp_port"] or int(asking.text("Its port", default=str(default_port), check=_port))
    default_tls = _TLS.get(port, "none" if is_loopback(host) and port == _PORTS["none"] else "starttls")
    others = [kind for kind in _PORTS if kind != default_tls]
    tls = given["smtp_tls"] or asking.choice(
        f"How is it secured: {', '.join([default_tls, *others])}", [default_tls, *others]
    )
    user = given["smtp_user"]
    if user is None:
        user = "" if tls == "none" else asking.text("The login name there, or - for none", default="-", check=str)
        user = "" if user == "-" else user
    password = ""
    if user:
        password = _printable(os.environ.get(PASSWORD_VARIABLE, "")) or asking.password(
            f"The password (hidden; or Enter: read {PASSWORD_VARIABLE})"
        )
    return Answers(
        email=so_far.email,
        contact=so_far.contact,
        transport="smtp",
        folder=given["folder"] or "",
        sender=given["sender_"] or asking.text("The sender", default=f"pqwatch <{so_far.email}>", check=sender),
        host=host,
        port=port,
        tls=tls,
        user=user,
        password=password,
    )


def _port(text: str) -> str:
    if not (text.isdecimal() and 1 <= int(text) <= _HIGHEST_PORT):
        raise ValueError(f'"{text}" is no port: write a number from 1 to {_HIGHEST_PORT}')
    return text


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise click.BadParameter("a password here is one line without spaces at its ends or control characters.")
    return text


# -- writing ----------------------------------------------------------------------------------------------------------


def _values(answers: Answers) -> dict[tuple[str, str], str | int]:
    """Return the values that differ from the default, by table and key."""
    values: dict[tuple[str, str], str | int] = {
        ("http", "contact"): answers.contact,
        ("subscribers", "email"): answers.email,
        ("delivery", "folder"): answers.folder,
        ("delivery", "from"): answers.sender,
        ("delivery.smtp", "host"): answers.host,
        ("delivery.smtp", "port"): answers.port,
        ("delivery.smtp", "tls"): answers.tls,
        ("delivery.smtp", "username"): answers.user,
        ("delivery.smtp", "password_file"): PASSWORD_FILE if answers.password else "",
    }
    return {("delivery", "transport"): answers.transport} | {key: value for key, value in values.items() if value}


def _replace_examples(text: str, words: Sequence[str]) -> str:
    """Put a topic of these words in place of the example topics."""
    if not words:
        return text
    examples = [topic["name"] for topic in tomllib.loads(text)["topics"]]
    name = _topic_name(words)
    if name in examples:
        return text
    text = add_topic(text, name, words)
    for example in examples:
        text = remove_topic(text, example)
    return text


def _topic_name(words: Sequence[str]) -> str:
    """Name a topic by its words, where they are few and only words."""
    name = ", ".join(words)
    return name if len(name) <= _LONGEST_NAME and _ONLY_WORDS.fullmatch(name) else "Words to watch"


def _check(text: str) -> None:
    """Check that the file will be accepted, before anything is written. Raises ConfigError."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "config.toml"
        draft.write_text(text, encoding="utf-8")
        try:
            load(draft, os.environ, app.check_term, needs_password=False)
        except ConfigError as exc:
            raise ConfigError([f"Nothing was written, because {problem}" for problem in exc.problems]) from exc


def _keep_older(path: Path) -> None:
    """Copy a file that is to be replaced: it stays in its place until the new one is complete."""
    if path.exists():
        write_whole(path.with_name(f"{path.name}.bak"), path.read_bytes(), mode=OWNER_ONLY)


# -- what next --------------------------------------------------------------------------------------------------------


def _say_what_next(config: Config, answers: Answers) -> None:
    """Say where everything is, and what to type next."""
    reader = config.subscribers[0].email if config.subscribers else answers.email
    click.echo(f"Wrote {config.path}\nThe archive is {_archive_place(config)}", err=True)
    if answers.transport == "file":
        click.echo(f"Digests for {reader} are written to {config.delivery.folder}, to be read in a browser.", err=True)
    else:
        click.echo(f"Digests for {reader} are mailed through {config.smtp.host}:{config.smtp.port}.", err=True)
    if answers.user and answers.password:
        click.echo(f"The password is in {config.path.parent / PASSWORD_FILE}, which only you may read.", err=True)
    elif answers.user:
        click.echo(f"The password is not stored: set {PASSWORD_VARIABLE} before pqwatch run or serve.", err=True)
    if config.http.contact == "mailto:you@example.org":
        click.echo("! Put your own address into http.contact, so that Parliament can reach you.", err=True)
    if answers.words:
        _say_found(config, answers.words)
    else:
        click.echo(f"The {len(config.topics)} topics in it are examples: put in your own under [[topics]].", err=True)
    click.echo("\nNext:", err=True)
    steps = [
        ("doctor", "check the set-up"),
        ("run", "read the last two weeks and make the first digest; --first-digest: of all of them"),
        ("help", "all commands; help run: all about one"),
    ]
    typed = [command_line(config, word) if word != "help" else "pqwatch help" for word, _ in steps]
    for command, (_, told) in zip(typed, steps, strict=True):
        click.echo(f"  {command.ljust(max(map(len, typed)))}    {told}", err=True)
    click.echo(f"\nTab completes commands after: {completion(os.environ.get('SHELL', ''))}", err=True)


def _say_found(config: Config, words: Sequence[str]) -> None:
    """Say what the words find in the archive, or that the first run will."""
    more = command_line(config, "topics", "add", "NAME", "TERM")
    click.echo(f"The topic {quoted(config.topics[0].name)} has your words. More: {more}", err=True)
    counts = count_records(config, words)
    if counts is not None and any(counts.records):
        for word, number in zip(words, counts.records, strict=True):
            click.echo(f"  {cell(word)}: {count_of(number, 'record')} in the archive", err=True)
        for line in [*counts.hints, *noise_lines(words, counts.noise)]:
            click.echo(f"  {line}", err=True)
    else:
        click.echo("The first run shows what they find, the newest two days within a few minutes.", err=True)


def _archive_place(config: Config) -> str:
    from db.engine import open_location  # noqa: PLC0415 (slow to import)

    with open_location(config.archive.url.reveal(), base=config.path.parent) as location:
        return location.name


def completion(shell: str) -> str:
    """Return the line for a shell's start file that lets Tab complete commands and options; bash's for unknown shells."""
    name = Path(shell).name
    if name == "fish":
        return "_PQWATCH_COMPLETE=fish_source pqwatch | source"
    return f'eval "$(_PQWATCH_COMPLETE={"zsh" if name == "zsh" else "bash"}_source pqwatch)"'
