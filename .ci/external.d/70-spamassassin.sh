#!/usr/bin/env bash
# What SpamAssassin thinks of every kind of mail, by its local tests alone: below 1.0. What only a mail that really travelled
# has (Received, SPF, DKIM, the reputation of who sends) is not asked.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v spamassassin >/dev/null; then
    echo "spamassassin is missing: apt-get install spamassassin"
    exit 77
fi
mails=$(mktemp -d -t pqwatch-mails-XXXXXX)
trap 'rm -rf "$mails"' EXIT
spamassassin --version | head -n 1
uv run python .ci/external.d/mails.py "$mails"
uv run python .ci/external.d/spam.py .ci/external.d/spamassassin.cf "$mails"/*.eml
