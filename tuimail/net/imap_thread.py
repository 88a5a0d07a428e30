"""A server's answer to THREAD (RFC 5256 §4): nested lists, read without recursion."""

from __future__ import annotations

import re
from typing import NamedTuple

from tuimail.mail.types import UID
from tuimail.net.imap_parse import MAX_UID, Unreadable

MESSAGES_MAX = 1_000_000
NESTED_MAX = 10_000
"""Lists in lists; the answers to one message make one more."""
_WORD = re.compile(rb"[ ]*([()]|\d{1,10}(?![^ ()]))")


class Threaded(NamedTuple):
    """One message in the server's conversations, each behind its parent."""

    uid: UID
    thread: int
    """Which conversation, counted from 0."""
    depth: int
    """0 for the first message of a conversation."""
    parent: UID | None


class _Level:
    """One list that is open."""

    __slots__ = ("depth", "parent")

    def __init__(self, depth: int, parent: UID | None) -> None:
        self.depth = depth
        self.parent = parent


def parse_thread(text: bytes) -> list[Threaded]:
    """`THREAD (2)(3 6 (4 23)(44 7 96))`, in the server's order.

    Of a conversation whose first message the server does not have, the first branch
    stands at depth 0 and the others at depth 1. Raises Unreadable for what is not such
    an answer: half of a list would be a lie.
    """
    if text[:6].upper() != b"THREAD":
        raise Unreadable("it is no THREAD response")
    found: list[Threaded] = []
    seen: set[int] = set()
    levels: list[_Level] = []
    thread, first, at, end = -1, True, 6, len(text.rstrip(b" "))
    while at < end:
        word = _WORD.match(text, at)
        if word is None:
            raise Unreadable("there is something else among the conversations")
        at = word.end()
        if word[1] == b"(":
            if not levels:
                thread, first = thread + 1, True
                levels.append(_Level(0, None))
            elif len(levels) >= NESTED_MAX:
                raise Unreadable("its lists are nested too deep")
            else:
                levels.append(_Level(levels[-1].depth, levels[-1].parent))
        elif not levels:
            raise Unreadable("a list is closed, or a message stands, outside of lists")
        elif word[1] == b")":
            levels.pop()
        else:
            level = levels[-1]
            if level.parent is None and not first:
                level.depth = 1
            found.append(_message(word[1], seen, thread, level))
            first = False
            level.parent, level.depth = found[-1].uid, level.depth + 1
    if levels:
        raise Unreadable("it has no end")
    return found


def _message(number: bytes, seen: set[int], thread: int, level: _Level) -> Threaded:
    uid = int(number)
    if not 0 < uid <= MAX_UID or uid in seen:
        raise Unreadable("a message has no UID, or stands twice")
    if len(seen) >= MESSAGES_MAX:
        raise Unreadable("it has more messages than can be")
    seen.add(uid)
    return Threaded(UID(uid), thread, level.depth, level.parent)
