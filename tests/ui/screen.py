"""Run the app without a terminal, over a real store and an embedded server or none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from tests.mails import mails
from tuimail.config import Config, ImapAccount, Rule, Security, ViewSettings
from tuimail.engine.service import MailService
from tuimail.engine.sync_imap import header_rows
from tuimail.mail.types import FlagSet
from tuimail.mail.uidset import UIDSet
from tuimail.net.session import FetchRow
from tuimail.paths import under
from tuimail.store.store import Store
from tuimail.store.values import Batch, Listed
from tuimail.ui.app import TuimailApp

Story = Callable[[TuimailApp, Pilot[int]], Awaitable[None]]
WAIT_S = 60.0


PLAIN = b'("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 30 1)'


def fill(
    store: Store,
    messages: list[bytes],
    known_from: int = 1,
    structure: bytes = PLAIN,
) -> None:
    """Put messages into the inbox of `work`, as a refresh would have."""
    inbox = store.mailboxes.inbox("work")
    count = len(messages)
    fetched = [
        FetchRow(
            number,
            uid=number,  # type: ignore[arg-type]
            flags=FlagSet(),
            arrival=1_700_000_000 + 60 * number,
            size=len(raw),
            structure=structure,
            header=raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
        )
        for number, raw in enumerate(messages, 1)
        if number >= known_from
    ]
    span = UIDSet([(known_from, count)] if count else [])
    store.sync.apply(
        inbox,
        Batch(
            rows=header_rows(fetched, span),
            span=span,
            uidvalidity=1,  # type: ignore[arg-type]
            uidnext=count + 1,
            exists=count,
            unseen=count,
            synced=True,
        ),
    )


def play(
    tmp_path: Path,
    story: Story,
    *,
    size: tuple[int, int] = (80, 24),
    messages: list[bytes] | None = None,
    folders: list[str] | None = None,
    view: ViewSettings | None = None,
    keys: tuple[tuple[str, tuple[str, ...]], ...] = (),
    known_from: int = 1,
    structure: bytes = PLAIN,
    others: tuple[str, ...] = (),
    rules: tuple[Rule, ...] = (),
) -> None:
    """Run a story in the app; the server is away, as on a train."""
    paths = under(tmp_path)
    paths.ensure()
    account = ImapAccount(
        *("work", "bob@example.org", "127.0.0.1", "bob"),
        port=1,
        security=Security.NONE,
        password="x",
    )
    accounts = (account, *(replace(account, name=name) for name in others))
    config = Config(
        accounts=accounts,
        view=view or ViewSettings(theme="mono"),
        keys=keys,
        rules=rules,
    )
    service = MailService(config, paths)
    rows = mails(40) if messages is None else messages
    fill(service.store, rows, known_from, structure)
    if folders:
        names = ["INBOX", *folders]
        listed = [Listed(name.encode(), name, "/") for name in names]
        service.store.mailboxes.put_listing("work", listed)
    app = TuimailApp(service, config, paths)

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            await story(app, pilot)

    try:
        asyncio.run(run())
    finally:
        service.close()


def shown(app: TuimailApp) -> list[str]:
    """The screen as lines of text."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


async def until(
    pilot: Pilot[int], true: Callable[[], bool], what: str = "it did not come"
) -> None:
    """Wait for something other threads bring; a minute at most."""
    end = asyncio.get_running_loop().time() + WAIT_S
    while not true():
        assert asyncio.get_running_loop().time() < end, what
        await pilot.pause(0.02)
