"""The folder list with its counts, in as few round trips as the server allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from tuimail.mail.types import ROOT, SHARED, Role
from tuimail.net import names
from tuimail.net.imap_link import Link
from tuimail.net.imap_parse import Unreadable, nstring, parse_list, parse_status
from tuimail.net.imap_rights import parse_my_rights
from tuimail.net.imap_wire import Response, check
from tuimail.net.session import ListedMailbox, Status

MAILBOXES_MAX = 50_000
NAME_MAX = 1024
NAMESPACES_MAX = 20
FLIGHT = 100
"""STATUS commands sent before the first is answered."""


class Kind(Enum):
    """Whose the folders of a namespace are (RFC 2342), in the order of its answer."""

    OWN = 0
    USERS = 1
    SHARED = 2


@dataclass(slots=True)
class Namespace:
    """One prefix that folders' names begin with."""

    kind: Kind
    delimiter: bytes
    worthwhile: bool = True
    """False when there was nothing below it, though it was asked for by name."""


Namespaces = dict[bytes, Namespace]
"""By prefix."""


class Lister:
    """Collects LIST, LSUB and STATUS responses into mailboxes."""

    def __init__(
        self,
        link: Link,
        selected: bytes | None,
        condstore: bool,
        namespaces: Namespaces,
    ) -> None:
        self._link = link
        self._namespaces = namespaces
        """Kept over the listings of a connection: only the first pays for them."""
        self._selected = selected
        items = "MESSAGES UNSEEN UIDNEXT UIDVALIDITY"
        self._items = (items + (" HIGHESTMODSEQ" if condstore else "")).encode()
        self._found: dict[bytes, ListedMailbox] = {}
        self._subscribed: set[bytes] = set()
        self._statuses: dict[bytes, Status] = {}
        self._rights: dict[bytes, str] = {}

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
        for prefix in self._unseen_namespaces():
            self._namespaces[prefix].worthwhile = False
        if with_status and not in_one:
            self._ask_statuses()
        return _with_roles([self._finished(box) for box in self._found.values()])

    def _commands(self, pattern: bytes, extended: bool, in_one: bool) -> list[bytes]:
        """The LIST comes first; what is asked beside it may be refused."""
        asked = []
        if not self._namespaces and "NAMESPACE" in self._link.capabilities:
            asked.append(b"NAMESPACE")
        if in_one:
            wish = b"SUBSCRIBED SPECIAL-USE STATUS (%s)" % self._items
            if "LIST-MYRIGHTS" in self._link.capabilities:
                wish += b" MYRIGHTS"
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
            for prefix, found in _namespaces(response.text[10:]).items():
                self._namespaces.setdefault(prefix, found)
        elif verb == b"MYRIGHTS":
            rights = parse_my_rights(response.text)
            if rights is not None:
                self._rights[rights[0]] = rights[1]
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
            for prefix, each in self._namespaces.items()
            if each.worthwhile
            and prefix
            and not any(name.startswith(prefix) for name in self._found)
        ]

    def _finished(self, box: ListedMailbox) -> ListedMailbox:
        owner = self._owner(box)
        return replace(
            box,
            subscribed=box.subscribed or box.wire_name in self._subscribed,
            status=self._statuses.get(box.wire_name),
            rights=self._rights.get(box.wire_name),
            owner=owner,
            # The trash of somebody else is not where one's own things go.
            role=None if owner else box.role,
        )

    def _owner(self, box: ListedMailbox) -> str:
        """Whose it is: the longest prefix says so; what follows it names the user."""
        name = box.wire_name
        fits = [p for p in self._namespaces if p and name.startswith(p)]
        prefix = max(fits, key=len, default=b"")
        for each, space in self._namespaces.items():
            top = each.removesuffix(space.delimiter)
            if top and space.kind is not Kind.OWN and name == top != each:
                return SHARED if box.selectable else ROOT
        space = self._namespaces.get(prefix, Namespace(Kind.OWN, b""))
        if not prefix or space.kind is Kind.OWN:
            return ""
        rest = name[len(prefix) :]
        user = rest.split(space.delimiter)[0] if space.delimiter else rest
        if space.kind is Kind.SHARED or not user:
            return SHARED
        return names.decode(user)


def _namespaces(text: bytes) -> Namespaces:
    """The namespaces of a NAMESPACE response (RFC 2342), at most twenty.

    Each is a list of its own, `((p d) …) ((p d) …) NIL`: one's own, other users',
    and shared ones.
    """
    found: Namespaces = {}
    strings: list[bytes] = []
    at = depth = kind = 0
    while at < len(text) and len(found) < NAMESPACES_MAX and kind < len(Kind):
        mark = text[at : at + 1]
        at += 1
        if mark == b"(":
            depth += 1
        elif mark == b")":
            if depth == 2:
                _note(found, Kind(kind), strings)
                strings = []
            depth -= 1
            kind += depth == 0
        elif mark != b" ":
            try:
                value, at = nstring(text, at - 1)
            except Unreadable:
                break
            # Deeper ones are of extensions.
            strings += [value or b""] * (depth == 2)
            kind += depth == 0
    return found


def _note(found: Namespaces, kind: Kind, strings: list[bytes]) -> None:
    """Take one over: its prefix stands first, then its delimiter."""
    if not strings or len(strings[0]) > NAME_MAX:
        return
    if not any(octet in strings[0] for octet in b"\r\n\0*%"):
        delimiter = strings[1][:1] if len(strings) > 1 else b""
        found.setdefault(strings[0], Namespace(kind, delimiter))


def _with_roles(found: list[ListedMailbox]) -> list[ListedMailbox]:
    """Give roles by name where the server gave none; each role goes to one mailbox."""
    taken = {box.role for box in found if box.role}
    boxes = []
    for box in found:
        role = box.role
        if role is None and box.selectable and not box.owner:
            role = names.role_by_name(box.name, box.delimiter)
            if role in taken and role is not Role.INBOX:
                role = None
        if role is not None:
            taken.add(role)
        boxes.append(replace(box, role=role))
    return boxes
