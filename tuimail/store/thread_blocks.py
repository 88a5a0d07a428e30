"""What has come into a mailbox and left it since one looked last, without a log of it.

The messages of a mailbox are looked at in blocks of its order, of which the database
says three sums: only a block with other sums is read. So a change costs a walk through
an index, 10 ms for 100,000 messages, whoever made it: also another process.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tuimail.mail.types import MailboxId
from tuimail.store.database import Database
from tuimail.store.thread_order import Shown

SIZE = 1024
"""Messages in a block, of two of which it is halved."""
Sums = tuple[int, int, int]
_TOP = (2**62, 2**62)
_BOTTOM = (-(2**62), 0)


class Block(NamedTuple):
    """Some messages that follow each other."""

    low: tuple[int, int]
    """The key of the last one; the block above ends before the first."""
    sums: Sums
    rows: array[int]
    """Message, content and arrival of each, the newest first."""

    def shown(self) -> Iterator[Shown]:
        """The messages."""
        each = iter(self.rows)
        return map(Shown, each, each, each)


class Changed(NamedTuple):
    """How a mailbox is now."""

    blocks: list[Block]
    come: list[Shown]
    left: set[int]
    """Messages that are not here any more, or not as they were."""


def read(state: Database, mailbox: MailboxId, size: int = SIZE) -> list[Block]:
    """All of a mailbox; to be read in a snapshot."""
    rows = state.rows(_ROWS, (mailbox, *_BOTTOM, *_TOP))
    return list(_cut(state, mailbox, rows, (_BOTTOM, _TOP), size))


def look(
    state: Database, mailbox: MailboxId, blocks: Sequence[Block], size: int = SIZE
) -> Changed:
    """What has changed; to be looked at in a snapshot."""
    found = Changed([], [], set())
    high = _TOP
    for block in blocks:
        sums = _sums(state, mailbox, block.low, high)
        if sums == block.sums:
            found.blocks.append(block)
        else:
            rows = state.rows(_ROWS, (mailbox, *block.low, *high))
            pieces = _cut(state, mailbox, rows, (block.low, high), size)
            found.blocks.extend(pieces)
            before, after = set(block.shown()), {Shown(*row) for row in rows}
            found.come.extend(after - before)
            found.left.update(row.message for row in before - after)
        high = block.low
    return found


def _cut(
    state: Database,
    mailbox: MailboxId,
    rows: Sequence[tuple[int, int, int]],
    between: tuple[tuple[int, int], tuple[int, int]],
    size: int,
) -> Iterator[Block]:
    """Blocks of the rows between two keys, the last one down to the lower of them."""
    low, high = between
    last = max(0, len(rows) // size - 1) * size
    for at in range(0, last + 1, size):
        some = rows[at:] if at == last else rows[at : at + size]
        message, _, arrival = some[-1] if some else (0, 0, 0)
        end = low if at == last else (arrival, message)
        flat = array("q", [value for row in some for value in row])
        yield Block(end, _sums(state, mailbox, end, high), flat)
        high = end


def _sums(
    state: Database, mailbox: MailboxId, low: tuple[int, int], high: tuple[int, int]
) -> Sums:
    found: Sums = state.row(_SUMS, (mailbox, *low, *high))
    return found


_RANGE = "view_id=? AND (internaldate, id) >= (?, ?) AND (internaldate, id) < (?, ?)"
_ROWS = f"""
SELECT id, content_id, internaldate FROM msg WHERE {_RANGE}
ORDER BY internaldate DESC, id DESC"""
# The products differ also when two messages change their contents.
_SUMS = f"""
SELECT count(*), ifnull(sum(id), 0),
  ifnull(sum((id * content_id + internaldate * (id + 7)) % 1099511627689), 0)
FROM msg WHERE {_RANGE}"""
