#!/usr/bin/env bash
# Both digests of the demo in a real browser: light, dark, and 400 px wide without a bar to scroll sideways.
# The pictures stay in the folder that it names; give another one in PICTURES.
set -euo pipefail
cd "$(dirname "$0")/../.."
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "chromium is missing: apt-get install chromium"
    exit 77
fi
pictures=${PICTURES:-$(mktemp -d -t pqwatch-pictures-XXXXXX)}
"$browser" --version
uv run python -m monitor demo --brief --folder "$pictures/demo" | sed -n 's/^  Subject: /digest: /p'
uv run python .ci/external.d/browser.py "$browser" "$pictures"
