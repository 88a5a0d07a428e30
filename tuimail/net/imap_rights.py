"""Who may do what in a mailbox (ACL, RFC 4314), and how much room is left (RFC 9208).

Asked only of servers that offer it. An answer that cannot be read raises ServerFault:
half of a list of rights would be worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tuimail.errors import ServerFault, Unsupported
from tuimail.net import names
from tuimail.net.imap_link import Link
from tuimail.net.imap_parse import MAX_NUMBER, Unreadable, nstring
from tuimail.net.imap_wire import Response, check
from tuimail.net.session import Grant, Quota

ASK_S = 20.0
GRANTS_MAX = 1000
"""Names with rights in one mailbox; more cannot be shown anyway."""
ROOTS_MAX = 20
RESOURCES_MAX = 10
WHO_MAX = 255
RIGHTS_MAX = 64
_RESOURCE = re.compile(rb"([A-Za-z][A-Za-z0-9-]{0,39}) (\d{1,40}) (\d{1,40})(?: |$)")
_INBOX = b"INBOX"


class Permits:
    """Questions and changes about rights and room, on one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def rights_known(self) -> bool:
        """The server has rights (ACL, RFC 4314)."""
        return "ACL" in self._link.capabilities

    @property
    def room_known(self) -> bool:
        """The server tells how much room is left (QUOTA, RFC 2087 and RFC 9208)."""
        capabilities = self._link.capabilities
        return "QUOTA" in capabilities or any(
            each.startswith("QUOTA=") for each in capabilities
        )

    def mine(self, wire_name: bytes) -> str:
        """The letters of what the user may do in a mailbox. Raises Gone."""
        found: list[str] = []

        def take(text: bytes) -> None:
            name, at = _word(text, 0)
            if _same(name, wire_name):
                found.append(_rights(_word(text, at)[0]))

        what = f"what you may do in {names.decode(wire_name)}"
        self._ask(b"MYRIGHTS " + names.quoted(wire_name), b"MYRIGHTS", take, what)
        if not found:
            raise ServerFault(f"The server does not say {what}.")
        return found[-1]

    def mine_in(self, wire_names: Sequence[bytes]) -> dict[bytes, str]:
        """The same for several mailboxes in one flight; those it refuses are not in."""
        if not self.rights_known or not wire_names:
            return {}
        found: dict[bytes, str] = {}

        def take(response: Response) -> bool:
            if response.text[:9].upper() != b"MYRIGHTS ":
                return False
            told = parse_my_rights(response.text)
            found.update([told] if told is not None else [])
            return True

        asked = [b"MYRIGHTS " + names.quoted(name) for name in wire_names]
        self._link.run(asked, take, timeout_s=ASK_S)
        return {name: found[name] for name in wire_names if name in found}

    def of_all(self, wire_name: bytes) -> list[Grant]:
        """Who has which rights in a mailbox, as far as the server lets one know."""
        found: list[Grant] = []

        def take(text: bytes) -> None:
            name, at = _word(text, 0)
            if not _same(name, wire_name):
                return
            while at < len(text) and len(found) < GRANTS_MAX:
                who, at = _word(text, at)
                rights, at = _word(text, at)
                found.append(Grant(_who(who), _rights(rights)))

        what = f"who may do what in {names.decode(wire_name)}"
        self._ask(b"GETACL " + names.quoted(wire_name), b"ACL", take, what)
        return found

    def grant(self, wire_name: bytes, who: str, rights: str) -> None:
        """Give somebody these rights in a mailbox and take all others away."""
        command = b"SETACL %s %s %s" % (
            names.quoted(wire_name),
            _identifier(who),
            names.quoted(rights.encode("ascii")),
        )
        self._change(command, "to change who may do what")

    def revoke(self, wire_name: bytes, who: str) -> None:
        """Take away what a name was given in a mailbox."""
        command = b"DELETEACL " + names.quoted(wire_name) + b" " + _identifier(who)
        self._change(command, "to change who may do what")

    def grantable(self, wire_name: bytes, who: str) -> str:
        """The letters that a name has in any case or can be given (LISTRIGHTS)."""
        found: list[str] = []

        def take(text: bytes) -> None:
            name, at = _word(text, 0)
            _, at = _word(text, at)
            while at < len(text) and len(found) < RIGHTS_MAX:
                rights, at = _word(text, at)
                if _same(name, wire_name):
                    found.append(_rights(rights))

        command = b"LISTRIGHTS " + names.quoted(wire_name) + b" " + _identifier(who)
        self._ask(command, b"LISTRIGHTS", take, "which rights there are")
        return "".join(dict.fromkeys("".join(found)))

    def room(self, wire_name: bytes) -> list[Quota]:
        """What counts for a mailbox, what is used of it and what there is at most.

        Numbers that are larger than can be are told as the largest.
        """
        found: list[Quota] = []
        what = "how much room there is"

        def take(text: bytes) -> None:
            root, at = _word(text, 0)
            if len(found) < ROOTS_MAX * RESOURCES_MAX:
                found.extend(_quotas(root, text[at:]))

        command = b"GETQUOTAROOT " + names.quoted(wire_name)
        self._ask(command, b"QUOTA", take, what, beside=b"QUOTAROOT")
        return list({(each.root, each.resource): each for each in found}.values())

    # -- inside -------------------------------------------------------------

    def _change(self, command: bytes, what: str) -> None:
        if not self.rights_known:
            raise Unsupported("The server does not know rights of others.")
        self._link.one(command, what)

    def _ask(
        self,
        command: bytes,
        verb: bytes,
        read: Callable[[bytes], None],
        what: str,
        beside: bytes = b"",
    ) -> None:
        """Run a command; `read` gets what follows `verb` in each of its answers."""
        known = self.room_known if verb == b"QUOTA" else self.rights_known
        if not known:
            raise Unsupported(f"The server does not tell {what}.")
        trouble: list[str] = []

        def take(response: Response) -> bool:
            first, _, rest = response.text.partition(b" ")
            if first.upper() == verb:
                try:
                    read(rest)
                except (Unreadable, ValueError) as error:
                    trouble.append(str(error))
            return first.upper() in (verb, beside)

        response = self._link.run([command], take, timeout_s=ASK_S)[0]
        check(response, f"to tell {what}")
        if trouble:
            raise ServerFault(f"The server tells {what} in a way that cannot be read.")


def parse_my_rights(text: bytes) -> tuple[bytes, str] | None:
    """A MYRIGHTS response: wire name and rights; None when it cannot be read."""
    try:
        name, at = _word(text, len(b"MYRIGHTS "))
        return name, _rights(_word(text, at)[0])
    except (Unreadable, ValueError):
        return None


def _word(text: bytes, at: int) -> tuple[bytes, int]:
    """The string at `at`, and where the next one begins."""
    value, end = nstring(text, at)
    if value is None:
        raise Unreadable("a name is missing")
    if text[end : end + 1] not in (b"", b" ", b"\r"):
        raise Unreadable("two strings run into each other")
    return value, end + 1


def _rights(letters: bytes) -> str:
    if len(letters) > RIGHTS_MAX or not (letters.isalnum() or not letters):
        raise Unreadable("these are no rights")
    return letters.decode("ascii").lower()


def _who(octets: bytes) -> str:
    if not octets or len(octets) > WHO_MAX:
        raise Unreadable("this is no name")
    return octets.decode("utf-8", "replace")


def _identifier(who: str) -> bytes:
    """A name as SETACL takes it; ValueError for what no name may hold."""
    if not who or len(who.encode()) > WHO_MAX or not who.isprintable():
        raise ValueError("this cannot be the name of a user")
    return names.quoted(who.encode())


def _same(a: bytes, b: bytes) -> bool:
    return a == b or a.upper() == b.upper() == _INBOX


def _quotas(root: bytes, text: bytes) -> list[Quota]:
    """`(STORAGE 10 512 MESSAGE 3 10)`: name, used and most of each resource."""
    text = text.strip()
    if text[:1] != b"(" or text[-1:] != b")":
        raise Unreadable("a list is missing")
    text, at = text[1:-1].strip(), 0
    name = _who(root) if root else ""
    found: list[Quota] = []
    while at < len(text) and len(found) < RESOURCES_MAX:
        each = _RESOURCE.match(text, at)
        if each is None:
            raise Unreadable("this is no resource")
        used, most = (min(int(number), MAX_NUMBER) for number in each.groups()[1:])
        found.append(Quota(name, each[1].decode("ascii").upper(), used, most))
        at = each.end()
    return found
