"""Figures of POP3 accounts: `python -m tests.bench.pop3 [--small] [PART ...]`.

Parts: triage, download, large, removal. Every run is a process of its own; ours and
what it is held against take turns in one go, and medians are compared.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import pwd
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.figures import ROOT
from tests.mails import mail, mails
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import Proxy

ROUNDS = 3
MB = 1_000_000
MPOP = """
account default
host 127.0.0.1
port {port}
user {user}
password {password}
auth user
tls off
keep on
delivery maildir {folder}/mail
uidls_file {folder}/uidls
received_header off
"""
GETMAIL = """
[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = {port}
username = {user}
password = {password}
[destination]
type = Maildir
path = {folder}/mail/
[options]
read_all = true
delete = false
delivered_to = false
received = false
verbose = 0
"""


@contextmanager
def place() -> Iterator[Path]:
    """A folder for one run; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pop-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def one(what: str, port: int, user: str, count: int, folder: Path) -> dict[str, float]:
    """One run in a process of its own: what it cost."""
    argv = [sys.executable, "-m", "tests.bench.pop3_one"]
    words = [what, str(port), user, str(count), str(folder)]
    ended = subprocess.run(
        [*argv, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.PIPE,
    )
    costs: dict[str, float] = json.loads(ended.stdout)
    return costs


def middle(costs: list[dict[str, float]], what: str = "s") -> float:
    return median(cost[what] for cost in costs)


# -- headers -----------------------------------------------------------------


def triage(server: Dovecot, count: int) -> None:
    """A fresh account until every header is in the list, against bare loops."""
    user = server.fresh_user()
    server.seed(user, mails(count))
    with place() as folder:
        # The server's cache is warm from here on.
        one("bare", server.pop3, user, count, folder)
    for rtt_ms in (0, 50):
        with Proxy(server.pop3, rtt_ms=rtt_ms) as proxy:
            # Without a delay the proxy would be the slowest of all.
            port = proxy.port if rtt_ms else server.pop3
            ran: dict[str, list[dict[str, float]]] = {}
            for _ in range(ROUNDS):
                for what in ("triage", "bare", "raw"):
                    with place() as folder:
                        costs = one(what, port, user, count, folder)
                    ran.setdefault(what, []).append(costs)
        ours, session, sock = (middle(ran[w]) for w in ("triage", "bare", "raw"))
        print(
            f"{count} headers, RTT {rtt_ms} ms: {ours:.2f} s; our session with nothing"
            f" done {session:.2f} s, ratio {ours / session:.2f}; a socket with a window"
            f" of 50 {sock:.2f} s, ratio {ours / sock:.2f}; processor time"
            f" {middle(ran['triage'], 'cpu') / count * 1e6:.0f} µs a message, of the"
            f" session {middle(ran['bare'], 'cpu') / count * 1e6:.0f}; memory"
            f" {middle(ran['triage'], 'peak_mb'):.0f} MB",
            flush=True,
        )
    with place() as folder:
        cost = one("first_rows", server.pop3, user, count, folder)
    print(
        f"first {cost['rows']:.0f} rows of {count}: {cost['listed']:.0f} round trips"
        f" after the greeting to the listing, {cost['flights']:.0f} more to the rows;"
        f" {cost['octets'] / 1000:.0f} kB",
        flush=True,
    )


# -- messages ----------------------------------------------------------------


def large(number: int, octets: int, pool: bytes) -> bytes:
    """A message of so many octets; `pool` is base64 to cut the body from."""
    at = (number * 7919 * 78) % (len(pool) // 2)
    at -= at % 78
    body, need = [], octets
    while need > 0:
        piece = pool[at : at + need - need % 78 + 78]
        body.append(piece)
        need -= len(piece)
        at = 0
    head = mail(number, Content_Transfer_Encoding="base64", body="")
    return head + b"".join(body)


def base64_pool(octets: int) -> bytes:
    raw = base64.b64encode(random.Random(1).randbytes(octets * 3 // 4))
    return b"".join(raw[at : at + 76] + b"\r\n" for at in range(0, len(raw) - 75, 76))


def seed_large(server: Dovecot, user: str, sizes: list[int]) -> None:
    pool = base64_pool(4 * MB)
    for start in range(0, len(sizes), 100):
        some = enumerate(sizes[start : start + 100], start)
        server.seed(user, [large(number, size, pool) for number, size in some])


def mpop(port: int, user: str, count: int, folder: Path) -> dict[str, float]:
    """The same work by mpop."""
    words = MPOP.format(port=port, user=user, password=PASSWORD, folder=folder)
    return foreign("mpop", "-q", words, count, folder)


def getmail(port: int, user: str, count: int, folder: Path) -> dict[str, float]:
    """The same work by getmail6."""
    words = GETMAIL.format(port=port, user=user, password=PASSWORD, folder=folder)
    state = f"--getmaildir={folder}"
    return foreign("getmail", state, words, count, folder)


def foreign(
    program: str, option: str, words: str, count: int, folder: Path
) -> dict[str, float]:
    """Run another program until it ends; its time and processor time."""
    config = folder / "config"
    config.write_text(words)
    config.chmod(0o600)
    for part in ("cur", "new", "tmp"):
        (folder / "mail" / part).mkdir(parents=True)
    named = f"--file={config}" if program == "mpop" else f"--rcfile={config}"
    identity = {}
    if os.geteuid() == 0:
        # getmail does not deliver as root.
        nobody = pwd.getpwnam("nobody")
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid}
        for path in (folder, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    before = os.times()
    begun = time.perf_counter()
    subprocess.run(
        [program, option, named],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
        **identity,  # type: ignore[call-overload]
    )
    took = time.perf_counter() - begun
    after = os.times()
    came = len(list((folder / "mail" / "new").iterdir()))
    if came != count:
        raise RuntimeError(f"{program} fetched {came} of {count}")
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return {"s": took, "cpu": cpu}


def ours(port: int, user: str, count: int, folder: Path) -> dict[str, float]:
    return one("fetch", port, user, count, folder)


Program = Callable[[int, str, int, Path], dict[str, float]]


def programs() -> dict[str, Program]:
    """Ours, and those of the others that are installed."""
    found: dict[str, Program] = {"ours": ours}
    for name, run in (("mpop", mpop), ("getmail", getmail)):
        if shutil.which(name):
            found[name] = run
        else:
            print(f"{name} is not installed: left out")
    return found


def download(server: Dovecot, sizes: list[int], rounds: int, what: str) -> None:
    """Everything into files, against other programs; with our peak of memory."""
    user = server.fresh_user()
    seed_large(server, user, sizes)
    count, total = len(sizes), sum(sizes)
    ran: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for name, run in programs().items():
            with place() as folder:
                ran.setdefault(name, []).append(run(server.pop3, user, count, folder))
            os.sync()
    shutil.rmtree(server.root / "home" / user)
    rates = {name: total / MB / middle(costs) for name, costs in ran.items()}
    best = max((r for name, r in rates.items() if name != "ours"), default=0.0)
    ratio = f"{rates['ours'] / best:.2f} of the faster" if best else "nothing beside"
    words = ", ".join(
        f"{name} {rate:.0f} MB/s ({middle(ran[name], 'cpu'):.1f} s of processor time)"
        for name, rate in rates.items()
    )
    peak = max(cost["peak_mb"] for cost in ran["ours"])
    print(f"{what}: {words}; {ratio}; our peak {peak:.0f} MB", flush=True)


# -- removal -----------------------------------------------------------------


def removal(server: Dovecot, count: int) -> None:
    """All that is here removed at once, and fetched and removed in turns."""
    ran: dict[str, list[dict[str, float]]] = {}
    for _ in range(ROUNDS):
        user = server.fresh_user()
        server.seed(user, mails(count))
        with place() as folder:
            runs = ("fetch", "read_again", "remove")
            for what in runs:
                costs = one(what, server.pop3, user, count, folder)
                ran.setdefault(what, []).append(costs)
        for what in ("bare_remove", "fetch_and_remove"):
            user = server.fresh_user()
            server.seed(user, mails(count))
            with place() as folder:
                costs = one(what, server.pop3, user, count, folder)
                ran.setdefault(what, []).append(costs)
    gone = min(cost["gone"] for cost in ran["remove"])
    all_at_once, plain = middle(ran["remove"]), middle(ran["bare_remove"])
    kept, taken = middle(ran["fetch"]), middle(ran["fetch_and_remove"])
    print(
        f"{gone:.0f} of {count} verified and deleted at once: {all_at_once:.2f} s,"
        f" {middle(ran['remove'], 'flights'):.0f} round trips after the listing;"
        f" without verifying {plain:.2f} s,"
        f" {middle(ran['bare_remove'], 'flights'):.0f} round trips, ratio"
        f" {all_at_once / plain:.2f}; to read and digest the files alone"
        f" {middle(ran['read_again']):.2f} s"
    )
    print(
        f"{count} fetched and removed 200 at a time: {taken:.1f} s, fetched and kept"
        f" {kept:.1f} s, ratio {taken / kept:.2f}; processor time"
        f" {middle(ran['fetch_and_remove'], 'cpu') / count * 1e3:.2f} and"
        f" {middle(ran['fetch'], 'cpu') / count * 1e3:.2f} ms a message",
        flush=True,
    )


def main() -> None:
    """Measure all, or all at a small size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("parts", nargs="*")
    asked = parser.parse_args()
    small = asked.small
    count = 1000 if small else 10_000
    many = [MB // 2] * (100 if small else 2000)
    single = [(20 if small else 200) * MB]
    server = Dovecot()
    parts: dict[str, Callable[[], None]] = {
        "triage": lambda: triage(server, count),
        "download": lambda: download(
            server, many, ROUNDS, f"{len(many)} messages of 0.5 MB"
        ),
        "large": lambda: download(
            server, single, 1, f"one message of {single[0] // MB} MB"
        ),
        "removal": lambda: removal(server, count),
    }
    server.start()
    try:
        for name, measure in parts.items():
            if not asked.parts or name in asked.parts:
                measure()
    finally:
        server.remove()


if __name__ == "__main__":
    main()
