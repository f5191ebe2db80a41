#!/usr/bin/env bash
# Compare the mails with what Gmail, Outlook, Apple Mail, Yahoo and Thunderbird support, by the tests that caniemail.com
# publishes. node/clients.mjs lists what they may leave out, and what the reader sees then.
set -euo pipefail
. "$(dirname "$0")/node/ready"
node .ci/external.d/node/clients.mjs "$mails"/*.html
