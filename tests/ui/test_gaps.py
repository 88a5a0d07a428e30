"""What a list says of headers that are not here, around messages a search brought."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.mails import mails
from tests.ui.screen import PLAIN, play, shown, until
from tests.ui.test_filing import text
from tuimail.engine.sync_imap import header_rows
from tuimail.mail.types import UID, FlagSet, Gap, Listing, Mailbox, MailboxId, SafeText
from tuimail.mail.uidset import UIDSet
from tuimail.net.session import FetchRow
from tuimail.store.store import Store
from tuimail.store.values import Batch
from tuimail.ui.app import TuimailApp
from tuimail.ui.gaps import missing_lines


def bring(store: Store, uids: list[int]) -> None:
    """Headers that a search of the server found far below what is here."""
    raw = mails(100)
    rows = [
        FetchRow(
            uid,
            uid=UID(uid),
            flags=FlagSet(),
            arrival=1_700_000_000 + 60 * uid,
            size=100,
            structure=PLAIN,
            header=raw[uid - 1].partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
        )
        for uid in uids
    ]
    for row in rows:
        span = UIDSet([(row.uid, row.uid)])
        store.sync.apply(
            store.mailboxes.inbox("work"),
            Batch(rows=header_rows([row], span), span=span),
        )


def lines(app: TuimailApp) -> list[str]:
    """Subjects and lines of what is missing, from the top."""
    found = []
    for line in shown(app)[1:]:
        if "…" in line and "server" in line:
            found.append(line.strip())
        elif "message " in line:
            found.append(line.partition("message ")[2].split()[0])
    return found


def test_one_line_stands_for_all_that_is_missing_around_what_was_found(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        bring(app.service.store, [10, 30, 31, 50])
        app.main.list.invalidate(frozenset(), order=True)
        await pilot.pause()
        words = "… 87 messages on the server, also between these …"
        assert lines(app) == [
            *[str(n) for n in range(100, 91, -1)],
            words,
            *("50", "31", "30", "10"),
        ]
        assert app.main.list.listing is not None
        # Each is still fetched by itself, when one comes near.
        assert len(app.main.list.listing.gaps) == 4

    play(tmp_path, story, messages=mails(100), known_from=92)


def test_a_narrowed_list_has_no_such_lines_and_says_what_it_was_looked_for_in(
    tmp_path: Path,
) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        bring(app.service.store, [10, 30, 50])
        app.service.store.words.catch_up(100)
        await pilot.press("l", *"subject:message", "enter")
        await until(pilot, lambda: "only what is here" in text(app), "not said")
        await until(pilot, lambda: not app.main.desk.lens.busy, "not found")
        await pilot.pause()
        assert lines(app) == [*[str(n) for n in range(100, 91, -1)], "50", "30", "10"]

    play(tmp_path, story, messages=mails(100), known_from=92)


def test_older_headers_are_fetched_from_conversations_as_well(tmp_path: Path) -> None:
    async def story(app: TuimailApp, pilot: Pilot[int]) -> None:
        await pilot.press("T")
        await until(pilot, lambda: not app.main.desk.lens.busy, "no conversations")
        await pilot.press("g", "o")
        await pilot.pause()
        assert "All messages of this folder are here" not in text(app)

    play(tmp_path, story, messages=mails(100), known_from=92)


def gap(lo: int, hi: int, count: int | None = None) -> Gap:
    return Gap(UID(lo), UID(hi), None, count)


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ([], []),
        ([gap(1, 90, 80)], [(80, False)]),
        ([gap(51, 90), gap(1, 49)], [(60, True)]),
        ([gap(200, 290), gap(101, 150), gap(1, 99)], [(None, False), (None, True)]),
    ],
)
def test_only_single_messages_are_passed_over(
    gaps: list[Gap], said: list[tuple[int | None, bool]]
) -> None:
    """A screen of messages that are here has a line above and below it."""
    box = Mailbox(MailboxId(1), "a", SafeText("b"), "/", None, True, True, 100, 0)
    made = missing_lines(Listing(box, 40, tuple(gaps), False, None))
    assert [(each.messages, each.among) for each in made] == said
