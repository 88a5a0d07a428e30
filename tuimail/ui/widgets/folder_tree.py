"""The folder tree of all accounts, drawn line by line; thousands open at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.geometry import Offset
from textual.message import Message

from tuimail.mail.sanitize import fit
from tuimail.mail.types import ROOT, SHARED, Mailbox, MailboxId, Role, SafeText
from tuimail.ui.format import numbers
from tuimail.ui.widgets.lines import LineWidget, Run

if TYPE_CHECKING:
    from tuimail.engine.service import MailService


OTHERS, ALL = "Other users", "Shared"


class Branch(NamedTuple):
    """One line: an account, a head over folders of others, or a folder."""

    account: str
    mailbox: Mailbox | None
    has_below: bool
    head: str = ""
    """What stands over the folders of others; for a folder, what it stands under."""
    depth: int = 0
    stray: bool = False
    """What it lies in is not shown: it says whose it is by itself."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is folded by."""
        head = f"\0{self.head}" if self.head else ""
        return self.account, self.mailbox.name if self.mailbox else head


VIRTUAL = "Everywhere"
"""Head of the virtual folders."""


class FolderTree(LineWidget, can_focus=True):
    """Accounts and their folders."""

    class Selected(Message):
        """The user chose a folder."""

        def __init__(self, mailbox: MailboxId) -> None:
            super().__init__()
            self.mailbox = mailbox

    class Dropped(Message):
        """The mouse was let go over a folder."""

        def __init__(self, mailbox: MailboxId) -> None:
            super().__init__()
            self.mailbox = mailbox

    def __init__(self, service: MailService, id: str | None = None) -> None:
        super().__init__(id=id)
        self._service = service
        self.only_subscribed = False
        """Show subscribed folders only (and the inbox)."""
        self.virtual = False
        """Also what lies nowhere; not on the first frame."""
        self.with_hidden = False
        """Show hidden folders as well."""
        self.shown: MailboxId | None = None
        """The folder whose list is on screen."""
        self._branches: list[Branch] = []
        self._folded: set[tuple[str, str]] = set()
        self._cursor = 0
        self._top = 0

    @property
    def current(self) -> Branch | None:
        """The line under the cursor."""
        if 0 <= self._cursor < len(self._branches):
            return self._branches[self._cursor]
        return None

    def reload(self) -> None:
        """Read the folders again; the cursor stays on its folder."""
        here = self.current
        self._branches = [
            branch
            for view in self._service.accounts()
            for branch in self._account(view.name)
        ]
        if self.virtual and self._branches:
            self._branches += self._virtual()
        if here is not None:
            keys = [branch.key for branch in self._branches]
            if here.key in keys:
                self._cursor = keys.index(here.key)
        self._cursor = max(0, min(self._cursor, len(self._branches) - 1))
        self._scroll()
        self.refresh()

    def point_at(self, mailbox: MailboxId) -> None:
        """Put the cursor on a folder."""
        self.shown = mailbox
        for at, branch in enumerate(self._branches):
            if branch.mailbox is not None and branch.mailbox.id == mailbox:
                self._cursor = at
        self._scroll()
        self.refresh()

    def move(self, by: int) -> bool:
        """Move the cursor; False when it was at the end already."""
        old = self._cursor
        self._cursor = max(0, min(self._cursor + by, len(self._branches) - 1))
        self._scroll()
        self.refresh()
        return self._cursor != old

    def page(self, by: float) -> bool:
        """Move by screens."""
        return self.move(int(self.size.height * by))

    def to_top(self) -> None:
        """The first line."""
        self.move(-len(self._branches))

    def to_bottom(self) -> None:
        """The last line."""
        self.move(len(self._branches))

    def fold(self) -> None:
        """Hide or show what is below the line under the cursor."""
        if self.current is not None and self.current.has_below:
            self._folded ^= {self.current.key}
            self.reload()

    def choose(self) -> None:
        """Open the folder under the cursor."""
        branch = self.current
        if branch is None:
            return
        if branch.mailbox is None or not branch.mailbox.selectable:
            self.fold()
        else:
            self.post_message(self.Selected(branch.mailbox.id))

    def toggle_subscribed(self) -> None:
        """Subscribed folders only, or all."""
        self.only_subscribed = not self.only_subscribed
        self.reload()

    def toggle_hidden(self) -> None:
        """Hidden folders as well, or no longer."""
        self.with_hidden = not self.with_hidden
        self.reload()

    def _account(self, name: str) -> Iterable[Branch]:
        boxes = [b for b in self._service.mailboxes(name) if self._is_shown(b)]
        yield Branch(name, None, bool(boxes))
        if (name, "") in self._folded:
            return
        yield from self._group(name, "", [box for box in boxes if not box.owner])
        for head in (OTHERS, ALL):
            group = [
                b for b in boxes if b.owner and (b.owner == SHARED) == (head == ALL)
            ]
            if group:
                top = Branch(name, None, True, head)
                yield top
                if top.key not in self._folded:
                    yield from self._group(name, head, group)

    def _is_shown(self, box: Mailbox) -> bool:
        if box.gone or box.owner == ROOT or (box.hidden and not self.with_hidden):
            return False
        # Servers seldom keep subscriptions for what belongs to others.
        plain = box.subscribed or box.role is not None or box.owner
        return bool(plain or not self.only_subscribed)

    def _group(self, name: str, head: str, boxes: list[Mailbox]) -> Iterable[Branch]:
        names = {box.name for box in boxes}
        parents = {_parent(box) for box in boxes} & names
        least = min((box.depth for box in boxes), default=0) if head else 0
        roles = {str(box.name): box.role for box in boxes if box.role}
        for box in sorted(boxes, key=lambda box: _order(box, roles)):
            if not self._is_folded(name, box):
                stray = bool(head) and box.owner != SHARED and _parent(box) not in names
                depth = box.depth - least + bool(head)
                below = box.name in parents
                yield Branch(name, box, below, head, depth, stray)

    def _virtual(self) -> Iterable[Branch]:
        """Folders that show what a query finds, below all others."""
        boxes = self._service.seeker.virtual()
        yield Branch(VIRTUAL, None, bool(boxes))
        if (VIRTUAL, "") not in self._folded:
            for box in boxes:
                yield Branch(VIRTUAL, box, False, "", 1)

    def _is_folded(self, account: str, box: Mailbox) -> bool:
        above = _parent(box)
        while above:
            if (account, above) in self._folded:
                return True
            above = above.rpartition(box.delimiter)[0] if box.delimiter else ""
        return False

    def _scroll(self) -> None:
        height = max(1, self.size.height)
        if self._cursor < self._top:
            self._top = self._cursor
        elif self._cursor >= self._top + height:
            self._top = self._cursor - height + 1
        # A pane that was not laid out yet had no height to go by.
        self._top = max(0, min(self._top, len(self._branches) - height))

    def line(self, y: int) -> Iterable[Run]:
        """One account or folder with its counts."""
        at = self._top + y
        if at >= len(self._branches):
            return
        branch, look, width = self._branches[at], self.look, self.size.width
        selected = at == self._cursor
        box = branch.mailbox
        style = look["role" if box is None or box.role else "folder"]
        if box is not None and box.unread:
            style = style + look["unread"]
        if selected:
            style = look["selected"] if self.has_focus else look["selected-blurred"]
            if self.has_focus:
                self.app.cursor_position = self.region.offset + Offset(0, y)
        count = numbers(box) if box is not None else ""
        room = width - len(count) - 2
        yield fit(SafeText(self._label(branch, selected)), max(1, room)), style
        yield f" {count} ", style

    def _label(self, branch: Branch, selected: bool) -> str:
        sign = " "
        if branch.has_below:
            folded = branch.key in self._folded
            sign = self.signs["closed" if folded else "open"]
        box = branch.mailbox
        pointer = ">" if selected else " "
        if box is None:
            if branch.head:
                return f"{pointer}  {sign} {branch.head}"
            return f"{pointer}{sign} {branch.account}"
        pin = self.signs["pinned"] if box.pinned else ""
        indent = "  " * (min(branch.depth, 8) + 1)
        whose = f" ({box.owner})" if branch.stray and box.label != box.owner else ""
        mark = " -" if box.hidden else ""
        return f"{pointer}{indent}{sign} {box.label}{whose}{pin}{mark}"

    def on_resize(self) -> None:
        """Keep the cursor in view, and no room empty."""
        before = self._top
        self._scroll()
        # It may have been drawn in its new size already.
        if self._top != before:
            self.refresh()

    def on_focus(self) -> None:
        """The cursor line looks different with focus."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor line looks different without focus."""
        self.refresh()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """What is dragged would go to the folder under the pointer."""
        if event.button and self._at(event.y) is not None:
            self._cursor = self._top + event.y
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Something may have been dropped here."""
        branch = self._at(event.y)
        box = branch.mailbox if branch is not None else None
        if box is not None and box.selectable and box.id > 0:
            self.post_message(self.Dropped(box.id))

    def _at(self, y: int) -> Branch | None:
        at = self._top + y
        return self._branches[at] if 0 <= at < len(self._branches) else None

    def on_click(self, event: events.Click) -> None:
        """Open the folder that was clicked."""
        self._cursor = min(self._top + event.y, len(self._branches) - 1)
        self.refresh()
        self.choose()

    def on_mouse_scroll_down(self) -> None:
        """Three lines on."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Three lines back."""
        self.move(-3)


def _parent(box: Mailbox) -> str:
    return box.name.rpartition(box.delimiter)[0] if box.delimiter else ""


def _order(
    box: Mailbox, roles: Mapping[str, Role]
) -> tuple[bool, tuple[bool, str], list[tuple[str, str]]]:
    """Folders below their parents; on the first level the inbox, then other roles."""
    levels = box.name.split(box.delimiter) if box.delimiter else [box.name]
    # What lies in the archive stands below it, wherever that stands.
    role = roles.get(levels[0])
    place = (role is None, role.value if role else "")
    inbox = levels[0].upper() == "INBOX"
    return not inbox, place, [(level.casefold(), level) for level in levels]
