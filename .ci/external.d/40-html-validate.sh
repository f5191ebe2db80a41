#!/usr/bin/env bash
# Check the HTML of every kind of mail with html-validate. node/html-validate.mjs has the exceptions and their reasons.
set -euo pipefail
. "$(dirname "$0")/node/ready"
node "$NODE_MODULES/html-validate/bin/html-validate.mjs" --config .ci/external.d/node/html-validate.mjs --formatter text "$mails"/*.html
echo "$(ls "$mails"/*.html | wc -l) mails: no error"
