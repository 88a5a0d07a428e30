"""What one session has been told of its selected mailbox (RFC 3501 §5.2)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from tuimail.demo.fetch import flag_list
from tuimail.demo.grammar import Bad
from tuimail.demo.mailstore import DemoMailbox, DemoMessage
from tuimail.demo.seqset import SequenceSet, wire


class View:
    """Message numbers of one session; they change only when the client is told."""

    def __init__(self, name: str, box: DemoMailbox, readonly: bool) -> None:
        self.name = name
        self.box = box
        self.readonly = readonly
        self.uids = list(box.messages)
        self._told = box.modseq
        """Changes up to here are known to the client."""
        self._gone_at = len(box.expunged)
        self._own: dict[int, int] = {}
        """UID to modseq of changes that a command has answered already."""

    def number(self, uid: int) -> int:
        """The message number of a UID of this view."""
        return bisect_left(self.uids, uid) + 1

    def chosen(
        self, numbers: SequenceSet, by_uid: bool
    ) -> list[tuple[int, DemoMessage]]:
        """Number and message of those meant that still exist, ascending.

        Bad when a message number is beyond the mailbox.
        """
        if by_uid:
            uids = numbers.among(self.uids)
        else:
            if numbers.beyond(len(self.uids)):
                raise Bad("Invalid message number")
            everyone = range(1, len(self.uids) + 1)
            uids = [self.uids[number - 1] for number in numbers.among(everyone)]
        here = self.box.messages
        return [(self.number(uid), here[uid]) for uid in uids if uid in here]

    def everything(self) -> list[tuple[int, DemoMessage]]:
        """Number and message of all that still exist."""
        here = self.box.messages
        pairs = enumerate(self.uids, 1)
        return [(number, here[uid]) for number, uid in pairs if uid in here]

    def answered(self, messages: Iterable[DemoMessage]) -> None:
        """The client learnt of these changes by the command that made them."""
        self._own.update((each.uid, each.modseq) for each in messages)

    def news(self, *, expunges: bool, condstore: bool, vanished: bool) -> list[bytes]:
        """Responses that bring the client up to date."""
        responses = self._gone(vanished) if expunges else []
        last = self.uids[-1] if self.uids else 0
        changed = self._changed(last) if self.box.modseq != self._told else []
        fresh = [uid for uid in reversed(self.box.messages) if uid > last]
        if fresh:
            self.uids += sorted(fresh)
            responses.append(b"* %d EXISTS\r\n" % len(self.uids))
        self._told = self.box.modseq
        self._own.clear()
        rows = (self._flags_row(message, condstore) for message in changed)
        return [*responses, *rows]

    def _changed(self, last: int) -> list[DemoMessage]:
        return [
            each
            for each in self.box.messages.values()
            if each.modseq > self._told
            and each.uid <= last
            and self._own.get(each.uid) != each.modseq
        ]

    def _gone(self, vanished: bool) -> list[bytes]:
        held = set(self.uids)
        new = (uid for _, uid in self.box.expunged[self._gone_at :])
        gone = sorted(held.intersection(new))
        self._gone_at = len(self.box.expunged)
        if not gone:
            return []
        # Highest first, so that each number is right when it is told.
        numbers = [self.number(uid) for uid in reversed(gone)]
        self.uids = sorted(held.difference(gone))
        if vanished:
            return [b"* VANISHED %s\r\n" % wire(gone).encode()]
        return [b"* %d EXPUNGE\r\n" % number for number in numbers]

    def _flags_row(self, message: DemoMessage, condstore: bool) -> bytes:
        words = b"UID %d FLAGS %s" % (message.uid, flag_list(message.flags))
        words += b" MODSEQ (%d)" % message.modseq if condstore else b""
        return b"* %d FETCH (%s)\r\n" % (self.number(message.uid), words)
