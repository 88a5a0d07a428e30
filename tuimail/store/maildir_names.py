"""What the names of files in a Maildir say: keys, flags, and letters for keywords."""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tuimail.mail.types import FLAG_WIRE, WIRE_FLAGS, Flag, FlagSet

LETTERS = {
    "D": Flag.DRAFT,
    "F": Flag.FLAGGED,
    "P": Flag.FORWARDED,
    "R": Flag.ANSWERED,
    "S": Flag.SEEN,
    "T": Flag.DELETED,
}
_BITS = Flag(sum(LETTERS.values()))
_INFO = re.compile(r"[;!]2,([^;!/]*)\Z")
"""A colon cannot be in a name on every file system; others stand for it there."""
_KEYWORDS = "dovecot-keywords"
_WORD = re.compile(r"(\d{1,2}) (\S+)\Z")
_count = itertools.count()


class Entry(NamedTuple):
    """One message as the folder's listing tells it."""

    key: str
    name: str
    """The file's name now."""
    fresh: bool
    """Nobody has seen it: it lies in `new`."""
    letters: str


class Letters:
    """Reads the letters of one folder, with its keywords as they were."""

    def __init__(self, table: dict[str, str]) -> None:
        self._table = table
        self._known: dict[str, FlagSet] = {}

    def __call__(self, letters: str) -> FlagSet:
        """The flags that letters stand for; those that mean nothing are left out."""
        if letters not in self._known:
            bits = Flag(sum(LETTERS[c] for c in set(letters) if c in LETTERS))
            words = [self._table[c] for c in letters if c in self._table]
            for word in words:
                bits |= WIRE_FLAGS.get(word.lower(), Flag.NONE)
            free = frozenset(w for w in words if w.lower() not in WIRE_FLAGS)
            self._known[letters] = FlagSet(bits, free)
        return self._known[letters]


def words(flags: FlagSet) -> list[str]:
    """What of the flags is a keyword in a Maildir."""
    named = [word for bit, word in FLAG_WIRE.items() if flags.bits & bit & ~_BITS]
    return [*named, *sorted(flags.keywords)]


def keywords(path: Path) -> dict[str, str]:
    """The keyword that each letter from a to z stands for in this folder."""
    try:
        lines = (path / _KEYWORDS).read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines[:26]:
        match = _WORD.match(line)
        if match and int(match[1]) < 26:
            found[chr(ord("a") + int(match[1]))] = match[2]
    return found


def changed(
    path: Path,
    letters: str,
    add: FlagSet,
    remove: FlagSet = FlagSet(),  # noqa: B008
) -> str:
    """Letters after a change; a keyword gets one in this folder when one is free."""
    table = keywords(path)
    of_word = {word.lower(): letter for letter, word in table.items()}
    now = set(letters)
    for letter, bit in LETTERS.items():
        if add.bits & bit:
            now.add(letter)
        elif remove.bits & bit:
            now.discard(letter)
    now -= {of_word.get(word.lower(), "") for word in words(remove)}
    for word in words(add):
        now.add(of_word.get(word.lower()) or assign(path, table, word))
    return "".join(sorted(now))


def assign(path: Path, table: dict[str, str], word: str) -> str:
    """A letter for a new keyword, written down; `''` when all are taken."""
    free = next((c for c in map(chr, range(97, 123)) if c not in table), "")
    if not free or not word.isascii() or not word.isprintable() or " " in word:
        return ""
    table[free] = word
    lines = [f"{ord(c) - 97} {table[c]}\n" for c in sorted(table)]
    spooled = path / "tmp" / unique()
    spooled.write_text("".join(lines), "ascii")
    spooled.rename(path / _KEYWORDS)
    return free


def entry_of(name: str, *, fresh: bool = False) -> Entry:
    """What a file's name says."""
    key, usual, letters = name.rpartition(":2,")
    if usual:
        return Entry(key, name, fresh, letters)
    info = _INFO.search(name)
    if info is None:
        return Entry(name, name, fresh, "")
    return Entry(name[: info.start()], name, fresh, info[1])


def entries(path: Path, *, fresh: bool = False) -> Iterator[Entry]:
    """The messages in `cur` or `new`; links and folders are none."""
    with os.scandir(path) as listing:
        for each in listing:
            if each.name[0] != "." and each.is_file(follow_symlinks=False):
                yield entry_of(each.name, fresh=fresh)


def unique() -> str:
    """A name that no other delivery has, on whatever machine."""
    host = os.uname().nodename.replace("/", "\\057").replace(":", "\\072")
    now = time.time_ns()
    within = f"M{now // 1000 % 1_000_000}P{os.getpid()}Q{next(_count)}"
    return f"{now // 1_000_000_000}.{within}R{os.urandom(4).hex()}.{host}"


def file_name(name: str) -> str:
    """A name that is safe as one path component; told apart by a digest if changed."""
    kept = "".join(c if c.isalnum() or c in "-_@." else "_" for c in name)[:60]
    if name and kept == name and not kept.startswith("."):
        return kept
    from hashlib import blake2b

    digest = blake2b(name.encode("utf-8", "replace"), digest_size=4)
    return f"{kept.lstrip('.')}_{digest.hexdigest()}"
