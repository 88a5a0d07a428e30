"""Searching, narrowing, sorting, grouping, marking by a query, saved searches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from tuimail.config import columns_problem
from tuimail.engine.views import FOUND, PLAIN, Rows
from tuimail.errors import QueryError, StoreError
from tuimail.mail.query import parse
from tuimail.mail.query_complete import Completion, complete
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import MailboxId, MessageId, SafeText
from tuimail.ui.columns import USUAL
from tuimail.ui.filing import counted
from tuimail.ui.lens import GROUPS, SORT_OF, SORTS
from tuimail.ui.screens.columns import ColumnsDialog
from tuimail.ui.screens.dialogs import Question
from tuimail.ui.screens.picker import Item, Picker
from tuimail.ui.screens.search_line import SearchLine

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk

SENDERS = 200
"""Rows whose senders are offered."""


def search(desk: Desk) -> None:
    """Search everywhere, or in this account, while one types."""
    lens, place = desk.lens, desk.screen.place
    lens.begin()
    # Where there is room for one pane only, it is that of what is found.
    desk.to_list()
    accounts = ["", *(view.name for view in desk.service.accounts())]

    def title() -> str:
        where = f"the account {lens.account}" if lens.account else "all folders"
        more = "   ctrl+t: elsewhere" if len(accounts) > 2 else ""
        return f"Search {where}{more}"

    def other() -> None:
        at = accounts.index(lens.account) if lens.account in accounts else 0
        lens.account = accounts[(at + 1) % len(accounts)]

    def typed(text: str) -> str:
        if not text.strip():
            lens.leave()
            lens.begin()
            return "Words, or from: subject: is:unread has:attachment before:2026-01 …"
        return _tried(text, lambda: lens.search(text, told))

    def told(rows: Rows, more: bool) -> None:
        line.say(_found(rows, more))

    def answered(text: str | None) -> None:
        if text is None or not text.strip():
            lens.leave()
            desk.screen.show_pane(place)
            return
        desk.searched.append(text)

    line = _line(desk, title, typed, keys={"ctrl+t": other})
    desk.screen.ask(line, answered)


def _found(rows: Rows, more: bool) -> SafeText:
    """How much there is, and what was looked through."""
    words = "over " if more else ""
    known = counted(rows.listing().known)
    return SafeText(f"{words}{known}   {rows.covered}".rstrip())


def limit(desk: Desk) -> None:
    """Narrow the list that is shown, while one types."""
    lens = desk.lens
    before = lens.shape.query

    def typed(text: str) -> str:
        shape = lens.shape._replace(query=safe_text(text.strip(), 2000))
        said = _tried(text, lambda: lens.reshape(shape, told))
        return said if text.strip() else ""

    def told(rows: Rows, more: bool) -> None:
        line.say(_found(rows, more))

    def answered(text: str | None) -> None:
        if text is None:
            lens.narrow(before)
        elif text.strip():
            desk.searched.append(text)

    name = desk.list.listing.mailbox.name if desk.list.listing else ""
    line = _line(desk, lambda: f"Show only, of {name}", typed, value=before)
    desk.screen.ask(line, answered)


def mark(desk: Desk) -> None:
    """Mark every message of the list that a query finds."""
    mailbox = desk.list.mailbox
    if mailbox is None:
        return

    def typed(text: str) -> str:
        return _tried(text, lambda: desk.service.seeker.query(mailbox, text))

    def answered(text: str | None) -> None:
        if text is None:
            return
        try:
            found = desk.service.seeker.ids(
                mailbox, text, marked=tuple(desk.list.marks)
            )
        except (QueryError, StoreError) as error:
            desk.say(str(error), trouble=True)
            return
        desk.list.mark(_listed(desk, found))
        desk.say(f"{counted(len(desk.list.marks))} marked.  Esc unmarks.{unseen(desk)}")

    line = _line(desk, lambda: "Mark all that are (nothing marks all)", typed)
    desk.screen.ask(line, answered)


def unseen(desk: Desk) -> str:
    """What a query could not know of the list, as a sentence to go on with."""
    mailbox, behind = desk.list.mailbox, desk.service.store.words.behind()
    if behind:
        return f"  {behind:,} headers are not indexed yet: again in a moment."
    # Of the folder, not of the list: one that is sorted or narrowed knows no gaps.
    if mailbox and mailbox > 0:
        gaps = desk.service.listing(mailbox).gaps
        return "  g O fetches the headers not here." if gaps else ""
    if mailbox and mailbox < FOUND:
        # A folder over all: the inboxes are where most of it lies.
        for account in desk.service.accounts():
            if desk.service.listing(desk.service.inbox(account.name)).gaps:
                return f"  Not all of {account.name} is here; g O in its inbox."
    return ""


def mark_sender(desk: Desk) -> None:
    """Mark every message of the list that came from the same address."""
    here, mailbox = desk.list.current, desk.list.mailbox
    if here is None or mailbox is None or not here.sender_addr:
        desk.say("This message does not say who sent it.")
        return
    address = here.sender_addr.replace('"', "")
    try:
        found = desk.service.seeker.ids(mailbox, f'from:"{address}"')
    except (QueryError, StoreError) as error:
        desk.say(str(error), trouble=True)
        return
    rows = (desk.service.header(each) for each in _listed(desk, found))
    # Words of an address may stand in another one as well.
    desk.list.mark(r.id for r in rows if r and r.sender_addr == here.sender_addr)
    desk.say(f"{counted(len(desk.list.marks))} marked.  Esc unmarks.{unseen(desk)}")


def _listed(desk: Desk, found: Sequence[MessageId]) -> Sequence[MessageId]:
    """Those that the list shows: what is not in it must not be marked unseen."""
    source = desk.list.source
    if source is None:
        return ()
    if source.mailbox > 0 and not source.shape.query:
        return found
    shown = set(source.ids())
    return [each for each in found if each in shown]


def _line(
    desk: Desk,
    title: Callable[[], str],
    typed: Callable[[str], str],
    *,
    value: str = "",
    keys: Mapping[str, Callable[[], object]] | None = None,
) -> SearchLine:
    service = desk.service
    boxes = [box for view in service.accounts() for box in service.mailboxes(view.name)]
    folders = dict.fromkeys(box.name for box in boxes if box.selectable)
    accounts = [view.name for view in service.accounts()]
    senders = desk.list.senders(SENDERS)

    def offers(text: str, cursor: int) -> Sequence[Completion]:
        return complete(
            text, cursor, folders=folders, accounts=accounts, senders=senders
        )

    return SearchLine(
        title,
        typed,
        offers,
        _fault,
        value=value,
        history=desk.searched,
        keys=keys,
    )


def _tried(text: str, work: Callable[[], object]) -> str:
    """What to say of a query; it is asked where it can be read."""
    try:
        work()
    except QueryError as error:
        return "" if error.unfinished else _words(text, error)
    return "Looking …"


def _fault(text: str) -> str:
    """What keeps a query from being looked for; `''` when it can be."""
    try:
        parse(text, date.today())
    except QueryError as error:
        return _words(text, error)
    return ""


def _words(text: str, error: QueryError) -> str:
    at = safe_text(text[error.start : error.end], 40)
    return f"{at}: {error}" if at else str(error)


def sort(desk: Desk) -> None:
    """Pick what the list is sorted by; picked again the order is turned round."""
    shape = desk.lens.shape

    def chosen(value: str | None) -> None:
        if value is not None:
            again = value == shape.sort and not shape.threads
            turned = not shape.reverse if again else False
            group = shape.group if SORT_OF.get(shape.group) == value else ""
            desk.lens.reshape(
                shape._replace(sort=value, reverse=turned, threads=False, group=group)
            )

    items = [
        Item(
            SafeText(words),
            name,
            SafeText("now; again turns it round" if name == shape.sort else ""),
        )
        for name, words in SORTS.items()
    ]
    desk.screen.ask(Picker("Sort by", items), chosen)


def group(desk: Desk) -> None:
    """Pick what headings stand between the messages."""
    shape = desk.lens.shape

    def chosen(value: str | None) -> None:
        if value is not None:
            by = SORT_OF.get(value, shape.sort)
            threads = shape.threads and not value
            desk.lens.reshape(shape._replace(group=value, sort=by, threads=threads))

    items = [Item(SafeText(words), name) for name, words in GROUPS.items()]
    desk.screen.ask(Picker("Headings by", items), chosen)


def columns(desk: Desk) -> None:
    """Choose the columns of this list, or have those that were named."""
    mailbox, named = desk.list.mailbox, tuple(desk.words.lower().split())
    if mailbox is None:
        return
    if named:
        _keep_columns(desk, mailbox, () if named == (USUAL,) else named)
        return

    def answered(chosen: tuple[str, ...] | None) -> None:
        if chosen is not None:
            _keep_columns(desk, mailbox, chosen)
        else:
            desk.list.recolumn()

    shown, usual = desk.service.columns(mailbox), desk.service.usual_columns(mailbox)
    name = desk.list.listing.mailbox.label if desk.list.listing else ""
    dialog = ColumnsDialog(name, shown, usual, desk.list.recolumn)
    desk.screen.ask(dialog, answered)


def _keep_columns(desk: Desk, mailbox: MailboxId, columns: tuple[str, ...]) -> None:
    problem = columns_problem(columns) if columns else ""
    try:
        if not problem:
            desk.service.keep_columns(mailbox, columns)
    except StoreError as error:
        problem = str(error)
    if problem:
        desk.say(problem, trouble=True)
    desk.list.recolumn()


def threads(desk: Desk) -> None:
    """Conversations, or one message after the other, in the order there was before."""
    shape, mailbox = desk.lens.shape, desk.list.mailbox
    if mailbox is None:
        return
    order = desk.lens.flat.pop(mailbox, PLAIN) if shape.threads else PLAIN
    if not shape.threads:
        desk.lens.flat[mailbox] = shape
    desk.lens.reshape(order._replace(query=shape.query, threads=not shape.threads))


def save(desk: Desk) -> None:
    """Keep what was searched for as a folder of its own."""
    query = desk.lens.shape.query
    if not query:
        desk.say("Search (/) or narrow the list (l) first; then it can be kept.")
        return
    here = desk.list.listing
    if here is not None and here.mailbox.id > 0:
        name = here.mailbox.name.replace('"', "")
        query = safe_text(f'in:"{name}" account:"{here.mailbox.account}" {query}')
    elif here is not None and here.mailbox.id == FOUND and desk.lens.account:
        query = safe_text(f'account:"{desk.lens.account}" {query}')
    elif here is not None:
        whole = f"{desk.service.seeker.asks(here.mailbox.id)} {query}"
        query = safe_text(whole.strip())

    def answered(name: str | None) -> None:
        if not name or not name.strip():
            return
        try:
            box = desk.service.seeker.save(name, query)
        except (QueryError, StoreError) as error:
            desk.say(str(error), trouble=True)
            return
        desk.service.seeker.count()
        desk.tree.reload()
        desk.go(box)
        desk.say(f"Kept as {name.strip()}; it stands with the folders (f).")

    desk.screen.ask(Question("Name of this search", query[:40]), answered)


def drop(desk: Desk) -> None:
    """Forget the saved search that is shown."""
    mailbox = desk.list.mailbox
    branch = desk.tree.current
    if desk.pane is desk.tree and branch is not None and branch.mailbox is not None:
        mailbox = branch.mailbox.id
    if mailbox is None or not desk.service.seeker.drop(mailbox):
        desk.say("This is no saved search. f lists them.")
        return
    if desk.list.mailbox == mailbox:
        desk.go(desk.service.inbox(desk.service.accounts()[0].name))
    desk.tree.reload()
    desk.say("The saved search is forgotten.")
