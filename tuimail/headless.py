"""Mail without a screen: what `folders`, `list` and `show` print, as lines.

Shares the engine with the screen and knows nothing of Textual. A server that is away
is told of, and what is here is given all the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from tuimail import status
from tuimail.engine.events import AccountState
from tuimail.engine.service import MailService
from tuimail.engine.views import MessageView
from tuimail.errors import Refused, TuimailError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Header, Mailbox, MessageId, SafeText
from tuimail.mail.widths import fit

WAIT_S = 60.0
SENDER_CELLS = 24
LIMIT_MAX = 10_000


class Desk:
    """One account, asked from the command line."""

    def __init__(
        self,
        service: MailService,
        account: str,
        *,
        offline: bool,
        say: Callable[[str], None],
        ask: Callable[[str], str | None],
    ) -> None:
        """`say` is for sentences to the user; `ask` gets a password, if it can."""
        self._service = service
        self._account = account
        self._offline = offline
        self._say = say
        self._ask = ask
        self.status = status.OK
        """How it went so far."""

    def folders(self, as_json: bool) -> Iterator[SafeText]:
        """The folders with their counts."""
        self._refresh()
        boxes = [box for box in self._boxes() if not box.gone]
        if as_json:
            yield _json([_folder_fields(box) for box in boxes])
            return
        for box in boxes:
            yield SafeText(
                f"{_count(box.unread):>6} {_count(box.total):>8}  {box.name}"
            )

    def listing(self, folder: str, limit: int, as_json: bool) -> Iterator[SafeText]:
        """The newest messages of a folder."""
        self._refresh()
        found = [box for box in self._boxes() if box.name == folder]
        if not found:
            self._fail(f"There is no folder {folder}; `tuimail folders` lists them.")
            return
        rows = self._rows(found[0], max(1, min(limit, LIMIT_MAX)))
        if as_json:
            yield _json([_row_fields(row) for row in rows])
            return
        for row in rows:
            yield _row_words(row)

    def message(
        self, number: int, *, width: int, source: bool, as_json: bool
    ) -> Iterator[SafeText]:
        """A message as text."""
        wanted = MessageId(number)
        view = self._service.message(wanted)
        if view is None:
            self._fail(f"There is no message {number}; `tuimail list` lists them.")
            return
        self._refresh()
        text = self._service.wait_text(wanted, width=width, source=source)
        lines = [SafeText("".join(span.text for span in line)) for line in text.lines]
        view = self._service.message(wanted) or view
        if as_json:
            yield _json(_message_fields(view, lines))
            return
        if not source:
            yield from _head(view)
        yield from lines

    # -- inside -------------------------------------------------------------

    def _boxes(self) -> list[Mailbox]:
        return self._service.mailboxes(self._account)

    def _rows(self, box: Mailbox, limit: int) -> list[Header]:
        """Rows of a folder, fetched as far as they are asked for."""
        self._refresh(box)
        rows = self._service.page(box.id, limit=limit)
        while len(rows) < limit and not self._offline and self.status == status.OK:
            gaps = self._service.listing(box.id).gaps
            if not gaps:
                break
            # Jobs of one account run in order, so the rows are here after the refresh.
            self._service.want_gap(box.id, gaps[0])
            self._refresh(box)
            before, rows = len(rows), self._service.page(box.id, limit=limit)
            if len(rows) == before:
                self._say("Older messages did not come.")
                self.status = status.AGAIN
        return rows

    def _refresh(self, box: Mailbox | None = None) -> None:
        """Bring a folder, or the list of folders, up to date, if that is possible."""
        if self._offline or self.status != status.OK:
            return
        try:
            error = self._synced(box)
        except TimeoutError:
            self._say("The server did not answer in time; this is what is here.")
            self.status = status.AGAIN
            return
        if error is not None:
            self._say(f"{error} This is what is here.")
            self.status = status.of(error)
            # A login that was refused before this was asked counts as that.
            if self._state() is AccountState.REFUSED:
                self.status = status.REFUSED

    def _synced(self, box: Mailbox | None) -> TuimailError | None:
        mailbox = box.id if box else None
        error = self._service.wait_synced(self._account, mailbox, WAIT_S)
        if error is None or not self._service.account(self._account).needs_password:
            return error
        password = self._ask(self._account)
        if not password:
            return Refused(
                f"{self._account} needs its password; set `password_command`."
            )
        self._service.answer_password(self._account, password)
        return self._service.wait_synced(self._account, mailbox, WAIT_S)

    def _state(self) -> AccountState:
        return self._service.account(self._account).state

    def _fail(self, words: str) -> None:
        self._say(words)
        self.status = self.status or status.FAILED


def _json(value: object) -> SafeText:
    """ASCII with every control character escaped, so it can go anywhere."""
    return SafeText(json.dumps(value).replace("\x7f", "\\u007f"))


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)


def _folder_fields(box: Mailbox) -> dict[str, object]:
    return {
        "name": box.name,
        "role": box.role.value if box.role else None,
        "total": box.total,
        "unread": box.unread,
        "subscribed": box.subscribed,
        "selectable": box.selectable,
    }


def _row_words(row: Header) -> SafeText:
    unread = " " if row.seen else "N"
    sender = fit(row.sender, SENDER_CELLS)
    return SafeText(f"{row.id:>7} {unread} {_day(row.date)}  {sender}  {row.subject}")


def _day(moment: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
    except (OverflowError, ValueError, OSError):
        return " " * 16


def _row_fields(row: Header) -> dict[str, object]:
    return {
        "id": row.id,
        "uid": row.uid,
        "date": row.date,
        "arrival": row.arrival,
        "from": row.sender_addr,
        "name": row.sender,
        "suspect": row.suspect,
        "subject": row.subject,
        "size": row.size,
        "flags": [str(flag.name).lower() for flag in row.flags],
        "keywords": sorted(safe_text(word) for word in row.keywords),
        "attachment": row.attachment,
        "readable_offline": row.readable,
        "first_line": row.first_line,
        "pending": row.pending,
    }


def _message_fields(view: MessageView, lines: list[SafeText]) -> dict[str, object]:
    return {
        "id": view.header.id,
        "header": [list(field) for field in view.fields],
        "warnings": list(view.badges),
        "parts": [
            {
                "section": part.section,
                "type": part.media_type,
                "name": part.name,
                "size": part.size,
                "attachment": part.attachment,
            }
            for part in view.parts
        ],
        "text": "\n".join(lines),
    }


def _head(view: MessageView) -> Iterator[SafeText]:
    for name, value in view.fields:
        yield SafeText(f"{name}: {value}")
    for badge in view.badges:
        yield SafeText(f"Warning: {badge}")
    for part in view.parts:
        if part.attachment:
            name = part.name or part.media_type
            yield SafeText(f"Attachment: {name} ({part.size} octets)")
    yield SafeText("")
