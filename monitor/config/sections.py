"""Tables of config.toml, each read by one function or method."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monitor.config import values
from monitor.config.archive_urls import archive_url, without_password
from monitor.config.settings import (
    ArchiveSettings,
    CalendarSettings,
    Config,
    DeliverySettings,
    DigestSettings,
    HttpSettings,
    MonitoringSettings,
    ScheduleSettings,
    SmtpSettings,
    TermProblem,
    WebSettings,
    WorkersSettings,
)
from monitor.config.sources import read_sources
from monitor.config.subscribers import key_and_name, read_subscribers, read_topic_feeds, read_webhooks
from monitor.config.tables import (
    Secret,
    Table,
    choice,
    existing_file,
    optional,
    parsed,
    placed,
    secret_file,
    secret_variable,
    text,
    truth,
    whole,
    words,
)
from monitor.model.limits import ANY_DOMAIN, DomainLimit, SendingLimits
from monitor.model.watching import Topic
from monitor.terms.parser import readable_root
from monitor.terms.tree import TermError, has_words, term_error
from monitor.terms.vocabulary import merge_equivalents, read_equivalent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from pathlib import Path

    from monitor.terms.vocabulary import Equivalents

_MANY_DAYS = 36_500
SHORTEST_TOKEN = 16
"""Characters of the token with which programs and browsers sign in to the page."""
MOST_PER_MINUTE = 6_000
MOST_CONNECTIONS = 50
"""A usual relay takes no more of one client."""


@dataclass(kw_only=True)
class ConfigReader:
    """Reader of one file. Relative paths are relative to `base`; mistakes go to `root.problems`."""

    root: Table
    base: Path
    env: Mapping[str, str]
    check_term: Callable[[str], tuple[str, str] | None]
    needs_password: bool
    needs_token: bool = False
    term_problems: list[TermProblem] = field(default_factory=list)
    secret_files: list[Path] = field(default_factory=list)

    def config(self, path: Path) -> Config:
        """Read the whole file; `path` is only kept."""
        sources = read_sources(self.root.table("sources"), self.base)
        schedule = _schedule(self.root.table("schedule"))
        topics = self._topics()
        subscribers = read_subscribers(self.root.tables("subscribers"), topics, schedule)
        taken = {subscriber.key for subscriber in subscribers}
        secret = self._secret if self.needs_password else None
        webhooks = read_webhooks(self.root.tables("webhooks"), topics, schedule, taken, secret)
        table = self.root.table("delivery")
        topic_feeds = read_topic_feeds(table.table("feeds"), topics, taken, self.base)
        delivery, smtp = self._delivery(table)
        archive = self._archive(self.root.table("archive"))
        config = Config(
            path=path,
            archive=archive,
            http=self._http(self.root.table("http")),
            schedule=schedule,
            questions=sources.questions,
            members=sources.members,
            parliament_calendar=sources.parliament_calendar,
            statements=sources.statements,
            theyworkforyou=sources.theyworkforyou,
            historic=sources.historic,
            publications=sources.publications,
            scotland=sources.scotland,
            northern_ireland=sources.northern_ireland,
            senedd=sources.senedd,
            oral_questions=sources.oral_questions,
            whats_on=sources.whats_on,
            committees=sources.committees,
            feeds=sources.feeds,
            topics=topics,
            subscribers=subscribers,
            webhooks=webhooks,
            topic_feeds=topic_feeds,
            calendar=_calendar(self.root.table("calendar")),
            digest=_digest(self.root.table("digest")),
            delivery=delivery,
            smtp=smtp,
            monitoring=self._monitoring(self.root.table("monitoring")),
            web=self._web(self.root.table("web")),
            workers=_workers(self.root.table("workers"), archive),
            equivalents=_equivalents(self.root.table("equivalents")),
            term_problems=tuple(self.term_problems),
            secret_files=tuple(self.secret_files),
        )
        self.root.close()
        return config

    def _archive(self, table: Table) -> ArchiveSettings:
        written = [key for key in ("url", "url_env", "url_file") if table.has(key)]
        if len(written) > 1:
            table.complain(written[1], f"{' and '.join(written)} say the same thing; keep one of them")
        default = Secret(archive_url("sqlite:///pqwatch.db", self.base))
        url = table.take("url", default, parsed(lambda value: Secret(archive_url(without_password(value), self.base))))
        url = table.take("url_env", url, lambda name: self._secret_url(secret_variable(self.env, name)))
        url = table.take("url_file", url, lambda name: self._secret_url(self._secret("file", name)))
        keep = table.take("keep_raw_days", 0, whole(0, _MANY_DAYS))
        return ArchiveSettings(url=url, keep_raw_days=keep)

    def _secret(self, kind: str, name: Any) -> Secret:
        """Read a secret from an environment variable (kind "env") or a file ("file")."""
        if kind == "env":
            return secret_variable(self.env, name)
        found = secret_file(self.base, name)
        self.secret_files.append(placed(self.base, name))
        return found

    def _secret_url(self, secret: Secret) -> Secret:
        return Secret(archive_url(secret.reveal(), self.base))

    def _http(self, table: Table) -> HttpSettings:
        default = HttpSettings()
        return HttpSettings(
            contact=table.take("contact", default.contact, parsed(values.contact)),
            concurrency=table.take("concurrency", default.concurrency, whole(1, 16)),
            min_interval=table.take("min_interval", default.min_interval, _lasting("0ms", "1m")),
            try_again_for=table.take("try_again_for", default.try_again_for, _lasting("0m", "30m")),
            proxy=table.take("proxy", "", optional(values.web_address)),
            ca_file=self._ca_file(table),
        )

    def _ca_file(self, table: Table) -> Path | None:
        return table.take("ca_file", None, lambda value: existing_file(self.base, value) if value != "" else None)

    def _monitoring(self, table: Table) -> MonitoringSettings:
        place = parsed(lambda value: placed(self.base, value))
        return MonitoringSettings(
            ping_url=table.take("ping_url", "", optional(values.web_address)),
            status_file=table.take("status_file", None, lambda value: place(value) if value != "" else None),
        )

    def _web(self, table: Table) -> WebSettings:
        default = WebSettings()
        web = WebSettings(
            base_url=table.take("base_url", "", optional(values.page_address)),
            auth=table.take("auth", default.auth, choice("none", "proxy", "token")),
            token=self._token(table),
            public=table.take("public", default.public, truth),
            signup=table.take("signup", default.signup, truth),
            trusted_proxies=table.take_each("trusted_proxies", default.trusted_proxies, parsed(values.network)),
            user_header=table.take("user_header", default.user_header, parsed(values.header_name)),
        )
        if web.auth == "token" and not (table.has("token_file") or table.has("token_env")):
            table.complain("auth", '"token" needs token_file, a file of mode 0600 with 16 characters or more')
        if web.signup and not web.base_url:
            table.complain("signup", "needs base_url: the mail that confirms a subscription holds a link to the page")
        return web

    def _token(self, table: Table) -> Secret | None:
        """Read the token, where it is needed (only the page asks for it): from a file or an environment variable."""
        table.refuse("token", "a token does not belong in config.toml; use token_file or token_env")
        file = table.take("token_file", "", optional(words))
        variable = table.take("token_env", "", optional(words))
        if file and variable:
            table.complain("token_env", "token_file and token_env say the same thing; keep one of them")
        kind, name = ("file", file) if file else ("env", variable)
        if not name or not self.needs_token:
            return None
        return table.read(f"token_{kind}", lambda: _long_enough(self._secret(kind, name)))

    def _topics(self) -> tuple[Topic, ...]:
        topics: list[Topic] = []
        keys: set[str] = set()
        for table in self.root.tables("topics"):
            key, name = key_and_name(table, keys, "topic")
            keys.add(key)
            if not table.has("terms") or table.holds_nothing("terms"):
                table.complain("terms", 'a topic needs at least one term, such as terms = ["National Crime Agency"]')
            terms = self._terms(table, "terms", key)
            added = _terms_of_successors(terms) if table.take("successors", False, truth) else ()
            topics.append(
                Topic(
                    key=key,
                    name=name,
                    terms=(*terms, *added),
                    exclude=self._terms(table, "exclude", key),
                    note=table.take("note", "", text),
                    added=added,
                )
            )
        return tuple(topics)

    def _terms(self, table: Table, key: str, topic: str) -> tuple[str, ...]:
        """Return the readable terms, each once. Anything but a list of texts is a mistake in the file."""
        readable: dict[str, None] = {}
        for place, term in table.take_placed(key, (), words):
            problem = self.check_term(term) or (_without_words(term) if key == "exclude" else None)
            if problem is None:
                readable[term] = None
                continue
            line, sentence = table.problems.line(place), table.problems.sentence(place, problem[0])
            self.term_problems.append(
                TermProblem(
                    topic=topic,
                    term=term,
                    line=line,
                    text=sentence,
                    caret=problem[1],
                    reason=problem[0],
                    is_exclude=key == "exclude",
                )
            )
        return tuple(readable)

    def _delivery(self, table: Table) -> tuple[DeliverySettings, SmtpSettings]:
        default = DeliverySettings(folder=self.base / "outbox")
        delivery = DeliverySettings(
            transport=table.take("transport", default.transport, choice("file", "smtp")),
            folder=table.take("folder", default.folder, parsed(lambda value: placed(self.base, value))),
            sender=table.take("from", default.sender, parsed(values.sender)),
            unsubscribe=table.take("unsubscribe", "", optional(values.address)),
            operator=table.take("operator", "", optional(values.address)),
            bounces=table.take("bounces", "", optional(values.return_address)),
            on_ambiguous=table.take("on_ambiguous", default.on_ambiguous, choice("resend", "hold")),
            keep_mail_days=table.take("keep_mail_days", default.keep_mail_days, whole(1, _MANY_DAYS)),
        )
        if delivery.transport == "smtp" and not table.has("from"):
            table.complain("from", 'is missing; digests by smtp need a sender, such as "Digest <digest@example.org>"')
        smtp = self._smtp(table.table("smtp"), is_used=delivery.transport == "smtp")
        return delivery, smtp

    def _smtp(self, table: Table, *, is_used: bool) -> SmtpSettings:
        default = SmtpSettings()
        username = table.take("username", "", text)
        smtp = SmtpSettings(
            host=table.take("host", default.host, parsed(values.host)),
            port=table.take("port", default.port, whole(1, 65_535)),
            tls=table.take("tls", default.tls, choice("starttls", "tls", "none")),
            allow_plain=table.take("allow_plain", default.allow_plain, truth),
            ca_file=self._ca_file(table),
            username=username,
            password=self._password(table, is_needed=bool(username) and is_used and self.needs_password),
            connections=table.take("connections", default.connections, whole(1, MOST_CONNECTIONS)),
            limits=_limits(table),
        )
        _check_plain(table, smtp)
        return smtp

    def _password(self, table: Table, *, is_needed: bool) -> Secret | None:
        table.refuse("password", "a password does not belong in config.toml; use password_file or password_env")
        if table.has("password_env") and table.has("password_file"):
            table.complain("password_file", "password_env and password_file say the same thing; keep one of them")
        variable = table.take("password_env", "PQWATCH_SMTP_PASSWORD", words)
        if not table.has("password_file"):
            return table.read("password_env", lambda: secret_variable(self.env, variable)) if is_needed else None
        check = (lambda value: self._secret("file", value)) if is_needed else (lambda value: Secret(words(value)))
        found = table.take("password_file", None, check)
        return found if is_needed else None


def _limits(table: Table) -> SendingLimits:
    """Read how fast mail may go: all of it, and by receiving domain."""
    per_minute = table.take("per_minute", 0, whole(0, MOST_PER_MINUTE))
    domains = table.table("domains")
    found: dict[str, DomainLimit] = {}
    for written in domains.written():
        name, limit = _domain(domains, written)
        if name in found:
            domains.complain(written, "stands there twice, in other capitals; keep one of them")
        found[name] = limit
    return SendingLimits(per_minute=per_minute, domains=found)


def _domain(table: Table, name: str) -> tuple[str, DomainLimit]:
    limit = table.table(name)
    if name != ANY_DOMAIN and not re.fullmatch(r"[^\s@*]+\.[^\s@*]*[^\s@*.]", name):
        table.complain(
            name, 'is no domain; write it as [delivery.smtp.domains."example.org"], or "*" for every other one'
        )
    return name.lower(), DomainLimit(
        per_minute=limit.take("per_minute", 0, whole(0, MOST_PER_MINUTE)),
        connections=limit.take("connections", 0, whole(0, MOST_CONNECTIONS)),
    )


def _without_words(exclusion: str) -> tuple[str, str] | None:
    """Return what is wrong with an exclusion that finds no words, and so takes nothing away; None if it finds some."""
    root = readable_root(exclusion)
    if root is None or has_words(root):
        return None
    remedy = f"write words beside it, or NOT ({exclusion}) behind each term that it is for"
    error = term_error("A filter alone excludes nothing", exclusion, 0, remedy)
    return str(error), error.caret


def _terms_of_successors(terms: tuple[str, ...]) -> tuple[str, ...]:
    """Return terms for the successors of the ended bodies that some terms name, each once."""
    # Imported where a topic asks for it: the table of bodies takes its time.
    from monitor.terms.ended_bodies import successor_term  # noqa: PLC0415

    found = dict.fromkeys(term for written in terms if (term := successor_term(written)) is not None)
    return tuple(term for term in found if term not in terms)


def _workers(table: Table, archive: ArchiveSettings) -> WorkersSettings:
    settings = WorkersSettings(enabled=table.take("enabled", False, truth))
    if settings.enabled and archive.url.reveal().startswith("sqlite"):
        table.complain("enabled", "workers share an archive on PostgreSQL: archive.url names a SQLite file")
    return settings


def _schedule(table: Table) -> ScheduleSettings:
    default = ScheduleSettings()
    return ScheduleSettings(
        timezone=table.take("timezone", default.timezone, parsed(values.zone)),
        collect_every=table.take("collect_every", default.collect_every, _lasting("1m", "24h")),
        digest_at=table.take("digest_at", default.digest_at, parsed(values.clock)),
        digest_days=table.take("digest_days", default.digest_days, parsed(values.days)),
        weekly_on=table.take("weekly_on", default.weekly_on, parsed(values.day)),
        supplement_for=table.take("supplement_for", default.supplement_for, _lasting("0m", "24h")),
    )


def _calendar(table: Table) -> CalendarSettings:
    return CalendarSettings(recess=table.take_each("recess", (), values.recess))


def _digest(table: Table) -> DigestSettings:
    return DigestSettings(link_hosts=tuple(dict.fromkeys(table.take_each("link_hosts", (), parsed(values.link_host)))))


def _check_plain(table: Table, smtp: SmtpSettings) -> None:
    """Refuse mail without encryption on a public network, and a password without encryption on any network."""
    if smtp.tls != "none" or values.is_loopback(smtp.host):
        return
    if not values.is_private(smtp.host):
        table.complain("tls", '"none" is for this machine or a private address only; use "starttls" or "tls"')
    elif not smtp.allow_plain:
        table.complain(
            "tls", '"none" sends digests readable over the network; use "starttls", or add allow_plain = true'
        )
    elif smtp.username:
        table.complain(
            "username", 'with tls = "none" the password would be readable; remove username or use "starttls"'
        )


def _long_enough(token: Secret) -> Secret:
    """Check that a token can't be guessed."""
    if len(token.reveal()) < SHORTEST_TOKEN:
        raise ValueError(
            f"the token is too short: use {SHORTEST_TOKEN} characters or more, such as those of: openssl rand -hex 16"
        )
    return token


def _lasting(shortest: str, longest: str) -> Callable[[Any], timedelta]:
    def check(written: str) -> timedelta:
        found = values.duration(written)
        if not values.duration(shortest) <= found <= values.duration(longest):
            raise ValueError(f'"{written}" must be from {shortest} to {longest}')
        return found

    return parsed(check)


def _equivalents(table: Table) -> Equivalents:
    """Read `[equivalents]`: a key means the same as its value, or as each element of it. The shipped groups count too."""
    groups = [_group(table, key) for key in table.written()]
    return merge_equivalents([group for group in groups if len(group) > 1])


def _group(table: Table, key: str) -> tuple[str, ...]:
    phrase = table.read(key, lambda: _equivalent_phrase(key))
    others = table.take_one_or_each(key, _equivalent_phrase)
    if table.holds_nothing(key):
        table.complain(key, "has no equivalent; write a word or a phrase, or remove it")
    if phrase in others:
        table.complain(key, "its equivalent is the same words, which terms find by themselves; remove it")
    return (phrase, *others) if phrase else ()


def _equivalent_phrase(value: Any) -> str:
    try:
        return read_equivalent(words(value))
    except TermError as wrong:
        raise ValueError(str(wrong)) from None
