"""One row of the header list, column by column."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style

from tuimail.config import DEFAULT_COLUMNS
from tuimail.mail.sanitize import cells, cut, fit, safe_text
from tuimail.mail.types import Header, MailboxId, MessageId, Role, SafeText, Standing
from tuimail.ui.columns import FIRST_LINE_CELLS, layout
from tuimail.ui.format import age, due, flag_sign, octets
from tuimail.ui.widgets.lines import Run

if TYPE_CHECKING:
    from tuimail.engine.service import MailService
    from tuimail.engine.views import Branch, Recipients
    from tuimail.ui.theme import Look

DEPTH_MAX = 8
"""Levels of a conversation that are indented."""
PLACE_CELLS = 10
"""For the folder or the account."""
PEOPLE_MAX = 1000
"""Messages of which recipients are remembered."""
NOTHING = SafeText("")


class Face(NamedTuple):
    """What a row is drawn from, besides its columns."""

    row: Header
    branch: Branch | None
    base: Style
    look: Look
    signs: dict[str, str]
    selected: bool
    marked: bool
    standing: Standing
    """With what is folded below it."""
    elsewhere: bool
    """It cannot be opened from here."""

    def sign(self, name: str) -> Style:
        """A sign's style; on the selected row it could be that of the ground."""
        return self.base if self.selected else self.look[name]


class HeaderRow:
    """Draws rows of one list, and knows what is in their columns."""

    def __init__(self, service: MailService) -> None:
        self._service = service
        self.columns: tuple[str, ...] = DEFAULT_COLUMNS
        self.several = False
        """The list is over several folders, so each row says which."""
        self._first_lines = False
        """The list is wide enough for them."""
        self._labels: dict[MailboxId, SafeText] = {}
        self._owners: dict[MailboxId, SafeText] = {}
        self._people: dict[MessageId, Recipients] = {}
        self._due: dict[MessageId, int] = {}
        """When rows that are snoozed come back, seconds since the epoch."""
        self._cells: dict[str, Callable[[Face, int], Iterable[Run]]] = {
            "flags": self._flags,
            "from": self._from,
            "to": self._to,
            "subject": self._subject,
            "attachment": self._attachment,
            "size": lambda face, width: [(octets(face.row.size).rjust(5), face.base)],
            "date": self._date,
            "account": self._account,
            "folder": self._folder,
            "labels": self._keywords,
            "to-me": self._to_me,
        }

    def forget(self) -> None:
        """Folders may have been renamed since."""
        self._labels.clear()
        self._owners.clear()
        self._people.clear()

    def prepare(self, rows: Iterable[Header]) -> None:
        """Have at hand what the rows about to be drawn do not say themselves."""
        rows = list(rows)
        away = [row.id for row in rows if not row.mailbox]
        self._due = self._service.store.snoozing.until(away) if away else {}
        if "to" in self.columns or "to-me" in self.columns:
            if len(self._people) > PEOPLE_MAX:
                self._people.clear()
            missing = [row.id for row in rows if row.id not in self._people]
            if missing:
                self._people |= self._service.recipients(missing)

    def runs(self, face: Face, width: int) -> Iterator[Run]:
        """The row behind cursor and mark."""
        columns, _, self._first_lines = layout(self.columns, width)
        for name, room, gap in columns:
            blanks = " " * gap
            for text, style in self._cells[name](face, room):
                # Together: each run is a thing of its own for who draws it.
                yield blanks + text, style
                blanks = ""
        yield " ", face.base

    def shows_first_line(self, face: Face, width: int) -> bool:
        """Whether there is room for what the text of a row says first."""
        shape = layout(self.columns, width)
        taken = cells(self._before(face, shape.subject)) + cells(_subject(face.row))
        return shape.first_line and shape.subject - taken - 3 >= FIRST_LINE_CELLS

    # -- columns ----------------------------------------------------------------

    def _flags(self, face: Face, width: int) -> Iterable[Run]:
        yield (" " if face.standing.all_read else face.signs["unread"]), face.base
        yield flag_sign(face.row, face.signs), face.sign("flagged")
        yield (face.signs["remote"] if face.elsewhere else " "), face.base

    def _from(self, face: Face, width: int) -> Iterable[Run]:
        warn = "!" if face.row.suspect else ""
        yield fit(SafeText(warn + face.row.sender), width), face.base

    def _to(self, face: Face, width: int) -> Iterable[Run]:
        people = self._people.get(face.row.id)
        yield fit(people.name if people else NOTHING, width), face.base

    def _to_me(self, face: Face, width: int) -> Iterable[Run]:
        people = self._people.get(face.row.id)
        yield (people.mine if people else "").ljust(width), face.base

    def _subject(self, face: Face, width: int) -> Iterable[Run]:
        """The subject, behind the folder or the place in its conversation.

        What the text says first follows where there is room for some words of it.
        """
        base, subject, line = face.base, _subject(face.row), face.standing.first_line
        before = self._before(face, width)
        if before:
            yield before, base
        room = width - cells(before)
        left = room - cells(subject) - 3
        if line and left >= FIRST_LINE_CELLS and self._first_lines:
            yield f"{subject} ", base
            quiet = base if face.selected or face.marked else face.look["dim"]
            yield f"{face.signs['dash']} {fit(line, left)}", quiet
        else:
            yield fit(subject, room), base

    def _attachment(self, face: Face, width: int) -> Iterable[Run]:
        yield ("@" if face.row.attachment else " "), face.sign("attachment")

    def _date(self, face: Face, width: int) -> Iterable[Run]:
        yield age(face.standing.date, time.time()).rjust(width), face.base

    def _account(self, face: Face, width: int) -> Iterable[Run]:
        yield fit(self._owner(face.row.mailbox), width), face.base

    def _folder(self, face: Face, width: int) -> Iterable[Run]:
        yield fit(self._lies(face.row), width), face.base

    def _keywords(self, face: Face, width: int) -> Iterable[Run]:
        words = sorted(w for w in face.row.keywords if w[:1] not in ("$", "\\"))
        yield fit(safe_text(" ".join(words), 200), width), face.base

    # -- what is in them ----------------------------------------------------------

    def _before(self, face: Face, room: int) -> str:
        """What stands before a subject."""
        before = ""
        if self.several and room > 3 * PLACE_CELLS and "folder" not in self.columns:
            before = fit(self._lies(face.row), PLACE_CELLS) + " "
        if face.branch is not None:
            before += _twig(face.branch, face.signs)
        # A subject that is cut to nothing tells less than a twig that is.
        return cut(before, max(0, room - 8))

    def _lies(self, row: Header) -> SafeText:
        """The folder of a row; of a snoozed one, which is in none, when it is back."""
        at = self._due.get(row.id)
        return (
            self._label(row.mailbox) if at is None else SafeText(due(at, time.time()))
        )

    def _label(self, mailbox: MailboxId) -> SafeText:
        """The folder of a row, for a list over several; of several accounts whose."""
        if mailbox not in self._labels:
            box = self._service.mailbox(mailbox) if mailbox else None
            words = box.label if box is not None else NOTHING
            whose = len(self._service.config.accounts) > 1
            if box is not None and whose and "account" not in self.columns:
                owner = safe_text(box.account, PLACE_CELLS)
                inbox = box.role is Role.INBOX
                words = owner if inbox else SafeText(f"{owner}/{words}")
            self._labels[mailbox] = words
        return self._labels[mailbox]

    def _owner(self, mailbox: MailboxId) -> SafeText:
        if mailbox not in self._owners:
            box = self._service.mailbox(mailbox) if mailbox else None
            self._owners[mailbox] = safe_text(box.account if box else "", PLACE_CELLS)
        return self._owners[mailbox]


def _subject(row: Header) -> SafeText:
    return row.subject or SafeText("(no subject)")


def _twig(branch: Branch, signs: dict[str, str]) -> str:
    """How a row hangs in its conversation: `▸(4) `, `  └ `."""
    if branch.size > 1:
        sign = signs["closed" if branch.folded else "open"]
        return f"{sign}({branch.size}) "
    if not branch.depth:
        return ""
    return f"{' ' * (min(branch.depth, DEPTH_MAX) - 1)}{signs['twig']} "
