"""What the same act costs the twentieth time: `python -m tests.bench.repeats`.

2,000 of 5,000 messages are archived and the undo brings them back, again and again: as
the store alone has it, without a server. Once nothing of it is sent, once everything is
before the next act. Milliseconds of each.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.store.build import ACCOUNT, fill, open_store
from tuimail.mail.types import MailboxId, MessageId, Role
from tuimail.store.store import Store
from tuimail.store.values import Evidence, Listed, TransferOutcome

MESSAGES, COUNT, TIMES = 5_000, 2_000, 20


def made(root: Path) -> tuple[Store, list[MessageId], MailboxId]:
    """A store with mail in the inbox, and an archive."""
    store = open_store(root)
    ids = list(fill(store, range(1, MESSAGES + 1), uidvalidity=1, exists=MESSAGES))
    names = [
        Listed(b"INBOX", "INBOX"),
        Listed(b"Archive", "Archive", "/", Role.ARCHIVE),
    ]
    store.mailboxes.put_listing(ACCOUNT, names)
    rows = store.messages.page(store.mailboxes.inbox(ACCOUNT), limit=COUNT)
    archive = store.mailboxes.by_role(ACCOUNT, Role.ARCHIVE)
    assert archive is not None
    assert len(ids) == MESSAGES
    return store, [row.id for row in rows], archive


def send(store: Store, uid: int) -> int:
    """Everything pending is on the server; gives the next UID there."""
    epoch = store.operations.epoch
    while job := store.transfers.claim(ACCOUNT, epoch):
        job = store.transfers.begin(job, Evidence(1, uid))
        there = {each: uid + at for at, each in enumerate(job.rows)}
        uid += len(there)
        store.transfers.conclude(job, TransferOutcome(arrived=there, uidvalidity=1))
    return uid


def ms(begun: float) -> float:
    """Since then."""
    return (time.perf_counter() - begun) * 1000


def rounds(root: Path, *, sent: bool) -> list[tuple[float, ...]]:
    """Archive, undo (and sending of both), each time."""
    store, ids, archive = made(root)
    uid, figures = 100_000, []
    for _ in range(TIMES):
        begun = time.perf_counter()
        store.operations.queue_move(ids, archive, "archive")
        took = [ms(begun)]
        begun = time.perf_counter()
        if sent:
            uid = send(store, uid)
        took.append(ms(begun))
        begun = time.perf_counter()
        store.operations.undo_last()
        took.append(ms(begun))
        begun = time.perf_counter()
        if sent:
            uid = send(store, uid)
        took.append(ms(begun))
        begun = time.perf_counter()
        store.messages.page(archive, limit=100)
        store.messages.page(store.mailboxes.inbox(ACCOUNT), limit=100)
        took.append(ms(begun))
        figures.append(tuple(took))
    store.close()
    return figures


def told(figures: Sequence[tuple[float, ...]]) -> None:
    """A line for some of the times."""
    for at in (0, 1, 4, 9, 14, 19):
        archive, one, undo, other, drawn = figures[at]
        print(
            f"{at + 1:3}: archive {archive:4.0f}  sent {one:4.0f}  undo {undo:4.0f}"
            f"  sent {other:4.0f}  two lists {drawn:5.1f} ms"
        )


def main() -> None:
    """Both, and the figures."""
    sys.setswitchinterval(0.001)
    for sent in (False, True):
        print("sent before the next act:" if sent else "nothing sent:")
        with tempfile.TemporaryDirectory() as root:
            told(rounds(Path(root), sent=sent))


if __name__ == "__main__":
    main()
