"""What triage costs on the screen and on the wire: `python -m tests.bench.triage`.

A folder of 10,000 on a real Dovecot, all headers here, shown by the program itself at
120×40 without a terminal. From the key to the list drawn anew: all marked by a query,
all archived, taken back; folders changed; conversations. Commands are those the proxy
saw until nothing was pending.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

from textual.pilot import Pilot

from tests.bench.search import Mail
from tests.servers.dovecot import Dovecot
from tests.servers.faults import FaultProxy as Proxy
from tuimail.config import Config, ImapAccount, Security, ViewSettings
from tuimail.engine.events import AccountState
from tuimail.engine.service import MailService
from tuimail.mail.types import Role
from tuimail.paths import under
from tuimail.ui.app import TuimailApp

COUNT = 10_000
PATIENCE_S = 120.0


def letters(count: int) -> list[bytes]:
    """Mail for the server."""
    mail = Mail()
    made = []
    for uid in range(1, count + 1):
        row = mail.row(uid)
        sender = row.envelope.from_[0]
        made.append(
            f"From: {sender.name} <{sender.addr}>\r\nTo: <me@example.org>\r\n"
            f"Subject: {row.envelope.subject}\r\nMessage-ID: <{uid}@x>\r\n"
            f"\r\n{mail.text(10)}\r\n".encode()
        )
    return made


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Wait for something."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not come"
        await pilot.pause(0.05)


def drawn(app: TuimailApp) -> None:
    """Draw the whole screen, as the painter would."""
    app.screen._compositor.render_strips()


class Clock:
    """Milliseconds from here on."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._worked = time.thread_time()

    @property
    def work_ms(self) -> float:
        """So many of them this thread has worked."""
        return (time.thread_time() - self._worked) * 1000

    @property
    def ms(self) -> float:
        """So many have gone."""
        return (time.perf_counter() - self._begun) * 1000


def named(commands: list[bytes]) -> str:
    """Commands by name."""
    names = Counter(
        b" ".join(each.split()[: 2 if each.startswith(b"UID") else 1]).decode()
        for each in commands
    )
    return ", ".join(f"{count} {name}" for name, count in names.most_common())


async def act(app: TuimailApp, command: str) -> str:
    """Run a command and draw what it shows; how long it took."""
    clock = Clock()
    app.main.desk.run(command)
    drawn(app)
    return f"{clock.ms:.0f} ms ({clock.work_ms:.0f} of work)"


async def story(app: TuimailApp, pilot: Pilot[int], proxy: Proxy) -> None:
    """Measure and print."""
    service, desk = app.service, app.main.desk
    inbox = service.inbox("work")
    await until(pilot, lambda: service.account("work").state is AccountState.ONLINE)
    while gaps := service.listing(inbox).gaps:
        if not service.listing(inbox).loading:
            service.want_gap(inbox, gaps[0])
        await pilot.pause(0.02)
    await until(pilot, lambda: not service.store.words.behind())
    await until(pilot, lambda: not service.store.threads.behind())
    clock = Clock()
    desk.list.mark(service.seeker.ids(inbox, "from:person*"))
    drawn(app)
    print(f"{len(desk.list.marks):,} marked by a query and drawn: {clock.ms:.0f} ms")
    seen = len(proxy.seen.commands)
    took = await act(app, "message.archive")
    left = len(service.page(inbox))
    print(f"all archived and the list drawn: {took}, {left} left")
    await until(pilot, lambda: service.account("work").pending == 0)
    commands = proxy.seen.commands[seen:]
    print(f"until it is on the server: {named(commands)}")
    seen = len(proxy.seen.commands)
    print(f"taken back by one undo: {await act(app, 'message.undo')}")
    await until(pilot, lambda: service.account("work").pending == 0)
    print(f"until it is on the server: {named(proxy.seen.commands[seen:])}")
    print(f"{len(service.store.messages.ids(inbox)):,} are back")
    boxes = {box.role: box.id for box in service.mailboxes("work")}
    times = []
    for _ in range(10):
        for role in (Role.ARCHIVE, Role.INBOX):
            clock = Clock()
            desk.go(boxes[role])
            drawn(app)
            times.append(clock.ms)
            await pilot.pause(0.05)
    print(f"another folder: median {median(times):.1f} ms, worst {max(times):.0f} ms")
    clock = Clock()
    desk.run("thread.list")
    await until(pilot, lambda: desk.lens.shape.threads)
    drawn(app)
    print(f"conversations, first screen: {clock.ms:.0f} ms (looked at every 50 ms)")


def main() -> None:
    """A server, the program, the figures."""
    sys.setswitchinterval(0.001)
    dovecot = Dovecot()
    dovecot.start()
    try:
        user = dovecot.fresh_user()
        dovecot.seed(user, letters(COUNT))
        with Proxy(dovecot.imap) as proxy, tempfile.TemporaryDirectory() as home:
            account = ImapAccount(
                *("work", "me@example.org", "127.0.0.1", user),
                port=proxy.port,
                security=Security.NONE,
                password="pw",
            )
            paths = under(Path(home))
            paths.ensure()
            config = Config(accounts=(account,), view=ViewSettings(theme="mono"))
            service = MailService(config, paths)
            app = TuimailApp(service, config, paths)

            async def run() -> None:
                async with app.run_test(size=(120, 40)) as pilot:
                    await story(app, pilot, proxy)

            try:
                asyncio.run(run())
            finally:
                service.close()
    finally:
        dovecot.remove()


if __name__ == "__main__":
    main()
