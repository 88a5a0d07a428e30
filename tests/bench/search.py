"""What searching costs, against 100,000 headers and 10,000 texts.

    python -m tests.bench.search [HEADERS [TEXTS]]

For each query the milliseconds to the first 100 rows and to all of them, the median and
the 95th of a hundred of twenty runs on warm files; words are typed letter by letter.
Where notmuch is installed the same mail is put into it, and its time for the first 100
messages is measured in the same run, without the time that `notmuch --version` takes.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

from tests.bench.ingest_store import STRUCTURE
from tests.bench.threads import put
from tuimail.mail.query import parse
from tuimail.mail.query_terms import Query
from tuimail.mail.types import UID, Address, ContentId, Envelope, Flag, FlagSet, ModSeq
from tuimail.store.conditions import Scope
from tuimail.store.store import Store
from tuimail.store.sync import Row

RUNS = 20
TODAY = date(2026, 11, 28)
TYPED = ("i", "in", "inv", "invo", "invoice")
QUERIES = (
    *TYPED,
    "from:ann",
    "from:person7 is:unread",
    "subject:invoice has:attachment before:2020-12",
    "-from:person1 size:>8k",
    '"quarterly report"',
    "zebra",
    "nowhere",
)
NAMES = "ann bob carl dora emil frida georg hanna ivan judith".split()


def words(rng: random.Random) -> list[str]:
    """A vocabulary whose words are as uneven as those of a language."""
    made = ["invoice", "quarterly", "report", "zebra", "meeting", "release", "invite"]
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    while len(made) < 20_000:
        made.append(
            "".join(rng.choices(letters, range(26, 0, -1), k=3 + len(made) % 7))
        )
    return made


class Mail:
    """Messages of one folder, each from a number."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = random.Random(seed)
        self._words = words(self._rng)

    def text(self, count: int) -> str:
        """Some words; the first of the vocabulary are the most frequent."""
        size = len(self._words)
        some = (int(self._rng.paretovariate(0.6)) % size for _ in range(count))
        return " ".join(self._words[each] for each in some)

    def row(self, uid: int) -> Row:
        """One header."""
        name = f"{NAMES[uid % 10].title()} Person{uid % 997}"
        envelope = Envelope(
            subject=self.text(6),
            from_=(Address(name, f"person{uid % 997}@host{uid % 31}.example.org"),),
            to=(Address("Python developers", "python-dev@python.org"),),
            date=1_600_000_000 + uid * 60,
            message_id=f"<{uid}.{uid * 7919 % 99991}@mail.example.org>",
            list_id="python-dev.python.org" if uid % 3 else "",
        )
        return Row(
            UID(uid),
            1_600_000_000 + uid * 60,
            4000 + uid % 5000,
            FlagSet(Flag.NONE if uid % 10 == 0 else Flag.SEEN),
            ModSeq(uid),
            envelope,
            STRUCTURE,
            uid % 7 == 0,
            uid.to_bytes(16, "big"),
        )


def spread(times: list[float]) -> str:
    """Median and 95th of a hundred, in milliseconds."""
    ordered = sorted(times)
    worst = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
    return f"{1000 * median(times):6.1f} {1000 * worst:6.1f}"


def timed(store: Store, query: Query, scope: Scope, limit: int) -> tuple[str, int]:
    """How long a question takes, and how many rows it has."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        found = store.search.find(query, scope, limit=limit)
        times.append(time.perf_counter() - start)
    return spread(times), len(found)


def letter(row: Row, text: str) -> bytes:
    """The mail as a file, for notmuch."""
    envelope = row.envelope
    sender = envelope.from_[0]
    date_ = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(row.arrival))
    head = (
        f"From: {sender.name} <{sender.addr}>\nTo: <python-dev@python.org>\n"
        f"Subject: {envelope.subject}\nMessage-ID: {envelope.message_id}\n"
        f"Date: {date_}"
    )
    return f"{head}\n\n{text}\n".encode()


class Notmuch:
    """The same mail in notmuch."""

    def __init__(self, home: Path, mails: list[bytes]) -> None:
        self._home = home
        box = home / "mail"
        for name in ("cur", "new", "tmp"):
            (box / name).mkdir(parents=True)
        for at, octets in enumerate(mails):
            (box / "cur" / f"{at}.m:2,").write_bytes(octets)
        config = home / "config"
        config.write_text(
            f"[database]\npath={box}\n[user]\nname=x\nprimary_email=x@example.org\n"
            "[new]\ntags=\nignore=\n[search]\n[maildir]\nsynchronize_flags=false\n"
        )
        self._env = {**os.environ, "NOTMUCH_CONFIG": str(config)}
        self._run("new", "--quiet")

    def _run(self, *args: str) -> float:
        start = time.perf_counter()
        subprocess.run(
            ["notmuch", *args], env=self._env, stdout=subprocess.DEVNULL, check=True
        )
        return time.perf_counter() - start

    def first(self, words: str) -> str:
        """Milliseconds to the first 100, without starting the program."""
        idle = median(self._run("--version") for _ in range(RUNS))
        args = ("search", "--output=messages", "--limit=100", words)
        return spread([self._run(*args) - idle for _ in range(RUNS)])


def main() -> None:
    """Build the folder, ask, print the table."""
    headers = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    texts = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    mail = Mail()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = Store(home, home / "cache", home / "data")
        inbox = store.mailboxes.inbox("work")
        rows = [mail.row(uid) for uid in range(1, headers + 1)]
        put(store, inbox, rows)
        start = time.process_time()
        while store.words.step(500):
            pass
        print(f"index of {headers:,} headers: {time.process_time() - start:.2f} s")
        bodies = [mail.text(400) for _ in range(texts)]
        start = time.process_time()
        for at in range(0, texts, 50):
            some = enumerate(bodies[at : at + 50], headers - texts + at + 1)
            store.words.put_texts((ContentId(id), text) for id, text in some)
        print(f"index of {texts:,} texts: {time.process_time() - start:.2f} s")
        size = (home / "cache" / "cache.db").stat().st_size
        print(f"cache.db: {size / 2**20:.0f} MB")
        for scope, name in ((Scope((inbox,)), "folder"), (Scope(), "all folders")):
            print(f"{name}: first 100 (median, p95), all (median, p95), rows; in ms")
            for asked in QUERIES:
                query = parse(asked, TODAY)
                if asked in TYPED:
                    query = parse(f"{asked}*", TODAY)
                first, _ = timed(store, query, scope, 100)
                whole, count = timed(store, query, scope, -1)
                print(f"  {asked:<46} {first}  {whole}  {count:>7,}")
        store.search.close()
        store.close()
        if shutil.which("notmuch"):
            late = {headers - texts + at: text for at, text in enumerate(bodies)}
            mails = [letter(row, late.get(at, "short")) for at, row in enumerate(rows)]
            other = Notmuch(home / "notmuch", mails)
            print("notmuch: first 100 (median, p95)")
            for asked in ("inv*", "invoice", "from:ann", '"quarterly report"', "zebra"):
                print(f"  {asked:<46} {other.first(asked)}")


if __name__ == "__main__":
    main()
