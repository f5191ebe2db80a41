#!/usr/bin/env bash
# Check the site that pqwatch export writes of the demo's archive: its HTML with html-validate, its accessibility with
# axe-core, its layout in a browser, as for the mails. No rule has an exception here.
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "chromium is missing: apt-get install chromium"
    exit 77
fi
. "$(dirname "$0")/node/ready"
here=$(mktemp -d -t pqwatch-site-XXXXXX)
trap 'rm -rf "$mails" "$here"' EXIT
uv run python -m monitor demo --brief --folder "$here/demo" >"$here/demo.txt"
uv run python -m monitor export --config "$here/demo/config.toml" --topic "Hi-tech crime policing" --format site \
    --output "$here/site" --base-url https://example.org/crime/
node "$NODE_MODULES/html-validate/bin/html-validate.mjs" --preset recommended --formatter text "$here/site/**/*.html"
uv run python .ci/external.d/axe.py "$browser" "$NODE_MODULES/axe-core/axe.min.js" "$here/site" site
uv run python .ci/external.d/browser.py "$browser" "$here/site" "${PICTURES:-$here/pictures}"
