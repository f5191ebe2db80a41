#!/usr/bin/env bash
# The HTML of every kind of mail, by html-validate. What it may not say of a mail, and why, stands in node/html-validate.mjs.
set -euo pipefail
. "$(dirname "$0")/node/ready"
node "$NODE_MODULES/html-validate/bin/html-validate.mjs" --config .ci/external.d/node/html-validate.mjs --formatter text "$mails"/*.html
echo "$(ls "$mails"/*.html | wc -l) mails: no error"
