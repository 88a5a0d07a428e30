"""The header list: draws what is visible, reads what is near.

Whatever the mailbox holds costs the same. A position is the rank of a row among the
rows that are known. Only a few screens of rows are held; they are read by key, so
nothing here grows with the mailbox. The cursor is bound to a message, not to a place.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style
from textual import events
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip

from tuimail.engine.views import FOUND
from tuimail.mail.sanitize import cells
from tuimail.mail.types import (
    Gap,
    Header,
    Listing,
    MailboxId,
    MessageId,
    RowKey,
    SafeText,
    Standing,
)
from tuimail.ui.format import AWAY, age, state_sign
from tuimail.ui.gaps import GapLine, missing_lines
from tuimail.ui.grouping import heading
from tuimail.ui.widgets.header_row import Face, HeaderRow
from tuimail.ui.widgets.lines import LineWidget, Run

if TYPE_CHECKING:
    from tuimail.engine.service import MailService
    from tuimail.engine.views import Rows

SCREENS = 3
"""Screens of rows held above and below what is visible."""
NEAR = 0.25
"""Screens beyond the view at which a gap's headers are asked for."""


class Heading(NamedTuple):
    """A line above the rows of one group."""

    words: SafeText


Entry = int | GapLine | Heading
"""What a line shows: a row by its rank, or something between rows."""


class HeaderList(LineWidget, can_focus=True):
    """One mailbox's rows, newest first."""

    class CursorMoved(Message):
        """The cursor is on another message, or on none."""

    class Opened(Message):
        """The user wants to read the message under the cursor."""

    def __init__(self, service: MailService, id: str | None = None) -> None:
        super().__init__(id=id)
        self._service = service
        self.source: Rows | None = None
        """Which messages, in what order."""
        self.marks: dict[MessageId, None] = {}
        """Marked messages in the order of marking."""
        self.listing: Listing | None = None
        self.away = False
        """The server cannot be asked: only what is here can be opened."""
        self.maildrop = False
        """Some of it may still wait on a server, and has to be fetched whole."""
        self.local = False
        """It lies here as files: there is no server."""
        self.readable = 0
        """While it is away: how many of the listed messages can be read."""
        self.dragged: tuple[MessageId, ...] = ()
        """Messages that the mouse holds."""
        self.frozen = False
        """Set while a key sequence or a dialog is open: order must not change then."""
        self._stale = False
        self._rows: list[Header] = []
        self._base = 0
        self._top = 0
        self._cursor = 0
        self._to_oldest = False
        """The cursor is to go to the oldest message as soon as that is here."""
        self._asked: set[tuple[int, int]] = set()
        self.drawing = HeaderRow(service)
        """Draws the rows, and has their columns."""
        self._lists: dict[MessageId, str] = {}
        self._gaps: tuple[GapLine, ...] = ()
        """Lines for headers that are not here."""
        self._drawn: list[Entry] = []
        """What the lines show that are being drawn."""

    # -- what others ask ------------------------------------------------------

    @property
    def current(self) -> Header | None:
        """The row under the cursor."""
        return self._row(self._cursor)

    @property
    def selection(self) -> tuple[MessageId, ...]:
        """What an action is for: the marked messages, else the one under the cursor."""
        if self.marks:
            return tuple(self.marks)
        return (self.current.id,) if self.current else ()

    def chosen(self, count: int = 0) -> tuple[MessageId, ...]:
        """What an action is for: marks, else `count` rows from the cursor on.

        Of a folded conversation all of its messages.
        """
        if self.marks or self.source is None:
            return self.selection
        rows = [self._row(self._cursor + at) for at in range(max(1, count))]
        found: list[MessageId] = []
        for row in rows:
            if row is not None:
                found += self._meant(row)
        return tuple(dict.fromkeys(found))

    def _meant(self, row: Header) -> list[MessageId]:
        """The message of a row; of a folded conversation all that are still there.

        What has been moved since the order was worked out is not to be moved on.
        """
        branch = self.source.branch(row.id) if self.source is not None else None
        if self.source is None or branch is None or not branch.folded:
            return [row.id]
        headers = map(self._service.header, self.source.thread(row.id))
        return [
            each.id
            for each in headers
            if each is not None
            and (self.source.mailbox < 0 or each.mailbox == row.mailbox)
        ]

    def mark_range(self) -> bool:
        """Mark all rows from the last mark to the cursor; False without a mark."""
        last = next(reversed(self.marks), None)
        here, source = self.current, self.source
        if source is None or here is None or last is None:
            return False
        begun = source.row(last)
        if begun is None:
            return False
        rank = source.rank(begun)
        at, steps = (begun, self._cursor - rank) if rank < self._cursor else (here, 0)
        steps = steps or rank - self._cursor
        found = [at, *source.page(after=at, limit=max(1, steps))][: steps + 1]
        self.mark(row.id for row in found)
        return True

    @property
    def place(self) -> tuple[int, int]:
        """Position of the cursor from 1, and how many messages there are."""
        if self.listing is None or not self.listing.known:
            return 0, 0
        total = max(self.listing.mailbox.total or 0, self.listing.known)
        rank = self._cursor + 1
        above = [gap for gap in self.listing.gaps if self._above(gap)]
        if above and len(above) == len(self.listing.gaps):
            # Everything below is here, so it can be counted from the end.
            return total - (self.listing.known - rank), total
        return rank + sum(gap.size or 0 for gap in above), total

    @property
    def gap_below(self) -> bool:
        """Whether messages below the cursor are not here yet."""
        gaps = self.listing.gaps if self.listing is not None else ()
        return any(not self._above(gap) for gap in gaps)

    def show(self, source: Rows) -> None:
        """Show another order of messages, from its first one."""
        self.source = source
        self.marks.clear()
        self._asked.clear()
        self._set_row(source)
        self._rows, self._base, self._top, self._cursor = [], 0, 0, 0
        self._read_listing()
        self._rows = source.page(limit=self._reach * 2)
        self._settle()

    def _set_row(self, source: Rows) -> None:
        self.drawing.forget()
        self.drawing.several = source.mailbox < 0
        self.drawing.columns = self._service.columns(source.mailbox)

    def recolumn(self, columns: tuple[str, ...] = ()) -> None:
        """Draw with these columns, or with those that were chosen for this folder."""
        if self.source is not None:
            self._set_row(self.source)
            self.drawing.columns = columns or self.drawing.columns
            self.refresh()
            self.want_first_lines()

    def swap(self, source: Rows) -> None:
        """Show the same messages otherwise; cursor and marks stay on theirs."""
        self.source = source
        self._reload()
        self.refresh()

    @property
    def mailbox(self) -> MailboxId | None:
        """The folder that is shown, or a virtual one."""
        return self.source.mailbox if self.source is not None else None

    def invalidate(self, changed: frozenset[MessageId], order: bool) -> None:
        """Read again what may have changed; the cursor stays on its message."""
        if self.source is None:
            return
        if self.frozen and order:
            self._stale = True
            return
        if order or not changed:
            self._reload()
        else:
            self._update(changed)

    def thaw(self) -> None:
        """The order may change again."""
        self.frozen = False
        if self._stale:
            self._stale = False
            self._reload()

    def heir(self, leaving: Collection[MessageId]) -> Header | None:
        """The row below the cursor that stays, else the one above; None for none."""
        at = self._cursor - self._base
        rows = [*self._rows[at:], *reversed(self._rows[: max(0, at)])]
        return next((row for row in rows if row.id not in leaving), None)

    def go_on(self, heir: Header | None, leaving: Collection[MessageId] = ()) -> None:
        """The user's own act took rows away: the cursor goes to `heir` if it must."""
        self.clear_marks()
        self._stale = False
        if self.source is not None:
            self.source.forget(leaving)
        self._reload(heir)

    # -- moving ---------------------------------------------------------------

    def move(self, by: int) -> bool:
        """Move the cursor; False when it was at the end already."""
        self._to_oldest = False
        return self._go(self._cursor + by)

    def page(self, by: float) -> bool:
        """Move by screens (or halves of one), the view with the cursor."""
        step = int((self._height - self._gap_lines()) * by) or (1 if by > 0 else -1)
        self.refresh()
        self._top = max(0, min(self._top + step, self._last - self._height + 1))
        return self._go(self._cursor + step)

    def to_top(self) -> None:
        """The newest message."""
        self._go(0)

    def to_bottom(self) -> None:
        """The oldest message; fetched first when it is not here."""
        if self.listing is not None and self.listing.gaps:
            lowest = self.listing.gaps[-1]
            if lowest.lo == 1 and self.mailbox is not None:
                self._to_oldest = True
                self._service.want_oldest(self.mailbox)
        self._go(self._last)

    def go_to(self, message: MessageId) -> bool:
        """Put the cursor on a message; False when it is not in this list."""
        header = self.source.row(message) if self.source is not None else None
        if self.source is None or header is None:
            return False
        self._go(self.source.rank(header))
        return True

    def next_unread(self, forward: bool = True) -> Header | None:
        """The nearest unread row below the cursor, or above it."""
        here = self.current
        if self.source is None or here is None:
            return None
        return self.source.next_unread(here, forward)

    def neighbour(self) -> Header | None:
        """The row below the cursor."""
        here = self.current
        if self.source is None or here is None:
            return None
        return self.source.neighbour(here)

    def ask_again(self) -> None:
        """The server is back: gaps in view may be asked for once more."""
        self._asked.clear()
        self._want_gaps()
        self.want_first_lines()

    def toggle_mark(self) -> None:
        """Mark the message under the cursor, or take the mark off."""
        if self.current is None:
            return
        meant, marked = self._meant(self.current), self.current.id in self.marks
        for each in meant:
            if marked:
                self.marks.pop(each, None)
            else:
                self.marks[each] = None
        self.refresh()

    def mark(self, messages: Iterable[MessageId]) -> None:
        """Mark messages besides those that are marked."""
        self.marks.update(dict.fromkeys(messages))
        self.refresh()

    def senders(self, limit: int) -> list[str]:
        """Addresses of who wrote the rows at hand, each once."""
        return list(dict.fromkeys(row.sender_addr for row in self._rows[:limit]))

    def fold(self, threads: Iterable[int] | None) -> None:
        """Show only the first message of these conversations, or of all (None)."""
        here = self.current
        if self.source is None or here is None:
            return
        first = self.source.thread(here.id)[:1]
        self.source.fold(threads)
        heir = self.source.row(first[0]) if first else None
        at = self.source.branch(here.id)
        if at is not None and at.thread in self.source.folded and heir is not None:
            self._reload_at(heir)
        else:
            self._reload()

    def _reload_at(self, row: Header) -> None:
        """Read again, with the cursor on this row."""
        self._rows, self._base = [row], self._cursor
        self._reload(row)

    def clear_marks(self) -> bool:
        """Take all marks off; False when there were none."""
        had = bool(self.marks)
        self.marks.clear()
        self.refresh()
        return had

    # -- inside ---------------------------------------------------------------

    @property
    def _height(self) -> int:
        # Hidden behind a message it will have about the whole screen again.
        return max(1, self.size.height or self.app.size.height)

    @property
    def _place(self) -> int:
        """The rank the view begins at; behind a message it is where the cursor is."""
        return self._top if self.size.height else self._cursor

    @property
    def _reach(self) -> int:
        return max(50, self._height * SCREENS)

    @property
    def _last(self) -> int:
        return max(0, (self.listing.known if self.listing else 0) - 1)

    def _row(self, rank: int) -> Header | None:
        at = rank - self._base
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def _above(self, gap: Gap) -> bool:
        here = self.current
        if gap.after is None or here is None:
            return gap.after is None
        key = here.key
        return (gap.after.arrival, gap.after.id) > (key.arrival, key.id)

    def note_state(self) -> None:
        """An account's state changed: what cannot be opened now looks different."""
        if self.listing is not None:
            self._read_state()
            self.refresh()

    def _read_state(self) -> None:
        assert self.listing is not None, "there is a listing whose account is meant"
        box = self.listing.mailbox
        if not box.account:
            # Of all accounts: what can be opened differs from row to row.
            states = [view.state for view in self._service.accounts()]
            self.away = all(state in AWAY for state in states)
            self.maildrop, self.local, self.readable = False, False, 0
            return
        account = self._service.account(box.account)
        self.away = account.state in AWAY
        self.maildrop, self.local = account.maildrop, account.local
        self.readable = self._service.readable(box.id) if self.away else 0

    def _read_listing(self) -> None:
        assert self.source is not None
        self.listing = self.source.listing()
        self._gaps = missing_lines(self.listing)
        self._read_state()

    def _go(self, rank: int) -> bool:
        old = self._cursor
        top = self._top
        self._cursor = max(0, min(rank, self._last))
        moved = self._cursor != old
        self._scroll_to_cursor()
        self._hold()
        if self._group:
            self._fit_cursor()
        if moved:
            if self._top == top:
                self._refresh_row(old)
                self._refresh_row(self._cursor)
            self.post_message(self.CursorMoved())
        self._want_gaps()
        return moved

    def _scroll_to_cursor(self) -> None:
        """Bring the cursor into view; jumps by half a screen where that is cheaper.

        Over the full width the terminal itself can scroll by a line; beside another
        pane every row of the list must be sent again, so the list moves by halves.
        """
        if not self.size.height:
            # Hidden behind a message: the view is placed when it is shown again.
            return
        height = self._height - self._gap_lines()
        old = self._top
        step = 1 if self.size.width == self.app.size.width else max(1, height // 2)
        if self._cursor < self._top:
            self._top = max(0, min(self._cursor, self._top - step))
        elif self._cursor >= self._top + height:
            self._top = max(self._cursor - height + 1, self._top + step)
            self._top = min(self._top, max(0, self._last - height + 1))
        if self._top != old:
            self.refresh()

    def _gap_lines(self) -> int:
        """Lines of the view that gaps take."""
        entries = list(self._entries(self._height))
        return sum(not isinstance(entry, int) for entry in entries)

    def _fit_cursor(self) -> None:
        """Headings take lines: scroll on until the cursor is in view after all."""
        while self._top < self._cursor:
            entries = list(self._entries(self._height))
            if self._cursor in entries or not entries:
                return
            self._top += 1
            self.refresh()

    def _hold(self) -> None:
        """Have the rows around the view; read by key, drop what is far away."""
        first = max(0, self._place - 5)
        last = min(self._last, self._place + self._height + 5)
        if self.source is None or (self._last == 0 and not self._rows):
            return
        if not self._rows or first >= self._base + len(self._rows) or last < self._base:
            self._jump()
        while first < self._base and self._rows:
            more = self.source.page(before=self._rows[0], limit=self._reach)
            if not more:
                self._base = 0
                break
            self._rows = more + self._rows
            self._base = max(0, self._base - len(more))
        while last >= self._base + len(self._rows) and self._rows:
            more = self.source.page(after=self._rows[-1], limit=self._reach)
            if not more:
                break
            self._rows += more
        self._drop_far()

    def _jump(self) -> None:
        """Read rows around a place far from those that are held."""
        assert self.source is not None
        if self._cursor >= self._last - self._height:
            self._rows = self.source.page(oldest=True, limit=self._reach)
            self._base = self._last + 1 - len(self._rows)
        elif self._place <= self._reach:
            self._rows = self.source.page(limit=self._reach * 2)
            self._base = 0

    def _drop_far(self) -> None:
        keep_from = max(0, self._place - self._reach - self._base)
        if keep_from > self._reach:
            self._rows = self._rows[keep_from:]
            self._base += keep_from
        keep = self._place + self._height + 2 * self._reach - self._base
        if len(self._rows) > keep > 0:
            del self._rows[keep:]

    def _reload(self, heir: Header | None = None) -> None:
        """Rows came or went: find the cursor's message again, or the one after it."""
        assert self.source is not None
        before = self._shown()
        here, offset = self.current, self._cursor - self._top
        at_top = self._top == 0
        self._read_listing()
        self._keep_marks()
        kept = self._still_here(here) or self._still_here(heir)
        if kept is not None:
            self._cursor = self.source.rank(kept)
            above = self.source.page(before=kept, limit=self._reach)
            below = self.source.page(after=kept, limit=self._reach)
            self._rows = [*above, kept, *below]
            self._base = self._cursor - len(above)
            self._top = max(0, self._cursor - offset)
            if at_top and self._cursor < self._height - self._gap_lines():
                self._top = 0
        else:
            self._rows, self._base = [], 0
            self._cursor = max(0, min(self._cursor, self._last))
            self._top = max(0, self._cursor - offset)
            around = (
                self.source.page(limit=self._cursor + self._reach)
                if self._cursor < 2000
                else self.source.page(oldest=True, limit=self._reach)
            )
            self._rows = around
            self._base = 0 if self._cursor < 2000 else self._last + 1 - len(around)
        self._settle(before)
        left = self.listing.gaps if self.listing else ()
        if self._to_oldest and not (left and left[-1].lo == 1):
            self._to_oldest = False
            self._go(self._last)

    def _still_here(self, row: Header | None) -> Header | None:
        return self.source.row(row.id) if row and self.source is not None else None

    def _settle(self, before: Sequence[tuple[object, ...]] = ()) -> None:
        self._cursor = max(0, min(self._cursor, self._last))
        self._top = max(0, min(self._top, self._last))
        self._scroll_to_cursor()
        self._hold()
        self._draw_again(before)
        self.post_message(self.CursorMoved())
        self._want_gaps()

    def _keep_marks(self) -> None:
        """What somebody else has moved or removed must not be acted on unseen."""
        if self.marks and self.source is not None:
            still = self.source.still(self.marks.keys())
            self.marks = {each: None for each in self.marks if each in still}

    def _shown(self) -> list[tuple[object, ...]]:
        """What every line in view is drawn from."""
        now = time.time()
        found: list[tuple[object, ...]] = []
        for entry in self._entries(self._height):
            row = self._row(entry) if isinstance(entry, int) else None
            if isinstance(entry, GapLine):
                found.append((self._gap_words(entry),))
            elif isinstance(entry, Heading):
                found.append(entry)
            elif row is not None:
                looks = entry == self._cursor, row.id in self.marks, age(row.date, now)
                branch = self.source.branch(row.id) if self.source is not None else None
                found.append((row, *looks, branch))
        return found

    def _draw_again(self, before: Sequence[tuple[object, ...]]) -> None:
        """Draw the lines that differ: mail that comes is often not in view."""
        after = self._shown()
        if not before or len(before) != len(after):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def _update(self, changed: frozenset[MessageId]) -> None:
        """Some rows look different now."""
        self._read_listing()
        for at, row in enumerate(self._rows):
            if row.id in changed:
                self._rows[at] = self._service.header(row.id) or row
                self._refresh_row(self._base + at)
        if self.current is not None and self.current.id in changed:
            self.post_message(self.CursorMoved())

    def know(self, messages: frozenset[MessageId]) -> None:
        """First lines of these rows have become known."""
        at = {row.id: n for n, row in enumerate(self._rows) if row.id in messages}
        if self.source is None:
            return
        if self.source.folded and len(at) < len(messages):
            # Of a folded conversation it is the newest message that is told of.
            self.refresh()
        for row in self._service.headers(at):
            self._rows[at[row.id]] = row
            self._refresh_row(self._base + at[row.id])

    def want_first_lines(self) -> None:
        """Have first lines fetched that are in view, and not known."""
        faces = map(self._face, self._visible())
        wanted = [
            face.standing.newest
            for face in faces
            if face.standing.first_line is None
            and face.standing.newest is not None
            and self.drawing.shows_first_line(face, self.size.width)
        ]
        if wanted and self.size.height:
            self._service.want_first_lines(wanted)

    def _refresh_row(self, rank: int) -> None:
        """Draw one row again; a cursor move costs two rows, not the list."""
        for y, entry in enumerate(self._entries(self._height)):
            if entry == rank:
                self.refresh(Region(0, y, self.size.width, 1))
                return

    def _want_gaps(self) -> None:
        """Ask for headers of a gap the view comes near to; once for each gap."""
        if self.listing is None or self.mailbox is None or not self._rows:
            return
        reach = int(self._height * NEAR)
        first = self._row(max(self._base, self._place - reach))
        bottom = self._place + self._height + reach
        last = self._row(min(self._base + len(self._rows) - 1, bottom))
        for gap in self.listing.gaps:
            if (gap.lo, gap.hi) in self._asked:
                continue
            if gap.after is None or first is None or last is None:
                near = self._place <= reach
            else:
                key = (gap.after.arrival, gap.after.id)
                near = (last.arrival, last.id) <= key <= (first.arrival, first.id)
            if near:
                self._asked.add((gap.lo, gap.hi))
                self._service.want_gap(self.mailbox, gap)

    def _entries(self, height: int) -> Iterable[Entry]:
        """Ranks and gaps of the lines from the top of the view on."""
        gaps = self._gaps_near(height)
        if self._group:
            yield from self._grouped(height)
            return
        if not gaps:
            yield from range(self._top, min(self._ends(), self._top + height))
            return
        if self._top == 0 and None in gaps and self._rows:
            yield gaps[None]
            height -= 1
        rank = self._top
        while height > 0 and rank <= self._last:
            row = self._row(rank)
            if row is None:
                return
            yield rank
            height -= 1
            if row.key in gaps and height > 0:
                yield gaps[row.key]
                height -= 1
            rank += 1

    @property
    def _group(self) -> str:
        return self.source.shape.group if self.source is not None else ""

    def _grouped(self, height: int) -> Iterable[Entry]:
        """Ranks, and a heading where another group begins; gaps where they are."""
        gaps = {gap.after: gap for gap in self._gaps}
        now, rank = time.time(), self._top
        above = self._row(rank - 1)
        before = self._heading(above, now) if above is not None else None
        while height > 0 and (row := self._row(rank)) is not None:
            words = self._heading(row, now)
            if words != before:
                yield Heading(words)
                height -= 1
            if height > 0:
                yield rank
                height -= 1
            if height > 0 and row.key in gaps:
                yield gaps[row.key]
                height -= 1
            before, rank = words, rank + 1

    def _heading(self, row: Header, now: float) -> SafeText:
        return heading(row, self._group, now, self._list_of)

    def _list_of(self, message: MessageId) -> str:
        if message not in self._lists:
            self._lists[message] = self._service.list_of(message)
        return self._lists[message]

    def _gaps_near(self, height: int) -> dict[RowKey | None, GapLine]:
        """Gaps that may be in view, by the row above them; nearly always none."""
        gaps = self._gaps
        last = self._row(min(self._ends(), self._top + height) - 1)
        first = self._row(self._top)
        if not gaps or first is None or last is None:
            return {gap.after: gap for gap in gaps}
        span = last.key, first.key
        return {
            gap.after: gap
            for gap in gaps
            if gap.after is None or span[0] <= gap.after <= span[1]
        }

    def _ends(self) -> int:
        """The rank behind the last row at hand; the top's when there is none."""
        if self._row(self._top) is None:
            return self._top
        return min(self._last + 1, self._base + len(self._rows))

    # -- drawing --------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the view."""
        self._drawn = list(self._entries(self._height))
        self.drawing.prepare(self._visible())
        return super().render_lines(crop)

    def _visible(self) -> Iterator[Header]:
        """The rows in view."""
        for entry in self._entries(self._height):
            row = self._row(entry) if isinstance(entry, int) else None
            if row is not None:
                yield row

    def line(self, y: int) -> Iterable[Run]:
        """One row, one gap, or what there is to say about an empty list."""
        entries = self._drawn
        if not entries:
            return self._empty(y)
        if y >= len(entries):
            return ()
        entry = entries[y]
        if isinstance(entry, GapLine):
            return ((self._gap_words(entry), self.look["dim"]),)
        if isinstance(entry, Heading):
            return self._draw_heading(entry)
        row = self._row(entry)
        return self._draw(row, entry == self._cursor, y) if row else ()

    def _draw_heading(self, entry: Heading) -> Iterable[Run]:
        rule = self.signs["rule"]
        yield f"{rule}{rule} {entry.words} ", self.look["heading"]
        left = self.size.width - cells(entry.words) - 4
        yield rule * max(0, left), self.look["rule"]

    def _draw(self, row: Header, selected: bool, y: int) -> Iterable[Run]:
        face = self._face(row, selected)
        if selected and self.has_focus:
            self._place_cursor(y)
        yield (">" if selected else " "), face.base
        if face.marked:
            yield "x", face.sign("marked")
        else:
            yield state_sign(row), face.sign("pending")
        yield from self.drawing.runs(face, self.size.width)

    def _face(self, row: Header, selected: bool = False) -> Face:
        standing = self._standing(row)
        return Face(
            row,
            self.source.branch(row.id) if self.source is not None else None,
            self._row_style(row, selected, standing.all_read),
            self.look,
            self.signs,
            selected,
            row.id in self.marks,
            standing,
            self._elsewhere(row),
        )

    def _row_style(self, row: Header, selected: bool, all_read: bool) -> Style:
        look = self.look
        if selected:
            return look["selected"] if self.has_focus else look["selected-blurred"]
        if row.id in self.marks:
            return look["marked"]
        style = look["text" if all_read else "unread"]
        return style + look["dim"] if self._out_of_reach(row) else style

    def _standing(self, row: Header) -> Standing:
        """How it stands together with what is folded below it."""
        branch = self.source.branch(row.id) if self.source is not None else None
        if self.source is None or branch is None or not branch.folded:
            return Standing(row.seen, row.date, row.id, row.first_line)
        return self._service.standing(self.source.thread(row.id))

    def _out_of_reach(self, row: Header) -> bool:
        """Its text is not here, and the server cannot be asked for it."""
        return self.away and not row.readable

    def _elsewhere(self, row: Header) -> bool:
        """It waits in a maildrop, or cannot be had at all just now."""
        return self._out_of_reach(row) or (self.maildrop and not row.readable)

    def _place_cursor(self, y: int) -> None:
        """The terminal's cursor sits on the row: screen readers follow it."""
        self.app.cursor_position = self.region.offset + Offset(0, y)

    def _gap_words(self, gap: GapLine) -> str:
        what = "messages" if gap.among else "older messages"
        count = f"{gap.messages:,} {what}" if gap.messages else what
        loading = self.listing is not None and self.listing.loading
        where = "in the files" if self.local or self.maildrop else "on the server"
        more = ", loading" if loading else ", also between these" * gap.among
        return f"     … {count} {where}{more} …"

    def _empty(self, y: int) -> Iterable[Run]:
        if self.listing is None or y != 1:
            return ()
        if self.listing.loading and self.listing.mailbox.id < 0:
            words = "Looking …"
        elif self.listing.query or self.listing.mailbox.id == FOUND:
            words = "Nothing found. Esc goes back."
        elif self.listing.mailbox.id < 0:
            words = "Nothing is in here now. Press c to go to another folder."
        elif self.listing.synced_at is None:
            words = "Nothing of this folder is here yet; it waits for the server."
            if self.local:
                words = "Nothing of this folder was read yet."
        elif self.listing.mailbox.total:
            words = "Loading …"
        else:
            words = "No messages in this folder. Press c to go to another one."
        return (("  " + words, self.look["dim"]),)

    # -- events ---------------------------------------------------------------

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        if self.source is not None:
            self._scroll_to_cursor()
            self._hold()

    def on_focus(self) -> None:
        """The cursor row looks different with focus."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor row looks different without focus."""
        self.refresh()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A row may be dragged onto a folder; what is marked goes with a marked one."""
        entries = list(self._entries(self._height))
        entry = entries[event.y] if event.y < len(entries) else None
        row = self._row(entry) if isinstance(entry, int) else None
        if row is None:
            self.dragged = ()
        else:
            marked = row.id in self.marks
            self.dragged = tuple(self.marks) if marked else (row.id,)

    def on_mouse_up(self) -> None:
        """It was let go where it was."""
        self.dragged = ()

    def on_click(self, event: events.Click) -> None:
        """Select a row; a second click opens it."""
        entries = list(self._entries(self._height))
        if event.y < len(entries) and isinstance(rank := entries[event.y], int):
            self._go(rank)
            if event.chain > 1:
                self.post_message(self.Opened())

    def on_mouse_scroll_down(self) -> None:
        """Three rows on."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Three rows back."""
        self.move(-3)
