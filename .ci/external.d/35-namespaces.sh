#!/usr/bin/env bash
# Let two machines run on one PostgreSQL archive and cut one's connection in the middle: three network namespaces with
# addresses and host names of their own, one with the servers, two with pqwatch. ROUNDS=20 cuts more often.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
for program in ip unshare hostname; do
    if ! command -v "$program" >/dev/null; then
        echo "$program is missing: apt-get install iproute2 util-linux hostname"
        exit 77
    fi
done
prefix=pqw$$
remove() {
    for name in servers one two; do ip netns del "$prefix-$name" 2>/dev/null || true; done
}
trap remove EXIT
if ! ip netns add "$prefix-servers" 2>/dev/null || ! ip netns exec "$prefix-servers" unshare --uts true 2>/dev/null; then
    echo "no namespaces may be made here: only root can, where the kernel or the container allows it"
    exit 77
fi
inside() { ip netns exec "$@"; }
inside "$prefix-servers" ip link set lo up
inside "$prefix-servers" ip link add bridge type bridge
inside "$prefix-servers" ip address add 192.0.2.1/24 dev bridge
inside "$prefix-servers" ip link set bridge up
number=11
for name in one two; do
    ip netns add "$prefix-$name"
    inside "$prefix-servers" ip link add "to-$name" type veth peer name net netns "$prefix-$name"
    inside "$prefix-servers" ip link set "to-$name" master bridge up
    inside "$prefix-$name" ip link set lo up
    inside "$prefix-$name" ip address add "192.0.2.$number/24" dev net
    inside "$prefix-$name" ip link set net up
    number=$((number + 1))
done
ip netns exec "$prefix-servers" uv run --offline python .ci/external.d/two_machines.py "$prefix" "${ROUNDS:-6}"
