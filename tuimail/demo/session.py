"""One connection: reading commands, running them, telling news."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from tuimail.demo import capabilities
from tuimail.demo.grammar import Bad, No, Scanner
from tuimail.demo.mailstore import DemoMailbox, MailStore
from tuimail.demo.view import View

LINE_MAX = 65_536
LITERAL_MAX = 8192
APPEND_MAX = 32 * 2**20
LITERALS_MAX = 1000
_LITERAL_AT_END = re.compile(rb"\{(\d{1,20})(\+?)\}\r?\n\Z")
_TAG = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]{1,100}\Z")


class Closed(Exception):
    """The connection is over."""


class Host(Protocol):
    """What a session needs of the server it belongs to."""

    store: MailStore
    announced: frozenset[str]
    heard: deque[bytes]

    def admits(self, user: bytes, password: bytes) -> bool:
        """Whether a login is right."""

    def changed(self, by: Session) -> None:
        """Tell the other sessions that something may have changed."""


class Session:
    """The state of one connection; `commands` holds what it can do."""

    def __init__(
        self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.host = host
        self._reader = reader
        self._writer = writer
        self.tag = "*"
        self.user = False
        self.view: View | None = None
        self.enabled: set[str] = set()
        self.idling = False
        self.over = False

    # -- what commands use --------------------------------------------------

    @property
    def store(self) -> MailStore:
        """The mailboxes."""
        return self.host.store

    def can(self, extension: str) -> bool:
        """Whether an extension is announced."""
        return extension in self.host.announced

    @property
    def selected(self) -> View:
        """The selected mailbox; Bad when there is none."""
        if self.view is None:
            raise Bad("No mailbox is selected")
        return self.view

    @property
    def writable(self) -> View:
        """The selected mailbox, when it may be changed; No when not."""
        if self.selected.readonly:
            raise No("Mailbox is read-only")
        return self.selected

    def box(self, name: str, code: str = "") -> DemoMailbox:
        """A mailbox by its wire name; No when there is none."""
        found = self.store.boxes.get(name)
        if found is None:
            raise No(f"{code}No such mailbox")
        return found

    def send(self, *responses: bytes) -> None:
        """Write whole responses with their line ends."""
        self._writer.write(b"".join(responses))

    def say(self, text: str) -> None:
        """Write one untagged line."""
        self.send(b"* " + text.encode("latin-1") + b"\r\n")

    def tell(self, *, expunges: bool) -> None:
        """Write what has changed in the selected mailbox."""
        if self.view is None:
            return
        news = self.view.news(
            expunges=expunges,
            condstore="CONDSTORE" in self.enabled,
            vanished="QRESYNC" in self.enabled,
        )
        self.send(*news)

    async def ask(self, prompt: bytes = b"") -> bytes:
        """Send a continuation request and read the line that answers it."""
        self.send(b"+ " + prompt + b"\r\n")
        await self._writer.drain()
        return (await self._line()).rstrip(b"\r\n")

    # -- the loop -----------------------------------------------------------

    async def run(self) -> None:
        """Serve the connection until it ends."""
        try:
            self.say(f"OK [CAPABILITY {self.announced()}] tuimail demo ready")
            while not self.over:
                await self._writer.drain()
                await self._serve(await self._command())
            await self._writer.drain()
        except (Closed, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writer.close()

    def announced(self) -> str:
        """The capabilities for this state of the connection."""
        names = [c for c in capabilities.FULL if c in self.host.announced]
        if not self.user:
            names = [c for c in names if c in capabilities.LOGIN_ONLY]
        return " ".join(["IMAP4rev1", *names])

    def push(self) -> None:
        """Tell news at once, if the client waits for them (IDLE, RFC 2177)."""
        if self.idling and not self._writer.is_closing():
            self.tell(expunges=True)

    def drop(self) -> None:
        """Break the connection."""
        self._writer.transport.abort()

    async def _serve(self, command: bytes) -> None:
        from tuimail.demo.commands import execute

        tag, _, rest = command.partition(b" ")
        if not _TAG.match(tag):
            return self.say("BAD Invalid tag")
        self.tag = tag.decode("ascii")
        self.host.heard.append(rest)
        try:
            done = "OK " + await execute(self, Scanner(rest))
        except Bad as error:
            done = f"BAD {error}"
        except No as error:
            done = f"NO {error}"
        self.send(f"{self.tag} {done}\r\n".encode("ascii", "replace"))
        self.host.changed(self)

    async def _command(self) -> bytes:
        """One command with its literals in place, without the line end."""
        pieces = [await self._line()]
        for _ in range(LITERALS_MAX):
            literal = _LITERAL_AT_END.search(pieces[-1])
            if literal is None:
                # A literal before it may end with line ends of its own.
                return b"".join([*pieces[:-1], pieces[-1].rstrip(b"\r\n")])
            pieces[-1] = pieces[-1].rstrip(b"\r\n") + b"\r\n"
            limit = APPEND_MAX if self._is_append(pieces[0]) else LITERAL_MAX
            size, waits = int(literal[1]), not literal[2]
            if size > limit or not (waits or self.can("LITERAL+")):
                self._refuse(pieces[0], waits)
                return await self._command()
            if waits:
                self.send(b"+ OK\r\n")
                await self._writer.drain()
            pieces += [await self._reader.readexactly(size), await self._line()]
        raise Closed

    def _is_append(self, line: bytes) -> bool:
        return self.user and b" APPEND " in line[:120].upper()

    def _refuse(self, line: bytes, waits: bool) -> None:
        if not waits:
            # It is on its way already; reading it all is what the limit forbids.
            self.say("BYE [TOOBIG] Literal not accepted")
            raise Closed
        tag = line.partition(b" ")[0]
        word = tag if _TAG.match(tag) else b"*"
        self.send(word + b" NO [TOOBIG] Literal too large\r\n")

    async def _line(self) -> bytes:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            self.say("BYE Line too long")
            raise Closed from error
        return line


def words(names: Iterable[str]) -> str:
    """Words in parentheses."""
    return "(" + " ".join(names) + ")"
