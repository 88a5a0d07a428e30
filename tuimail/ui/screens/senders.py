"""Senders or lists of a folder, one line each: marked, and decided about as a whole.

Only the lines that are seen are drawn, however many there are. The cursor and the marks
belong to senders, not to places: a new count never puts another under a key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tuimail.engine.events import Decided, Event, Failed, Grouped, MessagesChanged
from tuimail.engine.service import MailService
from tuimail.engine.views import Senders, Whole
from tuimail.mail.sanitize import cells, cut, fit
from tuimail.mail.types import SafeText
from tuimail.mail.widths import end
from tuimail.ui.format import age, octets
from tuimail.ui.screens.dialogs import Living
from tuimail.ui.widgets.lines import LineWidget, Run

AGAIN_S = 0.5
"""Seconds in which several changes are counted together."""
NUMBERS = 29
"""Cells of the four numbers of a line."""
NOBODY = SafeText("(no address)")
SORTS: dict[str, tuple[str, Callable[[Whole], int]]] = {
    "m": ("messages", lambda row: row.messages),
    "n": ("unread", lambda row: row.unread),
    "z": ("size", lambda row: row.octets),
    "t": ("newest", lambda row: row.newest),
}
"""By key: what it is called, and the number."""


class Wholes(LineWidget):
    """The lines, below a line of headings."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[Whole] = ()
        """What is shown, in order."""
        self.empty = SafeText("counting …")
        self.marks: set[str] = set()
        self.done: dict[str, str] = {}
        """What was decided about those that have no mail here any more, by key."""
        self.waiting = False
        """Something that was done is not on the server yet."""
        self.sort = "m"
        self.words = ""
        """What they are narrowed by."""
        self._all: list[tuple[str, Whole]] = []
        """With what is looked through for letters."""
        self._cursor = 0
        self._top = 0

    @property
    def current(self) -> Whole | None:
        """The line under the cursor."""
        return self.rows[self._cursor] if self.rows else None

    @property
    def chosen(self) -> list[Whole]:
        """Marked lines, else the one under the cursor; but for those decided about."""
        here = [self.current] if self.current is not None else []
        marked = [row for _, row in self._all if row.key in self.marks]
        return [row for row in marked or here if row.key not in self.done]

    @property
    def counted(self) -> Sequence[Whole]:
        """All that have mail here."""
        return [row for _, row in self._all if row.key not in self.done]

    def set_rows(self, rows: Sequence[Whole]) -> None:
        """Show these. Who is gone by what was decided stays, and says so."""
        here = {row.key for row in rows}
        self.done = {key: said for key, said in self.done.items() if key not in here}
        kept = [row for _, row in self._all if row.key in self.done]
        self._all = [
            (f"{row.name} {row.address}".casefold(), row) for row in (*rows, *kept)
        ]
        self.marks &= here
        self.empty = SafeText("Nobody: there is no mail here.")
        self.sort_rows()

    def sort_rows(self) -> None:
        """Narrow and sort again; the cursor stays on its line, or in its place."""
        here, words = self.current, self.words.casefold().split()
        number = SORTS[self.sort][1]
        found = [row for text, row in self._all if all(w in text for w in words)]
        self.rows = sorted(found, key=lambda row: (-number(row), row.key))
        keys = [row.key for row in self.rows]
        if here is not None and here.key in keys:
            self._cursor = keys.index(here.key)
        self.move(0)

    def first(self) -> None:
        """The cursor to the first line."""
        self._cursor = 0
        self.move(0)

    def mark(self) -> None:
        """Mark the line under the cursor, or take its mark off, and go on."""
        if self.current is not None and self.current.key not in self.done:
            self.marks ^= {self.current.key}
            self.move(1)

    def go_on(self, decided: Mapping[str, str]) -> None:
        """These were decided about: to the next one that was not."""
        self.done |= decided
        self.marks.clear()
        after = range(self._cursor, len(self.rows))
        before = range(self._cursor - 1, -1, -1)
        for at in (*after, *before):
            if self.rows[at].key not in self.done:
                self._cursor = at
                break
        self.move(0)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.move(0)

    def move(self, by: int) -> None:
        """Move the cursor."""
        self._cursor = max(0, min(self._cursor + by, len(self.rows) - 1))
        if height := self.size.height - 1:
            self._top = max(self._cursor - height + 1, min(self._top, self._cursor))
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Select a line; a second click shows its mail."""
        if event.y and self._top + event.y <= len(self.rows):
            self.move(self._top + event.y - 1 - self._cursor)
            if event.chain > 1 and isinstance(self.screen, SendersScreen):
                self.screen.press("enter")

    def on_mouse_scroll_down(self) -> None:
        """Three lines on."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Three lines back."""
        self.move(-3)

    # -- drawing --------------------------------------------------------------

    def line(self, y: int) -> Iterable[Run]:
        """Who it is, how much, and how new."""
        if y == 0:
            return self._heading()
        at = self._top + y - 1
        if not self.rows:
            words = "Nothing fits these letters." if self._all else self.empty
            return [(f"    {words}", self.look["dim"])] if y == 1 else []
        return self._row(self.rows[at], at) if at < len(self.rows) else []

    def _heading(self) -> Iterable[Run]:
        room = max(8, self.size.width - NUMBERS - 4)
        style = self.look["heading"]
        titles = [SORTS[key][0] for key in "mnzt"]
        head = f"{titles[0]:>8} {titles[1]:>6} {titles[2]:>5} {titles[3]:>7}"
        return [("    " + " " * room + head, style)]

    def _row(self, row: Whole, at: int) -> Iterable[Run]:
        said = self.done.get(row.key)
        marked = row.key in self.marks
        style = self.look["unread" if row.unread and not said else "text"]
        if said:
            style = self.look["dim"]
        elif marked:
            style = self.look["marked"]
        if at == self._cursor:
            style = self.look["selected"]
        signs = ("> " if at == self._cursor else "  ") + ("x" if marked else " ")
        pending = self.waiting if said else row.pending > 0
        yield signs + ("~" if pending else " "), style
        yield self._who(row, max(8, self.size.width - NUMBERS - 4)), style
        numbers = f"{row.messages:>8,} {row.unread:>6,} {octets(row.octets):>5}"
        tail = f" {age(row.newest, time.time()):>7}"
        yield (_right(said) if said else numbers + tail), style

    def _who(self, row: Whole, room: int) -> str:
        """Name and address: the address whole, or its end, which says the domain."""
        address = row.address or NOBODY
        if not row.name:
            return fit(end(address, room), room)
        most = max(room * 3 // 5, room - cells(row.name) - 2)
        address = end(address, most)
        left = room - cells(address) - 2
        return fit(row.name, left) + "  " + address


def _right(said: str) -> str:
    """What was decided, in the place of the numbers."""
    words = cut(said, NUMBERS - 1)
    return " " * (NUMBERS - cells(words)) + words


class SendersScreen(Living):
    """The lines, what they are of, and what the keys do."""

    DEFAULT_CSS = """
    SendersScreen { align: center middle; background: $background 0%; }
    SendersScreen > Vertical { width: 100%; height: 100%; border: round $primary;
        background: $background; }
    SendersScreen Wholes { height: 1fr; }
    SendersScreen Static { height: auto; padding: 0 1; color: $foreground; }
    """

    def __init__(
        self,
        service: MailService,
        asked: Senders,
        title: str,
        about: Callable[[], str],
        keys: Mapping[str, Callable[[], object]],
        told: Callable[[Decided], object],
    ) -> None:
        """`about`: of what they are; `told` is given what came of a decision."""
        super().__init__()
        self.list = Wholes()
        self.last = 0
        """The newest message that was counted."""
        self._service = service
        self._asked = asked
        self._title = title
        self._about = about
        self._keys = keys
        self._tell = told
        self._ticket = 0
        self._waiting = False
        self._under_way: dict[int, Sequence[str]] = {}
        """Tickets of decisions, with the keys they are about."""
        self._leaving = False
        self._typing = False

    def compose(self) -> ComposeResult:
        """Of what, the lines, the keys."""
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Static(Content(self._about()), id="about")
            yield self.list
            yield Static("", id="footer")

    def on_mount(self) -> None:
        """Have it counted."""
        self._count()
        self._say_keys()

    def under_way(self, ticket: int, done: Mapping[str, str]) -> None:
        """A decision was handed over: its lines say so, and the cursor goes on."""
        self._under_way[ticket] = list(done)
        self._ticket = 0
        self.list.waiting = True
        self.list.go_on(done)

    # -- news -----------------------------------------------------------------

    def reread(self) -> None:
        """Something may be on the server by now; all else comes by `hear`."""
        views = self._service.accounts()
        waiting = bool(self._under_way) or any(view.pending for view in views)
        if self.list.waiting != waiting:
            self.list.waiting = waiting
            self.list.refresh()

    def hear(self, event: Event) -> None:
        """Counts, decisions, and changes that make a count old."""
        match event:
            case Grouped(ticket=ticket) if ticket == self._ticket:
                self.last = event.last
                self.list.set_rows(event.rows)
                self.query_one("#about", Static).update(Content(self._words()))
            case Decided(ticket=ticket) if ticket in self._under_way:
                self._ended(ticket)
                self._tell(event)
            case Failed(ticket=ticket) if ticket in self._under_way:
                for key in self._under_way[ticket]:
                    self.list.done.pop(key, None)
                self._ended(ticket)
                self._tell(Decided(ticket, 0, event.reason))
            case Failed(ticket=ticket) if ticket == self._ticket:
                self.list.empty = event.reason
                self.list.refresh()
            case MessagesChanged(mailbox=mailbox):
                # A virtual folder may show mail of any.
                if self._asked.mailbox < 0 or mailbox == self._asked.mailbox:
                    self._count_soon()
            case _:
                pass

    def _ended(self, ticket: int) -> None:
        del self._under_way[ticket]
        if self._leaving and not self._under_way:
            self.dismiss(None)
        elif not self._under_way:
            self._count()

    def _words(self) -> str:
        what, count = self._asked.by, len(self.list.counted)
        return f"{count:,} {what if count == 1 else what + 's'} {self._about()}"

    def _count_soon(self) -> None:
        if not self._waiting:
            self._waiting = True
            self.set_timer(AGAIN_S, self._count)

    def _count(self) -> None:
        self._waiting = False
        # Otherwise it is counted when the decision is carried out.
        if not self._under_way:
            self._ticket = self._service.counting.senders(self._asked)

    # -- keys -----------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Move, narrow, sort, mark, leave, or what a key decides."""
        page = max(1, self.list.size.height - 2)
        steps = {"down": 1, "up": -1, "pagedown": page, "pageup": -page}
        steps |= {"home": -(10**9), "end": 10**9}
        character = event.character or ""
        if event.key in steps:
            self.list.move(steps[event.key])
        elif self._typing:
            self._type(event.key, character)
        else:
            steps = {"j": 1, "k": -1, "space": page}
            if event.key in steps:
                self.list.move(steps[event.key])
            else:
                self.press(event.key, character)
        event.stop()
        event.prevent_default()

    def press(self, key: str, character: str = "") -> None:
        """Do what a key does, when no letters are being typed."""
        act = self._keys.get(character) or self._keys.get(key)
        if key in ("escape", "q"):
            self._back(at_once=key == "q")
        elif character == "/":
            self._typing = True
            self._say_keys()
        elif character == "v":
            self.list.mark()
        elif character in SORTS:
            self.list.sort = character
            self.list.sort_rows()
            self._say_keys()
        elif act is not None:
            act()

    def _type(self, key: str, character: str) -> None:
        words = self.list.words
        if key in ("escape", "enter"):
            self._typing = False
            words = "" if key == "escape" else words
        elif key == "backspace":
            words = words[:-1]
        elif character.isprintable():
            words += character
        self._narrow(words)

    def _narrow(self, words: str) -> None:
        changed, self.list.words = self.list.words != words, words
        self.list.sort_rows()
        if changed and words:
            self.list.first()
        self._say_keys()

    def _back(self, *, at_once: bool) -> None:
        """One step out: letters, then marks, then the view."""
        if not at_once and self.list.words:
            self._narrow("")
        elif not at_once and self.list.marks:
            self.list.marks.clear()
            self.list.refresh()
        elif self._under_way:
            # So that an undo afterwards is of this.
            self._leaving = True
        else:
            self.dismiss(None)

    def _say_keys(self) -> None:
        sort = SORTS[self.list.sort][0]
        words = (
            "a archive all  d delete  s move  U read  ! junk  v mark  u undo"
            f"  Enter show\n/ narrow  m n z t sort (now: {sort})  Esc close"
        )
        if self._typing:
            words = f"/{self.list.words}_\nEnter keeps it   Esc shows all"
        elif self.list.words:
            words += f"  narrowed to: {self.list.words}"
        self.query_one("#footer", Static).update(Content(words))
