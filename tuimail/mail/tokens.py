"""IMAP's parenthesised lists to nested Python lists (RFC 9051 §4); linear, bounded."""

from __future__ import annotations

import re
from typing import Union

DEPTH_MAX = 64
TOKENS_MAX = 200_000
_TOKEN = re.compile(
    rb' +|([^\s()"{]+)|"((?:[^"\\]|\\.)*)"|~?\{(\d{1,10})\+?\}\r\n|([()])|.', re.S
)


class Atom(bytes):
    """An unquoted word, such as NIL or a number; a quoted `NIL` is plain bytes."""


Token = Union[bytes, None, "list[Token]"]


def tokenize(data: bytes) -> list[Token]:
    """All values in `data`; NIL becomes None, words become Atom, strings bytes.

    Raises ValueError for what is nested over 64 deep, too long, or breaks off.
    """
    top: list[Token] = []
    stack = [top]
    at = count = 0
    size = len(data)
    while at < size:
        token = _TOKEN.match(data, at)
        assert token is not None, "the pattern ends with any octet"
        at = token.end()
        word, quoted, literal, paren = token.groups()
        count += 1
        if count > TOKENS_MAX:
            raise ValueError("too many values")
        if word is not None:
            stack[-1].append(None if word.upper() == b"NIL" else Atom(word))
        elif quoted is not None:
            stack[-1].append(_plain(quoted))
        elif literal is not None:
            at += int(literal)
            stack[-1].append(data[token.end() : at])
        elif paren == b"(":
            if len(stack) > DEPTH_MAX:
                raise ValueError("nested too deeply")
            stack[-1].append([])
            stack.append(stack[-1][-1])  # type: ignore[arg-type]
        elif paren == b")":
            if len(stack) == 1:
                raise ValueError("a list ends that never began")
            stack.pop()
        elif token[0].strip():
            raise ValueError(f"unexpected octet {token[0]!r}")
    if len(stack) > 1:
        raise ValueError("a list has no end")
    return top


def _plain(quoted: bytes) -> bytes:
    if b"\\" not in quoted:
        return quoted
    return re.sub(rb"\\(.)", rb"\1", quoted, flags=re.S)
