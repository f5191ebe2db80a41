#!/usr/bin/env bash
# Check the units of deploy/ as systemd reads them, and how well they are confined. Build and run the container with
# podman, buildah or docker.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d -t pqwatch-deploy-XXXXXX)
trap 'rm -rf "$work"' EXIT
done=""

if command -v systemd-analyze >/dev/null; then
    systemd-analyze --version | head -n 1
    # Only the paths of the program and its user differ on this machine.
    program=$(uv run python -c 'import sys; print(sys.executable)')
    for unit in deploy/pqwatch*.service deploy/pqwatch*.timer; do
        sed "s#/opt/pqwatch/bin/pqwatch#$program -m monitor#; s#^User=pqwatch#User=$(id -un)#" "$unit" >"$work/${unit##*/}"
    done
    systemd-analyze verify "$work"/*.service "$work"/*.timer 2>&1 | tee "$work/said"
    [ ! -s "$work/said" ]
    for unit in "$work"/*.service; do
        sed -i 's/^User=.*/User=pqwatch/' "$unit"
        systemd-analyze security --offline=true --threshold=20 "$unit" | tail -n 1
    done
    systemd-analyze calendar --iterations=3 "$(sed -n 's/^OnCalendar=//p' deploy/pqwatch-run.timer)"
    done="units"
else
    echo "systemd-analyze is missing: apt-get install systemd"
fi

builder=$(command -v podman || command -v docker || true)
if [ -n "$builder" ]; then
    "$builder" build -q -f deploy/Containerfile -t pqwatch-check .
    "$builder" run --rm pqwatch-check --version
    "$builder" run --rm --network none pqwatch-check demo --brief --folder /var/lib/pqwatch/demo
    [ "$("$builder" run --rm --entrypoint id pqwatch-check -un)" = pqwatch ]
    ! "$builder" run --rm --entrypoint sh pqwatch-check -c 'command -v gcc || command -v uv'
    # The page does not open to others until config.toml says who may come in.
    ! "$builder" run --rm pqwatch-check web --host 0.0.0.0
    # As process 1 it must end on SIGTERM, within the ten seconds after which it would be killed.
    "$builder" run -d --name pqwatch-check-serve --entrypoint sh pqwatch-check -c \
        'pqwatch init --email desk@example.org --yes >/dev/null 2>&1 || true; exec pqwatch serve' >/dev/null
    sleep 5
    "$builder" stop -t 10 pqwatch-check-serve >/dev/null
    code=$("$builder" inspect -f '{{.State.ExitCode}}' pqwatch-check-serve)
    "$builder" rm pqwatch-check-serve >/dev/null
    [ "$code" = 0 ] || { echo "serve ended with $code"; exit 1; }
    done="$done${done:+ and }container"
else
    echo "podman is missing: apt-get install podman"
fi
if [ -z "$done" ]; then
    echo "neither systemd-analyze nor podman is here"
    exit 77
fi
echo "checked: $done$([ -n "$builder" ] || echo "; the container is not, for podman is missing")"
