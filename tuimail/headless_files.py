"""Mail from files and into files, without a screen: `import`.

What happened goes to standard output in one line; sentences go to `say`, how far it is
to `show`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from itertools import chain

from tuimail import status
from tuimail.engine.events import AccountState
from tuimail.engine.importing import Count, Import
from tuimail.engine.mail_files import Source
from tuimail.engine.service import MailService
from tuimail.errors import TuimailError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Mailbox, SafeText

LISTED_S = 60.0
"""Seconds for the list of folders."""
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
    try:
        return service.wait_synced(account, None, LISTED_S)
    except TimeoutError:
        return TuimailError(f"{account} did not answer in time.")


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
