"""The folder list with its counts, in as few round trips as the server allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tuimail.mail.types import Role
from tuimail.net import names
from tuimail.net.imap_link import Link
from tuimail.net.imap_parse import Unreadable, nstring, parse_list, parse_status
from tuimail.net.imap_wire import Response, check
from tuimail.net.session import ListedMailbox, Status

MAILBOXES_MAX = 50_000
NAME_MAX = 1024
NAMESPACES_MAX = 20
FLIGHT = 100
"""STATUS commands sent before the first is answered."""


class Lister:
    """Collects LIST, LSUB and STATUS responses into mailboxes."""

    def __init__(
        self,
        link: Link,
        selected: bytes | None,
        condstore: bool,
        prefixes: dict[bytes, bool],
    ) -> None:
        self._link = link
        self._prefixes = prefixes
        """Prefixes of namespaces; False for those that hold nothing.

        Kept over the listings of a connection, so that only the first pays for them.
        """
        self._selected = selected
        items = "MESSAGES UNSEEN UIDNEXT UIDVALIDITY"
        self._items = (items + (" HIGHESTMODSEQ" if condstore else "")).encode()
        self._found: dict[bytes, ListedMailbox] = {}
        self._subscribed: set[bytes] = set()
        self._statuses: dict[bytes, Status] = {}

    def mailboxes(self, *, with_status: bool) -> list[ListedMailbox]:
        """Every mailbox the user can see, with roles and, on request, counts."""
        extended = {"LIST-EXTENDED", "SPECIAL-USE"} <= self._link.capabilities
        in_one = extended and with_status and "LIST-STATUS" in self._link.capabilities
        main = self._commands(b'"*"', extended, in_one)
        check(self._ask(main)[0], "to list the folders")
        # A namespace that refuses to be listed must not hide the other folders.
        unseen = self._unseen_namespaces()
        self._ask(
            command
            for prefix in unseen
            for command in self._commands(names.quoted(prefix + b"*"), extended, in_one)
        )
        self._prefixes.update(dict.fromkeys(self._unseen_namespaces(), False))
        if with_status and not in_one:
            self._ask_statuses()
        return _with_roles([self._finished(box) for box in self._found.values()])

    def _commands(self, pattern: bytes, extended: bool, in_one: bool) -> list[bytes]:
        """The LIST comes first; what is asked beside it may be refused."""
        asked = []
        if not self._prefixes and "NAMESPACE" in self._link.capabilities:
            asked.append(b"NAMESPACE")
        if in_one:
            wish = b"SUBSCRIBED SPECIAL-USE STATUS (%s)" % self._items
            return [b'LIST "" %s RETURN (%s)' % (pattern, wish), *asked]
        if extended:
            return [b'LIST "" %s RETURN (SUBSCRIBED SPECIAL-USE)' % pattern, *asked]
        return [b'LIST "" ' + pattern, b'LSUB "" ' + pattern, *asked]

    def _ask(self, commands: Iterable[bytes]) -> list[Response]:
        asked = list(commands)
        return self._link.run(asked, self._take, timeout_s=60.0) if asked else []

    def _ask_statuses(self) -> None:
        wanted = [
            box.wire_name
            for box in self._found.values()
            if box.selectable
            # STATUS of the selected mailbox is forbidden (RFC 9051 §6.3.11).
            and box.wire_name != self._selected
        ]
        for start in range(0, len(wanted), FLIGHT):
            # A folder that refuses its counts is shown without them.
            self._link.run(
                [
                    b"STATUS " + names.quoted(name) + b" (" + self._items + b")"
                    for name in wanted[start : start + FLIGHT]
                ],
                self._take,
            )

    def _take(self, response: Response) -> bool:
        verb = response.text.split(b" ", 1)[0].upper()
        if verb == b"LIST":
            self._take_list(response.text)
        elif verb == b"LSUB":
            listed = parse_list(response.text)
            if listed is not None:
                self._subscribed.add(listed[2])
        elif verb == b"STATUS":
            status = parse_status(response.text)
            if status is not None:
                self._statuses[status[0]] = status[1]
        elif verb == b"NAMESPACE":
            for prefix in _prefixes(response.text[10:]):
                self._prefixes.setdefault(prefix, True)
        else:
            return False
        return True

    def _take_list(self, text: bytes) -> None:
        listed = parse_list(text)
        if listed is None or len(self._found) >= MAILBOXES_MAX:
            return
        attributes, delimiter, wire_name = listed
        if not wire_name or len(wire_name) > NAME_MAX:
            return
        if any(octet in wire_name for octet in b"\r\n\0"):
            return
        self._found[wire_name] = ListedMailbox(
            wire_name=wire_name,
            name=names.decode(wire_name),
            delimiter=delimiter,
            attributes=attributes,
            role=names.role_by_attributes(attributes),
            subscribed="\\subscribed" in attributes,
        )

    def _unseen_namespaces(self) -> list[bytes]:
        """Prefixes of namespaces of which `LIST "" *` showed nothing."""
        return [
            prefix
            for prefix, worthwhile in self._prefixes.items()
            if worthwhile and not any(name.startswith(prefix) for name in self._found)
        ]

    def _finished(self, box: ListedMailbox) -> ListedMailbox:
        return replace(
            box,
            subscribed=box.subscribed or box.wire_name in self._subscribed,
            status=self._statuses.get(box.wire_name),
        )


def _prefixes(namespaces: bytes) -> list[bytes]:
    """The prefixes in a NAMESPACE response (RFC 2342), at most twenty.

    Each is the first string of a list of its own: `((p d) …) ((p d) …) NIL`.
    """
    prefixes: list[bytes] = []
    at = 0
    while at < len(namespaces) and len(prefixes) < NAMESPACES_MAX:
        if namespaces[at : at + 1] in (b"(", b")", b" "):
            at += 1
            continue
        opened = namespaces[at - 1 : at] == b"("
        try:
            value, at = nstring(namespaces, at)
        except Unreadable:
            break
        if opened and value and not any(octet in value for octet in b"\r\n\0*%"):
            prefixes.append(value)
    return prefixes


def _with_roles(found: list[ListedMailbox]) -> list[ListedMailbox]:
    """Give roles by name where the server gave none; each role goes to one mailbox."""
    taken = {box.role for box in found if box.role}
    boxes = []
    for box in found:
        role = box.role
        if role is None and box.selectable:
            role = names.role_by_name(box.name, box.delimiter)
            if role in taken and role is not Role.INBOX:
                role = None
        if role is not None:
            taken.add(role)
        boxes.append(replace(box, role=role))
    return boxes
