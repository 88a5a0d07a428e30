"""Take messages from files into a folder of any account, through the journal.

So they show at once, are stored by the account as everything else is, and what is under
way survives whatever happens to us or to the link.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tuimail.config import ImapAccount
from tuimail.engine.append import LARGEST
from tuimail.engine.events import AccountState, Event
from tuimail.engine.letters import described
from tuimail.engine.mail_files import Letter
from tuimail.engine.service import MailService
from tuimail.errors import AccountError
from tuimail.mail.types import MailboxId
from tuimail.store.values import NewMessage

BATCH = 100
"""Messages that are written down at once."""
BATCH_OCTETS = 16 << 20


@dataclass(slots=True)
class Count:
    """How it went so far."""

    seen: int = 0
    """Messages found in the files."""
    taken: int = 0
    """Those that are in the journal now, or stored already."""
    known: int = 0
    """Those that were taken before."""
    left_out: int = 0
    """Those that could not be taken."""


class Import:
    """One run into one folder, and into folders below it if that is wanted."""

    def __init__(
        self,
        service: MailService,
        target: MailboxId,
        say: Callable[[str], None],
        *,
        folders: bool = False,
        again: bool = False,
    ) -> None:
        """`again` takes what was taken before once more."""
        box = service.mailbox(target)
        assert box is not None, "folders are never deleted from the store"
        self._service = service
        self._box = box
        self._say = say
        self._folders = folders
        self._again = again
        configs = {each.name: each for each in service.config.accounts}
        self._crlf = isinstance(configs[box.account], ImapAccount)
        self._stirred = threading.Event()
        service.subscribe(self._hear)
        self._places: dict[tuple[str, ...], MailboxId | None] = {(): target}
        self.before = {entry.op for entry in service.decisions.live(box.account)}
        """Entries of the journal that are not ours."""
        self.count = Count()

    def run(self, letters: Iterable[Letter]) -> Iterator[Count]:
        """Take them; gives the count after each batch.

        Raises StoreError when they cannot be kept: what was taken before stays.
        """
        place: MailboxId | None = None
        batch: list[NewMessage] = []
        room = BATCH_OCTETS
        for letter in letters:
            self.count.seen += 1
            target = self._target(letter)
            if target is None:
                continue
            if target != place or len(batch) >= BATCH or room < 0:
                self._take(place, batch)
                yield self.count
                place, batch, room = target, [], BATCH_OCTETS
            batch.append(described(letter, crlf=self._crlf))
            room -= letter.size
        self._take(place, batch)
        yield self.count

    def wait(self) -> None:
        """Wait while the account stores what is in the journal, if it can now."""
        while self._moving():
            self._stirred.wait(1.0)
            self._stirred.clear()

    def standing(self) -> tuple[int, int, str]:
        """Messages of this run that are still to be stored, those that were refused,

        and why.
        """
        left = refused = 0
        reason = ""
        for entry in self._service.decisions.live(self._box.account):
            if entry.op in self.before or entry.kind != "append":
                continue
            if entry.state in ("failed", "asking"):
                refused += entry.messages
                reason = str(entry.error)
            else:
                left += entry.messages
        return left, refused, reason

    # -- inside -------------------------------------------------------------

    def _take(self, place: MailboxId | None, batch: list[NewMessage]) -> None:
        if place is None or not batch:
            return
        taken = self._service.gestures.take_in(place, batch, again=self._again)
        self.count.taken += taken
        self.count.known += len(batch) - taken
        # So that no more lies in the vault than one batch while there is a link.
        self.wait()

    def _moving(self) -> bool:
        view = self._service.account(self._box.account)
        files = view.local or view.maildrop
        idle = (AccountState.OFFLINE, AccountState.ELSEWHERE)
        if view.state in idle if files else view.state is not AccountState.ONLINE:
            return False
        live = self._service.decisions.live(self._box.account)
        return any(entry.moving for entry in live)

    def _hear(self, event: Event) -> None:
        self._stirred.set()

    def _target(self, letter: Letter) -> MailboxId | None:
        """Where it goes; None when it is left out, which was said."""
        if letter.size > LARGEST:
            self._left_out(f"{letter.origin} is larger than {LARGEST >> 20} MB")
            return None
        levels = letter.levels if self._folders else ()
        if levels not in self._places:
            self._places[levels] = self._folder(levels)
        found = self._places[levels]
        self.count.left_out += found is None
        return found

    def _left_out(self, words: str) -> None:
        self.count.left_out += 1
        self._say(f"{words}; it was left out.")

    def _folder(self, levels: tuple[str, ...]) -> MailboxId | None:
        """A folder below the target; it is made when there is none."""
        account = self._box.account
        delimiter = self._box.delimiter or "/"
        name = delimiter.join((self._box.name, *levels))
        for box in self._service.mailboxes(account):
            if box.name == name and not box.gone:
                return box.id
        try:
            return self._service.folders.create(account, name)
        except AccountError as error:
            self._say(f"{name}: {error} Its messages were left out.")
            return None
