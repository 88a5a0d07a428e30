"""The demo's accounts: sample mail behind real sockets, and news while one watches."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tuimail.config import Config, ImapAccount, Security, ViewSettings
from tuimail.demo import sample
from tuimail.demo.server import DemoServer
from tuimail.paths import Paths

FIRST_S = 8.0
"""Seconds until the first message arrives."""
PASSWORD = "demo"


def start_demo(paths: Paths) -> tuple[Config, Callable[[], None]]:
    """Start the servers; gives a configuration for them and what stops them.

    Everything is on 127.0.0.1 and in memory. `paths` lies in the throw-away home,
    which belongs to the caller.
    """
    now = datetime.now().astimezone()
    private = DemoServer(sample.sample_store(now), user="ana", password=PASSWORD)
    work = DemoServer(sample.work_store(now), user="ana.work", password=PASSWORD)
    view = ViewSettings(download_dir=paths.data / "saved")
    accounts = (
        _account("personal", "ana@example.org", "ana", private.start()),
        _account("work", "ana.moreira@linia14.example", "ana.work", work.start()),
    )
    ended = threading.Event()
    post = threading.Thread(
        target=_deliver, args=(private, now, ended), name="demo-post", daemon=True
    )
    post.start()

    def stop() -> None:
        ended.set()
        post.join(5.0)
        private.stop()
        work.stop()

    return Config(accounts=accounts, view=view), stop


def tidy(paths: Paths, home: Path, keep_log: bool) -> None:
    """Remove the throw-away home, but the log after a fault: it has been named."""
    for path in home.iterdir():
        if not (keep_log and path == paths.log):
            shutil.rmtree(path, ignore_errors=True)
    if not keep_log:
        shutil.rmtree(home, ignore_errors=True)


def _account(name: str, address: str, user: str, port: int) -> ImapAccount:
    return ImapAccount(
        name=name,
        address=address,
        host="127.0.0.1",
        user=user,
        port=port,
        security=Security.NONE,
        password=PASSWORD,
    )


def _deliver(server: DemoServer, now: datetime, ended: threading.Event) -> None:
    """Hand in what arrives until the demo ends."""
    wait = FIRST_S
    for arrival in sample.arrivals(now):
        if ended.wait(wait):
            return
        server.deliver(arrival.mailbox, arrival.source, (), arrival.moment)
        wait = sample.ARRIVAL_S
