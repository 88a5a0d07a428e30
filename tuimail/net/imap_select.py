"""What a SELECT answers, gathered into one value."""

from __future__ import annotations

from collections.abc import Callable

from tuimail.errors import ServerFault
from tuimail.mail.types import Flag, ModSeq, UIDValidity
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap_parse import MAX_UID, flag_set, parse_fetch, parse_vanished
from tuimail.net.imap_wire import Response
from tuimail.net.session import FetchRow, Resume, Selected

ALL_FLAGS = Flag.SEEN | Flag.ANSWERED | Flag.FLAGGED | Flag.DELETED | Flag.DRAFT


class Selection:
    """Collects the untagged responses of one SELECT or EXAMINE."""

    def __init__(self, old: Callable[[Response], None]) -> None:
        self._old = old
        """Takes what still belongs to the mailbox selected before."""
        self._before: list[Response] = []
        self.exists = 0
        self._codes: dict[bytes, bytes] = {}
        self._vanished: list[UIDSet] = []
        self._changed: list[FetchRow] = []

    def take(self, response: Response) -> bool:
        """Take one untagged response, if it is about the mailbox."""
        if response.status:
            return self._take_status(response)
        first, _, rest = response.text.partition(b" ")
        if first.isdigit():
            return self._take_numbered(first, rest, response)
        if first.upper() == b"VANISHED":
            vanished = parse_vanished(response.text)
            self._before.append(response)
            if vanished is not None:
                self._vanished.append(vanished[0])
            return True
        return first.upper() in (b"FLAGS", b"RECENT")

    def selected(self, answer: Response, resume: Resume | None) -> Selected:
        """The state of the mailbox; ServerFault when it has no UIDVALIDITY."""
        validity = self._number(b"UIDVALIDITY")
        if not validity or validity > MAX_UID:
            raise ServerFault("The server gave the folder no UIDVALIDITY.")
        modseq = self._number(b"HIGHESTMODSEQ")
        permanent = self._codes.get(b"PERMANENTFLAGS")
        resumed = resume is not None and resume.uidvalidity == validity
        return Selected(
            exists=self.exists,
            uidvalidity=UIDValidity(validity),
            uidnext=self._number(b"UIDNEXT"),
            modseq=ModSeq(modseq)
            if modseq and b"NOMODSEQ" not in self._codes
            else None,
            readonly=answer.code == b"READ-ONLY",
            permanent=_flags(permanent),
            keywords_allowed=permanent is None or b"\\*" in permanent,
            resumed=resumed and bool(modseq),
            vanished=UIDSet(r for each in self._vanished for r in each.ranges),
            changed=tuple(self._changed),
        )

    def _take_status(self, response: Response) -> bool:
        if response.code == b"CLOSED":
            # All before this line was about the mailbox that is closed now.
            for old in self._before:
                self._old(old)
            self._before, self._vanished, self._changed = [], [], []
            self.exists = 0
            return True
        if response.status == b"OK" and response.code not in (b"ALERT", b""):
            self._codes[response.code] = response.argument
            return True
        return False

    def _take_numbered(self, number: bytes, rest: bytes, response: Response) -> bool:
        verb = rest.split(b" ", 1)[0].upper()
        if verb == b"EXISTS" and len(number) <= 10:
            self.exists = int(number)
            self._before.append(response)
            return True
        if verb == b"FETCH":
            row = parse_fetch(response.text)
            self._before.append(response)
            if row is not None and row.uid is not None:
                self._changed.append(row)
            return True
        return verb == b"RECENT"

    def _number(self, code: bytes) -> int | None:
        words = self._codes.get(code, b"").strip()
        return int(words) if words.isdigit() and len(words) < 20 else None


def _flags(words: bytes | None) -> Flag:
    return ALL_FLAGS if words is None else flag_set(words.strip().strip(b"()")).bits
