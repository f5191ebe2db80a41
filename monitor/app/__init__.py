"""The one place that builds archive and mailers from the configuration, and hands them to the stages."""

from __future__ import annotations

from monitor.app.archives import archive, archive_to_read, clock, counts, lexicon, sittings
from monitor.app.conclusion import conclude, conclude_failure, ping
from monitor.app.documents import briefing, letter
from monitor.app.mailers import mail_connections, mailer, mailers_by_queue, poster, return_address, webhook_mailer
from monitor.app.places import archive_file, is_archive_gone, status_file, trace_of_mails
from monitor.app.reading import open_archive, overview
from monitor.app.settings import (
    JudgedTerms,
    changed_at,
    check_term,
    configuration,
    configuration_again,
    doubtful_terms,
    record_counter,
    with_misread_terms,
)
from monitor.app.stages import pipeline, rehearsal

__all__ = [
    "JudgedTerms",
    "archive",
    "archive_file",
    "archive_to_read",
    "briefing",
    "changed_at",
    "check_term",
    "clock",
    "conclude",
    "conclude_failure",
    "configuration",
    "configuration_again",
    "counts",
    "doubtful_terms",
    "is_archive_gone",
    "letter",
    "lexicon",
    "mail_connections",
    "mailer",
    "mailers_by_queue",
    "open_archive",
    "overview",
    "ping",
    "pipeline",
    "poster",
    "record_counter",
    "rehearsal",
    "return_address",
    "sittings",
    "status_file",
    "trace_of_mails",
    "webhook_mailer",
    "with_misread_terms",
]
