#!/usr/bin/env bash
# Every kind of mail and both digests of the demo in a real browser: light, dark, forced colours, 400 and 320 px, without its
# style sheet, without any style. Nothing may stick out at the side, no word be broken.
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
uv run python .ci/external.d/mails.py "$pictures/mails"
cp "$pictures"/demo/*.html "$pictures/mails"
uv run python .ci/external.d/browser.py "$browser" "$pictures/mails" "$pictures"
