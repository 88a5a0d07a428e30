"""What counting whole senders and measuring all mail costs, against 100,000 headers.

    python -m tests.bench.senders [HEADERS]

Milliseconds of each question, the median of seven on warm files: senders and lists with
their numbers, the messages of the largest sender, the page of figures, and the gesture
that moves all of that sender with its undo.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

from tests.store.build import ACCOUNT, inbox, open_store, row
from tuimail.mail.query import parse
from tuimail.mail.types import Address, Envelope
from tuimail.mail.uidset import UIDSet
from tuimail.store.conditions import Scope
from tuimail.store.store import Store
from tuimail.store.sync import Batch, Row
from tuimail.store.values import Listed

RUNS = 7
BATCH = 1000
NOW = 1_795_000_000
TODAY = date.fromtimestamp(NOW)


def letter(rng: random.Random, uid: int, count: int) -> Row:
    """One of a few thousand senders, of whom some write most."""
    who = int(rng.paretovariate(0.6)) % 4000
    envelope = Envelope(
        subject=f"subject {uid}",
        from_=(Address(f"Person {who}", f"p{who}@example.org"),),
        date=NOW - 600 * (count - uid),
        message_id=f"<{uid}@example.org>",
        list_id=f"List <l{who % 50}.example.org>" if who % 3 == 0 else "",
    )
    arrival = NOW - 600 * (count - uid)
    return row(uid, envelope=envelope, arrival=arrival)


def filled(root: Path, count: int) -> Store:
    """A store with so many headers."""
    store, rng = open_store(root), random.Random(1)
    for low in range(1, count + 1, BATCH):
        high = min(low + BATCH - 1, count)
        rows = [letter(rng, uid, count) for uid in range(low, high + 1)]
        store.sync.apply(inbox(store), Batch(rows=rows, span=UIDSet([(low, high)])))
    return store


def told(what: str, work: Callable[[], object], runs: int = RUNS) -> None:
    """Print what it costs."""
    spent = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - begun))
    print(f"{what:40} {median(spent):8.1f} ms")


def main(count: int) -> None:
    """Fill and measure."""
    with tempfile.TemporaryDirectory() as folder:
        store = filled(Path(folder), count)
        box, everything = inbox(store), parse("", TODAY)
        here = Scope((box,))
        senders = store.senders
        largest = senders.groups(everything, here, "sender")[0]
        told("senders", lambda: senders.groups(everything, here, "sender"))
        told("lists", lambda: senders.groups(everything, here, "list"))
        last = senders.last()
        keys = [largest.key]
        ids = senders.members(everything, here, "sender", keys, last)
        told(
            f"the {len(ids):,} messages of one",
            lambda: senders.members(everything, here, "sender", keys, last),
        )
        told("figures", lambda: store.statistics.measure({box: "I"}, [box], TODAY))
        names = [Listed(b"INBOX", "INBOX", "/"), Listed(b"Old", "Old", "/")]
        store.mailboxes.put_listing(ACCOUNT, names)
        old = next(b.id for b in store.mailboxes.all(ACCOUNT) if b.name == "Old")
        told("to move them", lambda: store.operations.queue_move(ids, old), 1)
        told("to take that back", store.operations.undo_last, 1)
        store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
