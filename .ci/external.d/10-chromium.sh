#!/usr/bin/env bash
# Show every kind of mail and both digests of the demo in a real browser: light, dark, in forced colours, 400 and 320 px
# wide, without the style sheet, without any style. Nothing may stick out at the side, and no word may be broken.
# The pictures stay in the folder that is printed; PICTURES names another one.
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
