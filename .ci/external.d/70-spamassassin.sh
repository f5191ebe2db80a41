#!/usr/bin/env bash
# Let SpamAssassin judge every kind of mail by its local tests: each must stay below 1.0. Rules about the way of a mail
# (Received, SPF, DKIM, the reputation of the sender) are not asked.
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
