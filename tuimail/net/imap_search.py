"""SEARCH and SORT for what a user looks for: with strings, and for a bounded time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from tuimail.errors import ServerFault, Unsupported
from tuimail.mail.query_imap import Asking, Text
from tuimail.mail.types import UID
from tuimail.mail.uidset import UIDSet
from tuimail.net.imap_link import Link, Take
from tuimail.net.imap_parse import MAX_UID, parse_search
from tuimail.net.imap_wire import Response, check

SEARCH_S = 120.0
"""Seconds of silence while a server looks through texts."""
WHOLE_S = 300.0
"""Seconds for all of it: a server may say every ten seconds that it goes on."""
SORTED_MAX = 10_000
_PARTIAL = {"CONTEXT=SORT", "CONTEXT=SEARCH", "PARTIAL"}
"""With ESORT, a part of an order can be had (RFC 5267 §4.4): 590 kB less of 100,000."""
_SHORT = 4096
"""Octets of a literal that LITERAL- sends without being asked (RFC 7888 §5)."""


def search(link: Link, asking: Asking) -> UIDSet:
    """UIDs of the selected mailbox that match; `asking` has criteria.

    Raises Unsupported when the server does not know the charset, ServerFault for a
    refusal or an answer that cannot be read, Unreachable when time is over.
    """
    head: list[bytes | Text] = [b"UID", b"SEARCH"]
    if "ESEARCH" in link.capabilities:
        head += [b"RETURN", b"(", b"ALL", b")"]
    if asking.utf8:
        head += [b"CHARSET", b"UTF-8"]
    found: list[UIDSet] = []

    def take(response: Response) -> bool:
        found.append(parse_search(response.text))
        return True

    ask(link, pieces([*head, *(asking.criteria or ())], link.capabilities), take)
    return UIDSet(each for part in found for each in part.ranges)


def sort(link: Link, order: bytes, asking: Asking, most: int) -> list[UID]:
    """The first `most` UIDs of what matches, by e.g. `REVERSE SIZE` (RFC 5256).

    Raises as `search` does, and Unsupported where the server cannot sort.
    """
    if "SORT" not in link.capabilities:
        raise Unsupported("the server cannot sort")
    most = min(most, SORTED_MAX)
    found: list[list[int]] = []

    def take(response: Response) -> bool:
        found.append(parse_sort(response.text, most))
        return True

    head = [b"UID", b"SORT"]
    if "ESORT" in link.capabilities and link.capabilities & _PARTIAL:
        head += [b"RETURN", b"(", b"PARTIAL", b"1:%d" % most, b")"]
    words = [*head, b"(", *order.split(), b")", b"UTF-8"]
    command = pieces([*words, *(asking.criteria or (b"ALL",))], link.capabilities)
    ask(link, command, take, b"SORT")
    if len(found) > 1:
        raise ServerFault("The server answered twice.")
    return [UID(uid) for uid in found[0]] if found else []


def ask(link: Link, command: list[bytes], take: Take, word: bytes = b"SEARCH") -> None:
    """Run one search in pieces, and hand `take` what answers it.

    An ESEARCH response names the command it answers (RFC 4466 §2.6.2): one of another
    command is not taken. ValueError of `take` becomes a ServerFault.
    """
    end = time.monotonic() + WHOLE_S
    strays = answers = 0

    def hear(response: Response) -> bool:
        nonlocal strays, answers
        if time.monotonic() > end:
            raise link.broken("The server did not end its search in time.")
        first = response.text.split(b" ", 1)[0].upper()
        if first not in (word, b"ESEARCH"):
            return False
        if first == b"ESEARCH" and search_tag(response.text) not in (None, tag):
            strays += 1
            return False
        answers += 1
        try:
            return take(response)
        except ValueError as error:
            raise ServerFault("The server's search result cannot be read.") from error

    link.settle()
    tag = link.begin(command)
    response = link.collect([tag], hear, timeout_s=SEARCH_S)[0]
    if response.status == b"NO" and response.code == b"BADCHARSET":
        raise Unsupported("the server searches for ASCII only", code="BADCHARSET")
    check(response, "to search")
    if strays and not answers:
        # What was found went to somebody else: that is not "nothing".
        raise ServerFault("The server's search result cannot be read.")


def pieces(words: Iterable[bytes | Text], capabilities: frozenset[str]) -> list[bytes]:
    """A command cut where the server must ask for a literal before it goes on.

    With LITERAL+, and for short ones with LITERAL-, it is one piece.
    """
    done: list[bytes] = []
    now, glued = b"", True
    for word in words:
        octets = word.octets if isinstance(word, Text) else word
        if any(octet in octets for octet in b"\r\n\0"):
            raise ValueError("a search cannot hold CR, LF or NUL")
        if not glued and word != b")":
            now += b" "
        glued = word == b"("
        if not isinstance(word, Text):
            now += word
        elif octets.isascii():
            escaped = octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            now += b'"' + escaped + b'"'
        elif _at_once(len(octets), capabilities):
            now += b"{%d+}\r\n%s" % (len(octets), octets)
        else:
            done.append(now + b"{%d}" % len(octets))
            now = octets
    return [*done, now]


def _at_once(octets: int, capabilities: frozenset[str]) -> bool:
    short = "LITERAL-" in capabilities and octets <= _SHORT
    return short or "LITERAL+" in capabilities


def search_tag(text: bytes) -> bytes | None:
    """The tag of the command that an ESEARCH response answers; None when not said."""
    found = re.match(rb'ESEARCH +\( *TAG +"?([^" ()]{1,100})"? *\)', text, re.I)
    return found[1] if found else None


def parse_sort(text: bytes, most: int) -> list[int]:
    """`SORT 5 3 2`, or `ESEARCH … PARTIAL (1:3 5,3:2)`: the first `most` UIDs in order.

    Raises ValueError for what is no list of UIDs, or has one twice.
    """
    if text[:7].upper() == b"ESEARCH":
        found = re.search(rb" (?:PARTIAL \([^ ()]+ |ALL )([^ ()]+)", text, re.I)
        words = found[1].split(b",", most)[:most] if found else []
        words = [] if words == [b"NIL"] else words
    else:
        words = text[4:].split(b"(")[0].split(None, most)[:most]
    uids: list[int] = []
    for word in words:
        uids += _run_of(word, most - len(uids))
    if len(set(uids)) != len(uids):
        raise ValueError("a UID stands twice")
    return uids


def _run_of(word: bytes, most: int) -> list[int]:
    """`7`, or `7:9` or `9:7`, as far as it is wanted."""
    ends = [int(each) for each in word.split(b":", 1) if len(each) <= 10]
    if not ends or len(ends) != 1 + word.count(b":"):
        raise ValueError("no list of UIDs")
    if not all(0 < each <= MAX_UID for each in ends):
        raise ValueError("no list of UIDs")
    first, last = ends[0], ends[-1]
    step = 1 if last >= first else -1
    return list(range(first, last + step, step)[:most])
