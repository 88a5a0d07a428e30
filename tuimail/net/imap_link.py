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
    Status,
    StatusSeen,
    Untagged,
    Vanished,
)
from tuimail.net.transport import Transport

UNASKED_MAX = 50_000
"""Untagged responses that are no answer, in one command, before it is a flood."""
ANSWERS_MAX = 2_000_000
"""Untagged responses that are an answer: the flags of a huge mailbox come so."""
OCTETS_MAX = 256 * 1024 * 1024
"""Octets that one flight of commands may be answered with."""
CAPABILITIES_MAX = 1000
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
        self.trusted = True
        """False before STARTTLS: what is said then may come from anybody."""
        self.stood: dict[bytes, tuple[float, Status]] = {}
        """How mailboxes stand that messages were just moved to, and since when."""
        self._on_untagged = on_untagged
        self._goodbye = ""
        self._flying: list[bytes] = []
        self._early: dict[bytes, Response] = {}

    def forget(self) -> None:
        """Unlearn everything the server has said so far."""
        self.capabilities = frozenset()
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
        self.settle()
        tags = self.send(*commands)
        return self.collect(tags, take, timeout_s=timeout_s)

    def one(self, command: bytes, what: str, take: Take | None = None) -> Response:
        """Run one command; raises what its NO or BAD means."""
        response = self.run([command], take)[0]
        check(response, what)
        return response

    def send(self, *commands: bytes) -> list[bytes]:
        """Send commands at once; gives their tags, each to be collected."""
        if any(octet in command for command in commands for octet in b"\r\n\0"):
            raise ValueError("a command cannot hold CR, LF or NUL")
        tags = [self.wire.tag() for _ in commands]
        lines = [b"%s %s\r\n" % pair for pair in zip(tags, commands, strict=True)]
        self.transport.allow(self.timeout_s)
        self.transport.send(b"".join(lines), len(tags))
        self._flying += tags
        return tags

    def begin(self, pieces: list[bytes]) -> bytes:
        """Send one command, each further piece when the server asks; gives its tag.

        A refusal instead of an invitation ends it; `collect` then gives that answer.
        Strings may stand in the pieces as literals, so whoever makes them sees to it
        that nothing else holds CR, LF or NUL.
        """
        tag = self.wire.tag()
        self._flying.append(tag)
        for at, piece in enumerate(pieces):
            head = tag + b" " if at == 0 else b""
            self.transport.allow(self.timeout_s)
            self.transport.send(head + piece + b"\r\n", 1 if at == 0 else 0)
            if at + 1 == len(pieces):
                break
            answer = self.collect([tag], stop_at_continuation=True)[0]
            if answer.tag != b"+":
                self._early[tag] = answer
                break
        return tag

    def settle(self) -> None:
        """Read to its end what somebody asked for and then did not want any more.

        Its rows must not be taken for the answer to the next command.
        """
        if self._flying:
            self.collect(list(self._flying))

    def collect(
        self,
        tags: list[bytes],
        take: Take | None = None,
        *,
        timeout_s: float | None = None,
        stop_at_continuation: bool = False,
    ) -> list[Response]:
        """Read until every tag is answered; in order of the tags."""
        most = self.transport.received + OCTETS_MAX
        unasked = answers = 0
        missing = {tag for tag in tags if tag not in self._early}
        while missing:
            self.transport.allow(timeout_s or self.timeout_s)
            response = self._read()
            if response.tag in self._flying:
                self._flying.remove(response.tag)
                self._early[response.tag] = response
                missing.discard(response.tag)
                self._note_capabilities(response)
            elif response.tag == b"+":
                if stop_at_continuation:
                    return [response]
                raise self.broken("The server asked for more where nothing follows.")
            elif take is None or not take(response):
                unasked += 1
                self.unasked(response)
            else:
                answers += 1
            if unasked > UNASKED_MAX or answers > ANSWERS_MAX:
                raise self.broken("The server floods the connection with nonsense.")
            if self.transport.received > most:
                raise self.broken("The server's answer is larger than can be.")
        return [self._early.pop(tag) for tag in tags]

    def hear(self) -> None:
        """Read one response that no command asked for, as they come in IDLE.

        Unreachable when it was the server's goodbye: nothing will follow it.
        """
        self.transport.allow(self.timeout_s)
        response = self._read()
        if response.tag in self._flying:
            self._flying.remove(response.tag)
            self._early[response.tag] = response
            return
        self.unasked(response)

    def unasked(self, response: Response) -> None:
        """Deal with an untagged response that no command took."""
        self._note_capabilities(response)
        if response.status:
            self._status(response)
            return
        event = _event(response.text) if self.trusted else None
        if event is not None:
            self._on_untagged(event)

    def broken(self, words: str) -> ServerFault:
        """The stream is out of step: nothing that follows could be believed."""
        self.transport.abort()
        return ServerFault(words)

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
        except ServerFault:
            self.transport.abort()
            raise

    def _status(self, response: Response) -> None:
        words = response.words.decode("utf-8", "replace").strip()
        if response.status == b"BYE":
            self._goodbye = words
        elif response.code == b"ALERT" and self.trusted:
            self._on_untagged(Alert(words))

    def _note_capabilities(self, response: Response) -> None:
        if response.code == b"CAPABILITY":
            self._set_capabilities(response.argument)
        elif response.tag == b"*" and response.text[:11].upper() == b"CAPABILITY ":
            self._set_capabilities(response.text[11:])

    def _set_capabilities(self, words: bytes) -> None:
        names = words.decode("ascii", "replace").upper()
        split = names.split(None, CAPABILITIES_MAX)[:CAPABILITIES_MAX]
        self.capabilities = frozenset(split)


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
