"""Mail from files and into files, without a screen: `import`, `export`.

What happened goes to standard output in one line; sentences go to `say`, how far it is
to `show`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from itertools import chain

from tuimail import status
from tuimail.engine.events import AccountState
from tuimail.engine.exporting import Export, check_free
from tuimail.engine.importing import Count, Import
from tuimail.engine.mail_files import Source
from tuimail.engine.service import MailService
from tuimail.errors import Gone, TuimailError, Unreachable
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Header, Mailbox, MailboxId, SafeText

LISTED_S = 60.0
"""Seconds for the list of folders."""
PAGE = 500
Say = Callable[[str], None]


def bring(
    service: MailService,
    account: str,
    args: argparse.Namespace,
    *,
    say: Say,
    show: Say,
) -> Iterator[SafeText | int]:
    """Take messages from files into a folder; a line, and at last the exit status."""
    # Nothing is begun when one of the files is none.
    sources = [Source(path, say) for path in args.files]
    away = _connected(service, account)
    box = _folder(service, account, args.folder, away)
    run = Import(service, box.id, say, folders=args.folders, again=args.again)
    code = status.OK
    try:
        letters = chain.from_iterable(source.letters() for source in sources)
        for count in run.run(letters):
            show(f"{count.seen:,} read, {count.taken:,} imported")
    except TuimailError as error:
        say(str(error))
        code = status.of(error)
    show("")
    left, refused, reason = run.standing()
    if any(source.unread for source in sources) or run.count.left_out:
        code = code or status.FAILED
    if refused:
        say(f"{refused:,} were refused: {reason} See `tuimail queue`.")
        code = code or status.FAILED
    if left:
        say(f"{left:,} wait to be stored; {_why(service, account, away)}")
        code = code or status.of(away) or status.AGAIN
    yield _told(account, args.folder, run.count)
    yield code


def write(
    service: MailService,
    account: str,
    args: argparse.Namespace,
    *,
    say: Say,
    show: Say,
) -> Iterator[SafeText | int]:
    """Write a folder to files; a line, and at last the exit status."""
    check_free(args.to)
    away = _connected(service, account)
    box = _folder(service, account, args.folder, away)
    if away is not None and not service.account(account).maildrop:
        # A part of a folder would look like the whole.
        raise away
    try:
        count, gone = _written(service, box, args, show)
    finally:
        show("")
    if gone:
        say(f"{gone:,} went away meanwhile.")
    yield safe_text(f"{account}: {box.name}: {count:,} written to {args.to}", 500)
    yield status.OK


def _written(
    service: MailService, box: Mailbox, args: argparse.Namespace, show: Say
) -> tuple[int, int]:
    """Write all messages; gives how many, and how many were no longer there."""
    total = _listed(service, box, show)
    count = gone = 0
    with Export(args.to, args.format, total) as files:
        for row in _oldest_first(service, box):
            octets = _fetched(service, box, row)
            if octets is None:
                gone += 1
                continue
            files.put(octets, row)
            count += 1
            show(f"{count:,} of {total:,} written")
        files.finish()
    return count, gone


def _listed(service: MailService, box: Mailbox, show: Say) -> int:
    """Have the rows of all messages here; gives how many. Raises TuimailError."""
    before = None
    while True:
        error = _synced(service, box.account, box.id)
        if error is not None:
            raise error
        listing = service.listing(box.id)
        if not listing.gaps:
            return listing.known
        if listing.gaps[0] == before:
            raise TuimailError("Older messages did not come; try again.")
        before = listing.gaps[0]
        show(f"{listing.known:,} listed")
        # Jobs of one account run in order, so the rows are here after the refresh.
        service.want_gap(box.id, before)


def _oldest_first(service: MailService, box: Mailbox) -> Iterator[Header]:
    page = service.page(box.id, oldest=True, limit=PAGE)
    while page:
        yield from reversed(page)
        page = service.page(box.id, before=page[0].key, limit=PAGE)


def _fetched(service: MailService, box: Mailbox, row: Header) -> bytes | None:
    """A message; None when it is no longer there. Raises TuimailError."""
    for last in (False, False, True):
        try:
            return service.wait_octets(row.id)
        except Gone:
            _synced(service, box.account, box.id)
            if service.header(row.id) is None:
                return None
            if last:
                raise TuimailError(
                    f"Message {row.id} is on its way into this folder; try again after"
                    " `tuimail sync`. Nothing was written."
                ) from None
        except Unreachable:
            # The link broke: it is made anew for the next try.
            if last or _synced(service, box.account, None):
                raise
    return None


def _told(account: str, folder: str, count: Count) -> SafeText:
    words = [f"{count.taken:,} imported"]
    if count.known:
        words.append(f"{count.known:,} were imported before, or are there twice")
    if count.left_out:
        words.append(f"{count.left_out:,} left out")
    return safe_text(f"{account}: {folder}: {', '.join(words)}", 500)


def _why(service: MailService, account: str, away: TuimailError | None) -> str:
    if service.account(account).state is AccountState.ELSEWHERE:
        return "the other tuimail stores them."
    if away is not None:
        return f"{away} They go out with the next `tuimail sync`."
    return "they go out with the next `tuimail sync`."


def _connected(service: MailService, account: str) -> TuimailError | None:
    """Begin, and have the list of folders; gives why it could not be had."""
    service.start()
    return _synced(service, account, None)


def _synced(
    service: MailService, account: str, mailbox: MailboxId | None
) -> TuimailError | None:
    try:
        return service.wait_synced(account, mailbox, LISTED_S)
    except TimeoutError:
        return Unreachable(f"{account} did not answer in time; try again.")


def _folder(
    service: MailService, account: str, name: str, away: TuimailError | None
) -> Mailbox:
    """A folder by its name. Raises TuimailError when there is none."""
    for box in service.mailboxes(account):
        if box.name == name and box.selectable and not box.gone:
            return box
    if away is not None:
        raise away
    raise TuimailError(
        f"There is no folder {name} in {account};"
        f" `tuimail folders --account {account}` lists them."
    )


WORK = {"import": bring, "export": write}
"""Command to what does it."""
