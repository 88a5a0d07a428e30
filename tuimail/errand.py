"""Errands without a screen: `sync`, `queue`, `verify`, `fsck`.

    sync     send what is pending, fetch what is new
    queue    what is pending, and why
    verify   compare what is here with the server, changing nothing
    fsck     check the local store's own rules, or make the index of files anew

Data goes to standard output, one line each or JSON; sentences go to `say`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tuimail import status
from tuimail.engine.events import AccountState, Event, NewMail
from tuimail.engine.queue_words import age, how, what
from tuimail.engine.service import MailService
from tuimail.errors import TuimailError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText

SYNC_S = 600.0
"""Seconds after which `sync` gives up waiting."""
RULES_S = 30.0
"""Seconds that rules have for what came."""


class Result(NamedTuple):
    """How an account stands after `sync`."""

    account: str
    sent: int
    new: int
    pending: int
    failed: int
    problem: str

    @property
    def status(self) -> int:
        """0 clean, 75 pending, 1 needs the user, 69 or 77 by what went wrong."""
        if self.failed:
            return status.FAILED
        return status.AGAIN if self.pending else status.OK


def sync(
    service: MailService,
    accounts: Sequence[str],
    *,
    as_json: bool,
    say: Callable[[str], None],
) -> Iterator[SafeText | int]:
    """Send and fetch for these accounts; lines, and at last the exit status."""
    new: dict[str, int] = dict.fromkeys(accounts, 0)

    def hear(event: Event) -> None:
        if isinstance(event, NewMail):
            box = service.mailbox(event.mailbox)
            if box is not None and box.account in new:
                new[box.account] += len(event.messages)

    service.subscribe(hear)
    before = {name: service.account(name).pending for name in accounts}
    service.start()
    results, worst = [], status.OK
    for name in accounts:
        problem, code = _synced(service, name)
        view = service.account(name)
        sent = max(0, before[name] - view.pending - view.failed)
        result = Result(name, sent, new[name], view.pending, view.failed, problem)
        results.append(result)
        worst = max(worst, code or result.status)
        if problem:
            say(problem)
    if as_json:
        yield _json([result._asdict() for result in results])
    else:
        yield from (_result_words(result) for result in results)
    yield worst


def dry_run(service: MailService, accounts: Sequence[str]) -> Iterator[SafeText | int]:
    """What `sync` would send; nothing is connected."""
    for name in accounts:
        entries = service.decisions.live(name)
        for entry in entries:
            if entry.state in ("queued", "unsure", "running"):
                yield safe_text(f"{name}: {what(entry)}", 500)
        if not entries:
            yield safe_text(f"{name}: nothing is pending")
    yield status.OK


def queue(
    service: MailService, accounts: Sequence[str], *, as_json: bool
) -> Iterator[SafeText | int]:
    """Everything that is not finished, oldest first."""
    rows, worst = [], status.OK
    for name in accounts:
        for entry in service.decisions.live(name):
            needs = entry.state in ("failed", "asking")
            worst = status.FAILED if needs else max(worst, status.OK)
            row = {
                "account": name,
                "id": entry.op,
                "what": what(entry),
                "state": entry.state,
                "age_s": int(time.time()) - entry.created,
                "error": entry.error,
            }
            rows.append(row)
            if not as_json:
                words = f"{age(time.time() - entry.created):>7}  {what(entry)}"
                error = f": {entry.error}" if entry.error else ""
                yield safe_text(f"{words}  ({how(entry)}{error})", 1000)
    if as_json:
        yield _json(rows)
    elif not rows:
        yield SafeText("Nothing is waiting: everything you did is on the server.")
    yield worst


def verify(
    service: MailService, accounts: Sequence[str], *, say: Callable[[str], None]
) -> Iterator[SafeText | int]:
    """Compare every folder that is kept here with the server's list of UIDs and flags.

    Reads only. What is pending is left out of the comparison.
    """
    worst = status.OK
    service.start(sending=False)
    for name in accounts:
        problem, code = _synced(service, name, send=False)
        if problem:
            say(problem)
            worst = max(worst, code)
            continue
        for box in service.mailboxes(name):
            if not box.selectable or box.gone or box.unmade:
                continue
            found = service.compare(box.id)
            for words in found:
                worst = max(worst, status.FAILED)
                yield safe_text(f"{name}: {box.name}: {words}", 500)
    if worst == status.OK:
        yield SafeText("What is here is what the server has.")
    yield worst


def fsck(service: MailService) -> Iterator[SafeText | int]:
    """Check the local store; one line for each broken rule."""
    found = service.fsck()
    yield from (safe_text(words, 500) for words in found)
    if not found:
        yield SafeText("The local store is in order.")
    yield status.FAILED if found else status.OK


def rebuild(
    service: MailService, accounts: Sequence[str], *, say: Callable[[str], None]
) -> Iterator[SafeText | int]:
    """Make the index of mail that lies here anew from its files."""
    worst = status.OK
    for name in accounts:
        try:
            count = service.rebuild(name, lambda words: say(safe_text(words, 300)))
        except TuimailError as error:
            worst = max(worst, status.of(error))
            say(safe_text(f"{name}: {error}", 500))
            continue
        if count is None:
            yield safe_text(f"{name}: lies on a server; `sync` brings what is there.")
        else:
            yield safe_text(f"{name}: {count:,} messages read from the files.")
    yield worst


def _synced(
    service: MailService, account: str, *, send: bool = True
) -> tuple[str, int]:
    """Wait until an account is up to date; gives what went wrong and its status."""
    end = time.monotonic() + SYNC_S
    try:
        error = service.wait_synced(account, None, SYNC_S)
    except TimeoutError:
        return f"{account}: the server did not answer in time.", status.AGAIN
    view = service.account(account)
    if view.state is AccountState.ELSEWHERE:
        return f"{account}: {view.detail}", status.OK
    if error is not None:
        code = status.of(error)
        if view.state is AccountState.REFUSED:
            code = status.REFUSED
        return f"{account}: {error}", code
    if not send:
        return "", status.OK
    for box in service.mailboxes(account):
        if box.selectable and not box.gone and not box.unmade:
            service.wait_synced(account, box.id, max(1.0, end - time.monotonic()))
    service.rules.settled(RULES_S)
    service.wait_sent(account, max(1.0, end - time.monotonic()))
    return "", status.OK


def _result_words(result: Result) -> SafeText:
    words = [f"{result.account}:"]
    words.append(f"sent {result.sent}" if result.sent else "nothing to send")
    words.append(f"{result.new} new" if result.new else "nothing new")
    if result.pending:
        words.append(f"{result.pending} pending")
    if result.failed:
        words.append(f"{result.failed} need you, see `tuimail queue`")
    return safe_text(" · ".join(words).replace(": ·", ":"), 500)


def _json(value: object) -> SafeText:
    # JSON escapes what is not ASCII; what is left is printable.
    return SafeText(json.dumps(value, indent=2))
