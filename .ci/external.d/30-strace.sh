#!/usr/bin/env bash
# A run killed at the system calls that matter, each in turn: every write that reaches the disk, every word to a server.
# STEP=1 tries each call, the default each third.
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
