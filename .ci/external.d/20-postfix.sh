#!/usr/bin/env bash
# Send digests through a real mail server: a separate instance of Postfix on loopback, STARTTLS with its own CA, delivery
# into a mailbox file that Python's mailbox module reads.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
if ! command -v postfix >/dev/null; then
    echo "postfix is missing: apt-get install postfix"
    exit 77
fi
if [ "$(id -u)" != 0 ]; then
    echo "only root can start postfix"
    exit 77
fi
work=$(mktemp -d -t pqwatch-postfix-XXXXXX)
trap 'postfix -c "$work/etc" stop 2>/dev/null || true; rm -rf "$work"' EXIT
port=$(uv run python -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
owner=$(id -u postfix)

chmod 755 "$work"
mkdir "$work/etc" "$work/queue" "$work/data" "$work/mail"
chown postfix "$work/data" "$work/mail"
uv run python - "$work" <<'PYTHON'
import sys, trustme
ca = trustme.CA()
ca.cert_pem.write_to_path(f"{sys.argv[1]}/ca.pem")
ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(f"{sys.argv[1]}/server.pem")
PYTHON
cat >"$work/etc/main.cf" <<CONFIG
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
maillog_file_prefixes = $work
maillog_file = $work/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.org
mydestination =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = static:box
virtual_mailbox_base = $work/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:$owner
virtual_gid_maps = static:$(id -g postfix)
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = $work/server.pem
smtpd_relay_restrictions = permit_auth_destination, reject
CONFIG
{
    echo "127.0.0.1:$port inet n - n - - smtpd"
    echo "postlog unix-dgram n - n - 1 postlogd"
    for line in "pickup n pickup 60 1" "cleanup n cleanup - 0" "qmgr n qmgr 300 1" "tlsmgr - tlsmgr 1000? 1" \
        "rewrite - trivial-rewrite - -" "bounce - bounce - 0" "defer - bounce - 0" "trace - bounce - 0" \
        "error - error - -" "retry - error - -" "anvil - anvil - 1" "scache - scache - 1" "proxymap - proxymap - -"; do
        read -r name private program wakeup most <<<"$line"
        echo "$name unix $private - n $wakeup $most $program"
    done
    echo "virtual unix - n n - - virtual"
} >"$work/etc/master.cf"
postconf -d mail_version
postfix -c "$work/etc" start 2>&1 | grep -v "starting the Postfix\|^updating" || true
if ! uv run python .ci/external.d/mailed.py "$port" "$work/ca.pem" "$work/mail/box"; then
    tail -n 20 "$work/log"
    exit 1
fi
