#!/usr/bin/env bash
# What mail programs make of the mails, by the tests that caniemail.com publishes: Gmail, Outlook, Apple Mail, Yahoo and
# Thunderbird. What they may leave out, and what the reader then sees, stands in node/clients.mjs.
set -euo pipefail
. "$(dirname "$0")/node/ready"
node .ci/external.d/node/clients.mjs "$mails"/*.html
