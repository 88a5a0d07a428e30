"""The folder list with its counts, in as few round trips as the server allows."""

from __future__ import annotations

from dataclasses import replace

from tuimail.mail.types import Role
from tuimail.net import names
from tuimail.net.imap_link import Link
from tuimail.net.imap_parse import parse_list, parse_status
from tuimail.net.imap_wire import Response, check
from tuimail.net.session import ListedMailbox, Status

MAILBOXES_MAX = 50_000
NAME_MAX = 1024
FLIGHT = 100
"""STATUS commands sent before the first is answered."""


class Lister:
    """Collects LIST, LSUB and STATUS responses into mailboxes."""

    def __init__(self, link: Link, selected: bytes | None, condstore: bool) -> None:
        self._link = link
        self._selected = selected
        items = "MESSAGES UNSEEN UIDNEXT UIDVALIDITY"
        self._items = (items + (" HIGHESTMODSEQ" if condstore else "")).encode()
        self._found: dict[bytes, ListedMailbox] = {}
        self._subscribed: set[bytes] = set()
        self._statuses: dict[bytes, Status] = {}
        self._namespaces = b""

    def mailboxes(self, *, with_status: bool) -> list[ListedMailbox]:
        """Every mailbox the user can see, with roles and, on request, counts."""
        extended = {"LIST-EXTENDED", "SPECIAL-USE"} <= self._link.capabilities
        in_one = extended and with_status and "LIST-STATUS" in self._link.capabilities
        self._ask(self._commands(b'"*"', extended, in_one))
        for prefix in self._unseen_namespaces():
            self._ask(self._commands(names.quoted(prefix + b"*"), extended, in_one))
        if with_status and not in_one:
            self._ask_statuses()
        return _with_roles([self._finished(box) for box in self._found.values()])

    def _commands(self, pattern: bytes, extended: bool, in_one: bool) -> list[bytes]:
        asked = []
        if not self._namespaces and "NAMESPACE" in self._link.capabilities:
            asked.append(b"NAMESPACE")
        if in_one:
            wish = b"SUBSCRIBED SPECIAL-USE STATUS (%s)" % self._items
            return [*asked, b'LIST "" %s RETURN (%s)' % (pattern, wish)]
        if extended:
            return [*asked, b'LIST "" %s RETURN (SUBSCRIBED SPECIAL-USE)' % pattern]
        return [*asked, b'LIST "" ' + pattern, b'LSUB "" ' + pattern]

    def _ask(self, commands: list[bytes]) -> None:
        for response in self._link.run(commands, self._take, timeout_s=60.0):
            check(response, "to list the folders")

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
            self._namespaces = response.text[10:]
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
        prefixes = _prefixes(self._namespaces)
        return [
            prefix
            for prefix in prefixes
            if prefix and not any(name.startswith(prefix) for name in self._found)
        ]

    def _finished(self, box: ListedMailbox) -> ListedMailbox:
        return replace(
            box,
            subscribed=box.subscribed or box.wire_name in self._subscribed,
            status=self._statuses.get(box.wire_name),
        )


def _prefixes(namespaces: bytes) -> list[bytes]:
    """The quoted prefixes in a NAMESPACE response (RFC 2342), at most twenty."""
    prefixes = []
    for piece in namespaces.split(b'(("')[1:]:
        prefixes.append(piece.split(b'"')[0])
        prefixes += [more.split(b'"')[0] for more in piece.split(b'("')[1:]]
    return prefixes[:20]


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
