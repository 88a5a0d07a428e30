"""What conversations cost: taking them in, the first screen, and a whole list.

    python -m tests.bench.threads [MESSAGES]

Processor time for all headers once, for 500 new ones, for the first 100 lines, for the
whole order of a folder, and for that order again when one message has come, and when
none has. One mail in three begins a conversation; the others answer one of the last
thousand mails, with its References.
"""

from __future__ import annotations

import gc
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.bench.ingest_store import STRUCTURE, best
from tuimail.engine.joining import BATCH as TOGETHER
from tuimail.mail.types import UID, Address, Envelope, Flag, FlagSet, MailboxId, ModSeq
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch, Row
from tuimail.store.thread_kept import Kept

BATCH = 500
ONES = 9


def rows(count: int, rng: random.Random) -> list[Row]:
    """Headers of a busy folder, oldest first."""
    made: list[Row] = []
    for uid in range(1, count + 1):
        begun = uid == 1 or rng.random() < 1 / 3
        above = None if begun else made[rng.randrange(max(0, uid - 1000), uid - 1)]
        made.append(_row(uid, above.envelope if above else None))
    return made


def _row(uid: int, above: Envelope | None) -> Row:
    message_id = f"<{uid}.{uid * 7919 % 99991}.abcdef@mail.example.org>"
    references: tuple[str, ...] = ()
    subject = f"[python-dev] the subject of message number {uid}"
    if above is not None:
        references = (*above.references, above.message_id)[-10:]
        subject = above.subject if above.references else f"Re: {above.subject}"
    envelope = Envelope(
        subject=subject,
        from_=(Address(f"Person {uid % 997}", f"person{uid % 997}@example.org"),),
        to=(Address("Python developers", "python-dev@python.org"),),
        date=1_600_000_000 + uid * 60,
        message_id=message_id,
        in_reply_to=references[-1] if references else "",
        references=references,
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


def put(store: Store, inbox: MailboxId, headers: list[Row]) -> None:
    """Store headers, the newest first, as they come from a server."""
    for top in range(len(headers), 0, -BATCH):
        some = headers[max(0, top - BATCH) : top]
        span = UIDSet([(some[0].uid, some[-1].uid)])
        store.sync.apply(inbox, Batch(rows=some, span=span))


def catch_up(store: Store) -> tuple[float, float]:
    """Seconds of processor time in all, and of the longest batch."""
    spent, worst = 0.0, 0.0
    while True:
        start = time.process_time()
        found = store.threads.catch_up(TOGETHER)
        took = time.process_time() - start
        spent, worst = spent + took, max(worst, took)
        if not found:
            return spent, worst


def seconds(act: Callable[[], object]) -> float:
    """Processor time of something."""
    begun = time.thread_time()
    act()
    return time.thread_time() - begun


def after_one(store: Store, inbox: MailboxId, row: Row) -> float:
    """Seconds of processor time for the order with one new message in it."""
    span = UIDSet([(row.uid, row.uid)])
    store.sync.apply(inbox, Batch(rows=[row], span=span))
    catch_up(store)
    return seconds(lambda: store.threads.order(inbox))


def main(count: int) -> None:
    """Fill a store, put its mail into conversations, and list them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = Store(root / "state", root / "cache", root / "data")
        inbox = store.mailboxes.inbox("bench")
        headers = rows(count + BATCH + ONES, random.Random(7))
        more = headers[count + BATCH :]
        del headers[count + BATCH :]
        put(store, inbox, headers[:count])
        # What lies in memory is looked through by the collector again and again.
        del headers[:count]
        # As the app does when all is loaded.
        gc.collect()
        gc.freeze()
        size = (root / "cache" / "cache.db").stat().st_size
        spent, worst = catch_up(store)
        store._cache.flush()
        grown = (root / "cache" / "cache.db").stat().st_size - size
        put(store, inbox, headers)
        later, _ = catch_up(store)
        threads = store.threads
        order = threads.order(inbox)
        deep = max(order.depths)
        print(f"all once       {spent:8.2f} s CPU, worst batch {worst * 1e3:.0f} ms")
        print(f"on disk        {grown / count:8.0f} octets a message")
        print(f"500 new ones   {later * 1e3:8.1f} ms CPU")
        print(f"first screen   {best(lambda: threads.top(inbox), 20) / 1e3:8.1f} ms")
        kept = [Kept(store._state, store._cache, inbox) for _ in range(3)]
        spent = min(seconds(each.order) for each in kept)
        print(f"whole order    {spent * 1e3:8.0f} ms CPU")
        threads.order(inbox)
        spent = median(after_one(store, inbox, row) for row in more)
        print(f"one came       {spent * 1e3:8.1f} ms CPU")
        spent = median(seconds(lambda: threads.order(inbox)) for _ in range(9))
        print(f"nothing came   {spent * 1e3:8.1f} ms CPU")
        some = [line.thread for line in threads.top(inbox)][:1][0]
        print(f"one tree       {best(lambda: threads.tree(some)) / 1e3:8.2f} ms")
        print(f"{len(set(order.threads))} conversations, depth to {deep}")
        store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
