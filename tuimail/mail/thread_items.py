"""What threading has to know of a mail: numbers instead of texts.

A key is a digest of a Message-ID or a base subject together with a scope, an account,
that conversations do not go beyond. The mails of a conversation name the same ids again
and again, so each id of a batch is worked out once (`Keys`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from struct import Struct

from tuimail.mail.subjects import base_subject
from tuimail.mail.thread_tree import Fields, Item

__all__ = ["ID_LENGTH", "REFERENCES_MOST", "Keys", "item", "key_of"]

REFERENCES_MOST = 100
"""References of one mail that count: the first, and the last 99."""
ID_LENGTH = 20
"""Characters of a reference without `@` that is still taken for one: git sends `<yes>`
when somebody has answered its question wrong, and that would join unrelated mails."""
_NUMBER = Struct(">q").unpack


class _Digests(dict[str, int]):
    """Keys of texts, worked out when they are first asked for; never 0."""

    def __init__(self, prefix: str) -> None:
        self._begun = blake2b(prefix.encode("utf-8", "replace"), digest_size=8)

    def __missing__(self, text: str) -> int:
        digest = self._begun.copy()
        digest.update(text.encode("utf-8", "replace"))
        key: int = _NUMBER(digest.digest())[0] or 1
        self[text] = key
        return key


def key_of(scope: str, text: str) -> int:
    """A number for a Message-ID; never 0. A scope shares with no other."""
    return _Digests(f"{scope}\n")[text]


class Keys:
    """Reads mails of one scope; remembers what they name, so it is for one batch."""

    def __init__(self, scope: str) -> None:
        self._ids = _Digests(f"{scope}\n")
        self._bases = _Digests(f"{scope}\ns")

    def fields(
        self,
        number: int,
        message_id: str,
        in_reply_to: str,
        references: Sequence[str],
        subject: str,
        date: int,
    ) -> Fields:
        """What an `Item` has; Message-IDs as `mail.headers` gives them.

        A plain tuple: the collector of garbage looks through every other object.
        """
        key = self._ids[message_id] if message_id else 0
        named: tuple[int, ...] = ()
        if references or in_reply_to:
            # Programs put the ids in whatever order, but know which mail they answer.
            if in_reply_to and (not references or references[-1] != in_reply_to):
                references = [*references, in_reply_to]
            ids = self._ids
            keys = [
                ids[each]
                for each in references
                if "@" in each or len(each) >= ID_LENGTH
            ]
            if key in keys or len(keys) > REFERENCES_MOST or _twice(keys):
                keys = _counted(keys, key)
            named = tuple(keys)
        base, reply = base_subject(subject)
        if not base:
            return number, key, named, date, 0, False
        return number, key, named, date, self._bases[base], reply and not named


def _twice(keys: list[int]) -> bool:
    return len(keys) > 1 and len(set(keys)) < len(keys)


def _counted(keys: list[int], own: int) -> list[int]:
    """References that count: not too many of them, other mails, each once."""
    if len(keys) > REFERENCES_MOST:
        keys = [keys[0], *keys[1 - REFERENCES_MOST :]]
    # Of an id that is named twice the later place is the nearer one.
    named = dict.fromkeys(reversed(keys))
    named.pop(own, None)
    return list(named)[::-1]


def item(
    scope: str,
    number: int,
    message_id: str,
    in_reply_to: str,
    references: Iterable[str],
    subject: str,
    date: int,
) -> Item:
    """What threading has to know of one mail; see `Keys.fields`."""
    named = list(references)
    fields = Keys(scope).fields(number, message_id, in_reply_to, named, subject, date)
    return Item(*fields)
