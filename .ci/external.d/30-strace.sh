#!/usr/bin/env bash
# Kill a run at each system call that matters: every write that reaches the disk, every word to a server.
# STEP=1 tries every call; the default is every third.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v strace >/dev/null; then
    echo "strace is missing: apt-get install strace"
    exit 77
fi
if ! strace -f -qq -o /dev/null true 2>/dev/null; then
    echo "strace may not trace here: the kernel or the container forbids it"
    exit 77
fi
strace --version | head -n 1
uv run python .ci/external.d/killed.py "${STEP:-3}"
