"""One message: what is known of it at once, then its text, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from tuimail.engine.views import MessageView as View
from tuimail.mail.sanitize import cells, cut
from tuimail.mail.types import Line, RenderedText, SafeText, Span
from tuimail.mail.types import Style as TextStyle
from tuimail.ui.drawn import MARK, mark
from tuimail.ui.format import octets
from tuimail.ui.widgets.lines import LineWidget, Run, strip_of
from tuimail.ui.widgets.page import Page, folds_of

if TYPE_CHECKING:
    from tuimail.ui.app import TuimailApp

MARGIN = 1


class Hung(NamedTuple):
    """A picture in the text, or why it is none."""

    drawn: int
    """Its number in the terminal; 0 for none."""
    name: SafeText
    attached: bool
    columns: int
    rows: int
    words: SafeText


FIELD_LINES = 3
"""Lines a header field may take before it is cut; H shows all of it."""


class MessageView(LineWidget, can_focus=True):
    """Header block, text, notes and attachments of a message, scrolled as one."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view: View | None = None
        self.text: RenderedText | None = None
        self.pictures: dict[int, Hung] = {}
        """Those that have come, by their number in the message."""
        self.picture_note = SafeText("")
        self._status = SafeText("")
        self._page = Page()
        self.folded = True
        """Long quotes show their beginning only."""
        self._hung_at: dict[int, int] = {}
        """Rows at which pictures begin, by their number in the message."""
        self._head = 0
        """Rows of the header block."""
        self._top = 0
        self._find = ""
        self._hits: list[int] = []
        self._hit = -1
        """The line found last."""
        self._chosen: tuple[int, int] | None = None
        """Lines chosen to be copied: where that began, and where it stands."""

    # -- what is shown --------------------------------------------------------

    def show(self, view: View | None) -> None:
        """Show another message; its text comes later."""
        self.view, self.text = view, None
        self._status, self._top, self._hits = SafeText(""), 0, []
        self.folded, self._chosen = True, None
        self._lay_out()

    def renew(self, view: View) -> None:
        """The same message, with other flags or parts."""
        self.view = view
        self._lay_out()

    def set_text(self, text: RenderedText, *, keep_place: bool = False) -> None:
        """The text has come."""
        self.text, self._status = text, SafeText("")
        if not keep_place:
            self._top, self._chosen = 0, None
        self._lay_out()

    def put_picture(self, number: int, hung: Hung) -> None:
        """A picture has come; what is in view stays where it is."""
        before = len(self._page)
        self.pictures[number] = hung
        top = self._top
        self._lay_out()
        more, at = len(self._page) - before, self._hung_at.get(number, before)
        if at < top:
            self._top = top + more
            self.move(0)
        if self._chosen is not None:
            begun, end = (each + more * (at <= each) for each in self._chosen)
            self._chosen = begun, end
        self._hits = [each + more * (at <= each) for each in self._hits]
        self._hit += more * (at <= self._hit)

    def set_status(self, words: SafeText) -> None:
        """Say something in place of the text: progress, or why it is missing."""
        self._status = words
        self._lay_out()

    @property
    def text_width(self) -> int:
        """Cells a line of text may take in this pane."""
        return max(20, self.size.width - 2 * MARGIN)

    # -- moving ---------------------------------------------------------------

    def move(self, by: int) -> bool:
        """Scroll by lines; False when it was at the end already.

        While lines are chosen their end moves, and the view follows it.
        """
        if self._chosen is not None and by:
            return self._choose_on(self._chosen, by)
        old = self._top
        end = max(0, len(self._page) - self.size.height)
        self._top = max(0, min(self._top + by, end))
        self.refresh()
        return self._top != old

    def page(self, by: float) -> bool:
        """Scroll by screens, with one line of overlap."""
        step = self.size.height * by
        return self.move(int(step - 1 if by >= 1 else step + 1 if by <= -1 else step))

    def to_top(self) -> None:
        """The first line."""
        self.move(-len(self._page))

    def to_bottom(self) -> None:
        """The last screen."""
        self.move(len(self._page))

    @property
    def place(self) -> tuple[int, int, int]:
        """First and last line in view, from 1, and how many there are."""
        count = len(self._page)
        return (
            min(self._top + 1, count),
            min(self._top + self.size.height, count),
            count,
        )

    # -- choosing -------------------------------------------------------------

    def choose(self) -> bool:
        """Begin to choose lines where one reads; False where there is none."""
        count = len(self._page)
        if not count:
            return False
        seen = range(self._top, self._top + self.size.height)
        at = self._hit if self._find and self._hit in seen else self._first_read()
        self._chosen = at, at
        self.refresh()
        return True

    def choose_none(self) -> bool:
        """Choose no lines any more; False when none were."""
        had, self._chosen = self._chosen is not None, None
        self.refresh()
        return had

    @property
    def chosen(self) -> tuple[int, int] | None:
        """First and last line chosen, from 1."""
        if self._chosen is None:
            return None
        first, last = sorted(self._chosen)
        return first + 1, last + 1

    def chosen_lines(self) -> list[str]:
        """The words of the lines that are chosen."""
        if self._chosen is None:
            return []
        first, last = sorted(self._chosen)
        rows = map(self._page.row, range(first, min(last + 1, len(self._page))))
        return [_plain(row)[MARGIN:].rstrip() for row in rows]

    def _first_read(self) -> int:
        """The first line in view, below the header block where that is in view."""
        below = self._top < self._head < self._top + self.size.height
        return min(self._head if below else self._top, len(self._page) - 1)

    def _choose_on(self, chosen: tuple[int, int], by: int) -> bool:
        begun, at = chosen
        new = max(0, min(at + by, len(self._page) - 1))
        self._chosen = begun, new
        last = self._top + self.size.height - 1
        self._top += min(0, new - self._top) + max(0, new - last)
        self.refresh()
        return new != at

    # -- finding --------------------------------------------------------------

    def find(self, words: str) -> int:
        """Look for words in the lines, ignoring case; how many lines have them."""
        self._find = words.casefold()
        if self.folded and self._find:
            self.fold(False)
        self._hits = [
            at
            for at in range(len(self._page))
            if self._find and self._find in _plain(self._page.row(at)).casefold()
        ]
        self._to_hit([at for at in self._hits if at >= self._top] or self._hits)
        return len(self._hits)

    def find_next(self, forward: bool) -> bool:
        """Go to the next line with what was looked for."""
        if forward:
            there = [at for at in self._hits if at > self._hit]
        else:
            there = [at for at in reversed(self._hits) if at < self._hit]
        self._to_hit(there)
        return bool(there)

    def _to_hit(self, there: list[int]) -> None:
        if there:
            # The view cannot follow to the last lines, so the hit itself is kept.
            self._hit = there[0]
            self._chosen = None
            self.move(there[0] - self._top)
        self.refresh()

    # -- layout ---------------------------------------------------------------

    def relayout(self) -> None:
        """The theme or the width is another."""
        self._lay_out()

    def fold(self, folded: bool) -> None:
        """Fold long quotes, or show them."""
        self.folded, self._chosen = folded, None
        self._lay_out()

    @property
    def foldable(self) -> bool:
        """Whether the text has quotes that are folded, or would be."""
        return self.text is not None and bool(self._folds(self.text))

    def _folds(self, text: RenderedText) -> list[tuple[int, int]]:
        from tuimail.mail.trails import SUBJECT_FORWARDED

        longest = cast("TuimailApp", self.app).config.view.fold_quotes
        if self.view and SUBJECT_FORWARDED.match(self.view.header.subject):
            return []  # what was forwarded is there to be read
        return folds_of(text, longest)

    def _lay_out(self) -> None:
        self._page, self._hung_at = Page(), {}
        if self.view is not None and self.size.width:
            self._page.put(self._header_block(self.view))
            self._head = len(self._page)
            self._page.put(self._notes())
            self._put_text()
            self._page.put(self._attachments(self.view))
        self.move(0)

    def _header_block(self, view: View) -> list[list[Run]]:
        look, width = self.look, self.text_width
        lines: list[list[Run]] = []
        for name, value in view.fields:
            style = look["subject" if name == "Subject" else "value"]
            room = max(10, width - 10)
            wrapped = _wrapped(value, room)
            for at, piece in enumerate(wrapped[:FIELD_LINES]):
                label = str(name) if at == 0 else ""
                words = _text(piece)
                if at == FIELD_LINES - 1 and len(wrapped) > FIELD_LINES:
                    words = cut(SafeText(words), room - 2) + " \u2026"
                lines.append([(f" {label:<9} ", look["field"]), (words, style)])
        for badge in view.badges:
            lines += [
                [(" " + _text(piece), look["badge"])]
                for piece in _wrapped(SafeText("! " + badge), width)
            ]
        rule = self.signs["rule"] * self.size.width
        return [*lines, [(rule, look["rule"])]]

    def _notes(self) -> list[list[Run]]:
        """What we say of the text, above it."""
        said = [self._status] if self._status else []
        said += [self.picture_note] if self.picture_note else []
        said += self.text.notes if self.text is not None else ()
        return [
            [(" " + _text(piece), self.look["note"])]
            for note in said
            for piece in _wrapped(note, self.text_width)
        ]

    def _put_text(self) -> None:
        text = self.text
        if text is None:
            return
        # Links of a mail are no marks of pictures.
        targets = {link.number: link.target.replace(MARK, "") for link in text.links}

        def row(line: Line) -> list[Run]:
            sealed = line and line[0].style in (TextStyle.SEAL, TextStyle.ALARM)
            # No mail can write into this column.
            edge = self.signs["seal"] if sealed else " "
            look = self.look[line[0].style.value if sealed else "text"]
            return [(edge, look), *self._spans(line, targets)]

        def fold(hidden: int) -> list[Run]:
            words = f" \u2026 {hidden} more quoted lines; z shows them"
            return [(words, self.look["note"])]

        folds = self._folds(text) if self.folded else []
        below = [
            (line, partial(self._put_picture, number))
            for line, number in sorted(text.pictures)
            if number in self.pictures
        ]
        self._page.put_text(text.lines, folds, row, fold, below)
        if not len(text.lines) and not text.notes:
            self._page.put([[(" (this message has no text)", self.look["note"])]])
        placed = {number for _, number in text.pictures}
        for number, hung in sorted(self.pictures.items()):
            if hung.attached and number not in placed:
                self._put_attached(number, hung)

    def _put_attached(self, number: int, hung: Hung) -> None:
        """A picture below the text, with its name."""
        if hung.rows:
            rule = self.signs["rule"] * 2
            words = f" {rule} {cut(hung.name, self.text_width - 4)}"
            self._page.put([[], [(words, self.look["note"])]])
        self._put_picture(number)

    def _put_picture(self, number: int) -> None:
        """The rows of a picture, or why there are none."""
        self._hung_at[number] = len(self._page)
        hung = self.pictures[number]
        look = self.look["note"]
        if hung.words:
            words = SafeText(f"{hung.name}: {hung.words}.")
            wrapped = _wrapped(words, self.text_width)
            self._page.put([[(" " + _text(piece), look)] for piece in wrapped])

        def row(at: int) -> list[Run]:
            # Blanks: only the last door makes a picture of them.
            link = mark(hung.drawn, at, self.content_region.x + MARGIN)
            style = self.look["text"] + Style(link=link)
            return [(" " * MARGIN, self.look["text"]), (" " * hung.columns, style)]

        self._page.put_made(hung.rows, row)

    def _spans(self, line: Line, targets: dict[int, str]) -> Iterable[Run]:
        for span in line:
            style = self.look[span.style.value]
            if span.link and span.style is TextStyle.LINK:
                style = style + Style(link=targets.get(span.link))
            yield span.text, style

    def _attachments(self, view: View) -> list[list[Run]]:
        look = self.look
        files = [part for part in view.parts if part.attachment]
        if not files or (self.text is None and not self._status):
            return []
        lines: list[list[Run]] = [
            [],
            [(" Attachments (p lists, S saves)", look["dim"])],
        ]
        for part in files:
            name = part.name or SafeText(f"part {part.section}")
            words = f"  @ {name}  {part.media_type}  {octets(part.size)}"
            lines.append([(words, look["attachment"])])
        return lines

    # -- drawing --------------------------------------------------------------

    def line(self, y: int) -> Iterable[Run]:
        """One line; what was looked for is shown reversed."""
        at = self._top + y
        if self.view is None:
            return [("  No message is chosen.", self.look["dim"])] if y == 1 else []
        if at >= len(self._page):
            return ()
        if self._chosen is not None and min(self._chosen) <= at <= max(self._chosen):
            return _reversed(self._page.row(at), self.look["hit"])
        if at in self._hits and self._find:
            return _with_hits(self._page.row(at), self._find, self.look["hit"])
        return self._page.row(at)

    def render_line(self, y: int) -> Strip:
        """The strip with its place in the text, so that it can be selected."""
        if y == 0 and self.has_focus:
            self.app.cursor_position = self.region.offset + Offset(0, 0)
        strip = strip_of(self.line(y), self.size.width, self.base(y))
        return strip.apply_offsets(0, self._top + y)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that the user dragged over."""
        rows = map(self._page.row, range(len(self._page)))
        text = "\n".join(_plain(row).rstrip() for row in rows)
        return selection.extract(text), "\n"

    def on_resize(self) -> None:
        """Lay the header block out again."""
        self._lay_out()

    def on_mouse_scroll_down(self) -> None:
        """Three lines on."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """Three lines back."""
        self.move(-3)


def _text(line: Line) -> str:
    return "".join(span.text for span in line)


def _plain(line: list[Run]) -> str:
    return "".join(text for text, _ in line)


def _reversed(line: list[Run], look: Style) -> list[Run]:
    # An empty line shows that it is chosen too.
    return [(_plain(line) or " ", look)]


def _with_hits(line: list[Run], words: str, hit: Style) -> Iterable[Run]:
    for text, style in line:
        rest = text
        while rest:
            at = rest.casefold().find(words)
            if at < 0 or cells(rest) == 0:
                yield rest, style
                break
            yield rest[:at], style
            yield rest[at : at + len(words)], style + hit
            rest = rest[at + len(words) :]


def _wrapped(text: SafeText, width: int) -> list[Line]:
    # Late: there is no message on the first frame.
    from tuimail.mail.wrap import wrap

    return wrap([Span(text)], width)
