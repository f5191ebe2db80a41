# ruff: noqa: INP001, T201 - a script, no part of a package; it prints what it measured
"""Measure how many mails a second go to a server that takes all, and the CPU time of each mail.

    uv run python bench/mailing.py [--mails 300] [--connections 1,4,10] [--replies 0,30] [--one-by-one]

Each row is a run of its own over a new archive in a folder of its own on the disk. The server is another process. It waits
before it answers the commands that came together, which it offers unless `--one-by-one`. The ratios compare the rows of one
run of this program: figures of a busy machine vary.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from monitor.delivery.smtp import SmtpMailer
from monitor.delivery.smtp_session import Server
from monitor.delivery.stage import Connections, send_pending
from tests.unit.delivery_kit import bench, letter

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = "The Department has made no assessment of slurry. " * 600
"""Text of a mail: 29 kB, as a digest of two dozen answers."""

SINK = """
import asyncio, sys

WAIT = float(sys.argv[1]) / 1000
REPLIES = {b"EHLO": b"250-sink\\r\\n250 " + sys.argv[2].encode(), b"DATA": b"354 go ahead", b"QUIT": b"221 bye"}

async def serve(reader, writer):
    said, replies = b"", b"220 sink\\r\\n"
    while True:
        if b"\\r\\n" not in said:  # all commands that came are answered
            await asyncio.sleep(WAIT)
            writer.write(replies)
            replies = b""
        while b"\\r\\n" not in said:
            data = await reader.read(1 << 16)
            if not data:
                return writer.close()
            said += data
        line, _, said = said.partition(b"\\r\\n")
        verb = line[:4].upper()
        replies += REPLIES.get(verb, b"250 ok") + b"\\r\\n"
        if verb == b"DATA":
            await asyncio.sleep(WAIT)
            writer.write(replies)
            replies = b"250 taken\\r\\n"
            while b"\\r\\n.\\r\\n" not in said:
                said += await reader.read(1 << 16)
            said = said.partition(b"\\r\\n.\\r\\n")[2]

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def measure(mails: int, connections: int, wait_ms: int, offered: str) -> tuple[float, float]:
    """Send mails to a server that offers something; return how many went in a second, and the CPU milliseconds of each."""
    command = [sys.executable, "-c", SINK, str(wait_ms), offered]
    sink = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 (our own)
    try:
        port = sink.stdout.readline() if sink.stdout else ""
        server = Server(host="127.0.0.1", port=int(port), tls="none")
        with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix="bench-") as folder:
            post = bench(Path(folder))
            post.add(*(letter(number, recipient=f"r{number}@x.org", text=WORDS) for number in range(1, mails + 1)))
            several = Connections(count=connections, open=lambda: SmtpMailer(server)) if connections > 1 else None
            began, cpu_began = time.monotonic(), time.process_time()
            report = send_pending(post.outbox, SmtpMailer(server), lambda: datetime.now(UTC), connections=several)
            seconds, cpu = time.monotonic() - began, time.process_time() - cpu_began
            post.outbox.store.engine.dispose()
        if report.sent != mails:
            raise SystemExit(f"only {report.sent} of {mails} were sent: {report.failures}")
    finally:
        sink.kill()
        sink.wait()
    return mails / seconds, cpu / mails * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every combination, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=300)
    parser.add_argument("--connections", default="1,4,10")
    parser.add_argument("--replies", default="0,30", help="milliseconds before each reply of the server")
    parser.add_argument("--one-by-one", action="store_true", help="the server takes no commands ahead")
    options = parser.parse_args(arguments)
    offered = "8BITMIME" if options.one_by_one else "PIPELINING"
    print("a reply takes  connections  mails a second  ratio  CPU a mail")
    for wait_ms in map(int, options.replies.split(",")):
        first = 0.0
        for connections in map(int, options.connections.split(",")):
            rate, cpu = measure(options.mails, connections, wait_ms, offered)
            first = first or rate
            print(f"{wait_ms:10} ms {connections:12} {rate:15.1f} {rate / first:6.1f} {cpu:8.1f} ms", flush=True)


if __name__ == "__main__":
    main()
