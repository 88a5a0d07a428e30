"""What asking a server costs: round trips, octets, seconds until the list has it.

    python -m tests.bench.server_search [MESSAGES [RTT_MS]]

A real Dovecot without an index of words, through a proxy that counts and delays. The
newest 50 headers of the inbox are here and no text. Counted is what one question costs
from the call until the answer that says how it went, with the moment that it must stand
and with headers of what was found; a second question finds the connection open.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.engine.test_server_search import Seeking
from tests.mails import mail
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tuimail.engine.views import FOUND
from tuimail.mail.types import MailboxId


def letter(number: int) -> bytes:
    rare = {100: "zebra", 200: "grüße", 300: "okapi"}.get(number, "nothing")
    common = "giraffe" if number % 5 == 0 else "nothing"
    return mail(number, body=f"{rare} {common}\n" + "a line of a text\n" * 100)


class Bench:
    """One account behind a proxy, and the table of what was asked."""

    def __init__(self, seeking: Seeking, proxy: Proxy) -> None:
        self._seeking = seeking
        self._proxy = proxy

    def row(
        self,
        name: str,
        text: str,
        said: str = "server searched too",
        mailbox: MailboxId | None = None,
        **shape: object,
    ) -> None:
        """Ask once, and print what it cost."""
        proxy, seeking = self._proxy, self._seeking
        before = proxy.from_server, proxy.from_client, proxy.round_trips
        begun = time.monotonic()
        rows = seeking.settled(seeking.ask(text, mailbox, **shape), said)
        seconds = time.monotonic() - begun
        got, sent, trips = (
            proxy.from_server - before[0],
            proxy.from_client - before[1],
            proxy.round_trips - before[2],
        )
        print(
            f"| {name} | {trips} | {got:,} | {sent:,} | {seconds:.2f} s | {len(rows)} |"
        )


def main(count: int, rtt_ms: float) -> None:
    """Print the table."""
    server = Dovecot()
    server.start()
    user = server.fresh_user()
    server.seed(user, [letter(number) for number in range(1, count + 1)])
    for folder in ("Archive", "Sent", "Drafts"):
        server.seed(user, [letter(100)], folder)
    with tempfile.TemporaryDirectory() as home, Proxy(server.imap, rtt_ms=rtt_ms) as p:
        seeking = Seeking(Path(home), work=(user, p.port)).synced()
        bench = Bench(seeking, p)
        print(f"{count:,} messages, RTT {rtt_ms:.0f} ms")
        print("| question | round trips | octets in | out | time | found |")
        print("|---|---|---|---|---|---|")
        bench.row("a word in one text, connection made for it", "zebra")
        bench.row("another word, connection open", "okapi")
        bench.row("letters beyond ASCII", "grüße")
        bench.row("a word of a header below the window", 'subject:"message 150"')
        bench.row("a word in a fifth of the texts", "giraffe")
        bench.row("everywhere, four folders", "zebra", mailbox=FOUND)
        bench.row("the biggest first", "", "server sorts them", sort="size")
        bench.row("the same question again", "", "server sorts them", sort="size")
        seeking.service.close()
    server.remove()


if __name__ == "__main__":
    numbers = [float(each) for each in sys.argv[1:]]
    main(int(numbers[0]) if numbers else 2000, numbers[1] if numbers[1:] else 50.0)
