"""How fast header rows go into the store, and how fast pages come out of it.

    python -m tests.bench.ingest_store [ROWS]

Prints rows per second for batches of 200 rows, and microseconds per page of 64.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tuimail.mail.types import UID, Address, Envelope, Flag, FlagSet, ModSeq
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch, Row

BATCH = 200
STRUCTURE = (
    b'(("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 2279 48 NIL NIL'
    b' NIL NIL)("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" 9402 180'
    b' NIL NIL NIL NIL) "alternative" ("boundary" "b1_9dc2f7") NIL NIL NIL)'
)


def row(uid: int) -> Row:
    """A header row as common mail has it."""
    message_id = f"<{uid}.abcdef@mail.example.org>"
    envelope = Envelope(
        subject=f"Re: [python-dev] the subject of message number {uid}",
        from_=(Address(f"Person {uid % 997}", f"person{uid % 997}@example.org"),),
        to=(Address("Python developers", "python-dev@python.org"),),
        date=1_600_000_000 + uid * 60,
        message_id=message_id,
        in_reply_to=f"<{uid - 1}.abcdef@mail.example.org>",
        references=tuple(f"<{uid - n}.abcdef@mail.example.org>" for n in (3, 2, 1)),
        list_id="python-dev.python.org",
    )
    return Row(
        uid=UID(uid),
        arrival=1_600_000_000 + uid * 60,
        size=4000 + uid % 5000,
        flags=FlagSet(Flag.NONE if uid % 10 == 0 else Flag.SEEN),
        modseq=ModSeq(uid),
        envelope=envelope,
        structure=STRUCTURE,
        attach=uid % 7 == 0,
        hdr_hash=hashlib.blake2b(message_id.encode(), digest_size=16).digest(),
    )


def best(call: Callable[[], object], times: int = 50) -> float:
    """Median duration in microseconds, warm."""
    call()
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return sorted(spent)[times // 2] * 1e6


def main(count: int) -> None:
    """Fill a store and read from it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = Store(root / "state", root / "cache", root / "data")
        inbox = store.mailboxes.inbox("bench")
        store.sync.apply(inbox, Batch(uidnext=count + 1, exists=count, unseen=0))
        spent, worst = 0.0, 0.0
        for top in range(count, 0, -BATCH):
            low = max(1, top - BATCH + 1)
            rows = [row(uid) for uid in range(low, top + 1)]
            batch = Batch(rows=rows, span=UIDSet([(low, top)]))
            start = time.perf_counter()
            store.sync.apply(inbox, batch)
            took = time.perf_counter() - start
            spent, worst = spent + took, max(worst, took)
        print(
            f"ingest      {count / spent:10.0f} rows/s, worst batch"
            f" {worst * 1e3:.1f} ms"
        )
        size = sum(file.stat().st_size for file in (root / "state").iterdir())
        print(f"on disk     {size / count:10.0f} octets a row")
        report(store, count)
        store.close()


def report(store: Store, count: int) -> None:
    """Print what reading costs."""
    messages, inbox = store.messages, store.mailboxes.inbox("bench")
    last = messages.page(inbox, oldest=True)
    middle = messages.page(inbox)[0]
    for header in messages.page(inbox, after=middle.key, limit=count // 2)[-1:]:
        middle = header
    flags = [
        (UID(uid), FlagSet(Flag.SEEN), ModSeq(count + uid)) for uid in range(1, 201)
    ]
    figures = {
        "page top": best(lambda: messages.page(inbox)),
        "page middle": best(lambda: messages.page(inbox, after=middle.key)),
        "page end": best(lambda: messages.page(inbox, oldest=True)),
        "known": best(lambda: messages.known(inbox)),
        "mailboxes": best(lambda: store.mailboxes.all("bench")),
        "next unread": best(lambda: messages.next_unread(inbox, middle.key)),
        "rank middle": best(lambda: messages.rank(inbox, middle.key)),
        "rank of last": best(lambda: messages.rank(inbox, last[-1].key)),
        "mark read": best(
            lambda: store.operations.queue_flags(
                [middle.id], FlagSet(Flag.FLAGGED), FlagSet()
            )
        ),
        "undo": best(store.operations.undo_last),
        "200 flags": best(lambda: store.sync.apply(inbox, Batch(flags=flags))),
    }
    for name, microseconds in figures.items():
        print(f"{name:12}{microseconds:10.0f} µs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
