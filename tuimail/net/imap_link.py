"""Run commands, hand every untagged response to whom it concerns, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tuimail.errors import ServerFault, Unreachable
from tuimail.net.imap_parse import parse_fetch, parse_status, parse_vanished
from tuimail.net.imap_wire import Response, Wire, check
from tuimail.net.session import (
    Alert,
    Exists,
    Expunged,
    FlagsSeen,
    StatusSeen,
    Untagged,
    Vanished,
)
from tuimail.net.transport import Transport

UNASKED_MAX = 50_000
"""Untagged responses that are no answer, in one command, before it is a flood."""
Take = Callable[[Response], bool]


class Link:
    """One connection on which commands are run; blocking, one thread."""

    def __init__(
        self,
        transport: Transport,
        on_untagged: Callable[[Untagged], None],
        timeout_s: float,
    ) -> None:
        self.transport = transport
        self.wire = Wire(transport)
        self.capabilities: frozenset[str] = frozenset()
        self.timeout_s = timeout_s
        self._on_untagged = on_untagged
        self._goodbye = ""

    def run(
        self,
        commands: Iterable[bytes],
        take: Take | None = None,
        *,
        timeout_s: float | None = None,
    ) -> list[Response]:
        """Send commands in one flight; gives their tagged responses in order.

        `take` is shown every untagged response and says whether it was an answer;
        what it leaves goes to whoever listens to unasked data.
        """
        tags = [self.send(command) for command in commands]
        return self.collect(tags, take, timeout_s=timeout_s)

    def one(self, command: bytes, what: str, take: Take | None = None) -> Response:
        """Run one command; raises what its NO or BAD means."""
        response = self.run([command], take)[0]
        check(response, what)
        return response

    def send(self, command: bytes) -> bytes:
        """Send one command; gives its tag."""
        if any(octet in command for octet in b"\r\n\0"):
            raise ValueError("a command cannot hold CR, LF or NUL")
        tag = self.wire.tag()
        self.transport.allow(self.timeout_s)
        self.transport.send(tag + b" " + command + b"\r\n")
        return tag

    def collect(
        self,
        tags: list[bytes],
        take: Take | None = None,
        *,
        timeout_s: float | None = None,
        stop_at_continuation: bool = False,
    ) -> list[Response]:
        """Read until every tag is answered; in order of the tags."""
        answered: dict[bytes, Response] = {}
        unasked = 0
        while len(answered) < len(tags):
            self.transport.allow(timeout_s or self.timeout_s)
            response = self._read()
            if response.tag in tags:
                answered[response.tag] = response
                self._note_capabilities(response)
            elif response.tag == b"+":
                if stop_at_continuation:
                    return [response]
                raise ServerFault("The server asked for more where nothing follows.")
            elif take is None or not take(response):
                unasked += 1
                self.unasked(response)
            if unasked > UNASKED_MAX:
                self.transport.abort()
                raise ServerFault("The server floods the connection with nonsense.")
        return [answered[tag] for tag in tags]

    def unasked(self, response: Response) -> None:
        """Deal with an untagged response that no command took."""
        self._note_capabilities(response)
        if response.status:
            self._status(response)
            return
        event = _event(response.text)
        if event is not None:
            self._on_untagged(event)

    def _read(self) -> Response:
        try:
            return self.wire.read()
        except Unreachable as error:
            if self._goodbye:
                raise Unreachable(
                    f'The server ended the connection: "{self._goodbye[:200]}".',
                    text=self._goodbye,
                ) from error
            raise

    def _status(self, response: Response) -> None:
        words = response.words.decode("utf-8", "replace").strip()
        if response.status == b"BYE":
            self._goodbye = words
        elif response.code == b"ALERT":
            self._on_untagged(Alert(words))

    def _note_capabilities(self, response: Response) -> None:
        if response.code == b"CAPABILITY":
            self._set_capabilities(response.argument)
        elif response.tag == b"*" and response.text[:11].upper() == b"CAPABILITY ":
            self._set_capabilities(response.text[11:])

    def _set_capabilities(self, words: bytes) -> None:
        names = words.decode("ascii", "replace").upper().split()
        self.capabilities = frozenset(names[:1000])


def _event(text: bytes) -> Untagged | None:
    first, _, rest = text.partition(b" ")
    if first.isdigit() and len(first) <= 10:
        return _numbered(int(first), rest, text)
    verb = first.upper()
    if verb == b"VANISHED":
        vanished = parse_vanished(text)
        return Vanished(*vanished) if vanished else None
    if verb == b"STATUS":
        status = parse_status(text)
        return StatusSeen(*status) if status else None
    return None


def _numbered(number: int, rest: bytes, text: bytes) -> Untagged | None:
    verb = rest[:7].upper()
    if verb.startswith(b"EXISTS"):
        return Exists(number)
    if verb.startswith(b"EXPUNGE"):
        return Expunged(number)
    row = parse_fetch(text)
    if row is not None and row.flags is not None:
        return FlagsSeen(row)
    return None
