#!/usr/bin/env bash
# Check every page that pqwatch web serves, over the demo's two days: accessibility with axe-core in Chromium, light and dark,
# wide and 320 px, and the HTML with html-validate. node/html-validate-page.mjs has the exceptions.
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "chromium is missing: apt-get install chromium"
    exit 77
fi
. "$(dirname "$0")/node/ready"
here=$(mktemp -d -t pqwatch-page-XXXXXX)
trap 'rm -rf "$mails" "$here"' EXIT
uv run python .ci/external.d/web_pages.py "$browser" "$NODE_MODULES/axe-core/axe.min.js" "$here"
node "$NODE_MODULES/html-validate/bin/html-validate.mjs" --config .ci/external.d/node/html-validate-page.mjs --formatter text "$here"/*.html
echo "$(ls "$here"/*.html | wc -l) pages: no finding of axe, no error of html-validate"
