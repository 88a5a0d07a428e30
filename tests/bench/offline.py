"""Figures of disconnected work: `python -m tests.bench.offline`.

Octets and commands are counted by a proxy; times are medians or percentiles in one run
and move with what else the machine does.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median, quantiles

from tests.engine.test_service import Desk
from tests.fault.bench import Bench
from tests.mails import mail, mails
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tuimail.engine.events import NewMail
from tuimail.engine.replay import Replay
from tuimail.engine.sync_imap import MailboxSync
from tuimail.mail.types import Flag
from tuimail.paths import under

CHANGES = 1000


def flag_changes_by_others(dovecot: Dovecot) -> str:
    """A thousand messages flagged by another client, taken over by QRESYNC."""
    with Bench(dovecot, Path(tempfile.mkdtemp()) / "home") as bench:
        bench.dovecot.seed(bench.user, mails(5000))
        session = bench.session()
        store = bench.store
        inbox = store.mailboxes.inbox("work")
        MailboxSync(session, store, inbox).refresh(100)
        MailboxSync(session, store, inbox).extend(1, 5000)  # type: ignore[arg-type]
        while gaps := store.messages.gaps(inbox):
            MailboxSync(session, store, inbox).extend(gaps[0].lo, gaps[0].hi)
        session.close()
        with bench.other() as client:
            client.uid("STORE", f"1:{CHANGES}", "+FLAGS", "(\\Flagged)")
        session = bench.session()
        before, begun = session.counters.bytes_in, time.process_time()
        outcome = MailboxSync(session, store, inbox).refresh(100)
        took = time.process_time() - begun
        octets = session.counters.bytes_in - before
        session.close()
        return (
            f"{len(outcome.changed)} flag changes by another client: "
            f"{octets / 1000:.0f} kB, {took * 1000:.0f} ms of processor time"
        )


def five_hundred_moved(dovecot: Dovecot) -> str:
    """500 messages moved in one gesture: the gesture, the first page, the commands."""
    with Bench(dovecot, Path(tempfile.mkdtemp()) / "home") as bench:
        bench.dovecot.seed(bench.user, mails(1000))
        bench.sync()
        session = bench.session()
        inbox = bench.box("INBOX")
        while gaps := bench.store.messages.gaps(inbox):
            MailboxSync(session, bench.store, inbox).extend(gaps[0].lo, gaps[0].hi)
        ids = [row.id for row in bench.store.messages.page(inbox, limit=500)]
        begun = time.perf_counter()
        bench.acts.move(ids, bench.box("Archive"))
        gesture = time.perf_counter() - begun
        bench.store.messages.page(inbox)
        bench.store.messages.known(inbox)
        shown = time.perf_counter() - begun
        count = len(bench.proxy.seen.commands)
        cpu = time.process_time()
        replay = Replay(session, bench.store, "work")
        while replay.step() is not None:
            pass
        cpu = time.process_time() - cpu
        commands = [c.split()[0:2] for c in bench.proxy.seen.commands[count:]]
        session.close()
        names = ", ".join(b" ".join(c[:2]).decode()[:12] for c in commands)
        return (
            f"500 messages moved: gesture {gesture * 1000:.0f} ms, list read again"
            f" after {shown * 1000:.0f} ms; {len(commands)} commands ({names}),"
            f" {cpu * 1000:.0f} ms of processor time"
        )


def gestures_beside_a_sync(dovecot: Dovecot) -> str:
    """Gestures of one message while another thread reads a mailbox of 20,000."""
    with Bench(dovecot, Path(tempfile.mkdtemp()) / "home") as bench:
        dovecot.seed(bench.user, mails(20_000))
        store = bench.store
        inbox = store.mailboxes.inbox("work")
        session = bench.session()
        MailboxSync(session, store, inbox).refresh(1000)
        target = store.folders.queue_creation(
            store.accounts.id("work"), b"Archive", "Archive", "/"
        )
        ids = [each.id for each in store.messages.page(inbox, limit=400)]
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set() and (gaps := store.messages.gaps(inbox)):
                MailboxSync(session, store, inbox).extend(gaps[0].lo, gaps[0].hi)

        # As the program itself sets it.
        sys.setswitchinterval(0.001)
        thread = threading.Thread(target=read)
        thread.start()
        times = []
        for message in ids:
            begun = time.perf_counter()
            store.operations.queue_move([message], target)
            times.append((time.perf_counter() - begun) * 1000)
            stop.wait(0.01)
        stop.set()
        thread.join()
        session.close()
    return (
        f"a gesture while headers are taken in: p50 {median(times):.1f} ms,"
        f" p95 {quantiles(times, n=20)[-1]:.1f} ms, worst {max(times):.0f} ms"
    )


def new_mail(dovecot: Dovecot) -> str:
    """From delivery to the event that has the row drawn, at 50 ms round trip."""
    user = dovecot.fresh_user()
    dovecot.seed(user, mails(50))
    with Proxy(dovecot.imap, rtt_ms=50) as proxy:
        paths = under(Path(tempfile.mkdtemp()))
        desk = Desk(paths, user, proxy.port).synced()
        desk.service.open_mailbox(desk.inbox)
        times = []
        time.sleep(3)
        for number in range(5):
            seen = sum(isinstance(e, NewMail) for e in desk.heard)
            dovecot.seed(user, [mail(500 + number)])
            begun = time.perf_counter()
            desk.until(
                lambda seen=seen: sum(isinstance(e, NewMail) for e in desk.heard) > seen
            )
            times.append(time.perf_counter() - begun)
            time.sleep(1.5)
        desk.service.close()
    return (
        f"new mail to the list at 50 ms round trip: {median(times):.2f} s (median of 5)"
    )


def after_a_black_hole(dovecot: Dovecot) -> str:
    """The line takes everything and gives nothing; then it is back."""
    user = dovecot.fresh_user()
    dovecot.seed(user, mails(50))
    with Proxy(dovecot.imap) as proxy:
        paths = under(Path(tempfile.mkdtemp()))
        desk = Desk(paths, user, proxy.port).synced()
        row = desk.service.page(desk.inbox)[0]
        proxy.silent = True
        desk.service.gestures.set_flags([row.id], add=Flag.FLAGGED)
        begun = time.perf_counter()
        desk.until(lambda: desk.service.account("work").state.value != "online")
        noticed = time.perf_counter() - begun
        proxy.silent = False
        proxy.cut()
        begun = time.perf_counter()
        desk.service.reconnect("work")
        desk.until(lambda: desk.service.account("work").pending == 0)
        back = time.perf_counter() - begun
        desk.service.close()
    return (
        f"a dead path is noticed after {noticed:.0f} s; when it is back and a key is"
        f" pressed, all is sent after {back:.1f} s"
    )


def main() -> None:
    """Measure and print everything."""
    dovecot = Dovecot()
    dovecot.start()
    try:
        print(gestures_beside_a_sync(dovecot), flush=True)
        print(flag_changes_by_others(dovecot), flush=True)
        print(five_hundred_moved(dovecot), flush=True)
        print(new_mail(dovecot), flush=True)
        print(after_a_black_hole(dovecot), flush=True)
    finally:
        dovecot.remove()


if __name__ == "__main__":
    main()
