#!/usr/bin/env bash
# Check the accessibility of every kind of mail with axe-core in Chromium: WCAG 2.2 AA and best practices, light and dark,
# wide and 400 px, with the contrast as it is painted.
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "chromium is missing: apt-get install chromium"
    exit 77
fi
. "$(dirname "$0")/node/ready"
uv run python .ci/external.d/axe.py "$browser" "$NODE_MODULES/axe-core/axe.min.js" "$mails"
