"""Whole senders and figures without a screen: `senders` and `statistics`.

Of what is listed here; no server is asked. Data goes to standard output as lines or one
JSON document, sentences go to `say`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence

from tuimail import status
from tuimail.engine.service import MailService
from tuimail.engine.views import Senders, Whole
from tuimail.mail.plots import lines
from tuimail.mail.sanitize import cells
from tuimail.mail.statistics import DAYS, Figures, Share
from tuimail.mail.types import SafeText
from tuimail.mail.widths import fit

NAME_CELLS = 24
LIMIT_MAX = 10_000
Say = Callable[[str], None]


def senders(
    service: MailService, accounts: Sequence[str], args: argparse.Namespace, say: Say
) -> Iterator[SafeText | int]:
    """Who wrote what is listed of a folder, most first; lines, then the exit status."""
    account = accounts[0]
    boxes = service.mailboxes(account)
    box = next((each for each in boxes if each.name == args.folder), None)
    if box is None:
        say(f"There is no folder {args.folder}; `tuimail folders` lists them.")
        yield status.FAILED
        return
    by = "list" if args.lists else "sender"
    rows, _ = service.counting.groups(Senders(box.id, by))
    rows = rows[: max(1, min(args.limit, LIMIT_MAX))]
    listing = service.listing(box.id)
    if box.total is None or listing.known < box.total:
        there = f" ({box.total:,} on the server)" if box.total is not None else ""
        say(f"Of the {listing.known:,} headers that are here{there}.")
    if args.json:
        yield _json([_fields(row) for row in rows])
    else:
        yield from map(_words, rows)
    yield status.OK


def statistics(
    service: MailService, accounts: Sequence[str], args: argparse.Namespace, say: Say
) -> Iterator[SafeText | int]:
    """Figures of an account or of all; lines, and at last the exit status."""
    one = len(accounts) == 1
    figures = service.counting.figures(accounts[0] if one else "")
    if args.json:
        yield _json(_figures(figures))
    else:
        of = accounts[0] if one else "all accounts"
        yield from lines(figures, of, args.width, ascii=args.ascii)
    yield status.OK


WORK = {"senders": senders, "statistics": statistics}


def _words(row: Whole) -> SafeText:
    """Numbers first, so that an address of any length is whole."""
    name = fit(row.name, NAME_CELLS) if cells(row.name) else " " * NAME_CELLS
    numbers = f"{row.messages:>7} {row.unread:>7} {row.octets:>12}"
    return SafeText(f"{numbers}  {name}  {row.address}")


def _fields(row: Whole) -> dict[str, object]:
    return {
        "key": row.address,
        "name": row.name,
        "messages": row.messages,
        "unread": row.unread,
        "octets": row.octets,
        "newest": row.newest,
        "pending": row.pending,
    }


def _figures(figures: Figures) -> dict[str, object]:
    times = figures.times
    return {
        "day": figures.today.isoformat(),
        "messages": figures.messages,
        "unread": figures.unread,
        "octets": figures.octets,
        f"last_{DAYS}_days": list(times.days),
        "hours": list(times.hours),
        "weekdays": list(times.weekdays),
        "weeks": [
            {"monday": w.monday.isoformat(), "arrived": w.arrived, "unread": w.unread}
            for w in times.weeks
        ],
        "senders": _shares(figures.senders),
        "lists": _shares(figures.lists),
        "folders": _shares(figures.folders),
    }


def _shares(shares: Sequence[Share]) -> list[dict[str, object]]:
    return [share._asdict() for share in shares]


def _json(value: object) -> SafeText:
    """ASCII with every control character escaped, so it can go anywhere."""
    return SafeText(json.dumps(value).replace("\x7f", "\\u007f"))
